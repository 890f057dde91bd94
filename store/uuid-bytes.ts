const UUID_DASHES: readonly number[] = [8, 13, 18, 23];
const NO_DIGIT = 255;
/** By the code of an ASCII character, its value as a hexadecimal digit. */
const HEX_DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? NO_DIGIT : value;
});
/** Where the bytes of a UUID stand in its text: two UInt64, each little-endian. */
const UUID_OFFSETS: readonly number[] = [16, 14, 11, 9, 6, 4, 2, 0, 34, 32, 30, 28, 26, 24, 21, 19];

const DASH = 45;

/**
 * Whether the text is a UUID (8-4-4-4-12, any case), whose bytes are then in `bytes` as ClickHouse keeps them: two UInt64, each little-endian.
 * @param bytes 16, whose content means nothing when the text is none
 */
export function readUuid(text: string, bytes: Uint8Array): boolean {
  if (text.length !== 36) return false;
  for (const offset of UUID_DASHES) if (text.charCodeAt(offset) !== DASH) return false;
  for (let index = 0; index < 16; index++) {
    const offset = UUID_OFFSETS[index] ?? 0;
    const high = HEX_DIGITS[text.charCodeAt(offset)] ?? NO_DIGIT;
    const low = HEX_DIGITS[text.charCodeAt(offset + 1)] ?? NO_DIGIT;
    if ((high | low) > 15) return false;
    bytes[index] = (high << 4) | low;
  }
  return true;
}
