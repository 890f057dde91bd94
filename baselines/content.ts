import { computeDigest } from '../wire/canonical-json.ts';
import type { Environment, Subject } from '../wire/run.ts';

/** One golden run as the baseline pins it. */
export type BaselineMember = {
  readonly runId: string;
  /** Digest of the run's seal, so that what the run contained is pinned as well. */
  readonly sealDigest: string;
  readonly subject: Subject;
  readonly environment: Environment;
};

/** What a baseline is: equal content has an equal digest, whoever proposed it and whenever. */
export type BaselineContent = {
  readonly project: string;
  readonly suite: string;
  readonly name: string;
  /** Digest of the comparability class. */
  readonly class: string;
  /** Ascending by run id (UTF-16 code units), distinct. */
  readonly runs: readonly BaselineMember[];
};

/** What is wrong with a stored or exported baseline. */
export type ContentProblem = {
  readonly code: 'digest_differs' | 'not_canonical' | 'run_missing' | 'seal_differs';
  readonly runId: string | null;
  readonly detail: string;
};

/**
 * The canonical content of a baseline: its runs sorted by id, without members that are no part of it.
 * @param content runs in any order, ids distinct, length ≥ 1
 * @throws RangeError when there is no run or a run is named twice
 */
export function toBaselineContent(content: BaselineContent): BaselineContent {
  if (content.runs.length === 0) throw new RangeError('toBaselineContent: runs is empty; a baseline needs at least one run');
  const runs = [...content.runs].sort((a, b) => compareText(a.runId, b.runId)).map(toMember);
  for (const [i, run] of runs.entries())
    if (i > 0 && runs[i - 1]?.runId === run.runId) throw new RangeError(`toBaselineContent: run ${run.runId} is named twice`);
  return { project: content.project, suite: content.suite, name: content.name, class: content.class, runs };
}

/**
 * The address of a baseline: `sha256:…` over the canonical JSON of its canonical content.
 * @throws RangeError as toBaselineContent
 */
export function computeContentDigest(content: BaselineContent): string {
  return computeDigest(toBaselineContent(content));
}

/**
 * Holds a stored or exported baseline against its digest and, where given, against the seals of today.
 * @param digest as recorded when the baseline was proposed
 * @param seals run id → digest of its seal as the store has it now; left out for an offline check
 * @returns what is wrong, empty when nothing is
 */
export function verifyContent(
  content: BaselineContent,
  { digest, seals }: { readonly digest: string; readonly seals?: ReadonlyMap<string, string> },
): readonly ContentProblem[] {
  const ids = content.runs.map((run) => run.runId);
  if (ids.length === 0 || new Set(ids).size !== ids.length)
    return [{ code: 'not_canonical', runId: null, detail: 'The content names no run, or a run twice.' }];
  const problems: ContentProblem[] = [];
  const computed = computeContentDigest(content);
  if (computed !== digest)
    problems.push({ code: 'digest_differs', runId: null, detail: `The content hashes to ${computed}, and the record says ${digest}.` });
  if (seals === undefined) return problems;
  for (const { runId, sealDigest } of content.runs) {
    const now = seals.get(runId);
    if (now === undefined) problems.push({ code: 'run_missing', runId, detail: `Run ${runId} is no longer in the store.` });
    else if (now !== sealDigest)
      problems.push({ code: 'seal_differs', runId, detail: `The seal of run ${runId} is ${now}, and the baseline pinned ${sealDigest}.` });
  }
  return problems;
}

function toMember({ runId, sealDigest, subject, environment }: BaselineMember): BaselineMember {
  return { runId, sealDigest, subject, environment };
}

/** Order by UTF-16 code units, the same on every machine; localeCompare is not. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
