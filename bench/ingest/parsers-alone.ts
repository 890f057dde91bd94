import type { PayloadParameters } from '../../ingest/format.ts';
import { findFormat } from '../../ingest/formats/index.ts';
import type { IngestRecord } from '../../ingest/records.ts';
import { createRowMaker } from '../../ingest/rows.ts';
import { createRowBinaryEncoder } from '../../store/row-binary.ts';
import { TABLES } from '../../store/tables.ts';
import { describeMachine, printTable, toMegabytes, toMillions } from '../support/report.ts';
import { makePayload } from '../support/samples.ts';
import { makeToolPayloads, type ToolPayload } from '../support/tool-payloads.ts';

/**
 * Values a second that one core reads from the tools' own formats and encodes as RowBinary, without HTTP and store. CPU time of this process;
 * best of several rounds. Run: node --import tsx bench/ingest/parsers-alone.ts [name of a format]
 */

const VALUES = 200_000;
const ROUNDS = 5;
/** As large as a socket hands them over. */
const CHUNK_BYTES = 64 * 1024;

const PARAMETERS: PayloadParameters = {
  repetition: 1,
  region: undefined,
  metric: undefined,
  unit: undefined,
  better: undefined,
  assume: undefined,
  atNs: undefined,
  exposureS: undefined,
  labels: {},
  extra: {},
};
const ID = '61f0c404-5cb3-11e7-907b-a6006ad3dba0';

type Case = Omit<ToolPayload, 'kind' | 'query'> & { readonly kind: ToolPayload['kind'] | 'samples' };

function* decode(body: Buffer): Generator<string> {
  for (let start = 0; start < body.length; start += CHUNK_BYTES) yield body.toString('latin1', start, start + CHUNK_BYTES);
}

function* readRecords({ kind, format: id, body }: Case): Generator<readonly IngestRecord[]> {
  const format = findFormat(kind, id);
  if (format === undefined || format.mode === 'file') throw new RangeError(`no text format ${id}`);
  if (format.mode === 'whole') yield format.parse([...decode(body)].join(''), PARAMETERS).records;
  else {
    const parser = format.open(PARAMETERS);
    for (const chunk of decode(body)) yield parser.push(chunk);
    yield parser.end();
  }
}

const ENCODERS = {
  series: createRowBinaryEncoder(TABLES.series),
  samples: createRowBinaryEncoder(TABLES.samples),
  readings: createRowBinaryEncoder(TABLES.readings),
  histograms: createRowBinaryEncoder(TABLES.histograms),
  summaries: createRowBinaryEncoder(TABLES.summaries),
};

/** @returns bytes of all rows */
function encodeAll(payload: Case): number {
  const maker = createRowMaker({ project: 'p', suite: 's', runId: ID, payloadId: ID, receivedAtMs: 1_793_491_200_000 });
  let bytes = 0;
  for (const records of readRecords(payload)) {
    if (records.length === 0) continue;
    const { series, samples, readings, histograms, summaries } = maker.toRows(records);
    bytes += ENCODERS.series.encode(series).length + ENCODERS.samples.encode(samples).length + ENCODERS.readings.encode(readings).length;
    bytes += ENCODERS.histograms.encode(histograms).length + ENCODERS.summaries.encode(summaries).length;
  }
  return bytes;
}

function measure(payload: Case): { readonly cpuS: number; readonly rowBytes: number } {
  let cpuS = Number.POSITIVE_INFINITY;
  let rowBytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    rowBytes = encodeAll(payload);
    const { user, system } = process.cpuUsage(before);
    cpuS = Math.min(cpuS, (user + system) / 1e6);
  }
  return { cpuS, rowBytes };
}

const csv: Case = {
  name: 'samples csv, 50 series',
  kind: 'samples',
  format: 'csv',
  values: VALUES,
  body: makePayload({ format: 'csv', values: VALUES, seriesCount: 50, withAt: false }),
};
const asked = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const cases: readonly Case[] = [csv, ...makeToolPayloads(VALUES)].filter(({ format }) => asked.length === 0 || asked.includes(format));
console.log(describeMachine());
const figures = cases.map((payload) => ({ payload, ...measure(payload) }));
const [reference] = figures;
printTable(
  ['payload', 'MB', 'k values', 'M values/s/core', 'MB/s', 'MB of rows', '× first'],
  figures.map(({ payload, cpuS, rowBytes }) => [
    payload.name,
    toMegabytes(payload.body.length),
    Math.round(payload.values / 1000),
    toMillions(payload.values / cpuS),
    (payload.body.length / 1e6 / cpuS).toFixed(0),
    toMegabytes(rowBytes),
    (payload.values / cpuS / ((reference?.payload.values ?? 0) / (reference?.cpuS ?? 1))).toFixed(2),
  ]),
);
