import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ParseError, type ParseResult, type PayloadParameters, type StreamParser } from '../../../../ingest/format.ts';
import { googleBenchmarkJsonFormat } from '../../../../ingest/formats/pmu/google-benchmark-json.ts';
import { likwidCsvFormat } from '../../../../ingest/formats/pmu/likwid-csv.ts';
import { papiHlFormat } from '../../../../ingest/formats/pmu/papi-hl.ts';
import { hdrHistogramFormat } from '../../../../ingest/formats/samples/hdr-histogram.ts';
import { hdrLogFormat } from '../../../../ingest/formats/samples/hdr-log.ts';
import { k6Format } from '../../../../ingest/formats/samples/k6.ts';
import { wrk2Format } from '../../../../ingest/formats/samples/wrk2.ts';
import type { IngestRecord } from '../../../../ingest/records.ts';
import { ProblemError } from '../../../../wire/problems.ts';
import { assertRefused, codesOf, fixture, hasSamples, NO_PARAMETERS, SAMPLES, sample } from '../support/reading.ts';
import { assertSound } from '../support/sound.ts';

/** Structural, so that these tests hold before and after the formats are registered. */
type Reader = { readonly id: string; readonly detect: (head: string) => boolean } & (
  | { readonly mode: 'whole'; readonly parse: (text: string, parameters: PayloadParameters) => ParseResult }
  | { readonly mode: 'stream'; readonly open: (parameters: PayloadParameters) => StreamParser }
);

function read(format: Reader, text: string, parameters: Partial<PayloadParameters> = {}, piece = text.length + 1): ParseResult {
  const all = { ...NO_PARAMETERS, ...parameters };
  if (format.mode === 'whole') return format.parse(text, all);
  const parser = format.open(all);
  const records: IngestRecord[] = [];
  for (let at = 0; at < text.length; at += piece) records.push(...parser.push(text.slice(at, at + piece)));
  records.push(...parser.end());
  return { records, warnings: parser.warnings() };
}

const PMU: readonly Reader[] = [googleBenchmarkJsonFormat, papiHlFormat, likwidCsvFormat];
const LOAD: readonly Reader[] = [hdrLogFormat, hdrHistogramFormat, k6Format, wrk2Format];

/** One line a record: region, metric, labels, value or values, flags. */
function show(record: IngestRecord): string {
  if (record.kind === 'event') return record.code;
  const { region, metric, labels } = record.series;
  const names = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const values =
    record.kind === 'samples'
      ? record.values.join(' ')
      : record.kind === 'reading'
        ? String(record.value)
        : record.kind === 'histogram'
          ? record.counts.join(' ')
          : '';
  return [region, metric, ...names, values, ...record.quality].join(' | ');
}

describe('google-benchmark-json', () => {
  const text = fixture('google-benchmark-synthetic/counters.json');

  test('converts times once, keeps the failed repetition, counts by name, and drops aggregates where samples exist', () => {
    const result = read(googleBenchmarkJsonFormat, text, { extra: { units: 'ratio:1' } });
    assert.deepEqual(result.records.map(show), [
      'BM/1 | duration | 1001',
      'BM/1 | duration.cpu | 1000',
      'BM/1 | cpu.cycles | aggregation=per_iteration | 100.5',
      'BM/1 | benchmark.ratio | null | not_a_number',
      'BM/1 | duration | null | not_run',
    ]);
    assert.deepEqual(codesOf(result), ['cpu_scaling', 'unit_missing', 'benchmark_failed']);
  });

  test('reads a counter whose unit is stated', () => {
    const { records } = read(googleBenchmarkJsonFormat, text, { extra: { units: 'FLOPs:GFLOP/s' } });
    assert.ok(records.map(show).includes('BM/1 | benchmark.FLOPs | 2500000000'));
  });

  test('refuses a unit that is none, text after the report and a time without unit', () => {
    assertRefused(() => read(googleBenchmarkJsonFormat, text, { extra: { units: 'FLOPs' } }), 1, /name:unit/);
    assertRefused(() => read(googleBenchmarkJsonFormat, `${text}\nx`), 54, /follows/);
    assertRefused(() => read(googleBenchmarkJsonFormat, text.replace('"us"', '"fortnight"')), 14, /time_unit/);
  });
});

describe('papi-hl', () => {
  test('keeps threads apart, flags rounded integers, marks instant values and leaves out what has no unit', () => {
    const result = read(papiHlFormat, fixture('papi-synthetic/two-threads.json'));
    assert.deepEqual(result.records.map(show), [
      'a | papi.timebase_ticks | thread=0 | 10',
      'a | duration | thread=0 | 20',
      'a | cpu.instructions | thread=0 | 9007199254740992 | precision_lost',
      'a | cpu.cycles | thread=0 | type=instant | modifier=u=1 | 5',
      'a | papi.ARM::X | thread=0 | 3',
      'a | papi.timebase_ticks | thread=1 | 11',
      'a | duration | thread=1 | 21',
    ]);
    assert.deepEqual(codesOf(result), ['instant_values', 'unit_missing']);
  });

  test('refuses parents that run in a circle', () => {
    const text = fixture('papi-synthetic/two-threads.json').replace('"-1"', '"0"');
    assert.throws(() => read(papiHlFormat, text), /nested more than/);
  });
});

describe('likwid-csv', () => {
  test('gives means of one call, and nothing for a thread that never called', () => {
    const result = read(likwidCsvFormat, fixture('likwid-synthetic/marker-two-groups.csv'));
    const mean = 'group=FLOPS_DP | aggregation=mean_per_call';
    assert.deepEqual(result.records.map(show), [
      `a,b | duration | cpu=0 | ${mean} | 125000000`,
      'a,b | likwid.calls | cpu=0 | group=FLOPS_DP | 4',
      `a,b | duration | cpu=3 | ${mean} | null | not_counted`,
      'a,b | likwid.calls | cpu=3 | group=FLOPS_DP | 0',
      `a,b | cpu.instructions | cpu=0 | ${mean} | 250`,
      `a,b | cpu.instructions | cpu=3 | ${mean} | null | not_counted`,
      `a,b | likwid.PWR_PKG_ENERGY | cpu=0 | ${mean} | 0.625 | unit_assumed`,
      `a,b | likwid.PWR_PKG_ENERGY | cpu=3 | ${mean} | null | unit_assumed | not_supported`,
      'a,b | likwid.DP | cpu=0 | group=FLOPS_DP | 12500000',
      'a,b | likwid.DP | cpu=3 | group=FLOPS_DP | null | not_a_number',
      `a,b | likwid.Memory data volume | cpu=0 | ${mean} | 500000000`,
      `a,b | likwid.Memory data volume | cpu=3 | ${mean} | null | not_a_number`,
      'a,b | likwid.CPI | cpu=0 | group=FLOPS_DP | 0.5',
      'a,b | likwid.CPI | cpu=3 | group=FLOPS_DP | null | not_a_number',
    ]);
    assert.deepEqual(codesOf(result), ['other_output', 'unknown_unit']);
  });

  test('does not take the zeros of a group that never had its turn for counts', () => {
    const result = read(likwidCsvFormat, fixture('likwid-synthetic/multiplexed.csv'));
    assert.deepEqual(result.records.map(show), [
      'process | cpu.instructions | cpu=0 | group=CPI | 1000 | multiplexed',
      'process | likwid.DRAM_READS | cpu=0 | group=MEM | null | multiplexed | not_counted',
    ]);
    assert.deepEqual(codesOf(result), ['multiplexed_groups']);
  });

  test('refuses a table that is cut off, and one that comes twice', () => {
    const text = fixture('likwid-synthetic/multiplexed.csv');
    assertRefused(() => read(likwidCsvFormat, text.slice(0, text.indexOf('DRAM'))), 5, /1 rows early/);
    assertRefused(() => read(likwidCsvFormat, text + text), 9, /comes again/);
  });
});

describe('HdrHistogram', () => {
  const plain = fixture('hdr-synthetic/plain.b64');
  const named = { unit: 'us', region: 'api' };

  test('decodes cells to edges in base units: 1 wide below 2048, then 2, then 4', () => {
    const { records } = read(hdrHistogramFormat, plain, named);
    const [record] = records;
    assert.ok(record?.kind === 'histogram');
    const filled = record.counts.flatMap((count, index) => (count > 0 ? [[record.edges[index], record.edges[index + 1], count]] : []));
    assert.deepEqual(filled, [
      [1000, 2000, 3],
      [100_000, 101_000, 10],
      [2_048_000, 2_050_000, 2],
      [5_000_000, 5_004_000, 1],
    ]);
    assert.deepEqual(
      [record.series.metric, record.series.better, record.series.judgedAs, record.quality],
      ['latency', 'lower', 'location', ['sum_unknown']],
    );
  });

  test('reads wrapped base64 and refuses two histograms, a missing unit and a missing region', () => {
    const wrapped = plain.replace(/(.{20})/g, '$1\n');
    assert.deepEqual(read(hdrHistogramFormat, wrapped, named).records.map(show), read(hdrHistogramFormat, plain, named).records.map(show));
    assertRefused(() => read(hdrHistogramFormat, plain + plain, named), 2, /second histogram/);
    assertRefused(() => read(hdrHistogramFormat, plain, { region: 'api' }), 1, /unit=/);
    assertRefused(() => read(hdrHistogramFormat, plain, { unit: 'us' }), 1, /region=/);
    assertRefused(() => read(hdrHistogramFormat, plain.slice(0, 40), named), 1, /cut off/);
  });

  test('adds the intervals of each tag of a log', () => {
    const log = fixture('hdr-synthetic/two-tags.hlog');
    const result = read(hdrLogFormat, log, { unit: 'us' });
    assert.deepEqual(
      result.records.map((record) =>
        record.kind === 'histogram' ? [record.series.region, record.counts.reduce((sum, count) => sum + count, 0)] : [],
      ),
      [
        ['a', 32],
        ['b', 4],
      ],
    );
    assert.deepEqual(codesOf(result), ['intervals_added']);
    assertRefused(() => read(hdrLogFormat, log.replace('HISTFAAA', 'HISTGAAA'), { unit: 'us' }), 5, /cookie|V0|V2/);
  });
});

describe('wrk2', () => {
  test('makes a histogram of the spectrum, and states throughput and errors', () => {
    const { records } = read(wrk2Format, fixture('wrk2-synthetic/errors.txt'));
    const [first] = records;
    assert.ok(first?.kind === 'histogram');
    // 921 us is a cell of its own; 4999 us ends a cell of 4.
    assert.deepEqual(
      [first.edges, first.counts],
      [
        [921_000, 922_000, 1_051_000, 1_401_000, 5_000_000],
        [1, 999, 500, 500],
      ],
    );
    assert.deepEqual(records.slice(1).map(show), [
      '/index.html | throughput | 2000.28',
      '/index.html | request.errors | cause=connect | 0',
      '/index.html | request.errors | cause=read | 3',
      '/index.html | request.errors | cause=write | 0',
      '/index.html | request.errors | cause=timeout | 1',
      '/index.html | request.errors | cause=status | 12',
    ]);
    assert.ok(records.slice(2).every((record) => record.kind === 'reading' && record.exposureS === 30));
  });

  test('refuses a spectrum that misses lines, falls, or is in another unit than the 100 % line', () => {
    const text = fixture('wrk2-synthetic/latency.txt');
    assertRefused(() => read(wrk2Format, text.replace(/ +Detailed[^#]*/, '')), 7, /spectrum is missing/);
    assertRefused(() => read(wrk2Format, text.replace('100.000%    5.00ms', '100.000%    5.00us')), 7, /milliseconds/);
    assertRefused(() => read(wrk2Format, text.replace('0.500000         1000', '0.500000         1700')), 17, /rise together/);
    assertRefused(() => read(wrk2Format, text.slice(0, text.indexOf('Requests/sec'))), 1, /Requests\/sec/);
    assertRefused(() => read(wrk2Format, text + text), 28, /second run/);
  });
});

describe('k6', () => {
  test('gives trends as samples by path and method, refused requests apart, and counts of failures', () => {
    const result = read(k6Format, fixture('k6-synthetic/points.json'));
    assert.deepEqual(result.records.map(show), [
      '/api/users | latency | method=GET | 118960000 1001000',
      '/api/users | latency | method=GET | response=unexpected | 500000',
      'k6 | k6.http_reqs | 1',
      'k6 | request.errors | 1',
    ]);
    const [first] = result.records;
    assert.ok(first?.kind === 'samples');
    assert.equal(first.atNs[0], 1767613583603474000n);
    assert.deepEqual(codesOf(result), ['unit_missing', 'gauges_ignored']);
  });

  test('reads the same however the payload arrives', () => {
    for (const file of ['points.json', 'handle-summary.json']) {
      const text = fixture(`k6-synthetic/${file}`);
      const whole = read(k6Format, text);
      for (const piece of [1, 7, 200]) assert.deepEqual(read(k6Format, text, {}, piece), whole);
    }
  });

  test('keeps the statistics of both summaries; only the export assumes milliseconds', () => {
    const own = read(k6Format, fixture('k6-synthetic/handle-summary.json'));
    assert.deepEqual(own.records.map(show), [
      'k6 | k6.http_reqs | 10',
      'k6 | throughput | of=http_reqs | 0.333',
      'k6 | latency | of=http_req_duration | statistic=avg | 36100000',
      'k6 | latency | of=http_req_duration | statistic=min | 50000',
      'k6 | latency | of=http_req_duration | statistic=med | 31000000',
      'k6 | latency | of=http_req_duration | statistic=max | 1339300000',
      'k6 | latency | of=http_req_duration | statistic=p(95) | 54200000',
      'k6 | request.errors | 2',
      'k6 | k6.checks.fails | 1',
      'k6 | k6.data_sent | 4096',
    ]);
    assert.ok(own.records.every((record) => record.kind === 'reading' && (record.reading === 'total' || record.exposureS === 30.0184)));
    const exported = read(k6Format, fixture('k6-synthetic/summary-export.json'));
    assert.equal(exported.records.filter((record) => record.kind === 'reading' && record.quality.includes('unit_assumed')).length, 6);
    assert.deepEqual(codesOf(exported), ['unit_missing', 'summary_only']);
  });

  test('refuses points that no metric declares', () => {
    const [, second = ''] = fixture('k6-synthetic/points.json').split('\n');
    assertRefused(() => read(k6Format, second), 1, /declares/);
  });
});

const SMALL: readonly [format: Reader, file: string, parameters: Partial<PayloadParameters>][] = [
  [googleBenchmarkJsonFormat, 'google-benchmark-synthetic/counters.json', {}],
  [papiHlFormat, 'papi-synthetic/two-threads.json', {}],
  [likwidCsvFormat, 'likwid-synthetic/marker-two-groups.csv', {}],
  [hdrHistogramFormat, 'hdr-synthetic/plain.b64', { unit: 'us', region: 'r' }],
  [hdrLogFormat, 'hdr-synthetic/two-tags.hlog', { unit: 'us' }],
  [wrk2Format, 'wrk2-synthetic/errors.txt', {}],
  [k6Format, 'k6-synthetic/points.json', {}],
  [k6Format, 'k6-synthetic/handle-summary.json', {}],
];

describe('damaged files', () => {
  function readOrRefuse(format: Reader, text: string, parameters: Partial<PayloadParameters>): void {
    format.detect(text.slice(0, 4096));
    try {
      assertSound(read(format, text, parameters));
    } catch (error) {
      if (!(error instanceof ParseError || error instanceof ProblemError)) throw error;
    }
  }
  for (const [format, file, parameters] of SMALL) {
    const text = fixture(file);
    test(`${file} cut off at any character, or damaged`, () => {
      for (let end = 0; end <= text.length; end++) readOrRefuse(format, text.slice(0, end), parameters);
      const change = fc.record({ at: fc.nat({ max: text.length - 1 }), to: fc.constantFrom(...'{}[]",:.-+eE019 \n\r\t\\\0#=/AZaN\uFFFD') });
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
          let changed = text;
          for (const { at, to } of changes) changed = changed.slice(0, at) + to + changed.slice(at + 1);
          readOrRefuse(format, changed, parameters);
        }),
        { numRuns: 200 },
      );
      const lines = text.split('\n');
      fc.assert(
        fc.property(fc.array(fc.nat({ max: lines.length - 1 }), { maxLength: 2 * lines.length }), (order) => {
          readOrRefuse(format, order.map((index) => lines[index]).join('\n'), parameters);
        }),
        { numRuns: 100 },
      );
      assert.deepEqual(
        read(format, `\uFEFF${text.replaceAll('\n', '\r\n')}`, parameters).records.map(show),
        read(format, text, parameters).records.map(show),
      );
    });
  }

  test('random text, nesting and empty payloads', () => {
    for (const [format, , parameters] of SMALL) {
      for (const text of ['', '\n', '['.repeat(1000), '{"a":'.repeat(5000), 'x'.repeat(2_000_000)]) {
        assert.throws(
          () => read(format, text, parameters),
          (error) => error instanceof ParseError || error instanceof ProblemError,
        );
      }
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const [format, , parameters] of SMALL) readOrRefuse(format, text, parameters);
      }),
      { numRuns: 100 },
    );
  });

  test('each small file is detected as its own format alone', () => {
    for (const [format, file] of SMALL) {
      const head = fixture(file).slice(0, 4096);
      const found = [...PMU, ...LOAD].filter(({ detect }) => detect(head)).map(({ id }) => id);
      assert.deepEqual(found, [format.id], file);
    }
  });
});

describe('real output', { skip: hasSamples ? false : 'the collection of real samples is not beside this checkout' }, () => {
  /** Counted with Python's json module and by hand over the same files. */
  const expected: Readonly<Record<string, readonly [records: number, values: number, codes: string]>> = {
    'gbench/gb171-aggregates-only.json': [2, 2, 'debug_build aggregates_only'],
    'gbench/gb171-perfcounters-unavailable.json': [4, 4, 'debug_build unit_missing'],
    'gbench/gb171-plain.json': [15, 14, 'debug_build unit_missing fit_ignored benchmark_failed'],
    'gbench/gb171-reps3.json': [4, 12, 'debug_build unit_missing'],
    'gbench/gb191-perfcounters-unavailable.json': [4, 4, 'debug_build unit_missing'],
    'gbench/gb191-plain.json': [15, 14, 'debug_build unit_missing fit_ignored benchmark_failed'],
    'papi/arm64-qemu-papi710-hl-PAPI_REPORT-stdout.txt': [9, 21, 'checkpoints_ignored'],
    'papi/arm64-qemu-papi710-hl-cycles-instructions.json': [15, 35, 'checkpoints_ignored'],
    'papi/arm64-qemu-papi710-hl-taskclock.json': [9, 21, 'checkpoints_ignored'],
    'likwid/arm64-qemu-likwid54-marker-O.csv': [12, 12, 'other_output'],
    'likwid/arm64-qemu-likwid54-o_file.csv': [5, 5, ''],
    'likwid/arm64-qemu-likwid54-perfctr_DATA-O.csv': [9, 4, 'tool_warning tool_warning'],
    'likwid/arm64-qemu-likwid54-perfctr_custom-O.csv': [6, 6, ''],
    'likwid/arm64-qemu-likwid54-perfctr_group-O.csv': [10, 10, ''],
    'likwid/arm64-qemu-likwid54-perfctr_group1-O.csv': [5, 5, ''],
    'likwid/arm64-qemu-likwid54-stethoscope-O.csv': [10, 10, ''],
    'likwid/arm64-qemu-likwid54-timeline.csv': [6, 24, ''],
  };
  const REFUSED = /no table of counters|expected an object|payload is empty/;
  for (const [folder, format] of [
    ['gbench', googleBenchmarkJsonFormat],
    ['papi', papiHlFormat],
    ['likwid', likwidCsvFormat],
  ] as const) {
    for (const name of hasSamples ? readdirSync(new URL(`${folder}/`, SAMPLES)) : []) {
      const path = `${folder}/${name}`;
      const counts = expected[path];
      test(`${path} ${counts === undefined ? 'is refused' : 'is read'}`, () => {
        const text = sample(path);
        if (counts === undefined) {
          assert.throws(
            () => read(format, text),
            (error) => error instanceof ParseError && REFUSED.test(error.message),
          );
          return;
        }
        assert.deepEqual(
          PMU.filter(({ detect }) => detect(text.slice(0, 4096))).map(({ id }) => id),
          [format.id],
        );
        const result = read(format, text);
        assertSound(result);
        const values = result.records.map((record) =>
          record.kind === 'samples' ? record.values.length : record.kind === 'reading' && record.value !== null ? 1 : 0,
        );
        assert.deepEqual([result.records.length, values.reduce((sum, count) => sum + count, 0), codesOf(result).join(' ')], counts);
      });
    }
  }
});
