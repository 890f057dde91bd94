import type { TableSource } from './format.ts';
export type SqliteTables = TableSource & { readonly close: () => Promise<void> };
export function openSqlite(_path: string): SqliteTables {
  throw new RangeError('todo');
}
