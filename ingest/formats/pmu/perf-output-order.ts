import { ParseError } from '../../format.ts';

/**
 * Tells a second output of perf in one file (--append, or two runs into one log) from counters that one output prints twice: a second output
 * has the same counters in the same order, or intervals that start again. Their values must neither be added nor hide one another.
 */
export class OutputOrder {
  readonly #keys: string[] = [];
  readonly #lines: number[] = [];
  #interval = -1;

  /** A counter or metric of a whole run. @param key what it is of, as printed @param line where */
  addTotal(key: string, line: number): void {
    this.#keys.push(key);
    this.#lines.push(line);
  }

  /** The end of an interval, seconds. @throws ParseError when it lies before that of a line above */
  addInterval(interval: number, line: number): void {
    if (interval < this.#interval) failSecond('the time of the intervals goes back', line);
    this.#interval = interval;
  }

  /** @throws ParseError when all counters came again, in the same order */
  end(): void {
    const period = periodOf(this.#keys);
    if (period > 0 && 2 * period <= this.#keys.length) failSecond('the counters come again in the same order', this.#lines[period] ?? 1);
  }
}

function failSecond(what: string, line: number): never {
  const detail = `${what}, so a second output of perf stat begins here: send each by itself, with repetition=1..n, and name an event once`;
  throw new ParseError(detail, { line, column: 1 });
}

/** After how many keys the list starts again; its length when it never does. Linear: the prefix function of Knuth, Morris and Pratt (1977). */
function periodOf(keys: readonly string[]): number {
  const borders: number[] = [0];
  let border = 0;
  for (let index = 1; index < keys.length; index++) {
    while (border > 0 && keys[index] !== keys[border]) border = borders[border - 1] ?? 0;
    if (keys[index] === keys[border]) border++;
    borders.push(border);
  }
  return keys.length - border;
}
