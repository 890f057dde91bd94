import type { PayloadKind } from '../wire/payload.ts';

/** What binary files begin with. They are told before anything decodes them as text. */
export type BinaryHead = {
  /** As people call it. */
  readonly name: string;
  /** Where it is received; null when nowhere. */
  readonly destination: { readonly kind: PayloadKind; readonly format: string } | null;
};

/** Bytes that `findBinaryHead` wants to see. */
export const BINARY_HEAD_BYTES = 16;

const ARROW = { kind: 'samples', format: 'arrow' } as const;
const PARQUET = { kind: 'samples', format: 'parquet' } as const;
const SQLITE = { kind: 'gpu', format: 'nsys-sqlite' } as const;

/** Whether bytes, one Latin-1 character each, begin an Arrow IPC file or stream (a message's length is below 16 MiB). */
export const isArrow = (head: string): boolean =>
  head.startsWith('ARROW1\0\0') || (head.startsWith('\xff\xff\xff\xff') && head.charCodeAt(7) === 0);

/** Whether bytes begin a Parquet file. A text could begin so too; the file goes on with the header of a page, which no text has. */
export const isParquet = (head: string): boolean => /^PAR[1E](?:$|[^\t\n\r -~])/.test(head);

/** Whether bytes begin an SQLite database. */
export const isSqlite = (head: string): boolean => head.startsWith('SQLite format 3\0');

const HEADS: readonly (readonly [is: (head: string) => boolean, head: BinaryHead])[] = [
  [isArrow, { name: 'an Arrow IPC file or stream', destination: ARROW }],
  [isParquet, { name: 'a Parquet file', destination: PARQUET }],
  [isSqlite, { name: 'an SQLite database', destination: SQLITE }],
  [(head) => head.startsWith('PK\x03\x04'), { name: 'a ZIP archive', destination: null }],
  [(head) => head.startsWith('\xfd7zXZ\0'), { name: 'an xz file', destination: null }],
  [(head) => head.startsWith('PERFILE2'), { name: 'a perf.data file, which perf script or perf data convert prints', destination: null }],
];

/** The kind of binary file that begins like this; undefined for text and for what is not known. @param head its first bytes, up to 16 are looked at */
export function findBinaryHead(head: Uint8Array): BinaryHead | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, BINARY_HEAD_BYTES)).toString('latin1');
  return HEADS.find(([is]) => is(text))?.[1];
}
