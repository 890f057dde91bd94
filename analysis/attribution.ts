import { toCanonicalJson } from '../wire/canonical-json.ts';
import type { Subject } from '../wire/run.ts';
import type { Attribution, Comparability, DifferingKey, VerdictStatus } from '../wire/verdict.ts';
import { compareText } from './pair-series.ts';

/**
 * Names what may have caused a drift or regression. One differing `change` key is the cause; several are confounded and all named; none
 * leaves the subject itself. Shares are not known without counters, and stay null.
 * @param candidate the subject under test
 * @param golden subjects of the golden runs
 * @returns empty when there is nothing to explain
 */
export function attribute(
  status: VerdictStatus,
  comparability: Comparability,
  candidate: Subject,
  golden: readonly Subject[],
): readonly Attribution[] {
  if ((status !== 'drift' && status !== 'regression') || comparability.status === 'no_baseline') return [];
  const changes = comparability.differing.filter((one) => one.class === 'change');
  if (changes.length === 0) return [toSubjectChange(candidate, golden)];
  const confounded = changes.length > 1 ? `; confounded with ${changes.length - 1} more` : '';
  return changes.map((change) => ({ cause: change.key, evidence: `${toChangeText(change)}${confounded}`, share: null }));
}

function toChangeText(change: DifferingKey): string {
  return `${toText(change.baseline)} became ${toText(change.candidate)}`;
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : toCanonicalJson(value);
}

function toSubjectChange(candidate: Subject, golden: readonly Subject[]): Attribution {
  const before = [...new Set(golden.map(toSubjectText))].sort(compareText).join(', ');
  const after = toSubjectText(candidate);
  if (before === after) return { cause: 'unknown', evidence: `subject and environment are those of the baseline: ${after}`, share: null };
  return { cause: 'subject', evidence: `${before} became ${after}; the environment did not change`, share: null };
}

/** `name version`, with the commit where there is one. */
function toSubjectText(subject: Subject): string {
  return [`${subject.name} ${subject.version}`, ...(subject.commit === undefined ? [] : [`commit ${subject.commit}`])].join(', ');
}
