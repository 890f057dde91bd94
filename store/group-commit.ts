import type { Store } from './client.ts';
import type { Row, TableName } from './tables.ts';

/** Rows of one payload by table; receipts are not among them, they follow. */
export const PAYLOAD_TABLES = ['series', 'samples', 'readings', 'reading_stretches', 'histograms', 'summaries', 'events', 'spans'] as const;
export type PayloadTable = (typeof PAYLOAD_TABLES)[number];
export type PayloadRows = { readonly [Table in PayloadTable]: readonly Row<Table>[] };

/** A payload whose rows are known to be storable. */
type Pending = {
  readonly rows: ReadonlyMap<PayloadTable, Buffer>;
  readonly receipt: Buffer;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
};

/** Appends payloads so that concurrent ones share inserts. */
export type GroupCommit = {
  /** Resolves when ClickHouse has acknowledged the rows and, after them, the receipt. Rows that cannot be encoded fail their payload alone. */
  readonly commit: (rows: PayloadRows, receipt: Row<'receipts'>) => Promise<void>;
  /** Resolves when nothing is under way. */
  readonly drain: () => Promise<void>;
};

async function appendTable<Table extends TableName>(store: Store, table: Table, rows: readonly Row<Table>[]): Promise<void> {
  await store.append(table, rows);
}

/** Appends rows to every payload table at once; used directly by payloads that stream. */
export async function appendPayloadRows(store: Store, rows: PayloadRows): Promise<void> {
  await Promise.all([
    appendTable(store, 'series', rows.series),
    appendTable(store, 'samples', rows.samples),
    appendTable(store, 'readings', rows.readings),
    appendTable(store, 'reading_stretches', rows.reading_stretches),
    appendTable(store, 'histograms', rows.histograms),
    appendTable(store, 'summaries', rows.summaries),
    appendTable(store, 'events', rows.events),
    appendTable(store, 'spans', rows.spans),
  ]);
}

const encodeTable = <Table extends PayloadTable>(store: Store, rows: PayloadRows, table: Table): Buffer => store.encode(table, rows[table]);

/**
 * While one group is being inserted the next one gathers, so a lone payload waits for nobody and a crowd shares one part per table.
 * A group fails as a whole: its rows without receipts are invisible and its clients retry.
 * @param maxGroup payloads in one group, bounds the memory of an insert
 */
export function createGroupCommit(store: Store, { maxGroup = 256 }: { readonly maxGroup?: number } = {}): GroupCommit {
  const queue: Pending[] = [];
  let running: Promise<void> | null = null;

  async function commitGroup(group: readonly Pending[]): Promise<void> {
    try {
      await Promise.all(
        PAYLOAD_TABLES.map((table) =>
          store.appendEncoded(
            table,
            group.flatMap((pending) => pending.rows.get(table) ?? []),
          ),
        ),
      );
      await store.appendEncoded(
        'receipts',
        group.map((pending) => pending.receipt),
      );
      for (const pending of group) pending.done();
    } catch (error) {
      for (const pending of group) pending.failed(error);
    }
  }

  async function run(): Promise<void> {
    while (queue.length > 0) await commitGroup(queue.splice(0, maxGroup));
    running = null;
  }

  return {
    commit: async (rows, receipt) => {
      const encoded = new Map(PAYLOAD_TABLES.map((table) => [table, encodeTable(store, rows, table)]));
      const encodedReceipt = store.encode('receipts', [receipt]);
      await new Promise<void>((done, failed) => {
        queue.push({ rows: encoded, receipt: encodedReceipt, done, failed });
        running ??= run();
      });
    },
    drain: async () => {
      while (running !== null) await running;
    },
  };
}
