import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Format, ParseError, type ParseResult } from '../../../../ingest/format.ts';
import { PMU_FORMATS } from '../../../../ingest/formats/pmu/index.ts';
import { identityOf } from '../../../../ingest/formats/series.ts';
import { LIMITS } from '../../../../wire/limits.ts';
import { codesOf, fixture, parse } from '../support/reading.ts';
import { assertSound } from '../support/sound.ts';

/** Damage that every format of the kind pmu must tell: no crash, no wait, and above all no number that the tool did not print. */

const CASES: readonly [format: string, file: string][] = [
  ['perf-stat-json', 'perf-6.12/per-cpu.jsonl'],
  ['perf-stat-json', 'perf-6.12/interval.jsonl'],
  ['perf-stat-json', 'perf-6.12/german-locale.jsonl'],
  ['perf-stat-json', 'perf-7.2/metric-only.jsonl'],
  ['perf-stat-csv', 'perf-6.1-pmu/cgroup.csv'],
  ['perf-stat-csv', 'perf-6.1-pmu/per-thread.csv'],
  ['perf-stat-csv', 'perf-6.1-pmu/metric-only.csv'],
  ['perf-stat-text', 'perf-6.1-pmu/per-core.txt'],
  ['perf-stat-text', 'perf-6.1-pmu/interval-per-cpu.txt'],
  ['perf-stat-text', 'perf-6.1-pmu/runs-table.txt'],
  ['perf-script', 'perf-6.1-pmu/script.txt'],
  ['perf-data-json', 'perf-6.1-pmu/data.json'],
];
/** Texts of tools that the fixtures do not have whole. */
const LIKWID = `STRUCT,Info,3,,\nTABLE,Group 1 Raw,CPI,2,,\nEvent,Counter,HWThread 0,HWThread 1,\nINST_RETIRED,PMC0,531754,12268,\nCPU_CYCLES,PMC1,1063622,24514,\nTABLE,Group 1 Metric,CPI,2,,\nMetric,HWThread 0,HWThread 1,,\nClock [MHz],997.2504,0.0230,,\nCPI,2.0002,2.0056`;
const TEXTS: readonly [format: string, name: string, text: string][] = [
  ...CASES.map(([format, file]): [string, string, string] => [format, file, head(fixture(file))]),
  ['likwid-csv', 'likwid', `${LIKWID}\n`],
];

/** As many whole lines as are read in every state of cutting within a second. */
function head(text: string): string {
  const end = text.length <= 1600 ? text.length : text.lastIndexOf('\n', 1600) + 1;
  return end === 0 ? text : text.slice(0, end);
}

function formatOf(id: string): Format {
  const format = PMU_FORMATS.find((candidate) => candidate.id === id);
  return format ?? assert.fail(id);
}

function readOrRefuse(format: Format, text: string): ParseResult | undefined {
  format.detect(text.slice(0, 4096));
  try {
    const result = parse(format, text);
    assertSound(result);
    return result;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return undefined;
  }
}

/** What landed, by series: null where a value was absent. */
function landed(result: ParseResult): ReadonlyMap<string, readonly (number | null)[]> {
  const values = new Map<string, (number | null)[]>();
  for (const record of result.records) {
    if (record.kind !== 'samples' && record.kind !== 'reading') assert.fail(record.kind);
    const key = identityOf(record.series);
    values.set(key, [...(values.get(key) ?? []), ...(record.kind === 'samples' ? record.values : [record.value])]);
  }
  return values;
}

const total = (values: ReadonlyMap<string, readonly (number | null)[]>) =>
  [...values]
    .map(([key, list]) => [key, list.join()])
    .sort()
    .join('\n');

describe('damage to what the tools of the kind pmu print', () => {
  for (const [id, name, text] of TEXTS) {
    const format = formatOf(id);

    test(`${id}: no character at which ${name} can stop makes another number`, () => {
      const whole = readOrRefuse(format, text);
      const expected = whole === undefined ? undefined : landed(whole);
      for (let end = 0; end < text.length; end++) {
        const result = readOrRefuse(format, text.slice(0, end));
        if (result === undefined || expected === undefined) continue;
        // Samples of a recording are counted, and a recording has no end to look for: what stops inside a line says so.
        const isCount = id === 'perf-script';
        if (isCount && text[end - 1] !== '\n') assert.ok(codesOf(result).includes('maybe_cut_off'), `stops at ${end}`);
        if (isCount) continue;
        for (const [key, values] of landed(result)) {
          assert.deepEqual(
            values,
            expected.get(key)?.slice(0, values.length),
            `${key} of ${JSON.stringify(text.slice(0, end).slice(-60))}`,
          );
        }
      }
    });

    test(`${id}: line ends and a byte order mark do not change ${name}`, () => {
      const whole = readOrRefuse(format, text);
      const records = whole?.records;
      assert.deepEqual(readOrRefuse(format, text.replaceAll('\n', '\r\n'))?.records, records);
      assert.deepEqual(readOrRefuse(format, `\uFEFF${text}`)?.records, records);
      const mixed = text.replaceAll('\n', (_, offset: number) => (offset % 2 === 0 ? '\n' : '\r\n'));
      assert.deepEqual(readOrRefuse(format, mixed)?.records, records);
      // Lines of an old Mac: what lands, if anything does, is what was printed.
      const single = readOrRefuse(format, text.replaceAll('\n', '\r'));
      if (whole === undefined || single === undefined) return;
      const expected = landed(whole);
      for (const [key, values] of landed(single)) assert.deepEqual(values, expected.get(key)?.slice(0, values.length), key);
    });

    test(`${id}: a line that comes twice in ${name} hides none and is never added`, () => {
      if (id === 'perf-script' || id === 'perf-data-json') return;
      const lines = text.split('\n');
      const expected = landed(parse(format, text));
      for (const [index, line] of lines.entries()) {
        const result = readOrRefuse(format, [...lines.slice(0, index), line, ...lines.slice(index)].join('\n'));
        if (result === undefined) continue;
        const found = landed(result);
        // The order of lines of one name is all that tells them apart, and the warning says so.
        for (const [key, values] of expected)
          if (!key.includes('instance=')) assert.deepEqual(found.get(key), values, `${key}, line ${index + 1} twice`);
        if (total(found) !== total(expected)) assert.ok(codesOf(result).includes('repeated_counter'), `line ${index + 1} twice`);
      }
    });

    test(`${id}: changed characters and lines of ${name} are read or refused`, () => {
      const lines = text.split('\n');
      const change = fc.record({ at: fc.nat({ max: text.length - 1 }), to: fc.constantFrom(...'{}[]",;:.-+#%()eE019 \n\r\t\\aN<>\uFFFD') });
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.shuffledSubarray(lines), (changes, order) => {
          readOrRefuse(
            format,
            changes.reduce((changed, { at, to }) => changed.slice(0, at) + to + changed.slice(at + 1), text),
          );
          readOrRefuse(format, order.join('\n'));
        }),
        { numRuns: 150 },
      );
    });

    test(`${id}: endless lines and deep nesting behind ${name} are refused at once`, () => {
      const started = performance.now();
      for (const piece of ['7', ',', ' ', '"', '{', '[', '{"a":', '-1.5e', '/', '\\', '#', '<not ', 'S0-D0-', '( +-']) {
        const long = piece.repeat(Math.ceil(LIMITS.lineCharacters / piece.length) + 1);
        assert.equal(readOrRefuse(format, text + long), undefined, JSON.stringify(piece));
        readOrRefuse(format, long.slice(0, LIMITS.lineCharacters - 1));
      }
      assert.ok(performance.now() - started < 20_000, `${performance.now() - started} ms`);
    });
  }
});
