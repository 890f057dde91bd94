import type { Quality } from '../../../wire/quality.ts';
import { toBaseUnit } from '../../../wire/units.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { decodeHdr, type HdrHistogram, lowestOfCell } from '../../lexers/hdr-v2.ts';
import type { HistogramRecord } from '../../records.ts';
import { declareSeries } from '../series.ts';

/** HdrHistogram cells → one histogram record. */

/** Cells from the first to the last filled one; 3 digits over 60 powers of two have 61,440. */
export const HDR_CELLS = 524_288;

/** Histograms of one series, added cell by cell. */
export type HdrSum = { readonly grid: HdrHistogram; readonly counts: Map<number, number>; readonly line: number; precisionLost: boolean };

/** @throws ParseError naming the place when the text is no V2 histogram */
export function decodeHdrAt(base64: string, place: { readonly line: number; readonly column: number }): HdrHistogram {
  const decoded = decodeHdr(base64);
  if ('refusal' in decoded) throw new ParseError(`the histogram ${decoded.refusal}`, place);
  return decoded;
}

/** @throws ParseError when the cells of the two are not the same */
export function addHdr(sum: HdrSum | undefined, histogram: HdrHistogram, line: number): HdrSum {
  const total = sum ?? { grid: histogram, counts: new Map(), line, precisionLost: false };
  const { grid } = total;
  if (grid.unitMagnitude !== histogram.unitMagnitude || grid.subBucketHalfCountMagnitude !== histogram.subBucketHalfCountMagnitude)
    throw new ParseError(
      `the histogram has another lowest value or other digits than that of line ${total.line}: their cells cannot be added`,
      { line, column: 1 },
    );
  for (const [cell, count] of histogram.counts) {
    const added = (total.counts.get(cell) ?? 0) + count;
    total.precisionLost ||= added > Number.MAX_SAFE_INTEGER;
    total.counts.set(cell, added);
  }
  total.precisionLost ||= histogram.precisionLost;
  return total;
}

/**
 * The record of a sum. The unit is the caller's, since a histogram states none; times default to the metric `latency`.
 * @throws ParseError when unit=, metric= or region= is missing, or the values span too many cells
 */
export function toHdrRecord(sum: HdrSum, tag: string | undefined, parameters: PayloadParameters): HistogramRecord {
  const { line } = sum;
  const fail = (detail: string): never => {
    throw new ParseError(detail, { line, column: 1 });
  };
  const base =
    toBaseUnit(parameters.unit ?? '') ?? fail('a histogram does not say the unit of its values: send unit= (ns, us, ms, bytes …)');
  const metric = parameters.metric ?? (base.unit === 'ns' ? 'latency' : fail('values that are no times need a name: send metric='));
  const region = parameters.region ?? tag ?? fail('a histogram without a tag does not say what was measured: send region=');
  const { edges, counts } = toEdges(sum, base.factor, fail);
  const declared = declareSeries(
    {
      region,
      metric,
      nativeMetric: tag ?? metric,
      unit: base.unit,
      valueKind: 'histogram',
      labels: tag !== undefined && parameters.region !== undefined ? { tag } : {},
      judgedAs: 'location',
      line,
    },
    parameters,
  );
  const isTime = base.unit === 'ns' && parameters.better === undefined && declared.better === 'either';
  const quality: Quality[] = sum.precisionLost ? ['sum_unknown', 'precision_lost'] : ['sum_unknown'];
  return {
    kind: 'histogram',
    series: isTime ? { ...declared, better: 'lower' } : declared,
    repetition: parameters.repetition,
    scheme: 'explicit',
    edges,
    counts,
    sum: null,
    atNs: parameters.atNs ?? null,
    quality,
    line,
  };
}

/** Every cell between the filled ones gets a bucket, so that histograms of one grid can be added again in the store. */
function toEdges(
  { grid, counts }: HdrSum,
  factor: number,
  fail: (detail: string) => never,
): { readonly edges: number[]; readonly counts: number[] } {
  const cells = [...counts.keys()].sort((left, right) => left - right);
  const first = cells[0] ?? fail('the histogram is empty: nothing was recorded');
  const last = cells.at(-1) ?? first;
  if (last - first >= HDR_CELLS)
    fail(`the values span ${last - first + 1} cells, more than ${HDR_CELLS}: record with fewer significant digits (3)`);
  const edges = [lowestOfCell(first, grid) * factor];
  const filled: number[] = [];
  for (let cell = first; cell <= last; cell++) {
    edges.push(lowestOfCell(cell + 1, grid) * factor);
    filled.push(counts.get(cell) ?? 0);
  }
  return { edges, counts: filled };
}
