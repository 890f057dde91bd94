/**
 * What perf damages in its own JSON, and only what can be restored without doubt. In a locale with decimal commas every version prints
 * `"variance" : 0,64, "pcnt-running" : 100,00`, which no JSON reader takes for anything else: a bare number ends at a comma, and what follows
 * a comma in an object is a name in quotes. 6.1 prints a metric-value of nan or inf bare. Source: captures of 6.1, 6.12 and 7.2 in de_DE.
 */

/** perf prints two decimals of shares and six of values; digit groups it never prints here. */
const SHARE = /("(?:variance|pcnt-running)" : )(\d+),(\d\d)(?=, "|\})/g;
const METRIC = /("metric-value" : )(-?\d+),(\d{6})(?=, "|\})/g;
const NO_NUMBER = /("metric-value" : )-?(?:nan|inf)(?=, "|\})/g;
const PERCENT = /"pcnt-running" : \d+,\d\d(?=, "|\})/;
const QUOTED_VALUE = /^\d+,\d{6}$/;
const QUOTED_METRIC = /^-?\d+,\d{6}$/;

/** A line of JSON after repair, and whether its numbers had decimal commas. */
export type MendedLine = { readonly text: string; readonly hasCommas: boolean };

/** @returns undefined when there is nothing that can be mended */
export function mendLine(text: string): MendedLine | undefined {
  const mended = text.replace(SHARE, '$1$2.$3').replace(METRIC, '$1$2.$3').replace(NO_NUMBER, '$1null');
  return mended === text ? undefined : { text: mended, hasCommas: PERCENT.test(text) };
}

/**
 * A value in quotes as printed with a decimal point, for a line whose percentage shows that the locale has decimal commas; as it is when it
 * does not have the six decimals that perf prints.
 * @example mendValue('8019,000000') // '8019.000000'
 */
export function mendValue(value: string): string {
  return QUOTED_VALUE.test(value) ? value.replace(',', '.') : value;
}

/** As `mendValue`, for a metric, which may be negative. */
export function mendMetric(value: string): string {
  return QUOTED_METRIC.test(value) ? value.replace(',', '.') : value;
}
