import type { Warning } from '../../wire/payload.ts';
import type { Environment } from '../../wire/run.ts';
import { excerpt, isMembers, toFact, toIsa, WarningTally, withoutAbsent, withoutEmpty } from '../environment/facts.ts';
import type { EnvironmentFinding, PartialEnvironment } from '../environment/index.ts';
import { findText, toText } from './attributes.ts';
import type { Attributes } from './messages.ts';

/** Resource attributes that become members of an environment under their own names. */
const MEMBERS = /^(?:host\.cpu\.|os\.|cicd\.|vcs\.|k8s\.|container\.|deployment\.environment\.name$|process\.executable\.build_id\.gnu$)/;
/** These have a place of their own. */
const PLACED: ReadonlySet<string> = new Set(['host.cpu.model.name', 'os.name', 'os.version', 'os.description']);
/** Ids of one pod, container, job or worker differ in every run: they are conditions, not a change that could explain one. */
const INSTANCE = /^(?:k8s\.pod\.|container\.(?:id|name)$|cicd\.worker\.(?:id|url)|cicd\.pipeline\.(?:task\.)?run\.)|\.uid$/;
/** Names that are still sent, and what they are called now (semantic conventions, docs/registry/attributes/vcs.md). */
const RENAMED: Readonly<Record<string, string>> = {
  'vcs.repository.ref.revision': 'vcs.ref.head.revision',
  'vcs.repository.ref.name': 'vcs.ref.head.name',
  'vcs.repository.ref.type': 'vcs.ref.head.type',
  'vcs.repository.change.id': 'vcs.change.id',
};
/** Members of one kind that an environment takes; a resource could carry any number of labels of its pod. */
const MEMBERS_TAKEN = 64;
/** As wire/run.ts bounds texts and names; a cut text would be another fact. */
const TEXT_CHARACTERS = 512;
const NAME_CHARACTERS = 64;

export type ResourceFinding = {
  /** What fills the environment; null when nothing is missing there. */
  readonly finding: EnvironmentFinding | null;
  readonly warnings: readonly Warning[];
};

/**
 * What the resources of a request say about the machine of a run, to fill what its environment lacks. What the run has already said stands:
 * a resource that says otherwise gives a warning. Facts of another host than the run's (two hosts may push into one run) are not this
 * machine's; devices (`hw.type` gpu) fill `gpus` when the run names none.
 * @param resources those whose points or spans landed
 */
export function toEnvironmentFinding(resources: readonly Attributes[], current: Environment): ResourceFinding {
  const warnings = new WarningTally();
  const found = new Map<string, unknown>();
  for (const resource of resources) {
    if (!isOfHost(resource, current.hostname)) continue;
    for (const [name, value] of Object.entries(readHost(resource, warnings))) found.set(name, joinMembers(found.get(name), value));
  }
  const gpus = readGpus(resources, current, warnings);
  if (gpus.length > 0) found.set('gpus', gpus);
  const missing = keepMissing(Object.fromEntries(found), current, '', warnings);
  const told = warnings.list();
  return { finding: withoutEmpty(missing) === undefined ? null : { environment: {}, fallback: missing, warnings: told }, warnings: told };
}

/** Host names are compared without regard to case, as DNS does. */
function isOfHost(resource: Attributes, hostname: string): boolean {
  const name = findText(resource, 'host.name');
  return name === undefined || name.toLowerCase() === hostname.toLowerCase();
}

/** A fact as an environment can hold it. */
function readFact(name: string, text: string | undefined, warnings: WarningTally): string | undefined {
  const fact = toFact(text);
  if (fact === undefined) return undefined;
  if (fact.length <= TEXT_CHARACTERS && name.length <= NAME_CHARACTERS && fact.isWellFormed() && name.isWellFormed()) return fact;
  warnings.add('too_long', `the resource attribute ${excerpt(name)} was left out of the environment: its name or value is too long`, null);
  return undefined;
}

function readHost(resource: Attributes, warnings: WarningTally): PartialEnvironment {
  const fact = (name: string) => readFact(name, findText(resource, name), warnings);
  const arch = fact('host.arch');
  const os = fact('os.name');
  const version = fact('os.version');
  const members: [string, string][] = [];
  const conditions: [string, string][] = [];
  for (const [sent, value] of resource) {
    const name = RENAMED[sent] ?? sent;
    const text = MEMBERS.test(name) && !PLACED.has(name) ? readFact(name, toText(value), warnings) : undefined;
    if (text !== undefined) (INSTANCE.test(name) ? conditions : members).push([name, text]);
  }
  return withoutAbsent({
    ...Object.fromEntries(members.slice(0, MEMBERS_TAKEN)),
    isa: arch === undefined ? undefined : toIsa(arch),
    cpu: withoutEmpty(withoutAbsent({ model: fact('host.cpu.model.name') })),
    // Without a name the version alone may be that of the kernel: Node's detector sends os.release().
    os: os === undefined ? fact('os.description') : [os, version].filter((part) => part !== undefined).join(' '),
    conditions: withoutEmpty(Object.fromEntries(conditions.slice(0, MEMBERS_TAKEN))),
  });
}

/** Devices of the run's host that a resource each describes, in the order they came; none when the run names its devices itself. */
function readGpus(
  resources: readonly Attributes[],
  current: Environment,
  warnings: WarningTally,
): readonly Readonly<Record<string, string>>[] {
  if (current.gpus !== undefined) return [];
  const byId = new Map<string, Readonly<Record<string, string>>>();
  for (const resource of resources) {
    if (findText(resource, 'hw.type') !== 'gpu' || !isOfHost(resource, current.hostname)) continue;
    const fact = (name: string) => readFact(name, findText(resource, name), warnings);
    const uuid = fact('hw.id');
    const gpu = withoutAbsent({ model: fact('hw.model'), uuid, driver: fact('hw.driver_version'), firmware: fact('hw.firmware_version') });
    if (withoutEmpty(gpu) !== undefined && byId.size < 64) byId.set(uuid ?? JSON.stringify(gpu), gpu);
  }
  return [...byId.values()];
}

/** Of two resources the first counts, member by member. */
function joinMembers(first: unknown, second: unknown): unknown {
  if (first === undefined) return second;
  return isMembers(first) && isMembers(second) ? { ...second, ...first } : first;
}

/** What is not there yet; what is there and differs is told. */
function keepMissing(
  found: Readonly<Record<string, unknown>>,
  current: Readonly<Record<string, unknown>>,
  prefix: string,
  warnings: WarningTally,
): PartialEnvironment {
  const missing: [string, unknown][] = [];
  for (const [name, value] of Object.entries(found)) {
    const own = current[name];
    if (own === undefined || own === null) missing.push([name, value]);
    else if (isMembers(own) && isMembers(value)) {
      const inner = withoutEmpty(keepMissing(value, own, `${prefix}${name}.`, warnings));
      if (inner !== undefined) missing.push([name, inner]);
    } else if (own !== value) {
      const detail = `${prefix}${name} is ${excerpt(String(own))} and a resource says ${excerpt(String(value))}: what the run said stands`;
      warnings.add('environment_contradicted', detail, null);
    }
  }
  return Object.fromEntries(missing);
}
