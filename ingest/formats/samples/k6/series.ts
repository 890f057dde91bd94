import type { PayloadParameters } from '../../../format.ts';
import type { ReadingRecord, RecordSeries } from '../../../records.ts';
import { declareSeries } from '../../series.ts';
import type { K6Trend } from './metrics.ts';

/** A trend's series: times and what the caller gave a unit are judged, phases of a request explain. */
export function declareTrend(
  place: { readonly region: string; readonly name: string; readonly line: number; readonly labels: Readonly<Record<string, string>> },
  trend: K6Trend,
  valueKind: 'samples' | 'total',
  parameters: PayloadParameters,
): RecordSeries {
  const { region, name, line, labels } = place;
  const judgedAs = trend.isPhase ? 'context' : valueKind === 'samples' ? 'location' : 'total';
  const declared = declareSeries(
    { region, metric: trend.metric, nativeMetric: name, unit: trend.unit, valueKind, labels, line },
    parameters,
  );
  const better = declared.better === 'either' && trend.unit === 'ns' ? (parameters.better ?? 'lower') : declared.better;
  return { ...declared, better, judgedAs };
}

type K6Count = {
  readonly name: string;
  readonly value: number;
  readonly isRate: boolean;
  readonly isData: boolean;
  readonly line: number;
  readonly exposureS?: number;
};

/** What a counter or a rate added up to: of rates the failures, of requests and of checks. */
export function toK6Count({ name, value, isRate, isData, line, exposureS }: K6Count, parameters: PayloadParameters): ReadingRecord {
  const isFailure = name === 'http_req_failed';
  const metric = isFailure ? 'request.errors' : isRate ? `k6.${name}.fails` : `k6.${name}`;
  const declared = declareSeries(
    { region: parameters.region ?? 'k6', metric, nativeMetric: name, unit: isData ? 'By' : '1', valueKind: 'counter', labels: {}, line },
    parameters,
  );
  const series: RecordSeries =
    isRate && !isFailure && name === 'checks' ? { ...declared, judgedAs: 'rate', better: parameters.better ?? 'lower' } : declared;
  const { repetition, atNs } = parameters;
  return {
    kind: 'reading',
    series,
    repetition,
    reading: 'delta',
    value,
    atNs: atNs ?? null,
    exposureS: parameters.exposureS ?? exposureS ?? null,
    probability: null,
    tool: null,
    quality: [],
    line,
  };
}
