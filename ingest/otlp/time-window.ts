import { Rejected } from './rejections.ts';

/** Times outside of these would spread an insert over more partitions than ClickHouse takes; nanoseconds since the epoch. */
export type TimeWindow = { readonly earliestNs: bigint; readonly latestNs: bigint };

/** @param atNs 0n: not said @throws Rejected outside the window */
export function assertTime(atNs: bigint, { earliestNs, latestNs }: TimeWindow): void {
  if (atNs === 0n || (atNs >= earliestNs && atNs <= latestNs)) return;
  throw new Rejected('a time lies more than ten years back or a day ahead; correct the clock or the unit (nanoseconds since 1970)');
}
