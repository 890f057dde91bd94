import type { Format, PayloadParameters } from '../../ingest/format.ts';
import { csvFormat } from '../../ingest/formats/samples/csv.ts';
import { ndjsonFormat } from '../../ingest/formats/samples/ndjson.ts';
import type { SamplesRecord } from '../../ingest/records.ts';
import { createRowBinaryEncoder } from '../../store/row-binary.ts';

/**
 * Values a second that one core reads from csv and ndjson, and encodes as RowBinary, without the store. Best of several rounds: on a shared
 * machine the slower ones measure the neighbours. Run: node --import tsx bench/ingest/samples-parse.ts
 */

const VALUES = 500_000;
const ROUNDS = 5;
/** As large as a socket hands them over. */
const CHUNK_CHARACTERS = 64 * 1024;

const PARAMETERS: PayloadParameters = {
  repetition: 1,
  region: 'memcpy',
  metric: 'latency',
  unit: 'ns',
  better: undefined,
  assume: undefined,
  atNs: undefined,
  exposureS: undefined,
  labels: {},
  extra: {},
};

/** The same pseudo-random numbers in each run (Park and Miller's generator), 0 to 1. */
function createRandom(): () => number {
  let state = 20260131;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

type Shape = {
  readonly name: string;
  readonly format: Format;
  readonly header: string;
  readonly line: (index: number, random: () => number) => string;
};

const printNs = (random: () => number) => (random() * 1e6).toFixed(3);
const printAt = (index: number) =>
  `2026-01-31T12:00:${String(Math.floor(index / 1e4) % 60).padStart(2, '0')}.${String(index * 99_991)
    .padStart(9, '0')
    .slice(-9)}Z`;

const SHAPES: readonly Shape[] = [
  { name: 'csv: one column of integers', format: csvFormat, header: 'value\n', line: (_, random) => `${Math.floor(random() * 1e6)}\n` },
  {
    name: 'csv: one series',
    format: csvFormat,
    header: 'region,metric,unit,value\n',
    line: (_, random) => `memcpy,latency,ns,${printNs(random)}\n`,
  },
  {
    name: 'csv: one series, 17 digits',
    format: csvFormat,
    header: 'region,metric,unit,value\n',
    line: (_, random) => `memcpy,latency,ns,${random() * 1e6}\n`,
  },
  {
    name: 'csv: 50 series in turn',
    format: csvFormat,
    header: 'region,metric,unit,value\n',
    line: (index, random) => `k-${index % 50},latency,ns,${printNs(random)}\n`,
  },
  {
    name: 'csv: 50 series at random',
    format: csvFormat,
    header: 'region,metric,unit,value\n',
    line: (_, random) => `k-${Math.floor(random() * 50)},latency,ns,${printNs(random)}\n`,
  },
  {
    name: 'csv: one series with times',
    format: csvFormat,
    header: 'at,value\n',
    line: (index, random) => `${printAt(index)},${printNs(random)}\n`,
  },
  {
    name: 'ndjson: one series',
    format: ndjsonFormat,
    header: '',
    line: (_, random) => `{"region":"memcpy","metric":"latency","unit":"ns","value":${printNs(random)}}\n`,
  },
  {
    name: 'ndjson: 50 series in turn',
    format: ndjsonFormat,
    header: '',
    line: (index, random) => `{"region":"k-${index % 50}","value":${printNs(random)}}\n`,
  },
  {
    name: 'ndjson: 50 series at random',
    format: ndjsonFormat,
    header: '',
    line: (_, random) => `{"region":"k-${Math.floor(random() * 50)}","value":${printNs(random)}}\n`,
  },
  {
    name: 'ndjson: one series with times',
    format: ndjsonFormat,
    header: '',
    line: (index, random) => `{"at":"${printAt(index)}","value":${printNs(random)}}\n`,
  },
  {
    name: 'ndjson: arrays of 100',
    format: ndjsonFormat,
    header: '',
    line: (index, random) => (index % 100 === 0 ? `{"values":[${Array.from({ length: 100 }, () => printNs(random)).join(',')}]}\n` : ''),
  },
];

function printPayload(shape: Shape): readonly string[] {
  const random = createRandom();
  const lines = Array.from({ length: VALUES }, (_, index) => shape.line(index, random));
  const bytes = Buffer.from(shape.header + lines.join(''));
  const chunks: string[] = [];
  for (let start = 0; start < bytes.length; start += CHUNK_CHARACTERS)
    chunks.push(bytes.toString('latin1', start, start + CHUNK_CHARACTERS));
  return chunks;
}

function parse(format: Format, chunks: readonly string[]): readonly SamplesRecord[] {
  if (format.mode !== 'stream') throw new TypeError(`${format.id} does not stream`);
  const parser = format.open(PARAMETERS);
  const records = [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
  return records.filter((record) => record.kind === 'samples');
}

/** Values a second of the fastest round. */
function measure(values: number, work: () => number): number {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    const done = work();
    best = Math.max(best, (1000 * values) / (performance.now() - started));
    if (done !== values) throw new Error(`${done} values came out of ${values}`);
  }
  return best;
}

function report(name: string, valuesPerS: number): void {
  console.log(`${name.padEnd(40)} ${(valuesPerS / 1e6).toFixed(2).padStart(8)} M values/s`);
}

const countValues = (records: readonly SamplesRecord[]) => records.reduce((sum, { values }) => sum + values.length, 0);

for (const shape of SHAPES) {
  const chunks = printPayload(shape);
  report(
    shape.name,
    measure(VALUES, () => countValues(parse(shape.format, chunks))),
  );
}

const encoder = createRowBinaryEncoder([
  { name: 'series_id', type: 'UUID' },
  { name: 'sample_values', type: 'Array(Float64)' },
]);
const random = createRandom();
const doubles = Float64Array.from({ length: VALUES }, random);
const series_id = '61f0c404-5cb3-11e7-907b-a6006ad3dba0';
const encodeArrays = (sample_values: readonly number[] | Float64Array) => () => {
  encoder.encode([{ series_id, sample_values }]);
  return VALUES;
};
report('RowBinary: Array(Float64), Float64Array', measure(VALUES, encodeArrays(doubles)));
report('RowBinary: Array(Float64), number[]', measure(VALUES, encodeArrays([...doubles])));
const times = Array.from(doubles, (_, index) => 1_769_860_800_000_000_000n + BigInt(index));
const timeEncoder = createRowBinaryEncoder([{ name: 'at_ns', type: 'Array(Int64)' }]);
report(
  'RowBinary: Array(Int64), bigint[]',
  measure(VALUES, () => {
    timeEncoder.encode([{ at_ns: times }]);
    return VALUES;
  }),
);
const rowEncoder = createRowBinaryEncoder([
  { name: 'series_id', type: 'UUID' },
  { name: 'region', type: 'LowCardinality(String)' },
  { name: 'repetition', type: 'UInt32' },
  { name: 'reading', type: 'Nullable(Float64)' },
]);
const rows = Array.from(doubles, (reading) => ({ series_id, region: 'memcpy', repetition: 1, reading }));
report(
  'RowBinary: small rows of 4 columns',
  measure(VALUES, () => {
    rowEncoder.encode(rows);
    return VALUES;
  }),
);
