import { LIMITS } from '../../../wire/limits.ts';
import {
  type FileParser,
  ParseError,
  type PayloadFile,
  type PayloadParameters,
  type TableBatch,
  type TableCell,
  type TableSource,
} from '../../format.ts';
import { isSqlite } from '../../payload-head.ts';
import type { IngestRecord } from '../../records.ts';
import type { FormatDraft } from '../draft.ts';
import { refuseBeyondLimit } from '../samples/sample-series.ts';
import { type SeriesDeclaration, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { regionOfName } from './kernel-name.ts';
import { readDevices } from './nsys-sqlite/devices.ts';
import { TimedSeries } from './nsys-sqlite/series.ts';
import {
  EVENT_TABLES,
  type EventTable,
  hasTable,
  listUnread,
  NVTX_DOMAIN,
  NVTX_REPORTS,
  NVTX_TABLE,
  nameApiCall,
  nameOperation,
  readEnum,
  STRINGS_TABLE,
  type Tables,
  WHOLE,
  withoutPlaces,
} from './nsys-sqlite/tables.ts';

/**
 * `nsys export --type sqlite`: every execution of a kernel, copy, fill, CUDA call or NVTX range is a duration sample, named and labelled as
 * nsys-csv names and labels it. Times are absolute when the export says when its session began. Written after the documentation: no real
 * export was at hand.
 */
export const nsysSqliteFormat = {
  id: 'nsys-sqlite' as const,
  kind: 'gpu',
  mode: 'file',
  summary: 'nsys export --type sqlite report.nsys-rep (written after the documented schema, not yet checked against a real export)',
  extraParameters: [],
  detect: isSqlite,
  openFile: (file, parameters) => {
    const tally = new WarningTally();
    return { records: readExport(file, parameters, tally), warnings: () => tally.list() } satisfies FileParser;
  },
} satisfies FormatDraft;

/** NVTX domains and ranges meet when they are of one process: the bits of globalTid that nsys compares. */
const PROCESS_MASK = 0xffff_ff00_0000n;
const SCHEMA_MAJORS = ['2', '3'];

type Names = Map<number | bigint, string>;
type Context = {
  readonly source: TableSource;
  readonly tables: Tables;
  readonly tally: WarningTally;
  readonly series: TimedSeries;
  readonly names: Names;
  readonly devices: ReadonlyMap<number, Readonly<Record<string, string>>>;
};
type Event = {
  readonly name: string;
  readonly report: string;
  readonly device: number | null;
  readonly start: TableCell;
  readonly end: TableCell;
  readonly line: number;
  readonly table: string;
};

async function* readExport(file: PayloadFile, parameters: PayloadParameters, tally: WarningTally): AsyncGenerator<readonly IngestRecord[]> {
  warnOfUnused(parameters, ['metric', 'region', 'unit'], tally);
  if (parameters.atNs !== undefined) tally.add('parameter_ignored', "at= has no effect: the tool's output says it itself", null);
  const source = await file.openTables();
  const tables = await source.tables();
  const found = EVENT_TABLES.filter(({ table }) => hasTable(tables, table));
  const hasNvtx = hasTable(tables, NVTX_TABLE);
  if (!hasTable(tables, STRINGS_TABLE))
    throw new ParseError('there is no table StringIds: send what nsys export --type sqlite wrote', WHOLE);
  await checkSchema(source, tables, tally);
  const series = new TimedSeries(parameters, await readEpoch(source, tables, tally), tally);
  const context: Context = { source, tables, tally, series, names: new Map(), devices: await readDevices(source, tables) };
  let rows = 0;
  for (const table of found) {
    for await (const count of readEvents(context, table)) {
      rows += count;
      yield series.take();
    }
  }
  if (hasNvtx) {
    for await (const count of readRanges(context)) {
      rows += count;
      yield series.take();
    }
  }
  if (rows === 0)
    throw new ParseError('there is no table of kernels, copies, CUDA calls or NVTX ranges with rows: nothing was measured', WHOLE);
  await readDiagnostics(context);
  const unread = listUnread(tables);
  if (unread.length > 0) tally.add('unread_tables', `tables with other measurements are not read: ${unread.slice(0, 10).join(', ')}`, null);
  yield series.finish();
}

async function checkSchema(source: TableSource, tables: Tables, tally: WarningTally): Promise<void> {
  if (!hasTable(tables, 'META_DATA_EXPORT')) return;
  const columns = [
    { name: 'name', type: 'text' },
    { name: 'value', type: 'text' },
  ] as const;
  for await (const { columns: cells, rowCount } of source.rows('META_DATA_EXPORT', columns)) {
    for (let row = 0; row < rowCount; row++) {
      const version = cells[1]?.[row];
      if (cells[0]?.[row] !== 'EXPORT_SCHEMA_VERSION' || typeof version !== 'string') continue;
      if (SCHEMA_MAJORS.includes(version.split('.', 1)[0] ?? '')) return;
      tally.add('schema_version', `the export has the schema ${JSON.stringify(version.slice(0, 20))}; 2 and 3 are known`, null);
    }
  }
}

/** Nanoseconds since 1970 at which the session began; null when the export does not say. */
async function readEpoch(source: TableSource, tables: Tables, tally: WarningTally): Promise<bigint | null> {
  const table = 'TARGET_INFO_SESSION_START_TIME';
  if (hasTable(tables, table)) {
    for await (const { columns } of source.rows(table, [{ name: 'utcEpochNs', type: 'number' }])) {
      const epochNs = columns[0]?.[0];
      if (typeof epochNs === 'bigint' || (typeof epochNs === 'number' && Number.isSafeInteger(epochNs))) return BigInt(epochNs);
    }
  }
  tally.add('no_session_start', 'the export does not say when its session began, so the samples have no times', null);
  return null;
}

async function* readEvents(context: Context, event: EventTable): AsyncGenerator<number> {
  const { source, tables, names } = context;
  const { table, report, nameIds, operation, hasDevice } = event;
  const labels = operation === 'memcpy' ? await readEnum(source, tables, 'ENUM_CUDA_MEMCPY_OPER', 'label') : new Map<number, string>();
  const wanted = ['start', 'end', 'deviceId', 'copyKind', 'bytes', ...nameIds];
  let line = 0;
  for await (const batch of source.rows(
    table,
    wanted.map((name) => ({ name, type: 'number' })),
  )) {
    const cell = toReader(batch, wanted);
    await learnNames(context, listIds(batch.rowCount, nameIds, cell));
    for (let row = 0; row < batch.rowCount; row++) {
      line++;
      const id = nameIds.map((column) => cell(column, row)).find((value) => value !== null);
      const name =
        operation === null
          ? typeof id === 'number' || typeof id === 'bigint'
            ? names.get(id)
            : undefined
          : nameOperation(operation, cell('copyKind', row), labels);
      const device = hasDevice ? cell('deviceId', row) : null;
      addEvent(
        context,
        {
          name: report === 'cuda_api_trace' ? nameApiCall(name ?? '') : (name ?? ''),
          report,
          device: device === null ? null : Number(device),
          start: cell('start', row),
          end: cell('end', row),
          line,
          table,
        },
        operation === null ? null : cell('bytes', row),
      );
    }
    yield batch.rowCount;
  }
}

const NVTX_COLUMNS = ['start', 'end', 'eventType', 'domainId', 'globalTid', 'textId'];

async function* readRanges(context: Context): AsyncGenerator<number> {
  const { source, names } = context;
  const domains = new Map<string, string>();
  const columns = [...NVTX_COLUMNS.map((name) => ({ name, type: 'number' }) as const), { name: 'text', type: 'text' } as const];
  const walk = () => source.rows(NVTX_TABLE, columns);
  const nameOf = (cell: Reader, row: number) => {
    const id = cell('textId', row);
    return (typeof id === 'number' || typeof id === 'bigint' ? names.get(id) : undefined) ?? String(cell('text', row) ?? '');
  };
  // Domains may be created after ranges in the order of rows, so they are read first.
  for await (const batch of walk()) {
    const cell = toReader(batch, [...NVTX_COLUMNS, 'text']);
    await learnNames(context, listIds(batch.rowCount, ['textId'], cell));
    for (let row = 0; row < batch.rowCount; row++) {
      if (Number(cell('eventType', row)) !== NVTX_DOMAIN) continue;
      const key = domainKey(cell('globalTid', row), cell('domainId', row));
      if (!domains.has(key)) domains.set(key, nameOf(cell, row));
    }
    yield 0;
  }
  let line = 0;
  for await (const batch of walk()) {
    const cell = toReader(batch, [...NVTX_COLUMNS, 'text']);
    let ranges = 0;
    for (let row = 0; row < batch.rowCount; row++) {
      line++;
      const report = NVTX_REPORTS.get(Number(cell('eventType', row)));
      if (report === undefined) continue;
      ranges++;
      const domain = domains.get(domainKey(cell('globalTid', row), cell('domainId', row))) ?? '';
      const event = { report, device: null, start: cell('start', row), end: cell('end', row), line, table: NVTX_TABLE };
      addEvent(context, { ...event, name: `${domain}:${nameOf(cell, row)}` }, null);
    }
    yield ranges;
  }
}

function domainKey(globalTid: TableCell, domainId: TableCell): string {
  const process = typeof globalTid === 'bigint' || typeof globalTid === 'number' ? BigInt(globalTid) & PROCESS_MASK : 0n;
  return `${process} ${domainId ?? 0}`;
}

type Reader = (column: string, row: number) => TableCell;

function toReader({ columns }: TableBatch, names: readonly string[]): Reader {
  const byName = new Map(names.map((name, index) => [name, columns[index]]));
  return (column, row) => byName.get(column)?.[row] ?? null;
}

function listIds(rowCount: number, columns: readonly string[], cell: Reader): ReadonlySet<number | bigint> {
  const ids = new Set<number | bigint>();
  for (let row = 0; row < rowCount; row++) {
    const id = columns.map((column) => cell(column, row)).find((value) => value !== null);
    if (typeof id === 'number' || typeof id === 'bigint') ids.add(id);
  }
  return ids;
}

/** Looks up the names that are new. @throws ProblemError through the series when there are too many */
async function learnNames({ source, names }: Context, ids: ReadonlySet<number | bigint>): Promise<void> {
  const unknown = [...ids].filter((id) => !names.has(id));
  if (unknown.length === 0) return;
  for (const [id, text] of await source.texts(STRINGS_TABLE, { id: 'id', text: 'value' }, unknown)) names.set(id, text);
  // Each name is a series of its own, of which there may be fewer.
  if (names.size > 2 * LIMITS.seriesPerPayload) {
    refuseBeyondLimit(`the export names more than ${LIMITS.seriesPerPayload} kernels and ranges; export a shorter time`, WHOLE);
  }
}

function addEvent(context: Context, event: Event, bytes: TableCell): void {
  const { series, tally } = context;
  const { start, end, line, table } = event;
  const timed = series.find(`${event.report}\n${event.device}\n${event.name}`, () => declare(context, event, 'duration'));
  if (start === null || end === null) {
    tally.add('missing_value', `executions without a start or an end were left out of ${table}`, line);
    series.addMissing(timed, line);
    return;
  }
  const [startNs, endNs] = [Number(start), Number(end)];
  if (!Number.isSafeInteger(startNs) || !Number.isSafeInteger(endNs) || endNs < startNs) {
    throw new ParseError(`${table} has an execution from ${start} to ${end} ns, which is no time: the database is damaged`, {
      line,
      column: 1,
    });
  }
  series.add(timed, endNs - startNs, startNs, line);
  if (bytes === null) return;
  const amount = Number(bytes);
  if (!Number.isSafeInteger(amount) || amount < 0)
    throw new ParseError(`${table} says ${bytes} bytes: the database is damaged`, { line, column: 1 });
  const sizes = series.find(`bytes\n${event.report}\n${event.device}\n${event.name}`, () => declare(context, event, 'bytes'));
  series.add(sizes, amount, startNs, line);
}

/** The same series as nsys-csv makes of the same execution. */
function declare({ tally, devices }: Context, { name, report, device, line }: Event, metric: 'duration' | 'bytes'): SeriesDeclaration {
  const { region, cutFrom } = regionOfName(name === '' ? '<unnamed>' : name);
  if (cutFrom !== undefined) tally.add('name_cut', 'names that are too long for a region were cut and marked with a hash', line);
  const isTime = metric === 'duration';
  return {
    region,
    metric: isTime ? 'duration' : 'copied_bytes',
    nativeMetric: isTime ? 'Duration' : 'bytes',
    unit: isTime ? 'ns' : 'By',
    valueKind: 'samples',
    labels: { collector: 'nsys', report, ...(device === null ? {} : { gpu: String(device) }) },
    attributes: { ...(device === null ? {} : devices.get(device)), ...(cutFrom === undefined ? {} : { name: cutFrom }) },
    line,
  };
}

/** What nsys found wrong while it measured; its own notes of progress are left out. */
async function readDiagnostics({ source, tables, tally }: Context): Promise<void> {
  const table = 'DIAGNOSTIC_EVENT';
  if (!hasTable(tables, table)) return;
  const levels = await readEnum(source, tables, 'ENUM_DIAGNOSTIC_SEVERITY_LEVEL', 'name');
  const columns = [
    { name: 'severity', type: 'number' },
    { name: 'text', type: 'text' },
  ] as const;
  let line = 0;
  for await (const { columns: cells, rowCount } of source.rows(table, columns)) {
    for (let row = 0; row < rowCount; row++) {
      line++;
      const level = levels.get(Number(cells[0]?.[row])) ?? '';
      if (/info|debug|verbose/i.test(level)) continue;
      tally.add('tool_message', `nsys says ${JSON.stringify(withoutPlaces(String(cells[1]?.[row] ?? '')))}`, line);
    }
  }
}
