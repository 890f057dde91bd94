import { createRandom, drawNormal } from '../../test/analysis/support/random.ts';

/** Machines and programs to measure in a simulation (VERDICTS 4 and 14): how samples of one repetition come about. */
export type Scenario = {
  readonly name: string;
  /** Standard deviation of a repetition's level, log units, and of a run's. */
  readonly repetitionSd: number;
  readonly runSd: number;
  /** What else moves a repetition's level, log units. */
  readonly offset?: (random: () => number) => number;
  /** What else happens to its samples, in place. */
  readonly disturb?: (samples: Float64Array, level: number, random: () => number) => void;
};

/** Width of one program's samples, log units; the slowest of them, above this normal score, follow a Pareto law of this shape instead. */
const BODY_SD = 0.12;
const TAIL_SCORE = 1.6449;
const TAIL_SHAPE = 8;

export const SCENARIOS: readonly Scenario[] = [
  { name: 'lognormal, repetition sd 0.5 %', repetitionSd: 0.005, runSd: 0 },
  { name: 'lognormal, repetition sd 1 %', repetitionSd: 0.01, runSd: 0 },
  { name: 'frequency states', repetitionSd: 0.005, runSd: 0, disturb: disturbFrequency },
  { name: 'timer quantum 2 %', repetitionSd: 0.01, runSd: 0, disturb: disturbQuantum },
  { name: 'AR(1) and drift', repetitionSd: 0.01, runSd: 0, disturb: disturbOrder },
  { name: 'bimodal repetitions', repetitionSd: 0.01, runSd: 0, offset: (random) => (random() < 0.25 ? Math.log(1.03) : 0) },
  {
    name: 'outlier repetitions',
    repetitionSd: 0.01,
    runSd: 0,
    offset: (random) => (random() < 0.05 ? Math.log(1.03 + 0.05 * random()) : 0),
  },
  { name: 'run effect 0.4 %', repetitionSd: 0.005, runSd: 0.004 },
];

/** Samples of one repetition around `level` (log units), in the order they were taken; heavy upper tail. */
export function drawSamples(scenario: Scenario, level: number, count: number, random: () => number): Float64Array {
  const centre = level + scenario.repetitionSd * drawNormal(random) + (scenario.offset?.(random) ?? 0);
  const samples = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const score = drawNormal(random);
    // Beyond the p95: ln of a Pareto variable is exponential.
    const own = score <= TAIL_SCORE ? BODY_SD * score : BODY_SD * TAIL_SCORE - Math.log(1 - random()) / TAIL_SHAPE;
    samples[i] = Math.exp(centre + own);
  }
  scenario.disturb?.(samples, centre, random);
  return samples;
}

/** The clock sits in one of three states for stretches of samples. */
function disturbFrequency(samples: Float64Array, _level: number, random: () => number): void {
  let state = 1;
  for (let i = 0; i < samples.length; i++) {
    if (random() < 1 / 80) state = [1, 1.03, 1.06][Math.floor(3 * random())] ?? 1;
    samples[i] = (samples[i] ?? 0) * state;
  }
}

/** The timer counts in steps of 2 %. */
function disturbQuantum(samples: Float64Array, level: number): void {
  const step = 0.02 * Math.exp(Math.round(level * 10) / 10);
  for (let i = 0; i < samples.length; i++) samples[i] = Math.max(1, Math.round((samples[i] ?? 0) / step)) * step;
}

/** Samples remember the one before, and the repetition warms up or down. */
function disturbOrder(samples: Float64Array, level: number, random: () => number): void {
  const memory = 0.5 + 0.4 * random();
  const slope = 0.01 * drawNormal(random);
  let last = 0;
  for (let i = 0; i < samples.length; i++) {
    const own = Math.log(samples[i] ?? 1) - level;
    last = memory * last + Math.sqrt(1 - memory ** 2) * own;
    samples[i] = Math.exp(level + last + slope * (i / samples.length - 0.5));
  }
}

/** A night's run level per series; series are different programs, the seed names the scenario's stream. */
export function createStream(seed: number, seriesCount: number): { readonly random: () => number; readonly levels: readonly number[] } {
  const random = createRandom(seed);
  return { random, levels: Array.from({ length: seriesCount }, () => 4 + drawNormal(random)) };
}
