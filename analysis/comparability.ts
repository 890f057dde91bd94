import { computeDigest, toCanonicalJson } from '../wire/canonical-json.ts';
import type { Environment } from '../wire/run.ts';
import type { Comparability, DifferingKey } from '../wire/verdict.ts';
import { compareText } from './pair-series.ts';

/** Must be equal to compare at all; in this order they form the comparability class. */
const CLASS_KEYS = ['isa', 'board', 'cpu.model', 'gpus[].model', 'interconnect.kind', 'emulated'] as const;
const IDENTITY_KEYS: readonly string[] = ['hostname', 'gpus[].uuid'];
const CONDITION_PREFIXES: readonly string[] = ['conditions.', 'clock.'];

/** The comparability class of an environment and its digest, `sha256:…` of the canonical JSON. */
export type ClassKey = { readonly key: Readonly<Record<string, unknown>>; readonly digest: string };

/**
 * The class in which runs can be compared: isa, board, CPU model, GPU models (sorted), kind of interconnect, emulated or not.
 * Members that were not sent are null; `emulated` that was not sent is false.
 */
export function computeClassKey(environment: Environment): ClassKey {
  const flat = flattenEnvironment(environment);
  const key = Object.fromEntries(CLASS_KEYS.map((name) => [name, flat.get(name) ?? null]));
  return { key, digest: computeDigest(key) };
}

/**
 * Compares a candidate's environment with those of the golden runs, key by key (dotted; members of all GPUs as one sorted list).
 *
 * Golden runs may differ among themselves: a candidate equal to any of them does not differ in that key, because the baseline already
 * holds that variation; where it differs, the baseline side shows the list of their values.
 * A `class` key that differs makes the run incomparable, a `change` key (everything that is not class, condition or identity) different.
 * @param golden environments of the golden runs; null without a baseline
 */
export function compareEnvironments(candidate: Environment, golden: readonly Environment[] | null): Comparability {
  if (golden === null || golden.length === 0) return { status: 'no_baseline', differing: [] };
  const flatCandidate = flattenEnvironment(candidate);
  const flatGolden = golden.map(flattenEnvironment);
  const keys = new Set([flatCandidate, ...flatGolden].flatMap((flat) => [...flat.keys()]));
  const differing = [...keys].sort(compareText).flatMap((key) => compareKey(key, flatCandidate, flatGolden));
  const classes = differing.map((one) => one.class);
  if (classes.includes('class')) return { status: 'incomparable', differing };
  return { status: classes.includes('change') ? 'different' : 'comparable', differing };
}

type Flat = ReadonlyMap<string, unknown>;

function compareKey(key: string, candidate: Flat, golden: readonly Flat[]): readonly DifferingKey[] {
  const own = candidate.get(key) ?? null;
  const values = new Map(golden.map((flat) => [toCanonicalJson(flat.get(key) ?? null), flat.get(key) ?? null]));
  // A class key must be equal to every golden run's; elsewhere the baseline's own variation is accepted.
  const mustEqualAll = classify(key) === 'class' && values.size > 1;
  if (values.has(toCanonicalJson(own)) && !mustEqualAll) return [];
  const sorted = [...values].sort(([a], [b]) => compareText(a, b)).map(([, value]) => value);
  return [{ key, baseline: sorted.length === 1 ? (sorted[0] ?? null) : sorted, candidate: own, class: classify(key) }];
}

function classify(key: string): DifferingKey['class'] {
  if (CLASS_KEYS.some((name) => name === key)) return 'class';
  if (IDENTITY_KEYS.includes(key)) return 'identity';
  return CONDITION_PREFIXES.some((prefix) => key.startsWith(prefix)) ? 'condition' : 'change';
}

/** Dotted keys of an environment; `gpus[].member` holds the sorted list over all GPUs, other lists stay whole. */
function flattenEnvironment(environment: Environment): Flat {
  const flat = new Map<string, unknown>();
  const { gpus, ...rest } = environment;
  flatten(rest, '', flat);
  flat.set('emulated', environment.emulated === true);
  for (const member of new Set((gpus ?? []).flatMap((gpu) => Object.keys(gpu)))) {
    const values = (gpus ?? []).map((gpu) => new Map<string, unknown>(Object.entries(gpu)).get(member) ?? null);
    flat.set(
      `gpus[].${member}`,
      values
        .map((value) => toCanonicalJson(value))
        .sort(compareText)
        .map(toPlain),
    );
  }
  return flat;
}

function toPlain(text: string): unknown {
  return JSON.parse(text);
}

function flatten(members: Readonly<Record<string, unknown>>, prefix: string, flat: Map<string, unknown>): void {
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined || value === null) continue;
    if (typeof value === 'object' && !Array.isArray(value)) flatten({ ...value }, `${prefix}${name}.`, flat);
    else flat.set(`${prefix}${name}`, value);
  }
}
