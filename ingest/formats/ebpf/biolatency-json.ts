import { type Format, ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import type { JsonObject, JsonValue } from '../../lexers/json.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import { readPythonLiteral } from '../../lexers/python-literal.ts';
import type { IngestRecord } from '../../records.ts';
import { WarningTally } from '../warning-tally.ts';
import { isFailure, isNoise } from './bcc-lines.ts';
import { type BccPlace, NOWHERE, readBanner, readSection, readUnitWord } from './bcc-names.ts';
import { BccRecords } from './bcc-records.ts';
import { type Bucket, toInteger } from './bpftrace-buckets.ts';

/**
 * `biolatency -j` of bcc, which prints Python dicts and not JSON: {'ts', 'val_type', 'data': [{'interval-start', 'interval-end', 'count'}],
 * 'disk' | 'flags' | (until 2021) 'Bucket ptr'}. The same series as from its text output. `ts` has no zone and dates nothing.
 */
export const biolatencyJsonFormat = {
  id: 'biolatency-json' as const,
  kind: 'ebpf',
  mode: 'stream',
  summary: "biolatency -j of bcc (Python dicts: {'ts': …, 'val_type': 'usecs', 'data': […]})",
  extraParameters: [],
  detect: (head) => /^\uFEFF?(?:Tracing [^\n]*\n)?\s*\{\s*b?'/.test(head),
  open: (parameters): StreamParser => {
    const reader = new BiolatencyReader(parameters);
    const lines = new LineStream((line, number) => reader.read(line, number));
    return {
      push: (text) => {
        lines.push(text);
        return [];
      },
      end: () => {
        lines.end();
        return reader.end();
      },
      warnings: () => reader.tally.list(),
    };
  },
} satisfies Omit<Extract<Format, { readonly mode: 'stream' }>, 'id'> & { readonly id: string };

const ADVICE = 'biolatency -j prints one Python dict a line; send its whole output';
const SUBJECT = { metric: 'block.latency', region: 'block' };
/** Names that say whose histogram it is → the section header of the text output. */
const SECTIONS: Readonly<Record<string, string>> = { disk: 'disk', flags: 'flags', 'Bucket ptr': 'disk' };

class BiolatencyReader {
  readonly tally = new WarningTally();
  private readonly records: BccRecords;
  private isEmpty = true;

  constructor(parameters: PayloadParameters) {
    this.records = new BccRecords(parameters, this.tally);
  }

  read(printed: string, number: number): void {
    const text = printed.trimEnd();
    if (isNoise(text) || readBanner(text) !== undefined) return;
    this.isEmpty = false;
    if (isFailure(text)) throw new ParseError(`the tool failed and measured nothing: ${text.slice(0, 300)}`, { line: number, column: 1 });
    const value = readPythonLiteral(text, number, ADVICE);
    const fail = (detail: string): never => {
      throw new ParseError(`${detail}: ${ADVICE}`, { line: number, column: 1 });
    };
    this.readHistogram(value instanceof Map ? value : fail('a line is no dict'), number, fail);
  }

  end(): readonly IngestRecord[] {
    if (this.isEmpty)
      throw new ParseError('the payload is empty: nothing was measured, or the file was sent before it was written', {
        line: 1,
        column: 1,
      });
    if (this.records.isEmpty) this.tally.add('no_values', 'the tool printed no histogram with counts', null);
    return this.records.finish([]);
  }

  private readHistogram(members: JsonObject, line: number, fail: (detail: string) => never): void {
    const [word, data] = [members.get('val_type'), members.get('data')];
    if (typeof word !== 'string' || readUnitWord(word) === undefined) fail('val_type is no unit that is known');
    else if (!Array.isArray(data)) fail('data is no list');
    else if (data.length === 0) this.tally.add('empty_histogram', 'a histogram without counts was printed', line);
    else {
      const buckets = new Map<number, Bucket>();
      let end = 0;
      for (const item of data) {
        const bucket = toBucket(item, fail);
        if (bucket.lower !== end) fail(`the interval that starts at ${bucket.lower} does not follow`);
        buckets.set(bucket.lower, bucket);
        end = bucket.upper;
      }
      this.records.add({ word, subject: SUBJECT, place: toPlace(members, fail), buckets, form: 'log2', line });
    }
  }
}

function toBucket(item: JsonValue, fail: (detail: string) => never): Bucket {
  if (!(item instanceof Map)) return fail('an interval is no dict');
  const [start, end, count] = [item.get('interval-start'), item.get('interval-end'), item.get('count')].map((value) =>
    typeof value === 'string' ? undefined : toInteger(value),
  );
  if (start === undefined || end === undefined || count === undefined || start < 0 || count < 0)
    return fail('an interval has no start, end and count that are natural numbers');
  const lower = Number(start);
  const upper = Number(BigInt(end) + 1n);
  const isLog2 = lower === 0 ? upper === 2 : upper === 2 * lower && Number.isInteger(Math.log2(lower));
  return isLog2 && BigInt(lower) === BigInt(start)
    ? { lower, upper, count, repaired: false }
    : fail(`an interval runs from ${start} to ${end}, which is no power of two`);
}

function toPlace(members: JsonObject, fail: (detail: string) => never): BccPlace {
  let place: BccPlace = NOWHERE;
  for (const [name, value] of members) {
    if (name === 'ts' || name === 'val_type' || name === 'data') continue;
    const section = Object.hasOwn(SECTIONS, name) ? SECTIONS[name] : undefined;
    if (section === undefined || typeof value !== 'string') return fail(`the member '${name.slice(0, 40)}' is unknown`);
    const read = readSection(`${section} = ${value.replaceAll('\t', ' ')}`);
    if (read === undefined) return fail(`the ${name} is no name`);
    place = { region: read.region ?? place.region, labels: { ...place.labels, ...read.labels }, dropped: undefined };
  }
  return place;
}
