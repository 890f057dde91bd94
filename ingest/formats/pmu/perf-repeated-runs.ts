import { parseDecimal } from '../../lexers/number.ts';
import type { CounterFields } from './perf-fields.ts';
import type { PerfVersion } from './perf-stat-lines.ts';

/** Half of the last digit that `-x` prints, in ns, by unit; other units are no times. */
const ROUNDING_NS: Readonly<Record<string, { readonly factor: number; readonly rounding: number }>> = {
  msec: { factor: 1e6, rounding: 5001 },
  ns: { factor: 1, rounding: 0.5 },
};
/** What the unit of a rate multiplies it with. */
const RATE_FACTORS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, G: 1e9 };
/** Smaller counts are too coarse to tell a mean from the last run. */
const LEAST_COUNT = 20;

/**
 * Which version printed -r, by what only one of them prints: 6.1 prints the values of the last run, and its rates over the mean time; later
 * versions print means. Checked on captures of 6.1, 6.12 and 7.2.
 */
export class RepeatedRuns {
  #agree = 0;
  #differ = 0;
  #clockNs: number | undefined;
  #clockRounding = 0;
  #isBare = false;
  readonly #rates: { readonly count: number; readonly perSecond: number; readonly rounding: number }[] = [];

  /** A clock's value equals its own run time when both are of the last run. */
  addRuntime({ value, unit, runtimeNs }: Pick<CounterFields, 'value' | 'unit' | 'runtimeNs'>): void {
    const scale = ROUNDING_NS[unit];
    const printed = parseDecimal(value);
    if (scale === undefined || printed === undefined || printed === 0) return;
    if (Math.abs(printed * scale.factor - runtimeNs) <= scale.rounding) this.#agree++;
    else this.#differ++;
  }

  /** task-clock of the text form. @param hasMetric whether a metric stands behind it; 7.2 prints none */
  addClock(valueNs: number, roundingNs: number, hasMetric: boolean): void {
    this.#clockNs = valueNs;
    this.#clockRounding = roundingNs / valueNs;
    this.#isBare = !hasMetric;
  }

  /** A count of the text form and the rate behind it. @param rate as printed, `26.129` @param unit as printed, `K/sec` */
  addRate(count: number, rate: string, unit: string): void {
    const prefix = /^([KMG]?)[a-z]*\/sec/.exec(unit)?.[1];
    const printed = parseDecimal(rate);
    if (prefix === undefined || printed === undefined || count < LEAST_COUNT || printed <= 0) return;
    const digits = rate.length - 1 - (rate.includes('.') ? rate.indexOf('.') : rate.length - 1);
    const rounding = (0.6 * 10 ** -digits) / printed + 0.6 / count;
    this.#rates.push({ count, perSecond: printed * (RATE_FACTORS[prefix] ?? 1), rounding });
  }

  version(): PerfVersion {
    if (this.#agree + this.#differ > 0) return this.#differ === 0 ? 'old' : this.#agree === 0 ? 'new' : 'unknown';
    const clockNs = this.#clockNs;
    if (clockNs === undefined) return 'unknown';
    if (this.#rates.length === 0) return this.#isBare ? 'new' : 'unknown';
    const isMean = this.#rates.every(({ count, perSecond, rounding }) => {
      const expected = (count * 1e9) / clockNs;
      return Math.abs(perSecond - expected) <= expected * (rounding + this.#clockRounding);
    });
    return isMean ? 'new' : 'old';
  }
}
