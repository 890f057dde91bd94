import { excerpt, isMembers, joinVersions, refuse, toFact, toFinding, WarningTally } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';
import { readJsonDocument } from './json-document.ts';

const ADVICE = 'send all of the output of: fwupdmgr get-devices --json';

function textOf(members: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = members[name];
  return typeof value === 'string' ? toFact(value) : undefined;
}

function parse(text: string): EnvironmentFinding {
  const document = readJsonDocument(text, ADVICE);
  const error = document['Error'];
  if (isMembers(error)) refuse(`fwupdmgr failed: ${textOf(error, 'Message') ?? 'it does not say why'}; start fwupd and ask again`);
  const devices = document['Devices'];
  if (!Array.isArray(devices)) refuse(`there is no list 'Devices'; ${ADVICE}`);
  const warnings = new WarningTally();
  const versions = new Map<string, string[]>();
  let silent = 0;
  for (const device of devices) {
    if (!isMembers(device)) refuse(`a device is no object: ${excerpt(JSON.stringify(device))}; ${ADVICE}`);
    const name = textOf(device, 'Name');
    const version = textOf(device, 'Version');
    if (name === undefined || version === undefined) silent++;
    else versions.set(name, [...(versions.get(name) ?? []), version]);
  }
  if (silent > 0) warnings.add('no_version', `${silent} devices have no name or no version and were left out`, null);
  const firmware = Object.fromEntries([...versions].map(([name, all]) => [name, joinVersions(all)]));
  return toFinding({ firmware }, warnings, `no device has a version; ${ADVICE}`);
}

/** Firmware versions of every device fwupd knows, by its name. */
export const fwupdJsonFormat: EnvironmentFormat = {
  id: 'fwupd-json',
  summary: 'fwupdmgr get-devices --json: firmware versions by name of the device',
  detect: (head) => /^\s*\{\s*"(?:Devices|Error)"\s*:/.test(head),
  parse,
};
