import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codesOf, hasSamples, readingsOf, sample, samplesOf, sumOf } from '../support/reading.ts';
import { assertSound } from '../support/sound.ts';
import { detectWcet, type Query, readWcet, WCET_FORMATS } from '../support/wcet-reading.ts';

function formatOf(id: string) {
  const format = WCET_FORMATS.find((one) => one.id === id);
  return format ?? assert.fail(`no format ${id}`);
}

/**
 * Counts and sums from Python: `sum(map(float, open(f)))` for lists and columns; `int(l.rsplit(':', 1)[1])` over lines that start with Wcet:
 * and name no address; for babeltrace, differences of the printed nanoseconds of each task_start and task_end.
 */
type Expected = {
  readonly file: string;
  readonly format: string;
  readonly query?: Query;
  readonly count: number;
  readonly sum: number;
  readonly codes?: readonly string[];
};
const LIST: Query = { task: 't', unit: 'cycles' };
const READ: readonly Expected[] = [
  { file: 'wcet/chronovise-samples-test_cv_values.txt', format: 'plain-list', query: LIST, count: 10_001, sum: 300015.816758 },
  { file: 'wcet/atsushi421-MBPTA-sample_input-head.txt', format: 'plain-list', query: LIST, count: 300, sum: 139091 },
  { file: 'wcet/boundt-bs-wcet.log', format: 'bound-t', count: 1, sum: 496 },
  { file: 'wcet/boundt-cnt-wcet.log', format: 'bound-t', count: 1, sum: 8564 },
  { file: 'wcet/boundt-crc-wcet.log', format: 'bound-t', count: 2, sum: 143_589 },
  { file: 'wcet/boundt-adpcm-decode-wcet.log', format: 'bound-t', count: 20, sum: 98819, codes: ['unnamed_routine'] },
  { file: 'wcet/cbmc-bs-wcet.log', format: 'cbmc', query: { task: 'bs' }, count: 1, sum: 410 },
  { file: 'wcet/platin-pml-foo.yaml', format: 'platin-pml', query: { task: 'foo' }, count: 1, sum: 425 },
  { file: 'wcet/platin-pml-eth_mac_send.yaml', format: 'platin-pml', query: { task: 'send' }, count: 1, sum: 4 },
  {
    file: 'wcet/chronovise-app-output.csv',
    format: 'chronovise-csv',
    query: LIST,
    count: 3,
    sum: 45_624.2972,
    codes: ['rejected_by_tool', 'not_iid'],
  },
  { file: 'wcet/btf-2.2.1-libBtf-test.btf', format: 'btf', count: 2, sum: 400, codes: ['open_activation'] },
  { file: 'ctf/babeltrace2-text.txt', format: 'babeltrace', count: 20, sum: 123317 },
  { file: 'ctf/babeltrace2-clock-seconds.txt', format: 'babeltrace', count: 10, sum: 71215 },
  { file: 'ctf/babeltrace2-clock-cycles.txt', format: 'babeltrace', count: 3, sum: 30_238, codes: ['unknown_frequency'] },
  { file: 'ctf/babeltrace2-clock-cycles.txt', format: 'babeltrace', query: { frequencyHz: '1e9' }, count: 6, sum: 47915 },
  {
    file: 'wcet/tacle-measured-times.csv',
    format: 'mapped-csv',
    query: { 'column.task': 'benchmark_name', 'column.value': 'execution_time', unit: 's' },
    count: 14,
    sum: 218446832.9999163,
  },
  {
    file: 'wcet/bsort_random_times-head.csv',
    format: 'mapped-csv',
    query: { task: 'bsort', 'column.value': 'execution_time', unit: 's' },
    count: 16,
    sum: 36276133.00000121,
  },
  {
    file: 'wcet/riscv64-qemu-rdcycle-insertsort.csv',
    format: 'mapped-csv',
    query: { task: 'insertsort', 'column.ns': 'ns', 'column.input': 'input_id' },
    count: 400,
    sum: 122671900,
  },
];

const REFUSED: readonly [file: string, format: string, query: Query, message: RegExp][] = [
  ['wcet/btf-2.2.0-tracecompass-test.btf', 'btf', {}, /no task, interrupt or runnable/],
  ['wcet/otawa-owcet-format.txt', 'otawa', {}, /not WCET\[<entry>\]/],
  ['wcet/chronovise-app-tooshort.txt', 'chronovise-csv', LIST, /measure more/],
  ['wcet/riscv64-qemu-rdcycle-insertsort.csv', 'mapped-csv', { task: 't', 'column.cycles': 'cycles' }, /0 in every activation/],
  ['wcet/platin-pml-foo.yaml', 'platin-pml', {}, /function 7 has no name/],
  ['ctf/babeltrace2-details.txt', 'babeltrace', {}, /no event of babeltrace2/],
];

describe('real output of WCET tools', { skip: hasSamples ? false : 'the collection of real samples is not beside this checkout' }, () => {
  for (const { file, format, query = {}, count, sum, codes = [] } of READ) {
    test(`${format} reads ${file} ${JSON.stringify(query)}`, () => {
      const text = sample(file);
      const result = readWcet(formatOf(format), text, query);
      assertSound(result);
      const values = [
        ...samplesOf(result).flatMap((record) => record.values),
        ...readingsOf(result).map(({ value }) => value ?? Number.NaN),
      ];
      assert.equal(values.length, count);
      assert.ok(Math.abs(sumOf(values) - sum) <= 1e-9 * sum, `${sumOf(values)} is ${sum}`);
      assert.deepEqual(codesOf(result), codes);
      if (format !== 'mapped-csv') assert.deepEqual(detectWcet(text), [format]);
      assert.deepEqual(readWcet(formatOf(format), text, query, 7), result, 'the same in crumbs');
    });
  }

  for (const [file, format, query, message] of REFUSED) {
    test(`${format} refuses ${file}`, () => {
      assert.throws(() => readWcet(formatOf(format), sample(file), query), { name: 'ParseError', message });
    });
  }

  test('what no format reads is detected by none', () => {
    for (const file of ['simulavr-crc-simlog.txt', 'chronovise-app-output.txt', 'tacle-measured-times.csv'])
      assert.deepEqual(detectWcet(sample(`wcet/${file}`)), [], file);
  });
});
