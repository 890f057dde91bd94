import type { Store } from './client.ts';
import type { Row, TableName } from './tables.ts';

/** Rows of one payload by table; receipts are not among them, they follow. */
export const PAYLOAD_TABLES = ['series', 'samples', 'readings', 'histograms', 'summaries', 'events', 'spans'] as const;
export type PayloadTable = (typeof PAYLOAD_TABLES)[number];
export type PayloadRows = { readonly [Table in PayloadTable]: readonly Row<Table>[] };

type Pending = {
  readonly rows: PayloadRows;
  readonly receipt: Row<'receipts'>;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
};

/** Appends payloads so that concurrent ones share inserts. */
export type GroupCommit = {
  /** Resolves when ClickHouse has acknowledged the rows and, after them, the receipt. */
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
    appendTable(store, 'histograms', rows.histograms),
    appendTable(store, 'summaries', rows.summaries),
    appendTable(store, 'events', rows.events),
    appendTable(store, 'spans', rows.spans),
  ]);
}

function concatenate(group: readonly Pending[]): PayloadRows {
  return {
    series: group.flatMap((pending) => pending.rows.series),
    samples: group.flatMap((pending) => pending.rows.samples),
    readings: group.flatMap((pending) => pending.rows.readings),
    histograms: group.flatMap((pending) => pending.rows.histograms),
    summaries: group.flatMap((pending) => pending.rows.summaries),
    events: group.flatMap((pending) => pending.rows.events),
    spans: group.flatMap((pending) => pending.rows.spans),
  };
}

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
      await appendPayloadRows(store, concatenate(group));
      await store.append(
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
    commit: (rows, receipt) =>
      new Promise((done, failed) => {
        queue.push({ rows, receipt, done, failed });
        running ??= run();
      }),
    drain: async () => {
      while (running !== null) await running;
    },
  };
}
