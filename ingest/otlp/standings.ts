import { Rejected } from './rejections.ts';

/** What the standings of cumulative points have in common. */
export type Standing = { readonly startNs: bigint; readonly atNs: bigint; readonly writer: string };

/**
 * Takes a standing.
 * @param zeroAtNs where the counter is 0 by definition; null when the origin lies before the run, is not known, or was told already
 * @param isReset whether the counter began anew since the standing before
 */
export type Visit<Point> = (point: Point, zeroAtNs: bigint | null, isReset: boolean) => void;

/**
 * Standings of one series in the order of time, with their origins (opentelemetry-proto, metrics.proto: StartTimeUnixNano; data model, section
 * Resets and Gaps).
 * @param runCreatedNs an origin before this is older than the run, whose increase it would not be
 * @throws Rejected before the first visit when two writers share the series: the increases between their standings would be invented
 */
export function visitStandings<Point extends Standing>(points: readonly Point[], runCreatedNs: bigint, visit: Visit<Point>): void {
  const sorted = points.length > 1 ? points.toSorted((a, b) => (a.atNs < b.atNs ? -1 : a.atNs > b.atNs ? 1 : 0)) : points;
  let before: Point | undefined;
  for (const point of sorted) {
    if (before !== undefined) assertOneWriter(before, point);
    before = point;
  }
  before = undefined;
  for (const point of sorted) {
    const isNew = before === undefined || (point.startNs !== 0n && point.startNs !== before.startNs);
    const isReset = before !== undefined && before.startNs !== 0n && isNew;
    const isInRun = point.startNs >= runCreatedNs && point.startNs < point.atNs;
    visit(point, isNew && isInRun ? point.startNs : null, isReset);
    before = point;
  }
}

function assertOneWriter(before: Standing, point: Standing): void {
  const overlaps = before.atNs === point.atNs || (point.startNs !== before.startNs && point.startNs !== 0n && point.startNs < before.atNs);
  if (!overlaps && before.writer === point.writer) return;
  throw new Rejected(
    'two cumulative counters report one series at the same time; tell them apart by an attribute, plumbline.label.<name> or plumbline.repetition',
  );
}
