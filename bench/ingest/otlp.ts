import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { call, openRun, send } from '../support/calls.ts';
import { readCpuOfAllS, settle } from '../support/processes.ts';
import { concludeBudgets, describeMachine, median, printTable } from '../support/report.ts';
import { type Stack, withStack } from '../support/stack.ts';

/**
 * OTLP/HTTP metrics in protobuf, end to end, from the first byte sent until each request is answered, against the same number of values as
 * csv over the same connections. Run: npm run build && node --import tsx bench/ingest/otlp.ts [--quick] [--alone] [--profile]
 */

const isQuick = process.argv.includes('--quick');
/** Leaves the reference out, for a profile of OTLP alone. */
const isAlone = process.argv.includes('--alone');
const CONNECTIONS = 4;
const POINTS_PER_REQUEST = 10_000;
const REQUESTS = isQuick ? 16 : 48;
const ROUNDS = isQuick ? 1 : 3;
const ROOT = protobuf.parse(readFileSync(new URL('../../test/ingest/otlp/opentelemetry.proto', import.meta.url), 'utf8')).root;
const REQUEST = ROOT.lookupType('otlp.ExportMetricsServiceRequest');
const NS_PER_S = 1_000_000_000n;

/** What the requests hold: metrics × attribute sets × points of each series. */
type Shape = {
  readonly name: string;
  readonly metrics: number;
  readonly sets: number;
  readonly points: number;
  readonly kinds: readonly Kind[];
};
type Kind = 'gauge' | 'sum' | 'histogram';

const SHAPES: readonly Shape[] = [
  { name: 'numbers, 1,000 series × 10 points', metrics: 20, sets: 50, points: 10, kinds: ['gauge', 'sum'] },
  { name: 'numbers, 10,000 series × 1 point', metrics: 20, sets: 500, points: 1, kinds: ['gauge', 'sum'] },
  { name: 'histograms, 1,000 series × 10 points', metrics: 20, sets: 50, points: 10, kinds: ['histogram'] },
];

const toAttribute = (key: string, value: string) => ({ key, value: { stringValue: value } });

/** Four attributes as a GPU exporter or an HTTP server sends them. */
const listAttributes = (set: number) => [
  toAttribute('hw.name', `GPU ${set % 8}`),
  toAttribute('hw.type', 'gpu'),
  toAttribute('http.route', `/v1/items/${Math.floor(set / 8)}`),
  { key: 'http.response.status_code', value: { intValue: 200 } },
];

const VALUES: Readonly<Record<Kind, (at: number) => object>> = {
  gauge: (at) => ({ asDouble: 1000 + Math.sin(at) * 100 }),
  sum: (at) => ({ asInt: String(at * 17) }),
  histogram: (at) => ({
    count: '3000',
    sum: 1e6 + at,
    bucketCounts: Array.from({ length: 15 }, () => '200'),
    explicitBounds: [5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000],
  }),
};

/** Requests of one run, each a stretch of time after the one before. */
function makeRequests(shape: Shape, runId: string, count: number, startNs: bigint): readonly Buffer[] {
  return Array.from({ length: count }, (_, request) => {
    const metrics = Array.from({ length: shape.metrics }, (_, index) => {
      const kind = shape.kinds[index % shape.kinds.length] ?? 'gauge';
      const dataPoints = Array.from({ length: shape.sets }, (_, set) =>
        Array.from({ length: shape.points }, (_, point) => {
          const at = request * shape.points + point + 1;
          const timeUnixNano = String(startNs + BigInt(at) * NS_PER_S);
          return { attributes: listAttributes(set), startTimeUnixNano: String(startNs), timeUnixNano, ...VALUES[kind](at) };
        }),
      ).flat();
      const more = kind === 'gauge' ? {} : { aggregationTemporality: kind === 'sum' ? 2 : 1, isMonotonic: true };
      return { name: `bench.${kind}.${index}`, unit: 'ms', [kind]: { dataPoints, ...more } };
    });
    const attributes = [
      toAttribute('service.name', 'bench'),
      toAttribute('plumbline.run.id', runId),
      toAttribute('plumbline.better', 'lower'),
    ];
    const message = { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ scope: { name: 'bench' }, metrics }] }] };
    return Buffer.from(REQUEST.encode(REQUEST.fromObject(message)).finish());
  });
}

/** The same values as csv, with their times. */
function makeCsvs(shape: Shape, count: number, startNs: bigint): readonly Buffer[] {
  return Array.from({ length: count }, (_, request) => {
    const lines = ['region,metric,unit,better,at,label.hw.name,label.http.route,value'];
    for (let index = 0; index < shape.metrics; index++) {
      for (let set = 0; set < shape.sets; set++) {
        for (let point = 0; point < shape.points; point++) {
          const at = request * shape.points + point + 1;
          lines.push(
            `bench,bench.${index},ms,lower,${startNs + BigInt(at) * NS_PER_S},GPU ${set % 8},/v1/items/${Math.floor(set / 8)},${1000 + Math.sin(at) * 100}`,
          );
        }
      }
    }
    return Buffer.from(`${lines.join('\n')}\n`);
  });
}

type Figure = { readonly perS: number; readonly perCore: number /** Of the CPU time, what the store took. */; readonly storeShare: number };

/** Sends all bodies over a few connections, each waiting for its answer; CPU time until both processes rest again. */
async function measure(stack: Stack, bodies: readonly Buffer[], push: (body: Buffer) => Promise<void>): Promise<Figure> {
  const pids = [stack.servicePid, stack.storePid()];
  await settle(pids);
  const before = pids.map((pid) => readCpuOfAllS([pid]));
  const waiting = [...bodies];
  const startMs = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (let body = waiting.shift(); body !== undefined; body = waiting.shift()) await push(body);
    }),
  );
  const wallS = (performance.now() - startMs) / 1000;
  await settle(pids);
  const values = bodies.length * POINTS_PER_REQUEST;
  const spent = pids.map((pid, index) => readCpuOfAllS([pid]) - (before[index] ?? 0));
  const [serviceS = 0, storeS = 0] = spent;
  return { perS: values / wallS, perCore: values / (serviceS + storeS), storeShare: storeS / (serviceS + storeS) };
}

async function measureOtlp(stack: Stack, shape: Shape): Promise<Figure> {
  const runId = await openRun(stack, 'otlp');
  const bodies = makeRequests(shape, runId, REQUESTS, BigInt(Date.now()) * 1_000_000n);
  const figure = await measure(stack, bodies, async (body) => {
    const headers = { authorization: `Bearer ${stack.token}`, 'content-type': 'application/x-protobuf' };
    const answer = await send({ method: 'POST', url: `${stack.url}/v1/metrics`, headers, body });
    if (answer.status !== 200 || answer.text !== '') throw new Error(`${answer.status}: ${answer.text.slice(0, 500)}`);
  });
  return figure;
}

async function measureCsv(stack: Stack, shape: Shape): Promise<Figure> {
  const runId = await openRun(stack, 'csv');
  const bodies = makeCsvs(shape, REQUESTS, BigInt(Date.now()) * 1_000_000n);
  return await measure(stack, bodies, async (body) => {
    await call(stack, 'POST', `/v1/runs/${runId}/samples?format=csv`, { body });
  });
}

const toThousands = (perS: number) => (perS / 1000).toFixed(0);

await withStack(async (stack) => {
  console.log(describeMachine());
  const [first] = SHAPES;
  if (first !== undefined) await measureOtlp(stack, first);
  const rows: string[][] = [];
  const slowest: number[] = [];
  for (const shape of SHAPES) {
    const figures: { readonly otlp: Figure; readonly csv: Figure }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const otlp = await measureOtlp(stack, shape);
      figures.push({ otlp, csv: isAlone ? otlp : await measureCsv(stack, shape) });
    }
    const middle = (read: (one: { readonly otlp: Figure; readonly csv: Figure }) => number) => median(figures.map(read));
    const perCore = middle(({ otlp }) => otlp.perCore);
    slowest.push(perCore);
    rows.push([
      shape.name,
      toThousands(middle(({ otlp }) => otlp.perS)),
      toThousands(perCore),
      `${Math.round(100 * middle(({ otlp }) => otlp.storeShare))} %`,
      toThousands(middle(({ csv }) => csv.perCore)),
      middle(({ otlp, csv }) => otlp.perS / csv.perS).toFixed(2),
      middle(({ otlp, csv }) => otlp.perCore / csv.perCore).toFixed(2),
    ]);
  }
  printTable(['10 k points a request', 'k points/s', 'k points/s/core', 'of it the store', 'csv k/s/core', '× csv', '× csv a core'], rows);
  concludeBudgets([{ what: 'slowest OTLP protobuf', measured: Math.min(...slowest) / 1000, unit: 'k points/s/core', atLeast: 200 }]);
});
