import { toCanonicalJson } from '../../wire/canonical-json.ts';
import type { Attribution, DifferingKey } from '../../wire/verdict.ts';
import { at } from '../compare/at.ts';
import { compareText } from '../pair-series.ts';
import type { Observation } from './observations.ts';
import type { Direction } from './series-history.ts';

/** What is known when the causes of one verdict are ranked. */
export type CauseQuestion = {
  readonly direction: Direction;
  /** Keys that differ from the baseline, those of the subject among them (compareRuns, or Comparability.differing). */
  readonly differing: readonly DifferingKey[];
  /** Earlier steps of the same suite (toObservations). */
  readonly past: readonly Observation[];
  /** Other suites and hosts at the same time, each against its own baseline. */
  readonly others: readonly Observation[];
};

/** One key that may be the cause; all members of the subject are one, `subject`. */
export type RankedCause = {
  readonly cause: string;
  /** Log likelihood ratio in nats: above 0 it changed more often where things moved this way than where they did not. */
  readonly score: number;
  /** Weight among the causes ranked if exactly one of them is it and none was likelier before, 0..1. It is no share of the delta. */
  readonly weight: number;
  /** Nothing else differs, conditions that no evidence speaks for aside. */
  readonly alone: boolean;
  /** Causes that changed in exactly the same observations: this data cannot tell them apart. */
  readonly confoundedWith: readonly string[];
  readonly evidence: readonly string[];
};

/** On equal scores: what someone changed before what stands for a machine or for the weather. */
const CLASS_ORDER: readonly DifferingKey['class'][] = ['change', 'class', 'identity', 'condition'];
const SUBJECT_PREFIX = 'subject.';

/**
 * Ranks the keys that may have caused a move. Of each key: ln P(changed | moved this way) / P(changed | did not), each with one added to
 * both counts (Laplace), summed over the steps of the past and over other suites and hosts, which are taken as independent. A key that
 * differs on every night thus counts for nothing, and one that only ever changed where things got worse comes first. Conditions (load,
 * temperature, clock) explain noise: they are ranked only with evidence for them.
 * @returns likeliest first, ties by class and then by key; empty when nothing differs
 */
export function rankCauses({ direction, differing, past, others }: CauseQuestion): readonly RankedCause[] {
  const tables = [tabulate(past, direction), tabulate(others, direction)];
  const suspects = toSuspects(differing)
    .map((suspect) => ({ ...suspect, score: tables.reduce((sum, table) => sum + computeLogRatio(table, suspect.cause), 0) }))
    .filter((suspect) => suspect.class !== 'condition' || suspect.score > 0)
    .sort((a, b) => b.score - a.score || CLASS_ORDER.indexOf(a.class) - CLASS_ORDER.indexOf(b.class) || compareText(a.cause, b.cause));
  if (suspects.length === 0) return [];
  const total = suspects.reduce((sum, suspect) => sum + Math.exp(suspect.score - at(suspects, 0).score), 0);
  const patterns = new Map(suspects.map(({ cause }) => [cause, tables.map((table) => toPattern(table, cause)).join('|')]));
  return suspects.map(({ cause, score, changes }) => {
    const confoundedWith = suspects
      .map((other) => other.cause)
      .filter((other) => other !== cause && patterns.get(other) === patterns.get(cause));
    const alone = suspects.length === 1;
    return {
      cause,
      score,
      weight: Math.exp(score - at(suspects, 0).score) / total,
      alone,
      confoundedWith,
      evidence: [
        ...changes.map(toChangeText),
        ...(alone
          ? [
              differing.some((one) => one.class === 'condition' && toCause(one.key) !== cause)
                ? 'nothing else but conditions differs'
                : 'nothing else differs',
            ]
          : []),
        ...toPastText(at(tables, 0), cause, direction),
        ...toOthersText(at(tables, 1), cause, direction),
        ...(confoundedWith.length === 0 ? [] : [`never seen apart from ${confoundedWith.join(', ')}: this data cannot tell them apart`]),
      ],
    };
  });
}

/**
 * Ranked causes as a verdict carries them; their weight is told in words, because a verdict's `share` is a share of the delta.
 * @param limit how many at most, >= 0
 */
export function toAttributions(causes: readonly RankedCause[], limit = 5): readonly Attribution[] {
  return causes.slice(0, limit).map(({ cause, evidence }) => ({ cause, evidence: evidence.join('; '), share: null }));
}

type Suspect = { readonly cause: string; readonly class: DifferingKey['class']; readonly changes: readonly DifferingKey[] };

function toSuspects(differing: readonly DifferingKey[]): readonly Suspect[] {
  const suspects = new Map<string, Suspect>();
  for (const change of [...differing].sort((a, b) => compareText(a.key, b.key))) {
    const cause = toCause(change.key);
    const known = suspects.get(cause);
    suspects.set(cause, { cause, class: known?.class ?? change.class, changes: [...(known?.changes ?? []), change] });
  }
  return [...suspects.values()];
}

/** Version, commit, branch and digest change together and mean one thing. */
function toCause(key: string): string {
  return key.startsWith(SUBJECT_PREFIX) ? 'subject' : key;
}

/** Observations by outcome: those that moved this way, and all others. */
type Table = { readonly moved: readonly ReadonlySet<string>[]; readonly still: readonly ReadonlySet<string>[] };

function tabulate(observations: readonly Observation[], direction: Direction): Table {
  const toCauses = (observation: Observation): ReadonlySet<string> => new Set(observation.changedKeys.map(toCause));
  return {
    moved: observations.filter((one) => one.outcome === direction).map(toCauses),
    still: observations.filter((one) => one.outcome !== direction).map(toCauses),
  };
}

function countIn(observed: readonly ReadonlySet<string>[], cause: string): number {
  return observed.filter((causes) => causes.has(cause)).length;
}

function computeLogRatio({ moved, still }: Table, cause: string): number {
  const whereMoved = (countIn(moved, cause) + 1) / (moved.length + 2);
  const whereStill = (countIn(still, cause) + 1) / (still.length + 2);
  return Math.log(whereMoved / whereStill);
}

function toPattern({ moved, still }: Table, cause: string): string {
  return [...moved, ...still].map((causes) => (causes.has(cause) ? '1' : '0')).join('');
}

function toPastText({ moved, still }: Table, cause: string, direction: Direction): readonly string[] {
  if (moved.length + still.length === 0) return [];
  return [
    `changed at ${countIn(moved, cause)} of ${moved.length} earlier changes for the ${direction}, and at ${countIn(still, cause)} of ${still.length} other steps`,
  ];
}

function toOthersText({ moved, still }: Table, cause: string, direction: Direction): readonly string[] {
  if (moved.length + still.length === 0) return [];
  const side = direction === 'worse' ? 'regressed' : 'improved';
  return [
    `changed in ${countIn(moved, cause)} of ${moved.length} other suites or hosts that ${side}, and in ${countIn(still, cause)} of ${still.length} that did not`,
  ];
}

function toChangeText({ key, baseline, candidate }: DifferingKey): string {
  return `${key}: ${toText(baseline)} became ${toText(candidate)}`;
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : toCanonicalJson(value);
}
