/** What board makers and tools write where they know nothing. */
const PLACEHOLDERS = new Set([
  '',
  'none',
  'unknown',
  'not specified',
  'not applicable',
  'default string',
  'to be filled by o.e.m.',
  'n/a',
  '[n/a]',
  '[not supported]',
]);

/**
 * What a machine or a tool says of itself, without surrounding space and the NULs that end texts of a device tree; undefined when it only fills
 * a field.
 * @example toFact(' To be filled by O.E.M. ') // undefined
 */
export function toFact(text: string | undefined): string | undefined {
  const fact = text?.replaceAll('\0', '').trim();
  return fact === undefined || PLACEHOLDERS.has(fact.toLowerCase()) ? undefined : fact;
}
