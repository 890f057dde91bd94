import { type ByteSource, ParseError } from '../format.ts';

/**
 * What SQLite would read of a file before the first query runs: its header and the list of its tables. SQLite reads that list as a whole, so
 * it is bounded before. Source: sqlite.org/fileformat2.html, sections 1.3 and 1.6.
 */

const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';
const WRITE_VERSION_AT = 18;
const ROLLBACK_JOURNAL = 1;
const INTERIOR = 5;
const LEAF = 13;
/** An export of Nsight Systems has about a hundred tables; their statements have a few hundred characters. */
const TABLES_MOST = 2000;
const STATEMENT_BYTES = 64 * 1024;
const PAGES_MOST = 2000;

/** @throws ParseError when the file is no whole database, waits for its log, or lists more tables than may be */
export async function assertSqliteSchema(file: ByteSource): Promise<void> {
  if (file.byteLength < HEADER_BYTES) refuse('it is cut off');
  const header = Buffer.from(await file.read(0, HEADER_BYTES));
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) refuse('this is no SQLite database');
  if (header[WRITE_VERSION_AT] !== ROLLBACK_JOURNAL || header[WRITE_VERSION_AT + 1] !== ROLLBACK_JOURNAL) {
    refuse(
      'the database is in WAL mode, so part of it may be in another file: run sqlite3 FILE "PRAGMA journal_mode=delete" and send it again',
    );
  }
  const stated = header.readUInt16BE(16);
  const pageBytes = stated === 1 ? 65_536 : stated;
  if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) !== 0) refuse('its header is damaged');
  if (header.readUInt32BE(28) * pageBytes > file.byteLength) refuse('it is cut off: its header says more pages than there are');
  await walkSchema(file, pageBytes);
}

async function walkSchema(file: ByteSource, pageBytes: number): Promise<void> {
  const waiting = [1];
  let tables = 0;
  for (let visited = 0; waiting.length > 0; visited++) {
    const page = waiting.pop() ?? 1;
    if (visited >= PAGES_MOST) refuse(`the list of its tables has more than ${PAGES_MOST} pages`);
    if (page < 1 || page * pageBytes > file.byteLength) refuse('the list of its tables leads out of the file');
    const bytes = Buffer.from(await file.read((page - 1) * pageBytes, page * pageBytes));
    const start = page === 1 ? HEADER_BYTES : 0;
    const type = bytes[start];
    const cells = bytes.readUInt16BE(start + 3);
    if (type !== LEAF && type !== INTERIOR) refuse('the list of its tables is damaged');
    const pointers = start + (type === LEAF ? 8 : 12);
    if (pointers + 2 * cells > pageBytes) refuse('the list of its tables is damaged');
    for (let cell = 0; cell < cells; cell++) {
      const at = bytes.readUInt16BE(pointers + 2 * cell);
      if (at + (type === INTERIOR ? 4 : 2) > pageBytes) refuse('the list of its tables is damaged');
      if (type === INTERIOR) waiting.push(bytes.readUInt32BE(at));
      else if (readVarint(bytes, at) > STATEMENT_BYTES) refuse(`the statement of a table has more than ${STATEMENT_BYTES} bytes`);
    }
    if (type === INTERIOR) waiting.push(bytes.readUInt32BE(start + 8));
    else tables += cells;
    if (tables > TABLES_MOST) refuse(`it has more than ${TABLES_MOST} tables and indexes; send the export of nsys as it is`);
  }
}

/** A big-endian number of seven bits a byte, up to nine bytes. */
function readVarint(bytes: Buffer, at: number): number {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = bytes[at + index] ?? 0;
    value = value * 128 + (byte & 127);
    if (byte < 128) return value;
  }
  return value * 256;
}

function refuse(detail: string): never {
  throw new ParseError(`the database cannot be read: ${detail}`, { line: 0, column: 1 });
}
