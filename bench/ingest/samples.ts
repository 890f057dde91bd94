import { TABLES } from '../../store/tables.ts';
import { call, execute, openRun } from '../support/calls.ts';
import { readCpuOfAllS, settle } from '../support/processes.ts';
import { concludeBudgets, describeMachine, median, printTable, toMillions } from '../support/report.ts';
import { encodeStretchRows, encodeValueRows, makePayload, ROW_COLUMNS, type SampleShape } from '../support/samples.ts';
import { type Stack, withStack } from '../support/stack.ts';

/**
 * Raw samples end to end, from the first byte sent to the receipt, against the same values as RowBinary straight into the same ClickHouse.
 * Run: npm run build && node --import tsx bench/ingest/samples.ts [--quick] [--profile]
 */

const MILLION = 1_000_000;
const isQuick = process.argv.includes('--quick');

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

/** The round with the middle rate: on a shared machine single rounds measure the neighbours. */
function middle(rounds: readonly Figure[]): Figure {
  const wanted = median(rounds.map(rate));
  const found = rounds.find((round) => rate(round) === wanted);
  if (found === undefined) throw new RangeError('middle: no rounds');
  return found;
}

async function repeat(rounds: number, work: (round: number) => Promise<Figure>): Promise<Figure> {
  const figures: Figure[] = [];
  for (let round = 0; round < rounds; round++) figures.push(await work(round));
  return middle(figures);
}

const describe = (shape: SampleShape) =>
  `${shape.format} ${shape.values / MILLION} M, ${shape.seriesCount} series${shape.withAt ? ', at' : ''}`;

/** Every round is a run of its own, so that no payload is a duplicate. */
async function measureService(stack: Stack, shape: SampleShape, rounds: number): Promise<Figure> {
  const payload = makePayload(shape);
  return await repeat(rounds, async () => {
    const runId = await openRun(stack, 'ingest');
    return await measure(describe(shape), shape.values, [stack.servicePid, stack.storePid()], async () => {
      const receipt = await call<{ samples: number }>(stack, 'POST', `/v1/runs/${runId}/samples?format=${shape.format}`, { body: payload });
      if (receipt.samples !== shape.values) throw new Error(`${receipt.samples} values were acknowledged of ${shape.values}`);
    });
  });
}

type Reference = {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly batch: Buffer;
  readonly batchValues: number;
};

async function measureReference(stack: Stack, reference: Reference, values: number, rounds: number): Promise<Figure> {
  const statement = `INSERT INTO ${reference.table} (${reference.columns.join(', ')}) FORMAT RowBinary`;
  return await repeat(rounds, async () => {
    await execute(stack.store, `TRUNCATE TABLE ${reference.table}`);
    return await measure(reference.name, values, [stack.storePid()], async () => {
      for (let sent = 0; sent < values; sent += reference.batchValues) await execute(stack.store, statement, reference.batch);
    });
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

async function measureReferences(
  stack: Stack,
  withAt: boolean,
  rounds: number,
): Promise<{ readonly rows: readonly Figure[]; readonly stretches: Figure }> {
  const counts = { seriesCount: 50, withAt };
  const suffix = withAt ? ', at' : '';
  const columns = ROW_COLUMNS.map(({ name }) => name);
  const rows: Figure[] = [];
  for (const batchValues of [100_000, MILLION]) {
    const name = `reference (a): a row a value, ${batchValues / 1000} k a batch${suffix}`;
    const reference = { name, table: 'bench_rows', columns, batch: encodeValueRows(batchValues, counts), batchValues };
    rows.push(await measureReference(stack, reference, 2 * MILLION, rounds));
  }
  const batch = encodeStretchRows(MILLION, counts);
  const stretches = {
    name: `reference (b): our rows, 1000 k a batch${suffix}`,
    table: 'bench_stretches',
    columns: TABLES.samples.map(({ name }) => name),
    batch,
    batchValues: MILLION,
  };
  return { rows, stretches: await measureReference(stack, stretches, 2 * MILLION, rounds) };
}

function listShapes(): readonly SampleShape[] {
  const sizes = isQuick ? [MILLION] : [MILLION, 5 * MILLION];
  return sizes.flatMap((values) =>
    (['csv', 'ndjson'] as const).flatMap((format) =>
      [1, 50].flatMap((seriesCount) => [false, true].map((withAt) => ({ format, values, seriesCount, withAt }))),
    ),
  );
}

await withStack(async (stack) => {
  console.log(describeMachine());
  await createReferenceTables(stack);
  await measureService(stack, { format: 'csv', values: MILLION, seriesCount: 50, withAt: true }, 1);
  const rounds = isQuick ? 1 : 3;
  const references = { plain: await measureReferences(stack, false, rounds), at: await measureReferences(stack, true, rounds) };
  const rowsOf = (withAt: boolean) => (withAt ? references.at : references.plain);
  const figures: { readonly figure: Figure; readonly a: number; readonly aPerCore: number; readonly b: number }[] = [];
  for (const shape of listShapes()) {
    const figure = await measureService(stack, shape, shape.values === MILLION ? rounds : 1);
    const { rows, stretches } = rowsOf(shape.withAt);
    // Against the faster of the two batch sizes.
    const aPerCore = ratePerCore(figure) / Math.max(...rows.map(ratePerCore));
    figures.push({ figure, a: rate(figure) / Math.max(...rows.map(rate)), aPerCore, b: rate(figure) / rate(stretches) });
  }
  const toRow = (figure: Figure, ...ratios: readonly string[]) => [
    figure.name,
    toMillions(rate(figure)),
    toMillions(ratePerCore(figure)),
    figure.wallS.toFixed(2),
    figure.cpuS.toFixed(2),
    ...ratios,
  ];
  const all = [references.plain, references.at].flatMap(({ rows, stretches }) => [...rows, stretches]);
  printTable(
    ['payload', 'M values/s', 'M values/s/core', 'wall s', 'CPU s', '× (a)', '× (a) a core', '× (b)'],
    [
      ...all.map((figure) => toRow(figure, '', '', '')),
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
