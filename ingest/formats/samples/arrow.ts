import type { ByteSource, FileParser, PayloadParameters } from '../../format.ts';
import { ParseError } from '../../format.ts';
import { isArrow } from '../../payload-head.ts';
import type { IngestRecord } from '../../records.ts';
import type { FormatDraft } from '../draft.ts';
import { type ArrowCells, ArrowColumns } from './arrow/columns.ts';
import { type ArrowField, type ArrowFooter, type ArrowMessage, decodeFooter, decodeMessage } from './arrow/schema.ts';
import { ColumnSamples } from './column-samples.ts';
import type { ColumnCell } from './columns.ts';

/**
 * `samples?format=arrow`: an Arrow IPC file (Feather 2) or stream, its columns named as those of samples csv, or `values` with lists. Batches
 * are read one at a time; compressed buffers (LZ4, ZSTD) too.
 */
export const arrowFormat = {
  id: 'arrow' as const,
  kind: 'samples',
  mode: 'file',
  summary: 'Apache Arrow IPC file or stream (pyarrow.ipc, Feather 2, polars write_ipc); columns as in csv, or lists in values',
  extraParameters: [],
  detect: isArrow,
  openFile: (file, parameters) => {
    const reader = new ArrowReader(file, parameters);
    return { records: reader.records(), warnings: () => reader.warnings() } satisfies FileParser;
  },
} satisfies FormatDraft;

const MAGIC = 'ARROW1';
const FILE_START_BYTES = 8;
/** Length of the footer and the closing magic. */
const FILE_END_BYTES = 10;
const CONTINUATION = 0xffffffff;
/** Of one message: the description of its columns or buffers. */
const METADATA_BYTES = 16 * 1024 * 1024;
/** Of one batch, packed and unpacked: it is held in memory. */
const BATCH_BYTES = 128 * 1024 * 1024;
/** All dictionaries together: they stay for the whole file. */
const DICTIONARY_BYTES = 32 * 1024 * 1024;
const DICTIONARY_TEXTS = 1_000_000;
/** Rows read before other requests get their turn. */
const ROWS_AT_ONCE = 16_384;

const refuse = (detail: string): never => {
  throw new ParseError(detail, { line: 0, column: 1 });
};

class ArrowReader {
  readonly #file: ByteSource;
  readonly #parameters: PayloadParameters;
  readonly #dictionaries = new Map<bigint, ArrowCells>();
  #samples: ColumnSamples | undefined;
  #fields: readonly ArrowField[] = [];
  #position = 0;
  #end = 0;
  #isFile = false;
  #batches = 0;
  #dictionaryTexts = 0;
  #dictionaryBytes = 0;

  constructor(file: ByteSource, parameters: PayloadParameters) {
    this.#file = file;
    this.#parameters = parameters;
  }

  warnings() {
    return this.#samples?.warnings() ?? [];
  }

  async *records(): AsyncGenerator<readonly IngestRecord[]> {
    const footer = await this.#findEnds();
    const expected = footer?.batches ?? null;
    // Some writers put the schema of a file at its end only.
    if (footer !== null) this.#readSchema(footer.fields);
    for (let message = await this.#next(); message !== undefined; message = await this.#next()) {
      if (message.kind !== 'schema') yield* this.#readBody(message);
      else if (footer === null) this.#readSchema(message.fields);
    }
    if (expected !== null && expected !== this.#batches) {
      refuse(
        `the file lists ${expected} batches at its end and holds ${this.#batches}: it is damaged, or was written in another order; write it again`,
      );
    }
    if (this.#samples === undefined) refuse('there is no schema: the file is empty or cut off');
    else yield this.#samples.finish();
  }

  /** Where the messages begin and end. @returns what the end of a file says; null for a stream */
  async #findEnds(): Promise<ArrowFooter | null> {
    const { byteLength } = this.#file;
    this.#end = byteLength;
    const start = Buffer.from(await this.#file.read(0, Math.min(FILE_START_BYTES, byteLength)));
    if (!start.toString('latin1').startsWith(MAGIC)) {
      if (start.length < 8 || start.readUInt32LE(0) !== CONTINUATION)
        refuse('this is neither an Arrow IPC file nor a stream; write it with pyarrow.ipc, or send csv');
      return null;
    }
    if (byteLength < FILE_START_BYTES + FILE_END_BYTES) refuse('the file is cut off');
    const tail = Buffer.from(await this.#file.read(byteLength - FILE_END_BYTES, byteLength));
    if (tail.toString('latin1', 4) !== MAGIC) refuse('the file does not end as an Arrow file: it is cut off, or its writer was not closed');
    const footerBytes = tail.readInt32LE(0);
    this.#isFile = true;
    this.#position = FILE_START_BYTES;
    this.#end = byteLength - FILE_END_BYTES - footerBytes;
    if (footerBytes < 4 || footerBytes > METADATA_BYTES || this.#end < this.#position) refuse('the end of the file is damaged');
    return this.#sound(decodeFooter, await this.#file.read(this.#end, byteLength - FILE_END_BYTES));
  }

  /** The next message; undefined at the end. */
  async #next(): Promise<ArrowMessage | undefined> {
    const left = this.#end - this.#position;
    if (left === 0) {
      // The end of a file counts its batches; that of a stream may lack its mark, and nothing tells whether it should have gone on.
      if (!this.#isFile)
        this.#samples?.warn('no_end_marker', 'the stream has no end-of-stream marker, so it may be cut off between two batches');
      return undefined;
    }
    if (left < 8) return refuse('the last message is cut off');
    const prefix = Buffer.from(await this.#file.read(this.#position, this.#position + 8));
    if (prefix.readUInt32LE(0) !== CONTINUATION)
      return refuse('a message does not begin as it must: written before Arrow 0.15, or damaged');
    const length = prefix.readInt32LE(4);
    this.#position += 8;
    if (length === 0) return this.#assertNothingFollows();
    if (length < 0 || length > METADATA_BYTES) return refuse('the description of a batch is longer than 16 MiB, or damaged');
    if (length > this.#end - this.#position) return refuse('the last message is cut off');
    const message = this.#sound(decodeMessage, await this.#file.read(this.#position, this.#position + length));
    this.#position += length;
    return message;
  }

  #assertNothingFollows(): undefined {
    if (this.#position !== this.#end) refuse('data follows the end of the stream, which would be lost; send one table');
    return undefined;
  }

  #readSchema(fields: readonly ArrowField[]): void {
    if (this.#samples !== undefined) refuse('a second schema follows; send one table');
    this.#fields = fields;
    this.#samples = new ColumnSamples(fields, this.#parameters);
  }

  async *#readBody(message: Exclude<ArrowMessage, { readonly kind: 'schema' }>): AsyncGenerator<readonly IngestRecord[]> {
    const { bodyLength, batch } = message;
    if (bodyLength > BATCH_BYTES) {
      refuse(
        `a batch has ${bodyLength} bytes, more than ${BATCH_BYTES}: write smaller batches (pyarrow: write_table(…, max_chunksize=100000))`,
      );
    }
    if (bodyLength > this.#end - this.#position) refuse('the last batch is cut off');
    const body = await this.#file.read(this.#position, this.#position + bodyLength);
    this.#position += bodyLength;
    const columns = (limitBytes: number) => new ArrowColumns(body, batch, this.#dictionaries, limitBytes);
    if (message.kind === 'dictionary') this.#readDictionary(message, columns(DICTIONARY_BYTES));
    else yield* this.#readRows(batch.length, columns(BATCH_BYTES));
  }

  #readDictionary(message: ArrowMessage & { readonly kind: 'dictionary' }, columns: ArrowColumns): void {
    const field = findDictionary(this.#fields, message.id);
    if (field === undefined) refuse('a dictionary belongs to no column');
    if (field === undefined || field.type.kind === 'other' || field.type.kind === 'list') return;
    this.#dictionaryBytes += message.bodyLength;
    const cells = this.#sound(() => columns.read(field), undefined);
    const before = this.#dictionaries.get(message.id);
    this.#dictionaryTexts += cells.length;
    if (this.#dictionaryTexts > DICTIONARY_TEXTS || this.#dictionaryBytes > DICTIONARY_BYTES) {
      refuse(`the dictionaries have more than ${DICTIONARY_TEXTS} entries or ${DICTIONARY_BYTES} bytes; use fewer regions and labels`);
    }
    // Decoded once: every row that uses an entry then shares its text.
    const decode = () => Array.from({ length: cells.length }, (_, index) => cells.at(index));
    const all = [...(message.isDelta && before !== undefined ? listCells(before) : []), ...this.#sound(decode, undefined)];
    this.#dictionaries.set(message.id, { length: all.length, at: (index) => all[index] ?? null });
  }

  *#readRows(rowCount: number, columns: ArrowColumns): Generator<readonly IngestRecord[]> {
    const samples = this.#samples;
    if (samples === undefined) return refuse('a batch comes before the schema');
    this.#batches++;
    const cells = this.#sound(() => this.#readColumns(samples, rowCount, columns), undefined);
    const readers = cells.map(({ at }) => at);
    for (let from = 0; from < rowCount; from += ROWS_AT_ONCE) {
      const to = Math.min(rowCount, from + ROWS_AT_ONCE);
      yield this.#sound(() => samples.push({ rowCount, columns: readers }, from, to), undefined);
    }
  }

  #readColumns({ asked }: ColumnSamples, rowCount: number, columns: ArrowColumns): readonly ArrowCells[] {
    const found = new Map<number, ArrowCells>();
    for (const [index, field] of this.#fields.entries()) {
      if (!asked.includes(index)) {
        columns.skip(field);
        continue;
      }
      const cells = columns.read(field);
      if (cells.length !== rowCount) throw new RangeError(`column ${field.name} has ${cells.length} rows, the batch ${rowCount}`);
      found.set(index, cells);
    }
    return asked.map((index) => found.get(index)).filter((cells) => cells !== undefined);
  }

  /** What a damaged file makes of its offsets is the caller's error, not ours. */
  #sound<In, Out>(work: (input: In) => Out, input: In): Out {
    try {
      return work(input);
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
      throw new ParseError(`the file is damaged: ${error.message}`, { line: this.#samples?.rowCount ?? 0, column: 1 });
    }
  }
}

function findDictionary(fields: readonly ArrowField[], id: bigint): ArrowField | undefined {
  for (const field of fields) {
    if (field.dictionary?.id === id) return field.dictionary.values;
    const inside = findDictionary(field.dictionary?.values.children ?? field.children, id);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

const listCells = ({ length, at }: ArrowCells): ColumnCell[] => Array.from({ length }, (_, index) => at(index));
