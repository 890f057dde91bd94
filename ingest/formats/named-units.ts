import { type BaseUnit, toBaseUnit, UNIT_SYMBOLS } from '../../wire/units.ts';
import { ParseError, type PayloadParameters } from '../format.ts';

/** `units=FLOPs:{flop}/s,queue_wait:ms`: units of values whose tool prints a name and a number only. */
export const UNITS_PARAMETER = 'units';

/**
 * The units a caller states by name.
 * @throws ParseError when an entry is no `name:unit`, or the unit is unknown
 */
export function readNamedUnits(parameters: PayloadParameters): ReadonlyMap<string, BaseUnit> {
  const text = parameters.extra[UNITS_PARAMETER] ?? '';
  const units = new Map<string, BaseUnit>();
  for (const entry of text.split(',')) {
    if (entry.trim() === '') continue;
    const colon = entry.lastIndexOf(':');
    const unit = toBaseUnit(entry.slice(colon + 1).trim());
    if (colon < 1 || unit === undefined) {
      const advice = `write ${UNITS_PARAMETER}=name:unit,name:unit with units such as ${UNIT_SYMBOLS.slice(0, 3).join(', ')}, 1 or {request}/s`;
      throw new ParseError(`${UNITS_PARAMETER}: '${entry.slice(0, 60)}' does not name a value and its unit: ${advice}`, {
        line: 1,
        column: 1,
      });
    }
    units.set(entry.slice(0, colon).trim(), unit);
  }
  return units;
}
