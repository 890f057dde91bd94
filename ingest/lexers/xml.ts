import { LIMITS } from '../../wire/limits.ts';
import { ParseError } from '../format.ts';
import { quote } from './decimal.ts';
import { placeAt } from './text.ts';

/**
 * A small strict reader of XML 1.0 without document types of substance: an internal subset, and with it every declared entity, is refused,
 * so nothing expands. Names come without their prefix; comments and processing instructions are passed over.
 */

export type XmlElement = {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children, trimmed. */
  readonly text: string;
  readonly position: number;
};

type Open = { name: string; tag: string; attributes: Map<string, string>; children: XmlElement[]; text: string; position: number };

const NAME = /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y;
const NESTING_LIMIT = 256;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** @throws ParseError when the text is not one well-formed element */
export function parseXml(text: string): XmlElement {
  return new XmlReader(text).read();
}

/** The element and all inside it, in the order of the document. */
export function* walkXml(root: XmlElement): Generator<XmlElement> {
  const waiting = [root];
  for (let element = waiting.pop(); element !== undefined; element = waiting.pop()) {
    yield element;
    for (const child of element.children.toReversed()) waiting.push(child);
  }
}

class XmlReader {
  readonly #text: string;
  readonly #stack: Open[] = [];
  #position = 0;
  #root: XmlElement | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  read(): XmlElement {
    const text = this.#text;
    while (this.#position < text.length) {
      const next = text.indexOf('<', this.#position);
      this.#addText(next < 0 ? text.length : next);
      if (next < 0) break;
      this.#position = next;
      if (text.startsWith('<!--', next)) this.#skipPast('-->', 'a comment');
      else if (text.startsWith('<?', next)) this.#skipPast('?>', 'a processing instruction');
      else if (text.startsWith('<![CDATA[', next)) this.#readCdata();
      else if (text.startsWith('<!', next)) this.#skipDoctype();
      else if (text.startsWith('</', next)) this.#close();
      else this.#open();
    }
    const open = this.#stack.at(-1);
    if (open !== undefined) this.#fail(`the file ends inside <${open.tag}>; it is cut off`);
    return this.#root ?? this.#fail('the file has no element');
  }

  #open(): void {
    const position = this.#position++;
    const tag = this.#readName();
    const attributes = new Map<string, string>();
    for (;;) {
      const spaced = this.#skipSpace();
      if (this.#take('/>') || this.#take('>')) break;
      if (!spaced) this.#fail(`<${tag}> is not written as XML`);
      const name = this.#readName();
      this.#skipSpace();
      if (!this.#take('=')) this.#fail(`the attribute ${quote(name)} has no value`);
      this.#skipSpace();
      if (attributes.has(name)) this.#fail(`the attribute ${quote(name)} occurs twice`);
      attributes.set(name, this.#readAttribute());
    }
    if (this.#stack.length === 0 && this.#root !== undefined) this.#fail('a second element follows the first');
    if (this.#stack.length >= NESTING_LIMIT) this.#fail(`elements nest deeper than ${NESTING_LIMIT} levels`);
    this.#stack.push({ name: localName(tag), tag, attributes, children: [], text: '', position });
    if (this.#text.charAt(this.#position - 2) === '/') this.#pop();
  }

  #close(): void {
    this.#position += 2;
    const tag = this.#readName();
    this.#skipSpace();
    const open = this.#stack.at(-1);
    if (!this.#take('>') || open?.tag !== tag) this.#fail(`</${tag}> closes ${open === undefined ? 'nothing' : `<${open.tag}>`}`);
    this.#pop();
  }

  #pop(): void {
    const open = this.#stack.pop();
    if (open === undefined) return;
    const { name, attributes, children, position } = open;
    const element = { name, attributes, children, text: open.text.trim(), position };
    const parent = this.#stack.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }

  #addText(end: number): void {
    const raw = this.#text.slice(this.#position, end);
    const open = this.#stack.at(-1);
    if (open !== undefined) open.text += this.#decode(raw);
    else if (raw.trim() !== '') this.#fail('text stands outside the root element');
    this.#position = end;
  }

  #readCdata(): void {
    const start = this.#position + '<![CDATA['.length;
    this.#skipPast(']]>', 'CDATA');
    const open = this.#stack.at(-1) ?? this.#fail('text stands outside the root element');
    open.text += this.#text.slice(start, this.#position - 3);
  }

  #skipDoctype(): void {
    const end = this.#text.indexOf('>', this.#position);
    const declaration = this.#text.slice(this.#position, end < 0 ? undefined : end);
    if (!declaration.startsWith('<!DOCTYPE') || declaration.includes('[') || this.#root !== undefined || this.#stack.length > 0)
      this.#fail('a document type with declarations is not read, nothing expands; remove it');
    this.#skipPast('>', 'the document type');
  }

  #readAttribute(): string {
    const mark = this.#text.charAt(this.#position);
    if (mark !== '"' && mark !== "'") this.#fail('an attribute is not in quotes');
    const start = this.#position + 1;
    const end = this.#text.indexOf(mark, start);
    if (end < 0) this.#fail('an attribute is not closed; the file is cut off');
    if (end - start > LIMITS.lineCharacters) this.#fail(`an attribute has more than ${LIMITS.lineCharacters} characters`);
    const raw = this.#text.slice(start, end);
    if (raw.includes('<')) this.#fail('an attribute holds <');
    this.#position = end + 1;
    return this.#decode(raw);
  }

  #decode(raw: string): string {
    if (!raw.includes('&')) return raw;
    return raw.replace(/&([^;&]{0,12};)?/g, (_, body: string | undefined) => {
      const name = body?.slice(0, -1) ?? '';
      const code = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
      const point = code === null ? Number.NaN : Number.parseInt(code[1] ?? code[2] ?? '', code[1] === undefined ? 10 : 16);
      if (point > 0 && point <= 0x10ffff) return String.fromCodePoint(point);
      return ENTITIES.get(name) ?? this.#fail(`the entity ${quote(`&${name};`)} is unknown`);
    });
  }

  #readName(): string {
    NAME.lastIndex = this.#position;
    const name = NAME.exec(this.#text)?.[0] ?? this.#fail('a name is missing, or is not one of XML');
    this.#position += name.length;
    return name;
  }

  #take(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#position)) return false;
    this.#position += expected.length;
    return true;
  }

  #skipSpace(): boolean {
    const start = this.#position;
    while (/^[ \t\r\n]$/.test(this.#text.charAt(this.#position))) this.#position++;
    return this.#position > start;
  }

  #skipPast(end: string, what: string): void {
    const found = this.#text.indexOf(end, this.#position);
    if (found < 0) this.#fail(`${what} is not closed; the file is cut off`);
    this.#position = found + end.length;
  }

  #fail(detail: string): never {
    throw new ParseError(detail, placeAt(this.#text, Math.min(this.#position, this.#text.length)));
  }
}

function localName(tag: string): string {
  return tag.slice(tag.indexOf(':') + 1);
}
