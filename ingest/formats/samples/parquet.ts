import { LIMITS } from '../../../wire/limits.ts';
import { type ByteSource, type FileParser, ParseError, type PayloadParameters } from '../../format.ts';
import { isParquet } from '../../payload-head.ts';
import type { IngestRecord } from '../../records.ts';
import type { FormatDraft } from '../draft.ts';
import { ColumnSamples } from './column-samples.ts';
import { decodeParquetFooter, type ParquetColumn, type ParquetFooter, type ParquetRowGroup } from './parquet/footer.ts';
import { type ParquetPage, ParquetPages } from './parquet/pages.ts';

/**
 * `samples?format=parquet`: an Apache Parquet file, its columns named as those of samples csv, or `values` with lists. Pages are read one at a
 * time, so that row groups may be larger than memory. Encodings PLAIN, dictionary and BYTE_STREAM_SPLIT; all codecs but LZO.
 */
export const parquetFormat = {
  id: 'parquet' as const,
  kind: 'samples',
  mode: 'file',
  summary: 'Apache Parquet (pandas to_parquet, pyarrow, polars, DuckDB, ClickHouse); columns as in csv, or lists in values',
  extraParameters: [],
  detect: isParquet,
  openFile: (file, parameters) => {
    const reader = new ParquetReader(file, parameters);
    return { records: reader.records(), warnings: () => reader.warnings() } satisfies FileParser;
  },
} satisfies FormatDraft;

const MAGIC = 'PAR1';
const ENCRYPTED_MAGIC = 'PARE';
const START_BYTES = 4;
const END_BYTES = 8;
/** The footer is held in memory as objects many times its size. */
const FOOTER_BYTES = 4 * 1024 * 1024;
/** Bytes of one number: run-lengths make files of few bytes that hold many, as compression does, and are bounded alike. */
const VALUE_BYTES = 8;
/** Rows read before other requests get their turn. */
const ROWS_AT_ONCE = 16_384;

function refuse(detail: string, line = 0): never {
  throw new ParseError(detail, { line, column: 1 });
}

/** A column of a row group that is being read: its page, and the first row of it that was not read yet. */
type Cursor = { readonly pages: ParquetPages; page: ParquetPage; from: number };
const NO_PAGE: ParquetPage = { rowCount: 0, at: () => null };

class ParquetReader {
  readonly #file: ByteSource;
  readonly #parameters: PayloadParameters;
  #samples: ColumnSamples | undefined;

  constructor(file: ByteSource, parameters: PayloadParameters) {
    this.#file = file;
    this.#parameters = parameters;
  }

  warnings() {
    return this.#samples?.warnings() ?? [];
  }

  async *records(): AsyncGenerator<readonly IngestRecord[]> {
    const footer = await this.#readFooter();
    this.#assertRows(footer);
    const samples = new ColumnSamples(footer.columns, this.#parameters);
    this.#samples = samples;
    const columns = samples.asked.map((index) => footer.columns[index]).filter((column) => column !== undefined);
    for (const group of footer.rowGroups) yield* this.#readGroup(group, columns, samples);
    yield samples.finish();
  }

  async #readFooter(): Promise<ParquetFooter> {
    const { byteLength } = this.#file;
    const start = Buffer.from(await this.#file.read(0, Math.min(START_BYTES, byteLength))).toString('latin1');
    if (start === ENCRYPTED_MAGIC) refuse('the file is encrypted; write it without encryption');
    if (start !== MAGIC) refuse('this is no Parquet file: it does not begin with PAR1');
    if (byteLength < START_BYTES + END_BYTES) refuse('the file is cut off');
    const tail = Buffer.from(await this.#file.read(byteLength - END_BYTES, byteLength));
    const end = tail.toString('latin1', 4);
    if (end === ENCRYPTED_MAGIC) refuse('the file is encrypted; write it without encryption');
    if (end !== MAGIC) refuse('the file does not end with PAR1: it is cut off, or its writer was not closed');
    const footerBytes = tail.readUInt32LE(0);
    const footerStart = byteLength - END_BYTES - footerBytes;
    if (footerStart < START_BYTES) refuse('the end of the file is damaged');
    if (footerBytes > FOOTER_BYTES)
      refuse(`the description at the end has more than ${FOOTER_BYTES} bytes; write larger row groups and fewer columns`);
    const bytes = await this.#file.read(footerStart, byteLength - END_BYTES);
    return this.#sound(() => decodeParquetFooter(bytes));
  }

  #assertRows({ rowGroups }: ParquetFooter): void {
    const rows = rowGroups.reduce((sum, { rowCount }) => sum + rowCount, 0);
    const most = (LIMITS.ratioGraceBytes + LIMITS.decompressionRatio * this.#file.byteLength) / VALUE_BYTES;
    if (rows > Math.min(most, LIMITS.streamPayloadBytes / VALUE_BYTES)) {
      refuse(`the file says ${rows} rows, more than its ${this.#file.byteLength} bytes may hold`);
    }
  }

  async *#readGroup(
    { rowCount, chunks }: ParquetRowGroup,
    columns: readonly ParquetColumn[],
    samples: ColumnSamples,
  ): AsyncGenerator<readonly IngestRecord[]> {
    const cursors = columns.map((column): Cursor => {
      const chunk = chunks[column.firstLeaf];
      const { leaf } = column;
      if (chunk === undefined || leaf === null) return refuse(`column ${column.name} cannot be read`);
      return { pages: this.#sound(() => new ParquetPages(this.#file, column, leaf, chunk)), page: NO_PAGE, from: 0 };
    });
    for (let row = 0; row < rowCount; ) {
      const count = Math.min(rowCount - row, ROWS_AT_ONCE, await this.#fill(cursors));
      const batch = {
        rowCount: count,
        columns: cursors.map(
          ({ page, from }) =>
            (index: number) =>
              page.at(from + index),
        ),
      };
      yield this.#sound(() => samples.push(batch, 0, count));
      for (const cursor of cursors) cursor.from += count;
      row += count;
    }
    if ((await this.#fill(cursors, true)) > 0) refuse(`a row group says ${rowCount} rows and has more`, samples.rowCount);
  }

  /** Turns pages that were read to their end. @returns rows that all columns have ready; of any column when `atEnd` */
  async #fill(cursors: readonly Cursor[], atEnd = false): Promise<number> {
    let ready = atEnd ? 0 : Number.POSITIVE_INFINITY;
    for (const cursor of cursors) {
      if (cursor.from === cursor.page.rowCount) {
        const next = await this.#soundly(() => cursor.pages.next());
        if (next === undefined && !atEnd) refuse('a column has fewer rows than its row group says', this.#samples?.rowCount);
        cursor.page = next ?? NO_PAGE;
        cursor.from = 0;
      }
      const left = cursor.page.rowCount - cursor.from;
      ready = atEnd ? Math.max(ready, left) : Math.min(ready, left);
    }
    return ready;
  }

  /** What a damaged file makes of its offsets is the caller's error, not ours. */
  #sound<Out>(work: () => Out): Out {
    try {
      return work();
    } catch (error) {
      throw this.#blame(error);
    }
  }

  async #soundly<Out>(work: () => Promise<Out>): Promise<Out> {
    try {
      return await work();
    } catch (error) {
      throw this.#blame(error);
    }
  }

  #blame(error: unknown): unknown {
    if (!(error instanceof RangeError || error instanceof TypeError)) return error;
    return new ParseError(`the file cannot be read: ${error.message}`, { line: this.#samples?.rowCount ?? 0, column: 1 });
  }
}
