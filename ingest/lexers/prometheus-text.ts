import { ParseError } from '../format.ts';
import { assertLineLength } from './text.ts';

/**
 * Prometheus text exposition format 0.0.4, one sample at a time. Values stay text: whether 9223372036854775794 is a number or a blank is for
 * the format to say. Source: https://prometheus.io/docs/instrumenting/exposition_formats/. Exemplars (OpenMetrics) are refused.
 */
export type PrometheusSample = {
  readonly name: string;
  /** The same object for lines with the same text between the braces. */
  readonly labels: PrometheusLabels;
  /** The same object for lines with the same text before the value. */
  readonly head: PrometheusHead;
  readonly value: string;
  /** Milliseconds since the epoch as printed, or '' when the line has none. */
  readonly timestamp: string;
  readonly line: number;
};

export type PrometheusLabels = {
  /** Names and values in turn, in the order of the line, escapes undone. */
  readonly pairs: readonly string[];
  /** Space after the comma between labels, as dcgm-exporter 1.x prints it. */
  readonly spaced: boolean;
};

/** Name and labels as printed, with what they say; a page repeats those of the page before, in the same order. */
export type PrometheusHead = { readonly text: string; readonly name: string; readonly labels: PrometheusLabels };
type KnownHead = PrometheusHead & { next: KnownHead | undefined };

const NO_LABELS: PrometheusLabels = { pairs: [], spaced: false };

const QUOTE = 34;
const BACKSLASH = 92;

export class PrometheusReader {
  readonly types = new Map<string, string>();
  readonly help = new Map<string, string>();
  private readonly text: string;
  /** Text from `{` to `}` → what it says: an exporter repeats the labels of a device for each of its metrics. */
  private readonly labelSets = new Map<string, PrometheusLabels>();
  private readonly heads = new Map<string, KnownHead>();
  private previous: KnownHead | undefined;
  private position = 0;
  private line = 0;
  private start = 0;
  private end = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The next sample, or undefined at the end. @throws ParseError at a line that is neither sample nor comment */
  next(): PrometheusSample | undefined {
    while (this.nextLine()) {
      const code = this.text.charCodeAt(this.position);
      if (this.position >= this.end) continue;
      if (code === 35) this.readComment();
      else return this.readSample();
    }
    return undefined;
  }

  private nextLine(): boolean {
    this.start = this.line === 0 ? 0 : this.end + 1;
    if (this.start >= this.text.length) return false;
    this.line++;
    const end = this.text.indexOf('\n', this.start);
    this.end = end < 0 ? this.text.length : end;
    assertLineLength(this.end - this.start, this.line);
    this.position = this.start;
    this.skipSpace();
    return true;
  }

  private readComment(): void {
    const [, word, name, rest] = /^#\s*(TYPE|HELP)\s+(\S+)\s*(.*)$/.exec(this.text.slice(this.position, this.end).trimEnd()) ?? [];
    if (word === undefined || name === undefined || rest === undefined) return;
    (word === 'TYPE' ? this.types : this.help).set(name, rest);
  }

  private readSample(): PrometheusSample {
    const head = this.readHead();
    const { name, labels } = head;
    this.skipSpace();
    const value = this.readWord();
    if (value === '') this.fail(`${name} has no value; the line is cut off, or this is not a metrics page`);
    this.skipSpace();
    const timestamp = this.readWord();
    if (timestamp !== '' && !/^-?\d{1,16}$/.test(timestamp)) this.fail(`'${timestamp.slice(0, 40)}' after the value is no timestamp`);
    this.skipSpace();
    if (this.position < this.end) this.fail('there is text after the sample; exemplars are not read');
    // The format asks for it, and without it the number may have lost digits.
    if (this.end === this.text.length) this.fail('the last line has no line end, so the page was cut off: send it whole');
    return { name, labels, head, value, timestamp, line: this.line };
  }

  private readHead(): KnownHead {
    const expected = this.previous?.next;
    // What ends with its brace is read the same way wherever it stands.
    if (expected !== undefined && this.text.slice(this.position, this.position + expected.text.length) === expected.text) {
      this.position += expected.text.length;
      this.previous = expected;
      return expected;
    }
    const start = this.position;
    const name = this.readName();
    const hasLabels = this.text.charCodeAt(this.position) === 123;
    const labels = hasLabels ? this.readLabels() : NO_LABELS;
    const text = this.text.slice(start, this.position);
    let head = this.heads.get(text);
    if (head === undefined) {
      head = { text, name, labels, next: undefined };
      this.heads.set(text, head);
    }
    if (this.previous !== undefined && hasLabels) this.previous.next = head;
    this.previous = head;
    return head;
  }

  private readName(): string {
    const start = this.position;
    for (; this.position < this.end; this.position++) {
      const code = this.text.charCodeAt(this.position);
      if (!isNameCharacter(code) && code !== 58) break;
    }
    const first = this.text.charCodeAt(start);
    if (this.position === start || (first >= 48 && first <= 57))
      this.fail('expected the name of a metric; send the page of the exporter as it is', start);
    return this.text.slice(start, this.position);
  }

  private readLabels(): PrometheusLabels {
    // A brace inside a label value ends the key early; such a key is never stored, because storing follows reading.
    const start = this.position;
    const brace = this.text.indexOf('}', start);
    const known = this.labelSets.get(this.text.slice(start, brace + 1));
    if (known !== undefined && brace < this.end) {
      this.position = brace + 1;
      return known;
    }
    const pairs: string[] = [];
    const labels = { spaced: this.readPairs(pairs), pairs };
    this.labelSets.set(this.text.slice(start, this.position), labels);
    return labels;
  }

  /** Fills `into`; true when a space follows a comma. */
  private readPairs(into: string[]): boolean {
    let spaced = false;
    this.position++;
    for (;;) {
      if (this.skipSpace() && into.length > 0) spaced = true;
      if (this.text.charCodeAt(this.position) === 125) break;
      const start = this.position;
      while (this.position < this.end && isNameCharacter(this.text.charCodeAt(this.position))) this.position++;
      if (this.position === start) this.fail('expected the name of a label');
      const name = this.text.slice(start, this.position);
      this.skipSpace();
      this.expect(61, '=');
      this.skipSpace();
      const value = this.readQuoted();
      for (let i = 0; i < into.length; i += 2) if (into[i] === name) this.fail(`the label ${name} occurs twice`, start);
      into.push(name, value);
      this.skipSpace();
      if (this.text.charCodeAt(this.position) === 125 && this.position < this.end) break;
      this.expect(44, ',');
    }
    this.expect(125, '}');
    return spaced;
  }

  private readQuoted(): string {
    this.expect(QUOTE, '"');
    const start = this.position;
    for (; this.position < this.end; this.position++) {
      const code = this.text.charCodeAt(this.position);
      if (code === QUOTE) return this.text.slice(start, this.position++);
      if (code === BACKSLASH) return this.readEscaped(start);
    }
    return this.fail('a label value does not end in its line');
  }

  private readEscaped(start: number): string {
    let value = this.text.slice(start, this.position);
    while (this.position < this.end) {
      const character = this.text.charAt(this.position++);
      if (character === '"') return value;
      if (character !== '\\') {
        value += character;
        continue;
      }
      const letter = this.text.charAt(this.position++);
      if (letter === 'n') value += '\n';
      else if (letter === '\\' || letter === '"') value += letter;
      // Anything else is kept as it stands, as Prometheus does.
      else value += `\\${letter}`;
    }
    return this.fail('a label value does not end in its line');
  }

  private readWord(): string {
    const start = this.position;
    while (this.position < this.end && !isSpace(this.text.charCodeAt(this.position))) this.position++;
    return this.text.slice(start, this.position);
  }

  private expect(code: number, character: string): void {
    if (this.position >= this.end || this.text.charCodeAt(this.position) !== code) this.fail(`expected '${character}'`);
    this.position++;
  }

  private skipSpace(): boolean {
    const start = this.position;
    while (this.position < this.end && isSpace(this.text.charCodeAt(this.position))) this.position++;
    return this.position > start;
  }

  /** @throws ParseError always, in the current line */
  fail(detail: string, position = this.position): never {
    throw new ParseError(detail, { line: this.line, column: position - this.start + 1 });
  }
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 13;
}

function isNameCharacter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;
}
