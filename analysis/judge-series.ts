import type { SeriesMeasurement } from '../wire/measurements.ts';
import type { Finding, Reason } from '../wire/verdict.ts';
import { judgeZeroTolerance } from './counters/absolute-limit.ts';
import { toRunEvents } from './counters/exposure.ts';
import { countEvents, hasEvents, judgeRates } from './counters/judge-rates.ts';
import { prepareCountTotals, prepareRate, type RateEntry } from './counters/prepare-rate.ts';
import { judgeExact } from './exact.ts';
import { createFinding } from './finding.ts';
import { prepareHistograms } from './histograms/judge-histograms.ts';
import { isNamedByPolicy, type Judging } from './judging.ts';
import type { Entry } from './location/entry.ts';
import { judgeEntries } from './location/judge-entries.ts';
import { prepareLocation, prepareTotal } from './location/judge-location.ts';
import { toTotalValues } from './location/repetition-values.ts';
import { judgeMissing } from './missing.ts';
import { checkDefinitions, type SeriesPair } from './pair-series.ts';
import type { BoundSources } from './wcet/bounds.ts';
import { judgeWcet } from './wcet/judge-wcet.ts';

/** What a series is waiting for, or already got. */
type Stage = { readonly entries: Entry[]; readonly rates: RateEntry[]; readonly tasks: SeriesPair[]; readonly findings: Finding[] };

/**
 * Judges every series of a run: each goes to its family, and each family judges all of its series together.
 * @param pairs series of the candidate and of the baseline, bounds included
 * @param absence why there is no baseline for a series that has none
 * @returns findings in no particular order; series of context that no policy names have none
 */
export function judgeSeries(pairs: readonly SeriesPair[], absence: Reason, judging: Judging): readonly Finding[] {
  const stage: Stage = { entries: [], rates: [], tasks: [], findings: [] };
  const measured = pairs.filter((pair) => pair.series.valueKind !== 'bound');
  const judged = measured.filter((pair) => pair.series.judgedAs !== 'context' || isNamedByPolicy(judging, pair.series));
  for (const pair of judged) stageSeries(pair, absence, judging, stage);
  return [
    ...stage.findings,
    ...judgeMissing(judged),
    ...judgeEntries(stage.entries, judging),
    ...judgeRates(stage.rates),
    ...judgeWcet(stage.tasks, toBoundSources(pairs), judging),
  ];
}

/** Sends one series that the candidate has to its family, or answers at once where nothing can be compared. */
function stageSeries(pair: SeriesPair, absence: Reason, judging: Judging, stage: Stage): void {
  const { candidate } = pair;
  if (candidate === null) return;
  const definition = checkDefinitions(pair);
  const limit = hasEvents(candidate) ? judgeZeroTolerance(pair, candidate, countEvents(toRunEvents(candidate))) : undefined;
  if (limit !== undefined) stage.findings.push(limit);
  else if (definition.length > 0) stage.findings.push(toUnjudged(pair, true, definition));
  else if (pair.series.judgedAs === 'wcet' && candidate.samples.length > 0) stage.tasks.push(pair);
  else if (pair.baseline.length === 0) stage.findings.push(toUnjudged(pair, false, [absence]));
  else compareByShape(pair, candidate, judging, stage);
}

function compareByShape(pair: SeriesPair, candidate: SeriesMeasurement, judging: Judging, stage: Stage): void {
  const exact = pair.series.assume === 'exact' ? judgeExact(pair, candidate, judging) : undefined;
  if (exact !== undefined) stage.findings.push(exact);
  else if (candidate.samples.length > 0) keep(prepareLocation(pair, candidate, judging), stage);
  else if (candidate.histograms.length > 0) keep(prepareHistograms(pair, candidate, judging), stage);
  else if (hasEvents(candidate)) keepRate(prepareRate(pair, pair.baseline.map(toRunEvents), toRunEvents(candidate), judging), stage);
  else if (pair.series.valueKind === 'total') compareTotals(pair, candidate, judging, stage);
  else stage.findings.push(toUnjudged(pair, false, [{ code: 'not_judged', detail: pair.series.valueKind }]));
}

/** Totals go by their logarithms; counts that hold a zero have none and go by the rate test instead. */
function compareTotals(pair: SeriesPair, candidate: SeriesMeasurement, judging: Judging, stage: Stage): void {
  const values = (measurement: SeriesMeasurement): readonly number[] => toTotalValues(measurement).totals.map((total) => total.value);
  const totals = { baseline: pair.baseline.flatMap(values), candidate: values(candidate) };
  const hasZero = [...totals.baseline, ...totals.candidate].some((value) => value <= 0);
  const rate = hasZero ? prepareCountTotals(pair, totals, judging) : undefined;
  if (rate === undefined) keep(prepareTotal(pair, candidate, judging), stage);
  else stage.rates.push(rate);
}

function keep(prepared: { readonly entries: readonly Entry[]; readonly findings: readonly Finding[] }, stage: Stage): void {
  stage.entries.push(...prepared.entries);
  stage.findings.push(...prepared.findings);
}

function keepRate(prepared: RateEntry | Finding, stage: Stage): void {
  if ('status' in prepared) stage.findings.push(prepared);
  else stage.rates.push(prepared);
}

/** An inconclusive finding for a whole series. */
function toUnjudged(pair: SeriesPair, gated: boolean, reasons: readonly Reason[]): Finding {
  const repetitions = [...(pair.candidate?.samples ?? []), ...(pair.candidate?.readings ?? []), ...(pair.candidate?.histograms ?? [])];
  const family = pair.series.judgedAs === 'wcet' || pair.series.judgedAs === 'rate' ? pair.series.judgedAs : 'center';
  return createFinding(
    { series: pair.series, family, statistic: family === 'center' ? 'centre' : null },
    { gated, sampleCount: countValues(pair.candidate), repetitionCount: new Set(repetitions.map((one) => one.repetition)).size, reasons },
  );
}

/** Samples, readings with a value and histogram counts of a series. */
function countValues(measurement: SeriesMeasurement | null): number {
  if (measurement === null) return 0;
  const samples = measurement.samples.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  const counted = measurement.histograms.reduce((sum, { counts }) => sum + counts.reduce((total, count) => total + count, 0), 0);
  return samples + counted + measurement.readings.filter(({ value }) => value !== null).length;
}

function toBoundSources(pairs: readonly SeriesPair[]): BoundSources {
  const bounds = pairs.filter((pair) => pair.series.valueKind === 'bound');
  const measuredUnits = new Map<string, Set<string>>();
  for (const { series } of pairs) {
    if (series.valueKind === 'bound' || series.judgedAs !== 'wcet') continue;
    const known = measuredUnits.get(series.region);
    if (known === undefined) measuredUnits.set(series.region, new Set([series.unit]));
    else known.add(series.unit);
  }
  return {
    candidate: bounds.flatMap((pair) => (pair.candidate === null ? [] : [pair.candidate])),
    baseline: bounds.flatMap((pair) => pair.baseline),
    measuredUnits,
  };
}
