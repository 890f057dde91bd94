import { createHash } from 'node:crypto';
import { LIMITS } from '../../../wire/limits.ts';

/** Digits of the hash that tells long names apart. */
const HASH_DIGITS = 16;

/**
 * The region of a GPU kernel, range or API function: its name as printed. Demangled template names can be longer than a region may be; they
 * are cut, and a hash of the whole name keeps them apart and the same in the next run.
 * @returns the region, and the whole name when it had to be cut
 */
export function regionOfName(name: string): { readonly region: string; readonly cutFrom: string | undefined } {
  const trimmed = name.trim();
  if (trimmed.length <= LIMITS.regionCharacters) return { region: trimmed, cutFrom: undefined };
  const hash = createHash('sha256').update(trimmed).digest('hex').slice(0, HASH_DIGITS);
  return { region: `${cutText(trimmed, LIMITS.regionCharacters - HASH_DIGITS - 2)}…#${hash}`, cutFrom: trimmed };
}

/** The beginning of a text, never half of a surrogate pair, which could not be stored. @param characters at most */
export function cutText(text: string, characters: number): string {
  const last = text.charCodeAt(characters - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? characters - 1 : characters);
}
