import { ParseError } from '../../format.ts';
import { decimalScale } from '../../lexers/decimal.ts';
import { parseDecimal } from '../../lexers/number.ts';
import type { Wrk2Row, Wrk2Section } from './wrk2-lines.ts';

/**
 * The spectrum prints, without a unit, the highest value of the cell that a percentile falls in and how many values lie at or below it.
 * wrk2 records whole microseconds and divides by 1000 (wrk.c, print_hdr_latency), so [a, b] microseconds become [a, b + 1). That the unit is
 * milliseconds is held against the 100 % line, which prints one.
 */
const MICROSECONDS_PER_VALUE = decimalScale(1e3);
const NS_PER_US = 1e3;

type Point = { readonly us: number; readonly total: number };

/** @throws ParseError when lines are missing, contradict each other or do not ascend */
export function toWrk2Edges(section: Wrk2Section): { readonly edges: number[]; readonly counts: number[] } {
  const points = section.rows.map((row) => toPoint(row));
  const last = assertComplete(section, points);
  const edges = [lowestOfCell(points[0]?.us ?? last.us, section) * NS_PER_US];
  const counts: number[] = [];
  let before: Point | undefined;
  points.forEach((point, index) => {
    const line = section.rows[index]?.line ?? section.line;
    if (
      before !== undefined &&
      (point.us < before.us || point.total < before.total || (point.us === before.us) !== (point.total === before.total))
    )
      throw new ParseError('value and total count of the spectrum do not rise together: the output is damaged', { line, column: 1 });
    if (point.us !== before?.us) {
      edges.push((point.us + 1) * NS_PER_US);
      counts.push(point.total - (before?.total ?? 0));
    }
    before = point;
  });
  return { edges, counts };
}

function toPoint({ value, total, line }: Wrk2Row): Point {
  const us = parseDecimal(value, MICROSECONDS_PER_VALUE);
  if (us !== undefined && Number.isSafeInteger(us) && Number.isSafeInteger(total)) return { us, total };
  throw new ParseError(`the value '${value.slice(0, 40)}' has no three decimals: wrk2 prints milliseconds with three`, { line, column: 1 });
}

function assertComplete(section: Wrk2Section, points: readonly Point[]): Point {
  const { line, top, totalCount, max, subBuckets } = section;
  const fail = (detail: string): never => {
    throw new ParseError(detail, { line, column: 1 });
  };
  const last = points.at(-1);
  if (last === undefined) return fail('the detailed percentile spectrum is missing: run wrk2 with --latency (-L), and send the whole text');
  if (
    top === undefined ||
    totalCount === undefined ||
    max === undefined ||
    subBuckets === undefined ||
    Number(section.rows.at(-1)?.percentile) !== 1
  )
    return fail('lines of the spectrum are missing (100.000%, 1.000000, #[Max, #[Buckets): the output was cut off or shortened');
  if (last.total !== totalCount) fail(`the spectrum ends at ${last.total} values, the total count is ${totalCount}: lines are missing`);
  if (Math.abs(last.us * NS_PER_US - top.valueNs) > top.stepNs)
    fail('the spectrum does not end at the value printed for 100.000%: it is damaged, or not in milliseconds');
  const maxUs = parseDecimal(max, MICROSECONDS_PER_VALUE) ?? fail('#[Max is not a number');
  if (maxUs > last.us || maxUs < lowestOfCell(last.us, section))
    fail('#[Max lies outside of the last cell of the spectrum: the output is damaged');
  return last;
}

/** The lower end of the cell whose highest value is `us`: cells are 1 wide below SubBuckets and double with each power of two above. */
function lowestOfCell(us: number, { subBuckets, line }: Wrk2Section): number {
  const magnitude = Math.log2(subBuckets ?? 0);
  if (!Number.isInteger(magnitude) || magnitude < 1) throw new ParseError('SubBuckets is no power of two', { line, column: 1 });
  if (us < 2 ** magnitude) return us;
  return us + 1 - 2 ** (Math.floor(Math.log2(us)) - magnitude + 1);
}
