/**
 * Where a decoded JSON value holds a text that is no Unicode (half of a surrogate pair, which JSON can spell as \ud800): such text has no UTF-8
 * and can be stored nowhere.
 * @returns JSON pointer of the first such text or member name, undefined when all is well; walks without recursion, whatever the nesting
 * @example findIllFormedText({ a: ['ok', '\ud800'] }) // '/a/1'
 */
export function findIllFormedText(value: unknown): string | undefined {
  const open: { readonly value: unknown; readonly pointer: string }[] = [{ value, pointer: '' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: current, pointer } = next;
    if (typeof current === 'string' && !current.isWellFormed()) return pointer;
    if (typeof current !== 'object' || current === null) continue;
    for (const [name, member] of Object.entries(current)) {
      if (!name.isWellFormed()) return `${pointer}/${name.toWellFormed()}`;
      open.push({ value: member, pointer: `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` });
    }
  }
  return undefined;
}
