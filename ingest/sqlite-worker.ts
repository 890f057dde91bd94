import { parentPort, workerData } from 'node:worker_threads';
import sqlite from 'node-sqlite3-wasm';
import type { TableCell, TableColumn } from './format.ts';
import type { SqliteAnswer, SqliteRequest } from './sqlite-messages.ts';

/**
 * Reads one SQLite file in a thread of its own: a query cannot hold up the service, and what a hostile database does to SQLite ends with the
 * thread. Every query walks one plain table along its row ids; nothing that the schema defines is evaluated.
 */

const ROWS_AT_ONCE = 8192;
/** Rows with a text, which may be long. */
const TEXT_ROWS_AT_ONCE = 1024;
/** Characters of texts given at once. */
const TEXTS_CHARACTERS = 16 * 1024 * 1024;
/** Of one text; longer ones are not loaded. */
const TEXT_BYTES = 64 * 1024;
const CACHE_KIB = 8192;
/** Marks in place of a value: it is no whole number, or a text that is too long. No table holds them, since texts are read as texts only. */
const NO_NUMBER = 'text';
const TOO_LONG = -1;
/** PRAGMA table_xinfo, `hidden`: 0 for a plain column. */
const PLAIN = 0;

const name = (text: string) => `"${text.replaceAll('"', '""')}"`;

type Row = Readonly<Record<string, unknown>>;
type Column = { readonly name: string; readonly isPlain: boolean; readonly isKey: boolean };

class Refusal extends Error {}

const path: unknown = workerData;
if (typeof path !== 'string') throw new RangeError('the path of a database is required');
const database = new sqlite.Database(path, { readOnly: true });
database.exec(
  `PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -${CACHE_KIB}`,
);

parentPort?.on('message', (request: SqliteRequest) => parentPort?.postMessage(answer(request)));

function answer(request: SqliteRequest): SqliteAnswer {
  try {
    return work(request);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'damaged';
    return { ok: false, refusal: error instanceof Refusal ? why : `SQLite says ${JSON.stringify(why.slice(0, 200))}` };
  }
}

function work(request: SqliteRequest): SqliteAnswer {
  if (request.ask === 'tables') return { ok: 'tables', tables: listTables() };
  const columns = describeTable(request.table);
  if (request.ask === 'rows') return readRows(request, columns);
  const key = columns.find((column) => column.name === request.idColumn);
  if (key?.isKey !== true) throw new Refusal(`${request.idColumn} is not the key of ${request.table}`);
  const statement = database.prepare(
    `SELECT ${textOf(request.textColumn)} AS text FROM ${name(request.table)} WHERE ${name(request.idColumn)} = ?`,
  );
  try {
    let characters = 0;
    const texts = request.ids.flatMap((id): readonly (readonly [number | bigint, string])[] => {
      const row: Row | null = statement.get([id]);
      if (row === null) return [];
      const text = requireText(row['text'], request.table);
      characters += text.length;
      if (characters > TEXTS_CHARACTERS) throw new Refusal(`the names in ${request.table} are too long`);
      return [[id, text]];
    });
    return { ok: 'texts', texts };
  } finally {
    statement.finalize();
  }
}

function requireText(value: unknown, table: string): string {
  if (typeof value === 'string') return value;
  throw new Refusal(value === TOO_LONG ? `${table} has a text of more than ${TEXT_BYTES} bytes` : `${table} has an entry that is no text`);
}

function listTables(): readonly (readonly [string, readonly string[] | null])[] {
  const rows: readonly Row[] = database.all("SELECT name, type, rootpage FROM sqlite_schema WHERE type IN ('table', 'view')");
  return rows.map((row) => {
    const table = String(row['name']);
    // A virtual table has no page of its own.
    const isPlain = row['type'] === 'table' && Number(row['rootpage']) > 0;
    return [table, isPlain ? describeTable(table).map((column) => column.name) : null];
  });
}

function describeTable(table: string): readonly Column[] {
  const rows: readonly Row[] = database.all(`PRAGMA table_xinfo(${name(table)})`);
  const keys = rows.filter((row) => Number(row['pk']) > 0).length;
  return rows.map((row) => ({
    name: String(row['name']),
    isPlain: Number(row['hidden']) === PLAIN,
    isKey: keys === 1 && Number(row['pk']) === 1 && String(row['type']).toUpperCase() === 'INTEGER',
  }));
}

/** `octet_length` and `typeof` look at the header of a value, not at the value. */
const textOf = (column: string) =>
  `CASE WHEN ${name(column)} IS NULL THEN NULL WHEN octet_length(${name(column)}) > ${TEXT_BYTES} THEN ${TOO_LONG} ELSE ${name(column)} END`;
const numberOf = (column: string) =>
  `CASE typeof(${name(column)}) WHEN 'integer' THEN ${name(column)} WHEN 'null' THEN NULL ELSE '${NO_NUMBER}' END`;

function readRows(request: SqliteRequest & { readonly ask: 'rows' }, known: readonly Column[]): SqliteAnswer {
  const { table, columns, afterId } = request;
  if (known.length === 0) throw new Refusal(`there is no table ${table}`);
  const shadowed = known.find((column) => ['rowid', '_rowid_', 'oid'].includes(column.name.toLowerCase()));
  if (shadowed !== undefined) throw new Refusal(`${table} has a column named ${shadowed.name}`);
  const limit = columns.some(({ type }) => type === 'text') ? TEXT_ROWS_AT_ONCE : ROWS_AT_ONCE;
  const expressions = columns.map((column, index) => `${toExpression(column, table, known)} AS c${index}`);
  const where = afterId === null ? '' : ' WHERE _rowid_ > ?';
  const sql = `SELECT _rowid_ AS id, ${expressions.join(', ')} FROM ${name(table)}${where} ORDER BY _rowid_ LIMIT ${limit}`;
  const given = afterId === null ? [] : [afterId];
  const read = columns.every(({ type }) => type === 'number')
    ? readNumbers(sql, given, columns, table)
    : readCells(sql, given, columns, table);
  const lastId = assertAscending(read.ids, afterId, table);
  return { ok: 'rows', rows: { columns: read.cells, rowCount: read.ids.length, lastId, isLast: read.ids.length < limit } };
}

type ReadRows = { readonly ids: readonly unknown[]; readonly cells: readonly (readonly TableCell[])[] };

function readCells(sql: string, given: readonly (number | bigint)[], columns: readonly TableColumn[], table: string): ReadRows {
  const rows: readonly Row[] = database.all(sql, [...given]);
  return {
    ids: rows.map((row) => row['id']),
    cells: columns.map((column, index) => rows.map((row) => toCell(row[`c${index}`], column, table))),
  };
}

/** Numbers cross from SQLite as one text for all rows, which takes a fraction of the time that a row an object does. */
function readNumbers(sql: string, given: readonly (number | bigint)[], columns: readonly TableColumn[], table: string): ReadRows {
  const parts = columns.map((_, index) => `coalesce(c${index}, '')`);
  const row: Row | null = database.get(`SELECT group_concat(${['id', ...parts].join(" || ',' || ")}, ';') AS text FROM (${sql})`, [
    ...given,
  ]);
  const text = row?.['text'];
  const ids: (number | bigint)[] = [];
  const cells = columns.map((): TableCell[] => []);
  if (typeof text !== 'string') return { ids, cells };
  for (const line of text.split(';')) {
    const [id = '', ...fields] = line.split(',');
    ids.push(toNumber(id, '_rowid_', table));
    for (const [index, field] of fields.entries())
      cells[index]?.push(field === '' ? null : toNumber(field, columns[index]?.name ?? '', table));
  }
  return { ids, cells };
}

function toNumber(text: string, column: string, table: string): number | bigint {
  if (text === NO_NUMBER) throw new Refusal(`column ${column} of ${table} holds something that is no whole number`);
  const value = Number(text);
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(text) ? BigInt(text) : value;
}

function toExpression(column: TableColumn, table: string, known: readonly Column[]): string {
  const found = known.find((candidate) => candidate.name === column.name);
  if (found === undefined) return 'NULL';
  if (!found.isPlain) throw new Refusal(`column ${column.name} of ${table} is generated, not stored`);
  return column.type === 'number' ? numberOf(column.name) : textOf(column.name);
}

function toCell(value: unknown, column: TableColumn, table: string): TableCell {
  if (value === null || value === undefined) return null;
  if (column.type === 'text') return requireText(value, table);
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  throw new Refusal(`column ${column.name} of ${table} holds something that is no whole number`);
}

/** A damaged table could lead round in circles. */
function assertAscending(ids: readonly unknown[], afterId: number | bigint | null, table: string): number | bigint | null {
  let last = afterId;
  for (const id of ids) {
    if ((typeof id !== 'number' && typeof id !== 'bigint') || (last !== null && id <= last))
      throw new Refusal(`the rows of ${table} are out of order`);
    last = id;
  }
  return last;
}
