import { describeMachine, printTable } from '../support/report.ts';
import { SCENARIOS, type Scenario } from './generate.ts';
import { type Call, PEERS, type PeerInput } from './peers.ts';
import { applyEffect, createNights, type Effect, type Night, remember, type Stream } from './stream.ts';
import { addNight, createTally, type Tally, toCalls, toDiscoveryRate, toFalseShare, toNightShare, toPower } from './tally.ts';

/**
 * The simulation of VERDICTS 4 and 14 on own generators: 200 series a night, one golden run of 5 repetitions, nights of 3 repetitions of 1,000
 * samples, judged online in the order they come; a share of the series carries an effect that no later night keeps. Our rules with and
 * without history, in one and two stages, beside those of others on the same numbers.
 * Run: node --import tsx bench/verdicts/simulate.ts [--scenario <part of a name>] [--nights 25] [--seed 1] [--no-peers]
 */
const SERIES = 200;
const CHANGED = 20;
const SAMPLES = 1000;
const GOLDEN_REPETITIONS = 5;
const REPETITIONS = 3;
/** Nights before the first that counts: more than the ten that make a reference. */
const WARM_UP = 14;

const option = (name: string, fallback: string): string => {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? fallback : (process.argv[index + 1] ?? fallback);
};
const NIGHTS = Number(option('nights', '25'));
const SEED = Number(option('seed', '1'));
const WITH_PEERS = !process.argv.includes('--no-peers');

const EFFECTS: readonly { readonly name: string; readonly effect: Effect }[] = [
  { name: '+2 %', effect: { kind: 'shift', size: 0.02, seriesCount: CHANGED } },
  { name: '+3 %', effect: { kind: 'shift', size: 0.03, seriesCount: CHANGED } },
  { name: '+5 %', effect: { kind: 'shift', size: 0.05, seriesCount: CHANGED } },
  { name: 'p99 +20 %', effect: { kind: 'tail', size: 0.2, seriesCount: CHANGED } },
];
/** Counts per method and column. */
type Results = Map<string, Map<string, Tally>>;

function tallyOf(results: Results, method: string, column: string): Tally {
  const row = results.get(method) ?? new Map<string, Tally>();
  results.set(method, row);
  const tally = row.get(column) ?? createTally();
  row.set(column, tally);
  return tally;
}

/** Which statistic shows an effect. */
const statisticOf = (effect: Effect): string => (effect.kind === 'tail' ? 'p99' : 'centre');

function simulate(scenario: Scenario): Results {
  const results: Results = new Map();
  const stream = createNights(scenario, { seed: SEED, series: SERIES, samples: SAMPLES });
  const golden = stream.drawNight('g1', GOLDEN_REPETITIONS);
  const history: ReturnType<typeof remember>[] = [];
  const means: number[][] = golden.raw.map(() => []);
  for (let order = 0; order < WARM_UP + NIGHTS; order++) {
    const night = stream.drawNight(`night-${order}`, REPETITIONS);
    const verdict = stream.judge(golden, night, { history });
    if (order >= WARM_UP) {
      const alone = stream.judge(golden, night);
      addNight(tallyOf(results, 'ours, rolling', 'A/A'), toCalls(verdict, SERIES, 'centre'), 0);
      addNight(tallyOf(results, 'ours, golden only', 'A/A'), toCalls(alone, SERIES, 'centre'), 0);
      for (const statistic of ['centre', 'p90', 'p99', 'p999', undefined]) {
        addNight(tallyOf(results, 'ours, rolling', statistic ?? 'any'), toCalls(verdict, SERIES, statistic), 0);
      }
      judgeEffects(results, stream, golden, night, history);
      if (WITH_PEERS) judgePeers(results, golden, night, means);
    }
    // Recent runs are all that a reference takes; older ones only say since when something goes on.
    history.push(remember(verdict, night, order));
    if (history.length > 30) history.shift();
    night.raw.forEach((repetitions, i) => {
      means[i]?.push(average(repetitions.map((samples) => average(samples))));
    });
  }
  return results;
}

function judgeEffects(results: Results, stream: Stream, golden: Night, night: Night, history: ReturnType<typeof remember>[]): void {
  for (const { name, effect } of EFFECTS) {
    const changed = applyEffect(night, effect);
    const statistic = statisticOf(effect);
    const rolling = stream.judge(golden, changed, { history });
    addNight(tallyOf(results, 'ours, rolling', name), toCalls(rolling, SERIES, statistic), CHANGED);
    addNight(tallyOf(results, 'ours, golden only', name), toCalls(stream.judge(golden, changed), SERIES, statistic), CHANGED);
    const suspects = new Set(rolling.suspects.map((suspect) => suspect.seriesId));
    const again = applyEffect(stream.drawNight(`${night.runId}-again`, REPETITIONS, suspects), effect);
    const second = { ...again, measurements: again.measurements.filter((one) => one.samples.length > 0) };
    const stages = [{ run: { ...first(history).run, runId: night.runId }, measurements: changed.measurements }];
    const twice = stream.judge(golden, second, { history, follows: { stages, suspects: rolling.suspects } });
    const tally = tallyOf(results, 'ours, rolling, two stages', name);
    addNight(tally, toCalls(twice, SERIES, statistic), CHANGED);
    tally.measuredAgain += [...suspects].filter((seriesId) => Number(seriesId.slice(1, 4)) >= CHANGED).length;
  }
}

function judgePeers(results: Results, golden: Night, night: Night, means: readonly (readonly number[])[]): void {
  const goldenSides = golden.raw.map(toSide);
  const judge = (column: string, changed: Night, changedCount: number): void => {
    const inputs = changed.raw.map((raw, i): PeerInput => {
      const side = goldenSides[i];
      if (side === undefined) throw new RangeError('judgePeers: a series has no golden side');
      return { golden: side, candidate: toSide(raw), runMeans: [average(side.means), ...(means[i] ?? [])] };
    });
    for (const { name, call } of PEERS) {
      const calls: readonly Call[] = inputs.map(call);
      addNight(tallyOf(results, name, column), calls, changedCount);
    }
  };
  judge('A/A', night, 0);
  for (const { name, effect } of EFFECTS) judge(name, applyEffect(night, effect), CHANGED);
}

function toSide(raw: readonly Float64Array[]): PeerInput['golden'] {
  const pooled = new Float64Array(raw.reduce((sum, samples) => sum + samples.length, 0));
  let offset = 0;
  for (const samples of raw) {
    pooled.set(samples, offset);
    offset += samples.length;
  }
  return { means: raw.map(average), sorted: pooled.sort() };
}

function average(values: Float64Array | readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function first<T>(values: readonly T[]): T {
  const [value] = values;
  if (value === undefined) throw new RangeError('first: no values');
  return value;
}

function printResults(scenario: Scenario, results: Results): void {
  const percent = (share: number, digits = 1): string => (100 * share).toFixed(digits);
  const rows = [...results].map(([method, columns]) => {
    const quiet = columns.get('A/A');
    const powers = EFFECTS.map(({ name }) => columns.get(name)).map((tally) => (tally === undefined ? '-' : percent(toPower(tally))));
    const discovery = columns.get('+3 %');
    const again = discovery === undefined || discovery.measuredAgain === 0 ? '-' : (discovery.measuredAgain / discovery.nights).toFixed(1);
    return [
      method,
      quiet === undefined ? '-' : percent(toFalseShare(quiet), 2),
      quiet === undefined ? '-' : percent(toNightShare(quiet), 0),
      ...powers,
      discovery === undefined ? '-' : percent(toDiscoveryRate(discovery)),
      again,
    ];
  });
  const ours = results.get('ours, rolling');
  const byStatistic = ['centre', 'p90', 'p99', 'p999', 'any'].flatMap((name) => {
    const tally = ours?.get(name);
    return tally === undefined ? [] : [`${name} ${percent(toFalseShare(tally), 2)} (${percent(toNightShare(tally), 0)})`];
  });
  console.log(`\n${scenario.name}: ${NIGHTS} nights, seed ${SEED}, all in %`);
  printTable(['method', 'A/A called', 'nights', ...EFFECTS.map(({ name }) => name), 'FDR at +3 %', 'again'], rows);
  console.log(`ours, rolling, A/A called (nights) by statistic: ${byStatistic.join(', ')}`);
}

console.log(describeMachine());
for (const scenario of SCENARIOS.filter(({ name }) => name.includes(option('scenario', '')))) printResults(scenario, simulate(scenario));
