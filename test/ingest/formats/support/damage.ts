import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../../../ingest/format.ts';
import { findExample } from '../../../../ingest/formats/examples.ts';
import { FORMATS_BY_KIND } from '../../../../ingest/formats/index.ts';
import { readPayloadQuery } from '../../../../ingest/parameters.ts';
import type { IngestRecord } from '../../../../ingest/records.ts';
import { PAYLOAD_KINDS } from '../../../../wire/payload.ts';
import { ProblemError } from '../../../../wire/problems.ts';
import { fixture } from './reading.ts';
import { assertSound } from './sound.ts';

/** A text that a format reads whole, to be damaged. */
export type Specimen = { readonly name: string; readonly format: Format; readonly text: string; readonly parameters: PayloadParameters };

export type Outcome = { readonly result: ParseResult } | { readonly refusal: string };

/** The example of every text format of the gallery: a new format is damaged without a line here. */
export const EXAMPLES: readonly Specimen[] = PAYLOAD_KINDS.flatMap((kind) =>
  FORMATS_BY_KIND[kind].flatMap((format) => {
    const example = findExample(kind, format.id);
    if ('file' in example) return [];
    const { payload, query } = example;
    return { name: `${kind}/${format.id}`, format, text: payload, parameters: readPayloadQuery(query).parameters };
  }),
);

const KNOWN_FIXTURES: readonly (readonly [to: Format['id'], file: string, query?: Readonly<Record<string, string>>])[] = [
  ['bpftrace-json', 'bpftrace-synthetic/growing.json'],
  ['bpftrace-json', 'bpftrace-0.27/edge.json', { unit: '1' }],
  ['perf-stat-json', 'perf-6.12/interval.jsonl'],
  ['perf-stat-json', 'perf-synthetic/names.jsonl'],
  ['papi-hl', 'papi-synthetic/two-threads.json'],
  ['likwid-csv', 'likwid-synthetic/marker-two-groups.csv'],
  ['google-benchmark-json', 'google-benchmark-synthetic/counters.json'],
  ['dcgm-exporter', 'dcgm-exporter-synthetic/nvlink-new-labels.prom'],
  ['dcgmi-dmon', 'dcgmi-synthetic/dmon-units.txt'],
  ['dcgmi-nvlink', 'dcgmi-synthetic/nvlink.json'],
  ['nvidia-smi-nvlink', 'nvidia-smi-synthetic/nvlink-mixed.txt'],
  ['nvidia-smi-query', 'nvidia-smi-synthetic/query-loop.csv'],
  ['nvidia-smi-q', 'nvidia-smi-synthetic/q-two-gpus.txt'],
  ['ncu-csv', 'ncu-synthetic/details-rules.csv'],
  ['ncu-csv', 'ncu-synthetic/raw-units.csv'],
  ['nsys-csv', 'nsys-synthetic/several-tables.csv'],
  ['nsys-csv', 'nsys-synthetic/old-names.csv'],
  ['cycles-csv', 'cycles-csv-synthetic/paths.csv'],
  ['bounds', 'bounds-synthetic/crc.ndjson'],
  ['platin-pml', 'wcet-tools-synthetic/whole.pml', { task: 'foo' }],
  ['btf', 'wcet-tools-synthetic/preempted.btf'],
  ['k6', 'k6-synthetic/points.json'],
  ['k6', 'k6-synthetic/summary-export.json'],
  ['k6', 'k6-synthetic/handle-summary.json'],
  ['wrk2', 'wrk2-synthetic/errors.txt'],
  ['hdr-log', 'hdr-synthetic/two-tags.hlog', { unit: 'us' }],
  ['kernel-log', 'kernel-log-synthetic/oops-arm64-journal.log'],
];

/** Fixtures with shapes that the examples do not have. */
export const FIXTURES: readonly Specimen[] = KNOWN_FIXTURES.map(([id, file, query = {}]) => {
  const found = PAYLOAD_KINDS.flatMap((kind) => FORMATS_BY_KIND[kind]).find((format) => format.id === id);
  if (found === undefined) throw new RangeError(`no format ${id}`);
  return { name: `${found.kind}/${id} ${file}`, format: found, text: fixture(file), parameters: readPayloadQuery(query).parameters };
});

/** Reads a text; a refusal is an outcome, any other exception is not. @param pieces where a stream's text is cut, ascending */
export function readOrRefuse({ format, parameters }: Specimen, text: string, pieces: readonly number[] = []): Outcome {
  format.detect(text.slice(0, 4096));
  try {
    const result = read(format, parameters, text, pieces);
    assertSound(result);
    return { result };
  } catch (error) {
    if (error instanceof ParseError) {
      assert.ok(error.line >= 1 && error.column >= 1 && error.message.length > 10, error.message);
      return { refusal: `${error.line}:${error.column} ${error.message}` };
    }
    if (error instanceof ProblemError) return { refusal: error.message };
    throw error;
  }
}

function read(format: Format, parameters: PayloadParameters, text: string, pieces: readonly number[]): ParseResult {
  if (format.mode === 'file') throw new RangeError(`${format.id} is no text`);
  if (format.mode === 'whole') return format.parse(text, parameters);
  const parser = format.open(parameters);
  const records: IngestRecord[] = [];
  const cuts = [0, ...pieces.filter((cut) => cut < text.length), text.length];
  for (const [index, end] of cuts.entries()) if (index > 0) records.push(...parser.push(text.slice(cuts[index - 1], end)));
  records.push(...parser.end());
  return { records, warnings: parser.warnings() };
}

/** Cuts into pieces of one length. */
export function everyCharacters(text: string, length: number): readonly number[] {
  return Array.from({ length: Math.floor(text.length / length) }, (_, index) => (index + 1) * length);
}

const HOSTILE_CHARACTERS = [...'{}[]()<>",;:.-+=#%|@&\'*/\\eE019 \n\r\t\0abGKNs_\uFFFD'];

/** Texts that differ from `text` in one to four characters. */
export function changedCharacters(text: string): fc.Arbitrary<string> {
  const change = fc.record({ at: fc.nat({ max: text.length - 1 }), to: fc.constantFrom(...HOSTILE_CHARACTERS) });
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce((changed, { at, to }) => changed.slice(0, at) + to + changed.slice(at + 1), text));
}

/** Texts made of the lines of `text`, each any number of times, in any order. */
export function changedLines(text: string): fc.Arbitrary<string> {
  const lines = text.split('\n');
  return fc
    .array(fc.nat({ max: lines.length - 1 }), { maxLength: 2 * lines.length })
    .map((order) => order.map((index) => lines[index]).join('\n'));
}

/** Everything that a result states, as texts: `series number`, and the names of the series. */
export function statementsOf({ records }: ParseResult): ReadonlySet<string> {
  return new Set(
    records.flatMap((record) => {
      if (record.kind === 'event') return [`event ${record.code} ${JSON.stringify(record.labels)}`];
      const { region, metric, unit, labels } = record.series;
      const series = `${region} ${metric} ${unit} ${JSON.stringify(labels)}`;
      return [series, ...numbersOf(record).map((number) => `${series} ${number}`)];
    }),
  );
}

function numbersOf(record: Exclude<IngestRecord, { readonly kind: 'event' }>): readonly (number | bigint | null)[] {
  switch (record.kind) {
    case 'samples':
      return [...record.values, ...record.atNs];
    case 'reading':
      return [record.value, record.probability];
    case 'histogram':
      // A first and a last edge may be open until the next row is read.
      return [...record.edges.slice(1, -1), ...record.counts, record.sum];
    case 'summary':
      return [record.count, record.sum, record.mean, record.minimum, record.maximum];
    default:
      return record satisfies never;
  }
}

/** Places inside the printed numbers of a text: a text that ends there has a strict prefix of that number at its end. */
export function placesInsideNumbers(text: string): readonly number[] {
  return [...text.matchAll(/\d[\d.,]*(?:[eE][-+]?\d+)?/g)].flatMap((match) => {
    const start = match.index;
    return Array.from({ length: match[0].length - 1 }, (_, index) => start + index + 1);
  });
}

/**
 * What a text that is cut off at `end`, inside a number, states and the whole text does not: neither with the line that is cut left out nor with
 * the whole of that line. Empty when the text is refused, or says by a warning that it may be cut off.
 */
export function inventedStatements(specimen: Specimen, known: ReadonlySet<string>, end: number): readonly string[] {
  const { text } = specimen;
  const cut = readOrRefuse(specimen, text.slice(0, end));
  if (!('result' in cut) || cut.result.warnings.some(({ code }) => code === 'maybe_cut_off' || code === 'no_line_end')) return [];
  const lineEnd = text.indexOf('\n', end);
  const controls = [text.slice(0, text.lastIndexOf('\n', end - 1) + 1), lineEnd === -1 ? text : text.slice(0, lineEnd + 1)];
  const stated = controls.map((control) => readOrRefuse(specimen, control));
  const sets = [known, ...stated.map((outcome) => ('result' in outcome ? statementsOf(outcome.result) : new Set<string>()))];
  return [...statementsOf(cut.result)].filter((statement) => !sets.some((set) => set.has(statement)));
}
