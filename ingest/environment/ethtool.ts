import {
  distinct,
  joinVersions,
  type Line,
  readLines,
  refuse,
  splitAtColon,
  toFact,
  toFinding,
  WarningTally,
  withoutAbsent,
  withoutEmpty,
} from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

type Adapter = { readonly driver: string; version?: string; firmware?: string };

/** Blocks of `ethtool -i`, each beginning with its driver. Bus addresses differ between machines of one kind and are not kept. */
function readAdapters(lines: readonly Line[]): readonly Adapter[] {
  const adapters: Adapter[] = [];
  for (const line of lines) {
    const pair = splitAtColon(line.text);
    const value = toFact(pair?.value);
    if (pair === undefined || value === undefined) continue;
    const current = adapters.at(-1);
    if (pair.name === 'driver') adapters.push({ driver: value });
    else if (pair.name === 'version' && current !== undefined) current.version = value;
    else if (pair.name === 'firmware-version' && current !== undefined) current.firmware = value;
  }
  return adapters;
}

/** Versions by driver, so that the order of adapters does not matter. */
function byDriver(adapters: readonly Adapter[], prefix: string, read: (adapter: Adapter) => string | undefined) {
  const versions = new Map<string, string[]>();
  for (const adapter of adapters) {
    const version = read(adapter);
    if (version !== undefined) versions.set(adapter.driver, [...(versions.get(adapter.driver) ?? []), version]);
  }
  return Object.fromEntries([...versions].map(([driver, all]) => [`${prefix}${driver}`, joinVersions(all)]));
}

/** Whether an interface stamps packets in hardware, by `ethtool -T`; undefined when the block is cut off before its clock line. */
function readTimestamping(lines: readonly Line[]): 'hardware' | 'software' | undefined {
  const clock = lines.find((line) => /^\s*(?:PTP Hardware Clock|Hardware timestamp provider index)\s*:/.test(line.text));
  const value = splitAtColon(clock?.text ?? '')?.value;
  if (value === undefined || value === '') return undefined;
  const has = (capability: string) => lines.some((line) => line.text.trim().split(/\s/)[0] === capability);
  return /^\d+$/.test(value) && has('hardware-transmit') && has('hardware-receive') ? 'hardware' : 'software';
}

const STAMPING = /^Time stamping parameters for (\S.*):\s*$/;

function parse(text: string): EnvironmentFinding {
  const lines = readLines(text);
  const warnings = new WarningTally();
  const failure = lines.find((line) => /^(?:Cannot get |netlink error|ethtool: )/.test(line.text));
  const starts = lines.flatMap((line, index) => (STAMPING.test(line.text) ? [index] : []));
  const adapters = readAdapters(lines);
  if (adapters.length === 0 && starts.length === 0) {
    if (failure !== undefined) refuse(`ethtool failed: ${failure.text.trim()}; name an interface that exists`, failure.number);
    refuse("there is neither a line 'driver: …' nor 'Time stamping parameters for …'; send the output of ethtool -i or -T");
  }
  const stamping = distinct(starts.map((start, index) => readTimestamping(lines.slice(start, starts[index + 1]))));
  if (stamping.length > 1)
    warnings.add(
      'interfaces_differ',
      'some interfaces stamp packets in hardware and some do not; send the one that carries the measurement',
      null,
    );
  if (stamping.includes(undefined)) warnings.add('truncated', 'a block of ethtool -T ends before its hardware clock', null);
  for (const { driver, firmware } of adapters) {
    if (firmware === undefined) warnings.add('no_firmware', `driver ${driver} reports no firmware version`, null);
  }
  return toFinding(
    withoutAbsent({
      firmware: withoutEmpty(byDriver(adapters, 'nic:', ({ firmware }) => firmware)),
      drivers: withoutEmpty(byDriver(adapters, '', ({ version }) => version)),
      conditions: stamping.length === 1 && stamping[0] !== undefined ? { timestamping: stamping[0] } : undefined,
    }),
    warnings,
    'neither a version nor a clock was found; send all of the output of ethtool -i or -T',
  );
}

/** Driver and firmware of network adapters, and whether they stamp packets in hardware. */
export const ethtoolFormat: EnvironmentFormat = {
  id: 'ethtool',
  summary: 'ethtool -i (driver and firmware versions) or ethtool -T (time stamping) of one or more interfaces',
  detect: (head) => /^driver: \S/m.test(head) || /^Time stamping parameters for /m.test(head),
  parse,
};
