/**
 * Base units as people read them: at most three significant digits and a prefix. Only printed text looks like this; every stored and
 * computed value stays in its base unit.
 */
type Scale = readonly (readonly [factor: number, symbol: string])[];

const SI = [
  [1, ''],
  [1e3, 'k'],
  [1e6, 'M'],
  [1e9, 'G'],
  [1e12, 'T'],
  [1e15, 'P'],
] as const;

function toScale(symbol: string, from: 'milli' | 'one'): Scale {
  const up = SI.map(([factor, prefix]) => [factor, `${prefix}${symbol}`] as const);
  return from === 'milli' ? [[1e-3, `m${symbol}`], ...up] : up;
}

const SCALES: Readonly<Record<string, Scale>> = {
  ns: [
    [1, 'ns'],
    [1e3, 'µs'],
    [1e6, 'ms'],
    [1e9, 's'],
  ],
  By: toScale('B', 'one'),
  'By/s': toScale('B/s', 'one'),
  Hz: toScale('Hz', 'one'),
  W: toScale('W', 'milli'),
  J: toScale('J', 'milli'),
  '{flop}/s': toScale('FLOP/s', 'one'),
};

const COUNTED: Readonly<Record<string, string>> = { '1': '', '{cycle}': ' cycles', '{instruction}': ' instructions', Cel: ' °C' };

/** What stands where there is no value. */
export const NO_VALUE = '–';

/**
 * A value in its base unit as people read it: time in ns to s, bytes and rates in decimal prefixes, counts with thousands.
 * @param value in `unit`; null prints as a dash
 * @param unit a base unit of wire/units, or an annotation such as `{request}/s`
 * @example formatQuantity(1234.5, 'ns') // '1.23 µs'
 */
export function formatQuantity(value: number | null, unit: string): string {
  if (value === null) return NO_VALUE;
  if (!Number.isFinite(value)) return String(value);
  const scale = Object.hasOwn(SCALES, unit) ? SCALES[unit] : undefined;
  if (scale === undefined) return `${formatCount(value)}${Object.hasOwn(COUNTED, unit) ? COUNTED[unit] : ` ${unit.replace(/[{}]/g, '')}`}`;
  // Rounded first: 999.6 ns is 1 µs, not 1000 ns.
  const rounded = Number(value.toPrecision(3));
  const step = scale.findLast(([factor]) => Math.abs(rounded) >= factor) ?? scale[0];
  if (step === undefined) return formatNumber(rounded);
  return `${formatNumber(rounded / step[0])} ${step[1]}`;
}

/**
 * A number of things: whole from a thousand on, with commas between thousands; three significant digits below.
 * @example formatCount(1234567) // '1,234,567'
 */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return groupThousands(value.toFixed(0));
  return formatNumber(value);
}

/**
 * A fraction in percent with three significant digits.
 * @param signed puts a plus before positive values
 * @example formatPercent(0.0321, { signed: true }) // '+3.21 %'
 */
export function formatPercent(fraction: number | null, { signed = false }: { readonly signed?: boolean } = {}): string {
  if (fraction === null) return NO_VALUE;
  return `${signed && fraction > 0 ? '+' : ''}${formatNumber(fraction * 100)} %`;
}

/**
 * A p or q value with two significant digits, `<0.0001` below that.
 * @example formatProbability(0.01234) // '0.012'
 */
export function formatProbability(value: number | null): string {
  if (value === null) return NO_VALUE;
  return value < 1e-4 && value >= 0 ? '<0.0001' : String(Number(value.toPrecision(2)));
}

/**
 * How long ago or how long, from nanoseconds to days.
 * @example formatAge(90 * 60 * 1e9) // '1.5 h'
 */
export function formatAge(durationNs: number): string {
  for (const [factor, symbol] of [
    [86_400e9, 'days'],
    [3600e9, 'h'],
    [60e9, 'min'],
  ] as const)
    if (durationNs >= factor) return `${formatNumber(durationNs / factor)} ${symbol}`;
  return formatQuantity(durationNs, 'ns');
}

/** Three significant digits, no trailing zeros, commas between thousands, no exponent between 1e-6 and 1e21. */
function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(3));
  const text = String(Object.is(rounded, -0) ? 0 : rounded);
  return text.includes('e') ? text : groupThousands(text);
}

function groupThousands(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
