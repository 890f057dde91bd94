import { ParseError, type TableCell, type TableSource } from '../../../format.ts';

/**
 * The tables of an Nsight Systems export that are read, and how their rows are named. Table and column names: Nsight Systems User Guide,
 * SQLite schema reference, 2.x and 3.x; names of rows as the reports that come with nsys make them.
 */
export type EventTable = {
  readonly table: string;
  /** The report of `nsys stats` that prints these rows; its label, so that both ways lead to one series. */
  readonly report: string;
  /** Columns whose number leads to a name in StringIds; the first that a row has counts. */
  readonly nameIds: readonly string[];
  /** The name of a row, when StringIds does not hold it. */
  readonly operation: 'memcpy' | 'memset' | null;
  readonly hasDevice: boolean;
};

export const EVENT_TABLES: readonly EventTable[] = [
  {
    table: 'CUPTI_ACTIVITY_KIND_KERNEL',
    report: 'cuda_gpu_trace',
    nameIds: ['demangledName', 'shortName'],
    operation: null,
    hasDevice: true,
  },
  { table: 'CUPTI_ACTIVITY_KIND_MEMCPY', report: 'cuda_gpu_trace', nameIds: [], operation: 'memcpy', hasDevice: true },
  { table: 'CUPTI_ACTIVITY_KIND_MEMSET', report: 'cuda_gpu_trace', nameIds: [], operation: 'memset', hasDevice: true },
  { table: 'CUPTI_ACTIVITY_KIND_RUNTIME', report: 'cuda_api_trace', nameIds: ['nameId'], operation: null, hasDevice: false },
];

export const NVTX_TABLE = 'NVTX_EVENTS';
export const STRINGS_TABLE = 'StringIds';
/** NVTX_EVENTS.eventType. */
export const NVTX_DOMAIN = 75;
export const NVTX_REPORTS: ReadonlyMap<number, string> = new Map([
  [59, 'nvtx_pushpop_trace'],
  [70, 'nvtx_pushpop_trace'],
  [60, 'trace'],
  [71, 'trace'],
]);

/** Tables with measurements that are not read: worth a word, when they are there. */
const MEASURED =
  /^(?:CUPTI_ACTIVITY_KIND_|CUDNN_|CUBLAS_|OSRT_|MPI_|UCX_|GPU_METRICS$|OPENGL_|VULKAN_|D3D|DX12_|SCHED_EVENTS$|COMPOSITE_EVENTS$|PERF_EVENT_)/;
const READ = [...EVENT_TABLES.map(({ table }) => table), NVTX_TABLE, STRINGS_TABLE];

export type Tables = ReadonlyMap<string, readonly string[] | null>;

/** Whether an export has a table. @throws ParseError when something else than a table has its name */
export function hasTable(tables: Tables, table: string): boolean {
  if (tables.get(table) === null)
    throw new ParseError(`${table} is a view or a virtual table, not a table: send the export of nsys as it is`, WHOLE);
  return tables.has(table);
}

export const WHOLE = { line: 0, column: 1 } as const;

export const listUnread = (tables: Tables): readonly string[] =>
  [...tables.keys()].filter((name) => MEASURED.test(name) && !READ.includes(name));

/** Short names of CUpti_ActivityMemcpyKind, for exports without ENUM_CUDA_MEMCPY_OPER. */
const COPY_NAMES = ['Unknown', 'HtoD', 'DtoH', 'HtoA', 'AtoH', 'AtoA', 'AtoD', 'DtoA', 'DtoD', 'HtoH', 'PtoP'];
const ENUM_ROWS = 1000;

/** What the numbers of an enumeration stand for, from its own table; empty when the export has none. */
export async function readEnum(
  source: TableSource,
  tables: Tables,
  table: string,
  text: 'label' | 'name',
): Promise<ReadonlyMap<number, string>> {
  const names = new Map<number, string>();
  if (!hasTable(tables, table)) return names;
  const columns = [
    { name: 'id', type: 'number' },
    { name: text, type: 'text' },
  ] as const;
  for await (const { rowCount, columns: cells } of source.rows(table, columns)) {
    for (let row = 0; row < rowCount; row++) {
      const value = cells[1]?.[row];
      if (typeof value === 'string' && names.size < ENUM_ROWS) names.set(Number(cells[0]?.[row]), value);
    }
  }
  return names;
}

/** The name of a copy or a fill as nsys stats prints it. */
export function nameOperation(operation: 'memcpy' | 'memset', kind: TableCell, labels: ReadonlyMap<number, string>): string {
  if (operation === 'memset') return '[CUDA memset]';
  const number = Number(kind ?? 0);
  return `[CUDA memcpy ${labels.get(number) ?? COPY_NAMES[number] ?? `kind ${number}`}]`;
}

/** `cudaLaunchKernel_v7000` → cudaLaunchKernel, as nsys stats prints it. */
export const nameApiCall = (name: string): string => name.replace(/_v\d{4}$/, '');

/** Paths, and what follows a word for a person or a machine, have no place in a receipt. */
export function withoutPlaces(text: string): string {
  return text
    .slice(0, 300)
    .replace(/(?:[A-Za-z]:)?(?:[\\/][^\s\\/'"]+){1,64}/g, '<path>')
    .replace(/'[^']*'|"[^"]*"/g, '<name>')
    .replace(/\b[\w.-]+@[\w.-]+\b/g, '<name>');
}
