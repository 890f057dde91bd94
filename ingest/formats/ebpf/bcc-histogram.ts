import type { Quality } from '../../../wire/quality.ts';
import { type Format, ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import type { IngestRecord } from '../../records.ts';
import { WarningTally } from '../warning-tally.ts';
import { isComplaint, isFailure, isNoise, isTime, looksLikeRow, readHeader, readRow, readTrailer } from './bcc-lines.ts';
import { type BccPlace, type BccSubject, NOWHERE, readBanner, readProbe, readSection } from './bcc-names.ts';
import { BccRecords, toTableRecord } from './bcc-records.ts';
import { addTotals, type BccTable, type BccTotals, readTableHeader, readTableRow } from './bcc-tables.ts';
import type { Bucket } from './bpftrace-buckets.ts';

/**
 * Text histograms and tables of bcc's python tools and of libbpf-tools. Every line must be understood: a table of another tool would
 * otherwise vanish in silence. Seen: both of 0.31, and the examples of bcc back to 2015.
 */
export const bccHistogramFormat = {
  id: 'bcc-histogram' as const,
  kind: 'ebpf',
  mode: 'stream',
  summary: 'biolatency, runqlat, cpudist, funclatency, argdist -H and their like of bcc or libbpf-tools; syscount, softirqs, hardirqs',
  extraParameters: ['prints'],
  detect: (head) =>
    !/^[{@]/m.test(head) &&
    head
      .replace(/^\uFEFF/, '')
      .split('\n')
      .some((line) => isBccLine(line.trimEnd())),
  open: (parameters): StreamParser => {
    const reader = new BccReader(parameters);
    const lines = new LineStream((line, number, isEnded) => reader.read(line, number, isEnded));
    return {
      push: (text) => {
        lines.push(text);
        return [];
      },
      end: () => {
        lines.end();
        return reader.end();
      },
      warnings: () => reader.tally.list(),
    };
  },
} satisfies Omit<Extract<Format, { readonly mode: 'stream' }>, 'id'> & { readonly id: string };

/** A failure is told by name too, so that the answer holds its text. */
function isBccLine(line: string): boolean {
  return (
    readHeader(line) !== undefined ||
    readTableHeader(line) !== undefined ||
    readBanner(line) !== undefined ||
    isFailure(line) ||
    isComplaint(line)
  );
}

type OpenHistogram = {
  readonly word: string;
  readonly place: BccPlace;
  readonly line: number;
  readonly rows: Map<number, Bucket>;
  form: 'log2' | 'linear';
  upper: number;
};

class BccReader {
  readonly tally = new WarningTally();
  private readonly parameters: PayloadParameters;
  private readonly records: BccRecords;
  private readonly totals = new Map<string, BccTotals>();
  private subject: BccSubject | undefined;
  private place = NOWHERE;
  private histogram: OpenHistogram | undefined;
  private table: BccTable | undefined;
  private hasLost = false;
  /** What the tool or a library under it complained of first, and whether the tool itself gave up. */
  private complaint: { text: string; line: number } | undefined;
  private isEmpty = true;

  constructor(parameters: PayloadParameters) {
    this.parameters = parameters;
    this.records = new BccRecords(parameters, this.tally);
  }

  read(printed: string, number: number, isEnded: boolean): void {
    const text = printed.trimEnd();
    if (text !== '') this.isEmpty = false;
    if (this.histogram !== undefined && this.readBucket(text, this.histogram, number)) return;
    this.closeHistogram(number);
    if (text === '') this.table = undefined;
    else if (this.table !== undefined && !isTime(text) && !isNoise(text)) this.readTotals(text, this.table, number, isEnded);
    else if (!this.readWords(text, number, isEnded)) this.readUnknown(text, number);
  }

  end(): readonly IngestRecord[] {
    this.closeHistogram(1);
    if (this.isEmpty)
      throw new ParseError('the payload is empty: nothing was measured, or the file was sent before it was written', {
        line: 1,
        column: 1,
      });
    const { complaint, parameters, subject } = this;
    const hasRecords = !this.records.isEmpty || this.totals.size > 0;
    if (!hasRecords && complaint !== undefined) this.refuse(complaint.text, complaint.line);
    if (this.place !== NOWHERE) this.fail('the output stops after the header of a section: it is cut off; send the whole file', 1);
    if (complaint !== undefined) this.tally.add('tool_complained', `the tool said: ${complaint.text.slice(0, 200)}`, complaint.line);
    if (!hasRecords) this.fail('the tool printed no histogram and no table: it measured nothing, or was stopped before it could print', 1);
    if (this.totals.size > 0 && parameters.metric !== undefined)
      this.tally.add('parameter_ignored', 'metric= has no effect on a table: its header says it', null);
    const quality: readonly Quality[] = this.hasLost ? ['lost_events'] : [];
    const tables = [...this.totals].map(([key, totals]) =>
      toTableRecord(key.slice(key.indexOf('\n') + 1), totals, { parameters, subject, quality }),
    );
    return [...this.records.finish(quality), ...tables];
  }

  /** True when the line is a row of the histogram that is open. */
  private readBucket(text: string, open: OpenHistogram, line: number): boolean {
    const row = readRow(text);
    if (row === undefined) {
      if (looksLikeRow(text)) this.fail('a row is damaged or cut off: send the output as the tool printed it', line);
      return false;
    }
    if (open.rows.size === 0) open.form = row.form;
    if (row.form !== open.form || row.lower !== open.upper)
      this.fail(`the row that starts at ${row.lower} does not follow: rows are missing before it, or come twice`, line);
    open.rows.set(row.lower, row);
    open.upper = row.upper;
    return true;
  }

  private closeHistogram(line: number): void {
    const { histogram, subject } = this;
    if (histogram === undefined) return;
    const { word, place, rows, form } = histogram;
    this.histogram = undefined;
    if (rows.size === 0) this.fail(`the header '${word.slice(0, 40)}' has no rows: the output is cut off`, histogram.line);
    // A table ends with its last filled bucket.
    const last = rows.get(form === 'log2' ? (histogram.upper === 2 ? 0 : histogram.upper / 2) : histogram.upper - 1);
    if (last === undefined || last.count === 0)
      this.fail(
        `the histogram that begins in line ${histogram.line} ends with an empty row: rows are missing`,
        Math.max(line, histogram.line),
      );
    this.records.add({ word, subject, place, buckets: rows, form, line: histogram.line });
  }

  private readTotals(text: string, table: BccTable, line: number, isEnded: boolean): void {
    const row = readTableRow(text, table);
    if (row === undefined) this.fail(`'${text.slice(0, 60)}' is no row of this table: the output is damaged or cut off`, line);
    if (!isEnded) this.refuseCut(line);
    const key = `${table.of}${table.hasCount}${table.timeScale !== undefined}\n${row.name}`;
    if (this.totals.has(key))
      this.tally.add('added_prints', 'rows of one name were printed several times and added: the tool clears them after each print', null);
    this.totals.set(key, addTotals(this.totals.get(key), row, table, line));
  }

  /** Lines that are neither row nor failure; true when the line is one. */
  private readWords(text: string, line: number, isEnded: boolean): boolean {
    if (isNoise(text) || isTime(text) || readBanner(text) !== undefined) {
      this.readBannerLine(text);
      return true;
    }
    const word = readHeader(text);
    const table = readTableHeader(text);
    const trailer = readTrailer(text);
    const place = readSection(text);
    const probe = readProbe(text);
    if (word !== undefined) {
      this.histogram = { word, place: this.place, line, rows: new Map(), form: 'log2', upper: 0 };
      this.place = NOWHERE;
    } else if (table !== undefined) this.table = table;
    else if (trailer !== undefined) {
      if (!isEnded) this.refuseCut(line);
      this.records.addTrailer(this.subject, trailer, line);
    } else if (place !== undefined) this.place = place;
    else if (probe !== undefined) this.place = { ...NOWHERE, region: probe };
    else if (/^[Pp]ossibly lost \d+ samples/.test(text)) {
      this.hasLost = true;
      this.tally.add('lost_events', 'the tool lost events while measuring', line);
    } else return false;
    return true;
  }

  private readBannerLine(text: string): void {
    const banner = readBanner(text);
    if (banner === undefined) return;
    this.subject ??= banner;
    const top = /printing top (\d+)\.\.\./.exec(text)?.[1];
    if (top !== undefined)
      this.tally.add(
        'top_only',
        `only the top ${top} rows were printed: one that is missing was not measured as 0; print all with -T`,
        null,
      );
  }

  private readUnknown(text: string, line: number): void {
    if (isFailure(text)) this.refuse(text, line);
    if (isComplaint(text)) this.complaint ??= { text, line };
    // After a complaint comes the log of the verifier or a stack, up to the failure.
    else if (this.complaint === undefined)
      this.fail(`'${text.slice(0, 60)}' is no line of a bcc histogram: send what one tool printed, without anything around it`, line);
  }

  private refuse(text: string, line: number): never {
    return this.fail(`the tool failed and measured nothing: ${text.slice(0, 300)}`, line);
  }

  private refuseCut(line: number): never {
    return this.fail('the last line has no line feed, so its number may be cut off: send the whole file', line);
  }

  private fail(detail: string, line: number): never {
    throw new ParseError(detail, { line, column: 1 });
  }
}
