import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseError, createClient } from '@clickhouse/client';
import { ProblemError } from '../wire/problems.ts';
import { createRowBinaryEncoder } from './row-binary.ts';
import { type Row, TABLES, type TableName } from './tables.ts';

/** Where a ClickHouse answers and as whom: an outside server, or the embedded one. */
export type StoreAddress = {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly httpHeaders?: Readonly<Record<string, string>>;
};

export type QueryParameters = Readonly<Record<string, unknown>>;

/** The one way to ClickHouse. Every failure is a `ProblemError`: `store-unavailable` when a retry may help, `internal` otherwise. */
export type Store = {
  /** Rows of a SELECT, one object a row; 64-bit integers come as digit strings, NaN and infinities as null. */
  readonly query: <Result>(sql: string, parameters?: QueryParameters) => Promise<readonly Result[]>;
  /** The text of a SELECT that ends in a FORMAT clause of its own. */
  readonly queryText: (sql: string, parameters?: QueryParameters) => Promise<NodeJS.ReadableStream>;
  /** Appends rows and resolves when ClickHouse has acknowledged them; nothing is sent for no rows. */
  readonly append: <Table extends TableName>(table: Table, rows: readonly Row<Table>[]) => Promise<void>;
  /**
   * The bytes of rows, for `appendEncoded`: a row that cannot be stored is found here, before it shares an insert with others.
   * @throws ProblemError internal
   */
  readonly encode: <Table extends TableName>(table: Table, rows: readonly Row<Table>[]) => Buffer;
  /** Appends encoded rows of one table in one insert; nothing is sent for no bytes. */
  readonly appendEncoded: (table: TableName, parts: readonly Buffer[]) => Promise<void>;
  /** Appends one row unless a row was appended under the same token before: the only compare-and-swap there is. */
  readonly putIfAbsent: <Table extends TableName>(table: Table, row: Row<Table>, token: string) => Promise<void>;
  /** A statement without a result: DDL, lightweight DELETE. */
  readonly command: (sql: string, parameters?: QueryParameters) => Promise<void>;
  readonly ping: () => Promise<boolean>;
  readonly close: () => Promise<void>;
};

/** Codes after which the same request may succeed: timeout, too many queries, too many parts, memory, no connection to a replica, shutting down. */
const RETRYABLE_CODES: ReadonlySet<string> = new Set(['159', '202', '209', '210', '241', '242', '252', '279', '236', '999']);

const ENCODERS = new Map(Object.entries(TABLES).map(([table, columns]) => [table, createRowBinaryEncoder(columns)]));

function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof RangeError) return new ProblemError('internal', 'a row could not be encoded', { cause: error });
  if (error instanceof ClickHouseError && !RETRYABLE_CODES.has(error.code)) {
    return new ProblemError('internal', `the store refused a statement (ClickHouse error ${error.code})`, { cause: error });
  }
  return new ProblemError('store-unavailable', 'ClickHouse did not answer; nothing was acknowledged, retry', {
    cause: error,
    retryAfterS: 1,
  });
}

async function withProblems<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toProblem(error);
  }
}

function encode(table: TableName, rows: readonly object[]): Buffer {
  const encoder = ENCODERS.get(table);
  if (encoder === undefined) throw new RangeError(`encode: no table ${table}`);
  return encoder.encode(rows);
}

const SETTINGS = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_denormals: 0,
  async_insert: 0,
  wait_end_of_query: 1,
} as const;

/**
 * Connects lazily; the first call opens the connection.
 * @param requestTimeoutMs longest time for one statement, milliseconds
 */
export function connectStore(address: StoreAddress, { requestTimeoutMs = 120_000 }: { readonly requestTimeoutMs?: number } = {}): Store {
  const client: ClickHouseClient = createClient({
    url: address.url,
    username: address.username,
    password: address.password,
    database: address.database,
    request_timeout: requestTimeoutMs,
    max_open_connections: 16,
    compression: { request: false, response: false },
    keep_alive: { enabled: true, idle_socket_ttl: 2000 },
    ...(address.httpHeaders === undefined ? {} : { http_headers: { ...address.httpHeaders } }),
    clickhouse_settings: SETTINGS,
    log: { level: 127 },
  });

  async function insert(table: TableName, body: readonly Buffer[], token: string | null): Promise<void> {
    const columns = TABLES[table].map((column) => column.name).join(', ');
    const result = await client.exec({
      query: `INSERT INTO ${table} (${columns}) FORMAT RowBinary`,
      values: Readable.from(body, { objectMode: false }),
      ...(token === null ? {} : { clickhouse_settings: { insert_deduplication_token: token } }),
    });
    for await (const _ of result.stream) void _;
  }

  return {
    query: <Result>(sql: string, parameters: QueryParameters = {}) =>
      withProblems(async () => {
        const result = await client.query({ query: sql, format: 'JSONEachRow', query_params: { ...parameters } });
        return await result.json<Result>();
      }),
    queryText: (sql, parameters = {}) =>
      withProblems(async () => (await client.exec({ query: sql, query_params: { ...parameters } })).stream),
    append: (table, rows) => withProblems(async () => (rows.length === 0 ? undefined : insert(table, [encode(table, rows)], null))),
    encode: (table, rows) => {
      try {
        return encode(table, rows);
      } catch (error) {
        throw toProblem(error);
      }
    },
    appendEncoded: (table, parts) =>
      withProblems(async () => (parts.every((part) => part.length === 0) ? undefined : insert(table, parts, null))),
    putIfAbsent: (table, row, token) => withProblems(() => insert(table, [encode(table, [row])], token)),
    command: (sql, parameters = {}) =>
      withProblems(async () => {
        await client.command({ query: sql, query_params: { ...parameters } });
      }),
    ping: async () => {
      try {
        await client
          .query({ query: 'SELECT 1', format: 'JSONEachRow', abort_signal: AbortSignal.timeout(2000) })
          .then((result) => result.json());
        return true;
      } catch {
        return false;
      }
    },
    close: () => client.close(),
  };
}
