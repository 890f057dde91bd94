import { createRowBinaryEncoder, type RowBinaryColumn } from '../../store/row-binary.ts';
import { TABLES } from '../../store/tables.ts';

/** Payloads of samples, and the same values as rows, all made before the clock starts. */

export type SampleShape = {
  readonly format: 'csv' | 'ndjson';
  readonly values: number;
  /** Series that take turns, line by line. */
  readonly seriesCount: number;
  readonly withAt: boolean;
};

/** 2026-11-01T00:00:00Z; a sample every 100 µs from there. */
const START_NS = 1_793_491_200_000_000_000n;
const STEP_NS = 100_000n;
const LINES_PER_PIECE = 10_000;
/** Distinct numbers; the lines draw from them. */
const NUMBERS = 65_536;

/** The same pseudo-random numbers in each run (Park and Miller's generator), 0 to 1. */
export function createRandom(seed = 20260131): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Numbers around 10 µs as a tool prints nanoseconds, with one decimal. */
function printNumbers(random: () => number): readonly string[] {
  return Array.from({ length: NUMBERS }, () => (10_000 * Math.exp(0.1 * (random() + random() + random() - 1.5))).toFixed(1));
}

/** One piece of a payload after another, each of whole lines; the csv header comes with the first. @param total bytes or values at which to stop */
export function* printSamples(shape: SampleShape): Generator<string> {
  const { format, values, seriesCount, withAt } = shape;
  const random = createRandom();
  const numbers = printNumbers(random);
  const starts = Array.from({ length: seriesCount }, (_, index) =>
    format === 'csv' ? `kernel-${index},latency,ns,` : `{"region":"kernel-${index}","metric":"latency","unit":"ns","value":`,
  );
  let piece = format === 'csv' ? `region,metric,unit,value${withAt ? ',at' : ''}\n` : '';
  let atUs = START_NS / 1000n;
  for (let index = 0; index < values; index++) {
    piece += `${starts[index % seriesCount]}${numbers[(random() * NUMBERS) | 0]}`;
    if (withAt) {
      atUs += STEP_NS / 1000n;
      piece += format === 'csv' ? `,${atUs}000` : `,"at":${atUs}000`;
    }
    piece += format === 'csv' ? '\n' : '}\n';
    if ((index + 1) % LINES_PER_PIECE !== 0) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/** The whole payload in memory. */
export function makePayload(shape: SampleShape): Buffer {
  return Buffer.concat(Array.from(printSamples(shape), (piece) => Buffer.from(piece, 'latin1')));
}

const RUN_ID = '0192f0c4-5cb3-71e7-907b-a6006ad3dba0';
const PAYLOAD_ID = '0192f0c4-5cb3-71e7-907b-a6006ad3dba1';
const toSeriesId = (index: number) => `61f0c404-5cb3-11e7-907b-${String(index).padStart(12, '0')}`;

export const ROW_COLUMNS = [
  { name: 'run_id', type: 'UUID' },
  { name: 'series_id', type: 'UUID' },
  { name: 'repetition', type: 'UInt32' },
  { name: 'payload_id', type: 'UUID' },
  { name: 'ordinal', type: 'UInt32' },
  { name: 'at_ns', type: 'Nullable(Int64)' },
  { name: 'value', type: 'Float64' },
] as const satisfies readonly RowBinaryColumn[];

type Counts = Pick<SampleShape, 'seriesCount' | 'withAt'>;

/** One row a value, as a plain table would hold them. */
export function encodeValueRows(count: number, { seriesCount, withAt }: Counts): Buffer {
  const random = createRandom();
  const rows = Array.from({ length: count }, (_, index) => ({
    run_id: RUN_ID,
    series_id: toSeriesId(index % seriesCount),
    repetition: 1,
    payload_id: PAYLOAD_ID,
    ordinal: index + 1,
    at_ns: withAt ? START_NS + BigInt(index) * STEP_NS : null,
    value: Math.round(1e5 * (1 + random())) / 10,
  }));
  return createRowBinaryEncoder(ROW_COLUMNS).encode(rows);
}

/** The rows the service makes of the same values: a stretch of at most 65,536 values each. */
export function encodeStretchRows(count: number, { seriesCount, withAt }: Counts): Buffer {
  const random = createRandom();
  const length = Math.min(65_536, Math.floor(262_144 / seriesCount));
  const rows = Array.from({ length: Math.ceil(count / length) }, (_, row) => {
    const values = Float64Array.from({ length: Math.min(length, count - row * length) }, () => Math.round(1e5 * (1 + random())) / 10);
    return {
      run_id: RUN_ID,
      series_id: toSeriesId(row % seriesCount),
      repetition: 1,
      payload_id: PAYLOAD_ID,
      ordinal: row + 1,
      sample_values: values,
      at_ns: withAt ? BigInt64Array.from(values, (_, index) => START_NS + BigInt(index * seriesCount) * STEP_NS) : new BigInt64Array(0),
      paths: [],
      inputs: [],
      quality: [],
      line: row + 1,
      received_at: 1_793_491_200_000,
    };
  });
  return createRowBinaryEncoder(TABLES.samples).encode(rows);
}
