import type { Assume, Better } from '../wire/metrics.ts';
import type { FormatId, PayloadKind, Warning } from '../wire/payload.ts';
import type { IngestRecord } from './records.ts';

/** Query parameters of a payload, checked and typed before a parser sees them. Undefined means: the caller did not say. */
export type PayloadParameters = {
  readonly repetition: number;
  readonly region: string | undefined;
  readonly metric: string | undefined;
  /** As the caller spelt it; a parser converts with `toBaseUnit`. Known to be convertible. */
  readonly unit: string | undefined;
  readonly better: Better | undefined;
  readonly assume: Assume | undefined;
  readonly atNs: bigint | undefined;
  readonly exposureS: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Parameters that only some formats know, by name (`task`, `frequencyHz`). */
  readonly extra: Readonly<Record<string, string>>;
};

export type ParseResult = { readonly records: readonly IngestRecord[]; readonly warnings: readonly Warning[] };

/** A parser that takes text as it arrives. `push` and `end` give the records that became complete. */
export type StreamParser = {
  readonly push: (text: string) => readonly IngestRecord[];
  readonly end: () => readonly IngestRecord[];
  readonly warnings: () => readonly Warning[];
};

/** A payload that lies in a file: its bytes can be read in any order. */
export type ByteSource = {
  readonly byteLength: number;
  /**
   * The bytes from `start` to before `end`, in memory of their own.
   * @throws RangeError when they are not all inside the file
   */
  readonly read: (start: number, end: number) => Promise<Uint8Array>;
};

/** A value as SQLite stores it. */
export type TableCell = number | bigint | string | null;
/** Which columns of a table are read, and as what; a number is a whole one; a name that the table lacks gives nulls. */
export type TableColumn = { readonly name: string; readonly type: 'number' | 'text' };
/** Rows in the order of their ids: `columns[i][row]`. */
export type TableBatch = { readonly rowCount: number; readonly columns: readonly (readonly TableCell[])[] };

/** The tables of an SQLite file, read-only and in pieces; nothing that a schema could compute (views, virtual tables, generated columns) is run. */
export type TableSource = {
  /** Column names by table, null for a view or a virtual table. @throws ParseError when the file is no sound database */
  readonly tables: () => Promise<ReadonlyMap<string, readonly string[] | null>>;
  /** @throws ParseError when the table cannot be read, or a number column holds something else */
  readonly rows: (table: string, columns: readonly TableColumn[]) => AsyncIterable<TableBatch>;
  /** Texts of a table by its integer key; ids that it lacks are left out. @throws ParseError as `rows`, or when `id` is not the key */
  readonly texts: (
    table: string,
    columns: { readonly id: string; readonly text: string },
    ids: readonly (number | bigint)[],
  ) => Promise<ReadonlyMap<number | bigint, string>>;
};

/** A spooled payload. Tables opened of it are closed with it. */
export type PayloadFile = ByteSource & { readonly openTables: () => Promise<TableSource> };

/** A parser of a file: records as they become complete, in pieces small enough that other requests get their turn between them. */
export type FileParser = {
  readonly records: AsyncIterable<readonly IngestRecord[]>;
  readonly warnings: () => readonly Warning[];
};

type FormatCommon = {
  readonly id: FormatId;
  readonly kind: PayloadKind;
  /** One sentence for people: which tool and call prints this. */
  readonly summary: string;
  /** Names in `PayloadParameters.extra` this format reads; others are refused. */
  readonly extraParameters: readonly string[];
  /** Whether a payload that starts like this could be of this format; a `file` format gets one character a byte (Latin-1). */
  readonly detect: (head: string) => boolean;
};

/** One tool's output format. `whole` formats are read at once, `stream` formats may be larger than memory, `file` formats are binary. */
export type Format = FormatCommon &
  (
    | { readonly mode: 'whole'; readonly parse: (text: string, parameters: PayloadParameters) => ParseResult }
    | { readonly mode: 'stream'; readonly open: (parameters: PayloadParameters) => StreamParser }
    | { readonly mode: 'file'; readonly openFile: (file: PayloadFile, parameters: PayloadParameters) => FileParser }
  );

/**
 * The payload is not what its format says. Becomes problem `invalid-payload` (422) with the place.
 * `line` and `column` count from 1; of a binary file `line` is the row, and 0 when it is the file as a whole.
 */
export class ParseError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(detail: string, place: { readonly line: number; readonly column: number }) {
    super(detail);
    this.name = 'ParseError';
    this.line = place.line;
    this.column = place.column;
  }
}
