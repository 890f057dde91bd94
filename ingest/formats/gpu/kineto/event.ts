import { quote } from '../../../lexers/decimal.ts';
import { decodeJsonEscapes } from '../../../lexers/json-escapes.ts';
import type { JsonScanner } from '../../../lexers/json-scanner.ts';

/** Members of an event that are read, by their place in `MEMBERS`; the others are passed over. */
export const MEMBER = { ph: 0, ts: 1, cat: 2, dur: 3, pid: 4, name: 5, args: 6 } as const;
export type EventMember = (typeof MEMBER)[keyof typeof MEMBER];
const MEMBERS = ['ph', 'ts', 'cat', 'dur', 'pid', 'name', 'args'] as const;

const CODE_QUOTE = 34;
const CODE_BACKSLASH = 92;
const CODE_CLOSE_BRACE = 125;
const ABSENT = -1;

/**
 * One event of a trace, as spans of its text: a trace has millions, and most of what they say is not read. One object serves for all; it
 * tells of the event that was read last.
 */
export class KinetoEvent {
  readonly #scanner: JsonScanner;
  /** Where the values of `MEMBERS` begin and end, quotes included; -1 for a member that is absent. */
  readonly #starts: number[] = MEMBERS.map(() => ABSENT);
  readonly #ends: number[] = MEMBERS.map(() => ABSENT);

  constructor(scanner: JsonScanner) {
    this.#scanner = scanner;
  }

  /** Reads the event that opens at `start`. @returns the offset after it, -1 when it is not whole @throws ParseError when it is no JSON */
  read(start: number): number {
    this.#starts.fill(ABSENT);
    const scanner = this.#scanner;
    let position = scanner.skipBlanks(start + 1);
    if (scanner.has(CODE_CLOSE_BRACE, position)) return position + 1;
    for (;;) {
      const valueStart = scanner.valueStart(position);
      if (valueStart === -1) return -1;
      const { nameEnd } = scanner;
      const end = scanner.valueEnd(valueStart);
      if (end === -1) return -1;
      const index = memberAt(scanner.text, position + 1, nameEnd - 1);
      if (index !== ABSENT) this.#keep(index, position, valueStart, end);
      position = scanner.next(end, CODE_CLOSE_BRACE);
      if (position === -1 || scanner.closed) return position;
    }
  }

  /** Offset of a member's value; -1 when the event does not say it. */
  startOf(member: EventMember): number {
    return this.#starts[member] ?? ABSENT;
  }

  /** Offset after a member's value. */
  endOf(member: EventMember): number {
    return this.#ends[member] ?? ABSENT;
  }

  /** What stands between the quotes, escapes as printed; the whole text of a value that is no string; undefined when absent. */
  raw(member: EventMember): string | undefined {
    const start = this.startOf(member);
    if (start === ABSENT) return undefined;
    const { text } = this.#scanner;
    return text.charCodeAt(start) === CODE_QUOTE ? text.slice(start + 1, this.endOf(member) - 1) : text.slice(start, this.endOf(member));
  }

  #keep(index: number, name: number, start: number, end: number): void {
    if (this.#starts[index] !== ABSENT) this.#scanner.fail(`the name ${quote(MEMBERS[index] ?? '')} occurs twice in one event`, name);
    this.#starts[index] = start;
    this.#ends[index] = end;
  }
}

/**
 * Calls `visit` for each member of an object that is known to be whole.
 * @param open offset of its brace
 */
export function forEachMember(scanner: JsonScanner, open: number, visit: (name: string, start: number, end: number) => void): void {
  let position = scanner.skipBlanks(open + 1);
  if (scanner.has(CODE_CLOSE_BRACE, position)) return;
  for (;;) {
    const start = scanner.valueStart(position);
    const name = scanner.text.slice(position + 1, scanner.nameEnd - 1);
    const end = start === -1 ? -1 : scanner.valueEnd(start);
    if (end === -1) return;
    visit(name, start, end);
    position = scanner.next(end, CODE_CLOSE_BRACE);
    if (position === -1 || scanner.closed) return;
  }
}

/** What a JSON string says. @param raw between its quotes @returns undefined when an escape or a character is none of JSON */
export function readString(raw: string): string | undefined {
  const decoded = decodeJsonEscapes(`${raw}"`, 0);
  return decoded.value === undefined || decoded.end !== raw.length ? undefined : decoded.value;
}

/** Index in `MEMBERS` of the name between two offsets; -1 for another. */
function memberAt(text: string, start: number, end: number): number {
  const first = text.charCodeAt(start);
  const length = end - start;
  if (length === 2 && (first === 112 || first === 116)) return indexIf(text, start, first === 112 ? MEMBER.ph : MEMBER.ts);
  if (length === 3 && first === 99) return indexIf(text, start, MEMBER.cat);
  if (length === 3 && first === 100) return indexIf(text, start, MEMBER.dur);
  if (length === 3 && first === 112) return indexIf(text, start, MEMBER.pid);
  if (length === 4 && (first === 110 || first === 97)) return indexIf(text, start, first === 110 ? MEMBER.name : MEMBER.args);
  if (!isEscaped(text, start, end)) return ABSENT;
  const names: readonly (string | undefined)[] = MEMBERS;
  return names.indexOf(readString(text.slice(start, end)));
}

/** @param index of the member it can only be */
function indexIf(text: string, start: number, index: EventMember): number {
  return text.startsWith(MEMBERS[index], start) ? index : ABSENT;
}

/** A name that is spelt with escapes is the same name, and may not hide a second value. */
function isEscaped(text: string, start: number, end: number): boolean {
  for (let position = start; position < end; position++) if (text.charCodeAt(position) === CODE_BACKSLASH) return true;
  return false;
}
