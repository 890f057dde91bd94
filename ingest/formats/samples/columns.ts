/** Columns as binary files have them, whichever file it is: what Arrow and Parquet agree on, and no more than a sample needs. */
export type ColumnType =
  | { readonly kind: 'number' }
  /** Cells are numbers, or bigints from 2^53 on. */
  | { readonly kind: 'integer' }
  /** Cells are the digits without the point, as bigints. */
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'text' }
  | { readonly kind: 'boolean' }
  /** Cells are bigints since 1970; without a zone nothing says since which midnight. */
  | { readonly kind: 'time'; readonly nsPerUnit: bigint; readonly hasZone: boolean }
  | { readonly kind: 'list'; readonly element: ColumnType }
  /** Not read; `name` as people call it. */
  | { readonly kind: 'other'; readonly name: string };

export type Column = { readonly name: string; readonly type: ColumnType };

/** A value of a column as its type says; null where the file has none. */
export type ColumnCell = number | bigint | string | boolean | null | readonly ColumnCell[];

/** Rows that follow each other; one reader a column asked for, in the order they were asked. */
export type ColumnBatch = { readonly rowCount: number; readonly columns: readonly ((row: number) => ColumnCell)[] };

/** An integer as a cell: exact, and as cheap as it may be. */
export function toIntegerCell(value: number | bigint): number | bigint {
  return typeof value === 'bigint' && value >= -MAX_SAFE && value <= MAX_SAFE ? Number(value) : value;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
