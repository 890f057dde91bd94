import { CODES } from './json-words.ts';

type Frame = { readonly isArray: boolean; index: number; name: string; takesName: boolean };

const NAME_CHARACTERS = 100;

/**
 * Where an offset of a JSON text is, for people: JSON pointer, line and column. Walks the text again from its start, so that reading it need not
 * keep count of what only an error asks for.
 * @param text JSON up to `offset`, of bounded nesting
 * @example jsonPlaceAt('{"a":[1,2]}', 8) // '/a/1 (line 1, column 9)'
 */
export function jsonPlaceAt(text: string, offset: number): string {
  const frames: Frame[] = [];
  for (let at = 0; at <= offset && at < text.length; at++) {
    const code = text.charCodeAt(at);
    const frame = frames.at(-1);
    if (code === CODES.quote) {
      const end = closingQuote(text, at);
      if (frame?.takesName) {
        frame.name = text.slice(at + 1, Math.min(end, at + 1 + NAME_CHARACTERS));
        frame.takesName = false;
      }
      at = end;
    } else if (at === offset) break;
    else if (code === CODES.openBrace) frames.push({ isArray: false, index: 0, name: '', takesName: true });
    else if (code === CODES.openBracket) frames.push({ isArray: true, index: 0, name: '', takesName: false });
    else if (code === CODES.closeBrace || code === CODES.closeBracket) frames.pop();
    else if (code === CODES.comma && frame !== undefined) {
      frame.index++;
      frame.takesName = !frame.isArray;
    }
  }
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', lineStart)) {
    line++;
    lineStart = at + 1;
  }
  const steps = frames.filter((frame) => !frame.takesName).map(({ isArray, index, name }) => (isArray ? String(index) : escapeStep(name)));
  return `/${steps.join('/')} (line ${line}, column ${offset - lineStart + 1})`;
}

const escapeStep = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1').toWellFormed();

/** Offset of the quote that ends the text which begins at `open`, or the end of all. */
function closingQuote(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === CODES.quote) return at;
    if (code === CODES.backslash) at++;
  }
  return text.length;
}
