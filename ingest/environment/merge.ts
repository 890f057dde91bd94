import type { Warning } from '../../wire/payload.ts';
import type { Environment } from '../../wire/run.ts';
import { excerpt, isMembers, WarningTally } from './facts.ts';
import type { EnvironmentFinding } from './format.ts';

export type MergedEnvironment = { readonly environment: Environment; readonly warnings: readonly Warning[] };
type Members = Readonly<Record<string, unknown>>;

/**
 * What a run's environment becomes when a tool has said more about it.
 *
 * - What was missing is filled. What says the same again changes nothing.
 * - A contradiction is decided for what was found: putting it is the later, explicit act. A warning names both, so neither goes in silence.
 * - `clock` is one observation: offset and uncertainty of two moments make no clock, so it is replaced as a whole.
 * - `toolchain` is one compiler: another name or version replaces it as a whole; else its members are merged.
 * - `gpus` are matched by uuid, or by place where the lists are equally long and a uuid is missing; a GPU that is not in the list replaces the list.
 * - Objects are merged by member, other lists are replaced. A member that is null says nothing.
 * - `fallback` only ever fills.
 * @param current as opened with the run, or after the last merge; it is not changed
 */
export function mergeEnvironment(current: Environment, found: Pick<EnvironmentFinding, 'environment' | 'fallback'>): MergedEnvironment {
  const warnings = new WarningTally();
  const merged = mergeMembers(current, found.environment, '', warnings);
  const filled = found.fallback === undefined ? merged : fillMembers(merged, found.fallback);
  const { isa, hostname } = { isa: current.isa, hostname: current.hostname, ...found.environment };
  return { environment: { ...filled, isa: isa ?? current.isa, hostname: hostname ?? current.hostname }, warnings: warnings.list() };
}

function mergeMembers(current: Members, found: Members, prefix: string, warnings: WarningTally): Members {
  const merged = new Map(Object.entries(current));
  for (const [name, value] of Object.entries(found)) {
    if (value === undefined || value === null) continue;
    merged.set(name, mergeValue(merged.get(name), value, `${prefix}${name}`, warnings));
  }
  return Object.fromEntries(merged);
}

function mergeValue(current: unknown, found: unknown, path: string, warnings: WarningTally): unknown {
  if (current === undefined || current === null) return found;
  if (isSame(current, found)) return current;
  if (isMembers(current) && isMembers(found) && !isReplacedWhole(path, current, found))
    return mergeMembers(current, found, `${path}.`, warnings);
  const gpus = path === 'gpus' && Array.isArray(current) && Array.isArray(found) ? mergeGpus(current, found, warnings) : undefined;
  if (gpus !== undefined) return gpus;
  warnings.add('environment_replaced', `${path} was ${say(current)} and is now ${say(found)}: what was put later counts`, null);
  return found;
}

function isReplacedWhole(path: string, current: Members, found: Members): boolean {
  if (path === 'clock') return true;
  if (path !== 'toolchain') return false;
  return ['name', 'version'].some((name) => current[name] != null && found[name] != null && current[name] !== found[name]);
}

/** The list with each GPU's members merged; undefined when a found GPU is none of those there. */
function mergeGpus(current: readonly unknown[], found: readonly unknown[], warnings: WarningTally): readonly unknown[] | undefined {
  const merged = [...current];
  const taken = new Set<number>();
  for (const [place, gpu] of found.entries()) {
    if (!isMembers(gpu)) return undefined;
    const index = findGpu(current, gpu, current.length === found.length ? place : -1);
    const partner = current[index];
    if (taken.has(index) || !isMembers(partner)) return undefined;
    taken.add(index);
    merged[index] = mergeMembers(partner, gpu, `gpus[${index}].`, warnings);
  }
  return merged;
}

/** Place of the same GPU among those of a run, or -1. */
function findGpu(gpus: readonly unknown[], gpu: Members, place: number): number {
  const uuid = gpu['uuid'];
  const byUuid = uuid == null ? -1 : gpus.findIndex((one) => isMembers(one) && one['uuid'] === uuid);
  if (byUuid >= 0) return byUuid;
  const partner = gpus[place];
  return isMembers(partner) && (uuid == null || partner['uuid'] == null) ? place : -1;
}

function fillMembers(current: Members, fallback: Members): Members {
  const filled = new Map(Object.entries(current));
  for (const [name, value] of Object.entries(fallback)) {
    const own = filled.get(name);
    if (own === undefined || own === null) filled.set(name, value);
    else if (isMembers(own) && isMembers(value)) filled.set(name, fillMembers(own, value));
  }
  return Object.fromEntries(filled);
}

/** Equal as JSON, whatever the order of members. */
function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  if (!isMembers(a) || !isMembers(b)) return a === b;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]));
}

function say(value: unknown): string {
  return typeof value === 'string' ? excerpt(value) : excerpt(JSON.stringify(value)).slice(1, -1).replaceAll('\\"', '"');
}
