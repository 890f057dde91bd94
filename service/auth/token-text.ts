import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Tokens read `plb_<id>_<secret><crc>`: a fixed prefix for secret scanners, a public id, 32 secret characters, 6 of checksum against typing. */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_CHARACTERS = 12;
const SECRET_CHARACTERS = 32;
const CRC_CHARACTERS = 6;
const TOKEN = /^plb_([0-9A-Za-z]{12})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;

/** Uniform base-62 text: bytes of 248 and more are drawn again. */
function drawText(characters: number, draw: (bytes: number) => Buffer): string {
  let text = '';
  while (text.length < characters) {
    for (const byte of draw(characters)) {
      if (byte < 248 && text.length < characters) text += ALPHABET.charAt(byte % 62);
    }
  }
  return text;
}

function computeChecksum(text: string): string {
  let rest = crc32(text);
  let checksum = '';
  for (let index = 0; index < CRC_CHARACTERS; index += 1) {
    checksum = ALPHABET.charAt(rest % 62) + checksum;
    rest = Math.floor(rest / 62);
  }
  return checksum;
}

/** SHA-256 of a token's text, hex: the only thing stored of it. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * A new token.
 * @param draw random bytes, an argument so that tests are repeatable
 * @returns the public id, and the text to hand out once
 */
export function createToken(draw: (bytes: number) => Buffer = randomBytes): { readonly tokenId: string; readonly token: string } {
  const tokenId = drawText(ID_CHARACTERS, draw);
  const secret = drawText(SECRET_CHARACTERS, draw);
  return { tokenId, token: `plb_${tokenId}_${secret}${computeChecksum(`${tokenId}_${secret}`)}` };
}

/** The id in a well-formed token; undefined when the shape or the checksum is wrong. */
export function readTokenId(token: string): string | undefined {
  const [, tokenId = '', secret = '', checksum] = TOKEN.exec(token) ?? [];
  return checksum !== undefined && computeChecksum(`${tokenId}_${secret}`) === checksum ? tokenId : undefined;
}
