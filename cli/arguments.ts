import { badInput } from './exit.ts';

/**
 * `name@version`, cut at the first `@` after the name began, since a version is free text.
 * @throws CommandError bad input
 * @example parseSubject('nvlink-driver@2.4.1+nvf1.0') // { name: 'nvlink-driver', version: '2.4.1+nvf1.0' }
 */
export function parseSubject(text: string): { readonly name: string; readonly version: string } {
  const cut = text.indexOf('@', 1);
  const [name, version] = [text.slice(0, cut), text.slice(cut + 1)];
  if (cut < 1 || version === '')
    throw badInput(`--subject must be name@version, not ${JSON.stringify(text)}`, [
      'example: --subject nvlink-driver@2.4.1+nvf1.0+k5.19+riscv64',
    ]);
  return { name, version };
}

/**
 * `name=value` arguments as an object; the value may be empty and may hold `=`.
 * @param option how the option is called, for the message
 * @throws CommandError bad input for a missing `=` or a name given twice
 * @example parseAssignments(['a=1', 'b=x=y'], '--label') // { a: '1', b: 'x=y' }
 */
export function parseAssignments(texts: readonly string[], option: string): Readonly<Record<string, string>> {
  const assigned = new Map<string, string>();
  for (const text of texts) {
    const cut = text.indexOf('=');
    if (cut < 1) throw badInput(`${option} must be name=value, not ${JSON.stringify(text)}`);
    const name = text.slice(0, cut);
    if (assigned.has(name)) throw badInput(`${option} names ${JSON.stringify(name)} twice`);
    assigned.set(name, text.slice(cut + 1));
  }
  return Object.fromEntries(assigned);
}

const MS_PER = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
type DurationUnit = keyof typeof MS_PER;
const isDurationUnit = (text: string): text is DurationUnit => Object.hasOwn(MS_PER, text);

/**
 * Milliseconds of `500ms`, `30s`, `2m`, `1h`, or of a bare number of seconds.
 * @throws CommandError bad input
 * @example parseDurationMs('30s', '--wait') // 30000
 */
export function parseDurationMs(text: string, option: string): number {
  const [, amount, unit = 's'] = /^(\d{1,9})(ms|s|m|h)?$/.exec(text) ?? [];
  if (amount === undefined || !isDurationUnit(unit))
    throw badInput(`${option} must be a time such as 30s, 500ms or 2m, not ${JSON.stringify(text)}`);
  return Number(amount) * MS_PER[unit];
}

/** `a,b, c` as a list without blanks and empty items. */
export function parseList(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A whole number in a range, as text that is safe to send on. @throws CommandError bad input */
export function parseInteger(text: string, option: string, { least, most }: { readonly least: number; readonly most: number }): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw badInput(`${option} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
  return value;
}

/** Collects an option that may be given several times. */
export function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}
