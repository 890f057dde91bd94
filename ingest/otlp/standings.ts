import { Rejected } from './rejections.ts';

/** What the standings of cumulative points have in common. */
export type Standing = { readonly startNs: bigint; readonly atNs: bigint; readonly writer: string };

/** A standing with what its origin says. */
export type Step<Point> = {
  readonly point: Point;
  /** The counter is 0 there by definition; null when the origin lies before the run, is not known, or was told already. */
  readonly zeroAtNs: bigint | null;
  /** The counter began anew since the standing before. */
  readonly isReset: boolean;
};

/**
 * Standings of one series in the order of time, with their origins (opentelemetry-proto, metrics.proto: StartTimeUnixNano; data model, section
 * Resets and Gaps).
 * @param runCreatedNs an origin before this is older than the run, whose increase it would not be
 * @throws Rejected when two writers share the series: their standings alternate, and the increases between them would be invented
 */
export function orderStandings<Point extends Standing>(points: readonly Point[], runCreatedNs: bigint): readonly Step<Point>[] {
  const sorted = points.length > 1 ? points.toSorted((a, b) => (a.atNs < b.atNs ? -1 : a.atNs > b.atNs ? 1 : 0)) : points;
  let before: Point | undefined;
  return sorted.map((point) => {
    if (before !== undefined) assertOneWriter(before, point);
    const isNew = before === undefined || (point.startNs !== 0n && point.startNs !== before.startNs);
    const isReset = before !== undefined && before.startNs !== 0n && isNew;
    const isInRun = point.startNs >= runCreatedNs && point.startNs < point.atNs;
    before = point;
    return { point, zeroAtNs: isNew && isInRun ? point.startNs : null, isReset };
  });
}

function assertOneWriter(before: Standing, point: Standing): void {
  const overlaps = before.atNs === point.atNs || (point.startNs !== before.startNs && point.startNs !== 0n && point.startNs < before.atNs);
  if (!overlaps && before.writer === point.writer) return;
  throw new Rejected(
    'two cumulative counters report one series at the same time; tell them apart by an attribute, plumbline.label.<name> or plumbline.repetition',
  );
}
