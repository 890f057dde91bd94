import type { TableCell, TableColumn } from './format.ts';

/** What the thread that reads a database is asked, and answers. */
export type SqliteRequest =
  | { readonly ask: 'tables' }
  | { readonly ask: 'rows'; readonly table: string; readonly columns: readonly TableColumn[]; readonly afterId: number | bigint | null }
  | {
      readonly ask: 'texts';
      readonly table: string;
      readonly idColumn: string;
      readonly textColumn: string;
      readonly ids: readonly (number | bigint)[];
    };

export type SqliteRows = {
  readonly columns: readonly (readonly TableCell[])[];
  readonly rowCount: number;
  /** Of the last row; null when there was none. */
  readonly lastId: number | bigint | null;
  readonly isLast: boolean;
};

export type SqliteAnswer =
  | { readonly ok: 'tables'; readonly tables: readonly (readonly [name: string, columns: readonly string[] | null])[] }
  | { readonly ok: 'rows'; readonly rows: SqliteRows }
  | { readonly ok: 'texts'; readonly texts: readonly (readonly [id: number | bigint, text: string])[] }
  /** Why the database is refused. */
  | { readonly ok: false; readonly refusal: string };
