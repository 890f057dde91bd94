import { type BaseUnit, toBaseUnit } from '../../../wire/units.ts';

/**
 * Units as Nsight Compute spells them: scaled per row (`usecond`, `Kbyte`, `Mhz`; since 2023 also `us`, `ns`), prefixes are powers of 1000, and
 * one unit per another (`inst/cycle`, `Gbyte/second`). Source: Nsight Compute CLI manual, "Metric Units"; FORMATS.md 3.4.
 */
const PREFIXES: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 };

const WORDS: Readonly<Record<string, BaseUnit>> = {
  '': { unit: '1', factor: 1 },
  '%': { unit: '1', factor: 0.01 },
  byte: { unit: 'By', factor: 1 },
  hz: { unit: 'Hz', factor: 1 },
  Hz: { unit: 'Hz', factor: 1 },
  cycle: { unit: '{cycle}', factor: 1 },
  inst: { unit: '{instruction}', factor: 1 },
};
/** Spelling → spelling of wire/units.ts. */
const TIMES: ReadonlyMap<string, string> = new Map([
  ['ns', 'ns'],
  ['us', 'us'],
  ['ms', 'ms'],
  ['s', 's'],
  ['nsecond', 'ns'],
  ['usecond', 'us'],
  ['msecond', 'ms'],
  ['second', 's'],
]);
const NS_PER_S = 1e9;
const WORD = /^[a-z][a-z_]{0,13}$/;

/** Undefined for a spelling that is none of Nsight Compute's. */
export function readNcuUnit(symbol: string): BaseUnit | undefined {
  const slash = symbol.indexOf('/');
  if (slash < 0) return readSingle(symbol);
  const top = readSingle(symbol.slice(0, slash));
  const under = readSingle(symbol.slice(slash + 1));
  if (top === undefined || under === undefined || under.unit === '1') return undefined;
  if (under.unit === 'ns') return perSecond(top, NS_PER_S / under.factor);
  return { unit: `{${wordOf(top.unit)} per ${wordOf(under.unit)}}`, factor: top.factor / under.factor };
}

function readSingle(symbol: string): BaseUnit | undefined {
  const time = TIMES.get(symbol);
  if (time !== undefined) return toBaseUnit(time);
  const whole = Object.hasOwn(WORDS, symbol) ? WORDS[symbol] : undefined;
  if (whole !== undefined) return whole;
  const prefix = PREFIXES[symbol.charAt(0)];
  const word = prefix === undefined ? symbol : symbol.slice(1);
  const known = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  const base = known ?? (WORD.test(word) ? { unit: `{${word}}`, factor: 1 } : undefined);
  return base === undefined || word === '' || word === '%' ? undefined : { unit: base.unit, factor: base.factor * (prefix ?? 1) };
}

function perSecond({ unit, factor }: BaseUnit, perS: number): BaseUnit | undefined {
  if (unit === 'By') return { unit: 'By/s', factor: factor * perS };
  if (unit === '{cycle}' || unit === '1') return { unit: 'Hz', factor: factor * perS };
  return unit.startsWith('{') && !unit.includes(' per ') ? { unit: `${unit}/s`, factor: factor * perS } : undefined;
}

function wordOf(unit: string): string {
  if (unit === 'By') return 'byte';
  return unit === '1' ? 'one' : unit.replace(/[{}]/g, '');
}
