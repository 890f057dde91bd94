import type { PayloadFile, TableBatch, TableCell, TableColumn, TableSource } from '../format.ts';

const noTables = () => Promise.reject(new RangeError('this example is no database'));

/** A small file that is kept as text. @param base64 its bytes */
export function createExampleFile(base64: string): PayloadFile {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return {
    byteLength: bytes.length,
    read: (start, end) => {
      if (start < 0 || end < start || end > bytes.length)
        return Promise.reject(new RangeError(`read: ${start} to ${end} of ${bytes.length}`));
      return Promise.resolve(bytes.slice(start, end));
    },
    openTables: noTables,
  };
}

/** Tables of an example database: rows of cells by column name. */
export type ExampleTables = Readonly<Record<string, readonly Readonly<Record<string, TableCell>>[]>>;

/** A small database whose tables are given as they are read. */
export function createExampleDatabase(tables: ExampleTables): PayloadFile {
  const rowsOf = (table: string) => tables[table] ?? [];
  async function* rows(table: string, columns: readonly TableColumn[]): AsyncGenerator<TableBatch> {
    const all = rowsOf(table);
    if (all.length > 0) yield { rowCount: all.length, columns: columns.map(({ name }) => all.map((row) => row[name] ?? null)) };
  }
  const source: TableSource = {
    tables: () => Promise.resolve(new Map(Object.entries(tables).map(([name, all]) => [name, Object.keys(all[0] ?? {})]))),
    rows,
    texts: (table, { id, text }, ids) =>
      Promise.resolve(
        new Map(
          rowsOf(table).flatMap((row) => {
            const [key, value] = [row[id], row[text]];
            const isWanted = (typeof key === 'number' || typeof key === 'bigint') && ids.includes(key);
            return isWanted && typeof value === 'string' ? [[key, value] as const] : [];
          }),
        ),
      ),
  };
  return { ...createExampleFile(''), openTables: () => Promise.resolve(source) };
}
