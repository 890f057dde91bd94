import { type DecimalReading, type DecimalScale, quote, readDecimal } from '../../lexers/decimal.ts';
import { readTimestamp, type TimestampReading } from '../../lexers/timestamp.ts';
import type { ColumnCell, ColumnType } from './columns.ts';

/** Times are stored as 64-bit nanoseconds. */
const FIRST_AT_NS = -(2n ** 63n);
const LAST_AT_NS = 2n ** 63n - 1n;

/**
 * A measured value out of a cell, in base units. A double times a power of ten is rounded once; an integer that no double holds is told.
 * @param scale conversion to the base unit
 * @returns the number, or why it is none, completing "value …"
 */
export function readCellValue(cell: ColumnCell, type: ColumnType, scale: DecimalScale): DecimalReading {
  if (cell === null) return readDecimal('', scale);
  if (type.kind === 'decimal' && typeof cell === 'bigint') return readDecimal(placePoint(cell, type.scale), scale);
  if (typeof cell === 'bigint') return readDecimal(String(cell), scale);
  if (typeof cell !== 'number') return { refusal: `is ${quote(String(cell))}; write numbers` };
  if (!Number.isFinite(cell)) return readDecimal(String(cell), scale);
  const { factor, powerOfTen } = scale;
  const value = powerOfTen !== null && powerOfTen < 0 ? cell / 10 ** -powerOfTen : cell * factor;
  if (!Number.isFinite(value)) return { refusal: `is too large for a 64-bit float: ${cell}; use a larger unit` };
  if (value === 0 && cell !== 0) return { refusal: `is too close to zero for a 64-bit float: ${cell}; use a smaller unit` };
  return { value: value + 0, precisionLost: false };
}

/** Digits with the point put in: placePoint(-1205n, 3) is "-1.205". */
function placePoint(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled);
  const sign = unscaled < 0n ? '-' : '';
  if (scale <= 0) return `${sign}${digits}${'0'.repeat(-scale)}`;
  const padded = digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/**
 * A time out of a cell, in nanoseconds since 1970, no digit lost.
 * @returns null when the cell says none; or why it is no time, completing "at …"
 */
export function readCellTime(cell: ColumnCell, type: ColumnType): TimestampReading | null {
  if (cell === null || cell === '') return null;
  if (type.kind === 'time' && typeof cell === 'bigint') return inReach(cell * type.nsPerUnit);
  const reading = readTimestamp(String(cell));
  return 'atNs' in reading ? inReach(reading.atNs) : reading;
}

function inReach(atNs: bigint): TimestampReading {
  if (atNs >= FIRST_AT_NS && atNs <= LAST_AT_NS) return { atNs };
  return { refusal: `is ${atNs} ns since 1970, beyond the years 1678 to 2262 that 64-bit nanoseconds reach` };
}

/** A word (a region, a label) out of a cell; empty when the cell says nothing. */
export function readCellText(cell: ColumnCell): string {
  return cell === null ? '' : String(cell);
}
