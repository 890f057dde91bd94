import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ParseResult } from '../../../../ingest/format.ts';
import { dcgmiDmonFormat } from '../../../../ingest/formats/gpu/dcgmi-dmon.ts';
import { dcgmiNvlinkFormat } from '../../../../ingest/formats/gpu/dcgmi-nvlink.ts';
import { ncuCsvFormat } from '../../../../ingest/formats/gpu/ncu-csv.ts';
import { nsysCsvFormat } from '../../../../ingest/formats/gpu/nsys-csv.ts';
import { nvidiaSmiNvlinkFormat } from '../../../../ingest/formats/gpu/nvidia-smi-nvlink.ts';
import { nvidiaSmiQFormat } from '../../../../ingest/formats/gpu/nvidia-smi-q.ts';
import { nvidiaSmiQueryFormat } from '../../../../ingest/formats/gpu/nvidia-smi-query.ts';
import { identityOf } from '../../../../ingest/formats/series.ts';
import { type AnyFormat, readOrRefuse } from '../support/gpu-reading.ts';
import { fixture } from '../support/reading.ts';
import { assertSound } from '../support/sound.ts';

const FILES: readonly [format: AnyFormat, file: string][] = [
  [dcgmiDmonFormat, 'dcgmi-synthetic/dmon-units.txt'],
  [dcgmiNvlinkFormat, 'dcgmi-synthetic/nvlink.json'],
  [nvidiaSmiNvlinkFormat, 'nvidia-smi-synthetic/nvlink-mixed.txt'],
  [nvidiaSmiQueryFormat, 'nvidia-smi-synthetic/query-loop.csv'],
  [nvidiaSmiQFormat, 'nvidia-smi-synthetic/q-two-gpus.txt'],
  [ncuCsvFormat, 'ncu-synthetic/details-rules.csv'],
  [ncuCsvFormat, 'ncu-synthetic/raw-units.csv'],
  [nsysCsvFormat, 'nsys-synthetic/several-tables.csv'],
  [nsysCsvFormat, 'nsys-synthetic/old-names.csv'],
];

function read(format: AnyFormat, text: string): ParseResult | undefined {
  const result = readOrRefuse(format, text);
  if (result !== undefined) assertSound(result);
  return result;
}

/** Numbers of each series, of whatever kind. */
function numbersOf(result: ParseResult): ReadonlyMap<string, readonly number[]> {
  const numbers = new Map<string, number[]>();
  for (const record of result.records) {
    if (record.kind === 'event') continue;
    const own = numbers.get(identityOf(record.series)) ?? [];
    if (record.kind === 'samples') own.push(...record.values);
    else if (record.kind === 'reading' && record.value !== null) own.push(record.value);
    else if (record.kind === 'summary') own.push(record.count, record.sum ?? 0);
    numbers.set(identityOf(record.series), own);
  }
  return numbers;
}

/** GPUs get other names in a file that does not hold all of them. */
const regionless = (identity: string) => identity.replace(/^gpu(?:\d+|\/[0-9a-f:.]+)/, 'gpu');

describe('damaged output of GPU tools', () => {
  for (const [format, file] of FILES) {
    const text = fixture(file);

    test(`${file} cut off at any character has no number that the whole file has not`, () => {
      const whole = read(format, text);
      assert.ok(whole !== undefined);
      const known = new Map<string, Set<number>>();
      for (const [identity, numbers] of numbersOf(whole)) {
        const key = regionless(identity);
        known.set(key, new Set([...(known.get(key) ?? []), ...numbers]));
      }
      for (let end = 0; end < text.length; end++) {
        const part = read(format, text.slice(0, end));
        if (part === undefined) continue;
        for (const [identity, numbers] of numbersOf(part)) {
          const all = known.get(regionless(identity));
          // A counter's standing between the first and the last is not in the whole result, but it is in the file.
          for (const number of numbers) assert.ok(all?.has(number) || file.includes('dmon'), `${identity} ${number} at ${end}`);
        }
      }
    });

    test(`${file} with changed characters`, () => {
      const change = fc.record({ at: fc.nat({ max: text.length - 1 }), to: fc.constantFrom(...'{}[]",:.-+eE019 %\n\r\t\\\0#abNG\uFFFD') });
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
          let changed = text;
          for (const { at, to } of changes) changed = changed.slice(0, at) + to + changed.slice(at + 1);
          read(format, changed);
        }),
        { numRuns: 300 },
      );
    });

    test(`${file} with lines twice, lost or moved`, () => {
      const lines = text.split('\n');
      fc.assert(
        fc.property(fc.array(fc.nat({ max: lines.length - 1 }), { maxLength: 2 * lines.length }), (order) => {
          read(format, order.map((index) => lines[index]).join('\n'));
        }),
        { numRuns: 150 },
      );
    });
  }

  test('random text, a line that never ends and a million columns', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const [format] of FILES) read(format, text);
      }),
      { numRuns: 200 },
    );
    for (const [format, file] of FILES) {
      const [first = ''] = fixture(file).split('\n');
      for (const long of ['x'.repeat(3_000_000), `${first}${',1'.repeat(1_000_000)}\n`, `${first}${' a'.repeat(400_000)}\n`])
        read(format, long);
    }
  });
});
