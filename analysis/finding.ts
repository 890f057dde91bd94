import type { Statistic } from '../wire/policy.ts';
import type { Family, Finding, Reason, ReasonCode, SeriesDefinition } from '../wire/verdict.ts';
import { compareText } from './pair-series.ts';

/** What names a finding; everything else is said about it. */
type FindingName = {
  readonly series: SeriesDefinition;
  readonly family: Family;
  readonly statistic: Statistic | null;
};

type Said = Omit<Finding, 'seriesId' | 'region' | 'metric' | 'unit' | 'better' | 'labels' | 'family' | 'statistic'>;

const NOTHING_SAID: Said = {
  status: 'inconclusive',
  gated: true,
  baseline: null,
  candidate: null,
  delta: null,
  deltaCi95: null,
  tolerance: null,
  minimumDetectableEffect: null,
  repetitionsNeeded: null,
  pValue: null,
  qValue: null,
  sampleCount: 0,
  repetitionCount: 0,
  change: null,
  since: null,
  ongoing: false,
  evidence: {},
  reasons: [],
};

/**
 * A finding about a series. What is not said stays null, 0 or empty, the status inconclusive and gated.
 * @param name series, family and statistic
 * @param said the members that are known
 */
export function createFinding(name: FindingName, said: Partial<Said>): Finding {
  const { series, family, statistic } = name;
  const { seriesId, region, metric, unit, better, labels } = series;
  return withoutOverflow({ seriesId, region, metric, unit, better, labels, family, statistic, ...NOTHING_SAID, ...said });
}

/** Numbers that overflowed a double become null: JSON has no infinity, and a finding never holds NaN. */
function withoutOverflow(finding: Finding): Finding {
  const interval = finding.deltaCi95;
  return {
    ...finding,
    baseline: toFinite(finding.baseline),
    candidate: toFinite(finding.candidate),
    delta: toFinite(finding.delta),
    deltaCi95: interval?.every(Number.isFinite) === true ? interval : null,
    minimumDetectableEffect: toFinite(finding.minimumDetectableEffect),
    pValue: toFinite(finding.pValue),
    qValue: toFinite(finding.qValue),
    change: toFinite(finding.change),
    evidence: Object.fromEntries(Object.entries(finding.evidence).map(([name, value]) => [name, toFiniteEvidence(value)])),
  };
}

function toFinite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

function toFiniteEvidence(value: unknown): unknown {
  if (typeof value === 'number') return toFinite(value);
  if (Array.isArray(value)) return value.map(toFiniteEvidence);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toFiniteEvidence(member)]));
}

/** Adds a reason that keeps a finding from passing: everything but a regression becomes inconclusive. */
export function withholdPass(finding: Finding, reason: Reason): Finding {
  const status = finding.status === 'regression' ? 'regression' : 'inconclusive';
  return { ...finding, status, reasons: [...finding.reasons, reason] };
}

/** Whether any of the reasons has this code. */
export function hasReason(reasons: readonly Reason[], code: ReasonCode): boolean {
  return reasons.some((reason) => reason.code === code);
}

/** Orders findings by region, metric, labels, family, statistic and series id. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(a.region, b.region) ||
    compareText(a.metric, b.metric) ||
    compareText(toLabelText(a.labels), toLabelText(b.labels)) ||
    compareText(a.family, b.family) ||
    compareText(a.statistic ?? '', b.statistic ?? '') ||
    compareText(a.seriesId, b.seriesId)
  );
}

/** Labels as one text, by name: `a=1,b=2`. */
export function toLabelText(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .sort(compareText)
    .map((name) => `${name}=${labels[name]}`)
    .join(',');
}

/**
 * A fraction as printed in a reason, three significant digits.
 * @example toPercentText(0.0512) // '5.12 %'
 */
export function toPercentText(fraction: number): string {
  return `${Number((100 * fraction).toPrecision(3))} %`;
}

/** A number for a reason's text, four significant digits. */
export function toNumberText(value: number): string {
  return `${Number(value.toPrecision(4))}`;
}
