import { TABLES } from '../../store/tables.ts';
import { call, execute, openRun } from '../support/calls.ts';
import { readCpuOfAllS, settle } from '../support/processes.ts';
import { concludeBudgets, describeMachine, median, printTable, toMillions } from '../support/report.ts';
import { encodeStretchRows, encodeValueRows, makePayload, ROW_COLUMNS, type SampleShape } from '../support/samples.ts';
import { type Stack, withStack } from '../support/stack.ts';

/**
 * Raw samples end to end, from the first byte sent to the receipt, against the same values as RowBinary straight into the same ClickHouse.
 * Run: npm run build && node --import tsx bench/ingest/samples.ts [csv | ndjson] [--quick] [--profile]
 */

const MILLION = 1_000_000;
const isQuick = process.argv.includes('--quick');
/** Naming one leaves the other out. */
const FORMATS = (['csv', 'ndjson'] as const).filter((format) => !process.argv.includes(format === 'csv' ? 'ndjson' : 'csv'));

type Figure = { readonly name: string; readonly values: number; readonly wallS: number; readonly cpuS: number };

const rate = (figure: Figure) => figure.values / figure.wallS;
const ratePerCore = (figure: Figure) => figure.values / figure.cpuS;

/** Wall time until acknowledged; CPU time of the processes until they rest again, so that merges are counted. */
async function measure(name: string, values: number, pids: readonly number[], work: () => Promise<void>): Promise<Figure> {
  await settle(pids);
  const cpuBefore = readCpuOfAllS(pids);
  const started = performance.now();
  await work();
  const wallS = (performance.now() - started) / 1000;
  await settle(pids);
  return { name, values, wallS, cpuS: readCpuOfAllS(pids) - cpuBefore };
}

const describe = (shape: SampleShape) =>
  `${shape.format} ${shape.values / MILLION} M, ${shape.seriesCount} series${shape.withAt ? ', at' : ''}`;

/** Every time a run of its own, so that no payload is a duplicate. */
async function pushPayload(stack: Stack, shape: SampleShape, payload: Buffer): Promise<Figure> {
  const runId = await openRun(stack, 'ingest');
  return await measure(describe(shape), shape.values, [stack.servicePid, stack.storePid()], async () => {
    const receipt = await call<{ samples: number }>(stack, 'POST', `/v1/runs/${runId}/samples?format=${shape.format}`, { body: payload });
    if (receipt.samples !== shape.values) throw new Error(`${receipt.samples} values were acknowledged of ${shape.values}`);
  });
}

type Comparison = { readonly figure: Figure; readonly a: number; readonly aPerCore: number; readonly b: number };

/** Each round pushes the payload and then inserts both references, so that neighbours on the machine slow all of them alike. */
async function compare(stack: Stack, shape: SampleShape, rounds: number, references: References): Promise<Comparison> {
  const payload = makePayload(shape);
  const compared: Comparison[] = [];
  for (let round = 0; round < rounds; round++) {
    const figure = await pushPayload(stack, shape, payload);
    const rows = await measureReference(stack, references.rows, shape.values);
    const stretches = await measureReference(stack, references.stretches, shape.values);
    compared.push({
      figure,
      a: rate(figure) / rate(rows),
      aPerCore: ratePerCore(figure) / ratePerCore(rows),
      b: rate(figure) / rate(stretches),
    });
  }
  const middle = median(compared.map(({ a }) => a));
  const found = compared.find(({ a }) => a === middle);
  if (found === undefined) throw new RangeError('compare: no rounds');
  return found;
}

type Reference = {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly batch: Buffer;
  readonly batchValues: number;
};

async function measureReference(stack: Stack, reference: Reference, values: number): Promise<Figure> {
  const statement = `INSERT INTO ${reference.table} (${reference.columns.join(', ')}) FORMAT RowBinary`;
  await execute(stack.store, `TRUNCATE TABLE ${reference.table}`);
  return await measure(reference.name, values, [stack.storePid()], async () => {
    for (let sent = 0; sent < values; sent += reference.batchValues) await execute(stack.store, statement, reference.batch);
  });
}

async function createReferenceTables(stack: Stack): Promise<void> {
  const columns = ROW_COLUMNS.map(({ name, type }) => `${name} ${type}`).join(', ');
  await execute(
    stack.store,
    `CREATE TABLE bench_rows (${columns}) ENGINE = MergeTree ORDER BY (run_id, series_id, repetition, payload_id, ordinal)`,
  );
  await execute(stack.store, 'CREATE TABLE bench_stretches AS samples');
}

type References = { readonly rows: Reference; readonly stretches: Reference; readonly largeRows: Reference };

function makeReferences(withAt: boolean): References {
  const counts = { seriesCount: 50, withAt };
  const toRows = (batchValues: number): Reference => ({
    name: `(a) a row a value, ${batchValues / 1000} k a batch${withAt ? ', at' : ''}`,
    table: 'bench_rows',
    columns: ROW_COLUMNS.map(({ name }) => name),
    batch: encodeValueRows(batchValues, counts),
    batchValues,
  });
  return {
    rows: toRows(100_000),
    largeRows: toRows(MILLION),
    stretches: {
      name: `(b) our rows, 1000 k a batch${withAt ? ', at' : ''}`,
      table: 'bench_stretches',
      columns: TABLES.samples.map(({ name }) => name),
      batch: encodeStretchRows(MILLION, counts),
      batchValues: MILLION,
    },
  };
}

function listShapes(): readonly SampleShape[] {
  const sizes = isQuick ? [MILLION] : [MILLION, 5 * MILLION];
  return sizes.flatMap((values) =>
    FORMATS.flatMap((format) =>
      (values === MILLION ? [1, 50] : [50]).flatMap((seriesCount) =>
        [false, true].map((withAt) => ({ format, values, seriesCount, withAt })),
      ),
    ),
  );
}

await withStack(async (stack) => {
  console.log(describeMachine());
  await createReferenceTables(stack);
  const warmUp: SampleShape = { format: 'csv', values: MILLION, seriesCount: 50, withAt: true };
  await pushPayload(stack, warmUp, makePayload(warmUp));
  const references = { plain: makeReferences(false), at: makeReferences(true) };
  const alone: Figure[] = [];
  for (const { rows, largeRows, stretches } of [references.plain, references.at]) {
    for (const reference of [rows, largeRows, stretches]) alone.push(await measureReference(stack, reference, 2 * MILLION));
  }
  const figures: Comparison[] = [];
  for (const shape of listShapes()) {
    const rounds = shape.values === MILLION && !isQuick ? 3 : 1;
    figures.push(await compare(stack, shape, rounds, shape.withAt ? references.at : references.plain));
  }
  const toRow = (figure: Figure, ...ratios: readonly string[]) => [
    figure.name,
    toMillions(rate(figure)),
    toMillions(ratePerCore(figure)),
    figure.wallS.toFixed(2),
    figure.cpuS.toFixed(2),
    ...ratios,
  ];
  printTable(
    ['payload', 'M values/s', 'M values/s/core', 'wall s', 'CPU s', '× (a)', '× (a) a core', '× (b)'],
    [
      ...alone.map((figure) => toRow(figure, '', '', '')),
      ...figures.map(({ figure, a, aPerCore, b }) => toRow(figure, a.toFixed(2), aPerCore.toFixed(2), b.toFixed(2))),
    ],
  );
  concludeBudgets([
    { what: 'slowest payload against a row a value', measured: Math.min(...figures.map(({ a }) => a)), unit: '×', atLeast: 0.5 },
    {
      what: 'slowest payload a core',
      measured: Math.min(...figures.map(({ figure }) => ratePerCore(figure))) / 1000,
      unit: 'k values/s',
      atLeast: 400,
    },
  ]);
});
