import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import fc from 'fast-check';
import { ParseError, type PayloadParameters } from '../../../../ingest/format.ts';
import { nsysCsvFormat } from '../../../../ingest/formats/gpu/nsys-csv.ts';
import { nsysSqliteFormat } from '../../../../ingest/formats/gpu/nsys-sqlite.ts';
import { spoolBody } from '../../../../ingest/spool.ts';
import { ProblemError } from '../../../../wire/problems.ts';
import { type FileResult, readFileFormat, samplesOf } from '../support/file-reading.ts';
import { EPOCH_NS, makeDatabase, NSYS_ROWS, NSYS_SCHEMA } from '../support/nsys-database.ts';
import { NO_PARAMETERS } from '../support/reading.ts';

async function* chunksOf(bytes: Buffer) {
  yield bytes;
}

async function readNsys(bytes: Buffer, parameters: Partial<PayloadParameters> = {}): Promise<FileResult> {
  const spool = await spoolBody(chunksOf(bytes));
  try {
    return await readFileFormat(nsysSqliteFormat, spool, parameters);
  } finally {
    await spool.close();
  }
}

const listSpools = async () => (await readdir(tmpdir())).filter((name) => name.startsWith(`plumbline-spool-${process.pid}-`));
const find = (result: FileResult, region: string, metric = 'duration') =>
  samplesOf(result).find(({ series }) => series.region === region && series.metric === metric);

test('every execution is a sample with its time, in the order of the starts', async () => {
  const result = await readNsys(await makeDatabase(...NSYS_SCHEMA, ...NSYS_ROWS));
  const kernel = find(result, 'void axpy<float>(int, const T1 *, T1 *)');
  assert.deepEqual(kernel?.values, [500, 700]);
  assert.deepEqual([...(kernel?.atNs ?? [])], [EPOCH_NS + 1000n, EPOCH_NS + 3000n]);
  assert.deepEqual(kernel?.series.labels, { collector: 'nsys', report: 'cuda_gpu_trace', gpu: '0' });
  assert.deepEqual(kernel?.series.attributes, { device: 'NVIDIA Thor (0)', uuid: 'GPU-1' });
  assert.deepEqual([kernel?.series.unit, kernel?.series.nativeMetric], ['ns', 'Duration']);
  assert.deepEqual(find(result, '[CUDA memcpy Host-to-Device]')?.values, [400]);
  assert.deepEqual(find(result, '[CUDA memcpy Host-to-Device]', 'copied_bytes')?.values, [4096]);
  assert.deepEqual(find(result, '[CUDA memset]')?.values, [50]);
  assert.deepEqual(find(result, 'cudaLaunchKernel')?.values, [40]);
  assert.equal(find(result, 'cudaLaunchKernel')?.series.labels['report'], 'cuda_api_trace');
});

test('NVTX ranges are named by their domain, which belongs to one process', async () => {
  const result = await readNsys(await makeDatabase(...NSYS_SCHEMA, ...NSYS_ROWS));
  assert.deepEqual(find(result, ':step')?.values, [5000]);
  assert.deepEqual(find(result, 'lib:epoch')?.values, [100]);
  assert.deepEqual(find(result, ':other process')?.values, [60]);
  assert.equal(find(result, ':mark'), undefined);
  const unfinished = result.records.find((record) => record.kind === 'reading');
  assert.ok(unfinished?.kind === 'reading');
  assert.deepEqual([unfinished.series.region, unfinished.value, unfinished.quality], [':unfinished', null, ['not_counted']]);
});

test('warnings say what nsys found wrong, and nothing tells host, user or path', async () => {
  const result = await readNsys(await makeDatabase(...NSYS_SCHEMA, ...NSYS_ROWS));
  assert.deepEqual(
    result.warnings.map(({ code }) => code),
    ['missing_value', 'tool_message'],
  );
  assert.match(result.warnings[1]?.detail ?? '', /Not all NVTX events of <path> might have been collected/);
  const all = JSON.stringify(result, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  assert.doesNotMatch(all, /secret|trainer/);
});

test('a kernel is one series whether it comes as CSV or as SQLite', async () => {
  const csv = nsysCsvFormat.open(NO_PARAMETERS);
  const header = 'Start (ns),Duration (ns),CorrId,GrdX,GrdY,GrdZ,BlkX,BlkY,BlkZ,Device,Ctx,Strm,Name\n';
  const line = '1000,500,1,1,1,1,1,1,1,NVIDIA Thor (0),1,7,"void axpy<float>(int, const T1 *, T1 *)"\n';
  const records = [...csv.push(header + line), ...csv.end()];
  const result = await readNsys(await makeDatabase(...NSYS_SCHEMA, ...NSYS_ROWS));
  const fromCsv = records[0];
  assert.ok(fromCsv !== undefined && fromCsv.kind === 'samples');
  const fromSqlite = find(result, fromCsv.series.region);
  assert.deepEqual({ ...fromSqlite?.series, attributes: {} }, { ...fromCsv.series, attributes: {} });
});

test('without the beginning of the session the samples have no times, and a warning says so', async () => {
  const result = await readNsys(await makeDatabase(...NSYS_SCHEMA, ...NSYS_ROWS, 'DROP TABLE TARGET_INFO_SESSION_START_TIME'));
  assert.deepEqual(find(result, ':step')?.atNs, []);
  assert.ok(result.warnings.some(({ code }) => code === 'no_session_start'));
});

const KERNEL = 'CUPTI_ACTIVITY_KIND_KERNEL';
const FORGED: readonly { readonly name: string; readonly statements: readonly string[]; readonly why: RegExp }[] = [
  {
    name: 'a view in place of a table',
    statements: [
      `DROP TABLE ${KERNEL}`,
      `CREATE VIEW ${KERNEL} AS WITH RECURSIVE c(start) AS (SELECT 1 UNION ALL SELECT start + 1 FROM c) SELECT start, start AS end, 0 AS deviceId, 1 AS demangledName FROM c`,
    ],
    why: /is a view or a virtual table/,
  },
  {
    name: 'a generated column',
    statements: [
      `DROP TABLE ${KERNEL}`,
      `CREATE TABLE ${KERNEL} (start INTEGER, n INTEGER, end INTEGER GENERATED ALWAYS AS (length(zeroblob(900000000))) VIRTUAL)`,
      `INSERT INTO ${KERNEL} (start, n) VALUES (1, 1)`,
    ],
    why: /generated, not stored/,
  },
  {
    name: 'a table without row ids',
    statements: [
      `DROP TABLE ${KERNEL}`,
      `CREATE TABLE ${KERNEL} (start INTEGER PRIMARY KEY, end INTEGER) WITHOUT ROWID`,
      `INSERT INTO ${KERNEL} VALUES (1, 2)`,
    ],
    why: /SQLite says/,
  },
  {
    name: 'a column that hides the row ids',
    statements: [`ALTER TABLE ${KERNEL} ADD COLUMN _rowid_ INTEGER`],
    why: /has a column named _rowid_/,
  },
  {
    name: 'a text in place of a number',
    statements: [`UPDATE ${KERNEL} SET start = 'soon'`],
    why: /holds something that is no whole number/,
  },
  { name: 'an end before its start', statements: [`UPDATE ${KERNEL} SET end = 1`], why: /which is no time/ },
  {
    name: 'a name of a megabyte',
    statements: ['UPDATE StringIds SET value = hex(zeroblob(1000000)) WHERE id = 1'],
    why: /more than 65536 bytes/,
  },
  { name: 'names without a key', statements: ['DROP TABLE StringIds', 'CREATE TABLE StringIds (id INT, value TEXT)'], why: /not the key/ },
  {
    name: 'thousands of tables',
    statements: ['BEGIN', ...Array.from({ length: 2200 }, (_, index) => `CREATE TABLE t${index} (a)`), 'COMMIT'],
    why: /more than 2000/,
  },
  { name: 'a log in another file', statements: ['PRAGMA journal_mode = WAL'], why: /WAL mode/ },
  {
    name: 'no row at all',
    statements: [KERNEL, 'CUPTI_ACTIVITY_KIND_MEMCPY', 'CUPTI_ACTIVITY_KIND_MEMSET', 'CUPTI_ACTIVITY_KIND_RUNTIME', 'NVTX_EVENTS'].map(
      (table) => `DELETE FROM ${table}`,
    ),
    why: /nothing was measured/,
  },
];

for (const { name, statements, why } of FORGED) {
  test(`refuses ${name}`, async () => {
    let bytes = await makeDatabase(...NSYS_SCHEMA, ...NSYS_ROWS, ...(name === 'a log in another file' ? [] : statements));
    if (name === 'a log in another file') {
      bytes = Buffer.from(bytes);
      bytes[18] = 2;
      bytes[19] = 2;
    }
    await assert.rejects(readNsys(bytes), (error) => error instanceof ParseError && why.test(error.message));
  });
}

test('refuses another database, and leaves no file behind', async () => {
  await assert.rejects(readNsys(await makeDatabase('CREATE TABLE people (name TEXT)')), /there is no table StringIds/);
  assert.deepEqual(await listSpools(), []);
});

test('a cut or damaged database gives a result or a refusal (property)', async () => {
  const whole = await makeDatabase(...NSYS_SCHEMA, ...NSYS_ROWS);
  const damages = fc.oneof(
    fc.nat({ max: whole.length }).map((length) => whole.subarray(0, length)),
    fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 20 }).map((changes) => {
      const bytes = Buffer.from(whole);
      for (const [place, value] of changes) bytes[place] = value;
      return bytes;
    }),
  );
  await fc.assert(
    fc.asyncProperty(damages, async (bytes) => {
      await readNsys(bytes).catch((error: unknown) => {
        assert.ok(
          error instanceof ParseError || error instanceof ProblemError,
          error instanceof Error ? (error.stack ?? '') : String(error),
        );
      });
    }),
    { numRuns: 25 },
  );
});
