import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bccHistogramFormat } from '../../../../ingest/formats/ebpf/bcc-histogram.ts';
import { biolatencyJsonFormat } from '../../../../ingest/formats/ebpf/biolatency-json.ts';
import { biolatpctsJsonFormat } from '../../../../ingest/formats/ebpf/biolatpcts-json.ts';
import { bpftraceTextFormat } from '../../../../ingest/formats/ebpf/bpftrace-text.ts';
import { ebpfExporterFormat } from '../../../../ingest/formats/ebpf/ebpf-exporter.ts';
import { perfTraceFormat } from '../../../../ingest/formats/ebpf/perf-trace.ts';
import { type AnyFormat, damage, read } from '../support/ebpf-reading.ts';
import { assertRefused, codesOf, histogramsOf, readingsOf, recordOf } from '../support/reading.ts';

/** Written from the documented layouts (FORMATS.md 1.1 to 1.4), not captured. */
const bars = (count: number | string) => `${count} |@@@@      |`;
const BPFTRACE = `Attaching 2 probes...\n@calls: 7\n\n\n@us[a b, 1]: \n(..., 0)               ${bars(1)}\n[0]                    ${bars(2)}\n[1]                    ${bars(0)}\n\n@us[c]: \n[512, 1K)              ${bars(3)}\n[1K, 2K)               ${bars(4)}\n\n@st_ns[x]: count 2, average 3, total 7\n\n`;
const row = (low: number, high: number, count: number) =>
  `${String(low).padStart(10)} -> ${String(high).padEnd(10)} : ${String(count).padEnd(8)} |${'*'.repeat(3).padEnd(40)}|\n`;
const table = (word: string, ...counts: number[]) =>
  `     ${word.padEnd(19)} : count     distribution\n${counts.map((count, index) => row(index === 0 ? 0 : 2 ** index, 2 ** (index + 1) - 1, count)).join('')}`;
const BIOLATENCY = `Tracing block device I/O... Hit Ctrl-C to end.\n\n18:18:30\ndisk = b'sda'\tflags = Sync-Write\n${table('usecs', 0, 5, 3)}\n18:18:31\ndisk = 'sda'\tflags = Sync-Write\n${table('usecs', 1, 0, 0, 2)}\navg = 6 usecs, total: 70 usecs, count: 11\n\n`;
const RUNQLEN =
  'Sampling run queue length... Hit Ctrl-C to end.\n\ncpu = 0\n     runqlen       : count     distribution\n        0          : 257      |****************************************|\n        1          : 64       |*********                               |\n';
const SYSCOUNT =
  'Tracing syscalls, printing top 10... Ctrl+C to quit.\n[18:18:49]\nSYSCALL                   COUNT        TIME (us)\nread                          2           10.500\n[unknown: 321]                1            0.250\n\n[18:18:50]\nSYSCALL                   COUNT        TIME (us)\nread                          3            1.000\n\nDetaching...\n';
const PYTHON =
  "\n{'ts': '2020-12-30 14:40:00', 'val_type': 'usecs', 'data': [{'interval-start': 0, 'interval-end': 1, 'count': 3}, {'interval-start': 2, 'interval-end': 3, 'count': 4}], 'Bucket ptr': b'sda'}\n";
const PERCENTILES =
  '{"read": {"50": 3.5e-05, "99.9": 0.0045}, "flush": {"50": 0, "99.9": 0.0}}\n{"read": {"50": 0, "99.9": 0}, "flush": {"50": 0, "99.9": 0}}\n';
const page = (low: number, all: number, sum: string) =>
  `# HELP ebpf_exporter_bio_latency_seconds Latency\n# TYPE ebpf_exporter_bio_latency_seconds histogram\nebpf_exporter_bio_latency_seconds_bucket{device="sda",operation="read",le="1e-06"} ${low}\nebpf_exporter_bio_latency_seconds_bucket{device="sda",operation="read",le="2e-06"} ${all}\nebpf_exporter_bio_latency_seconds_bucket{device="sda",operation="read",le="+Inf"} ${all}\nebpf_exporter_bio_latency_seconds_sum{device="sda",operation="read"} ${sum}\nebpf_exporter_bio_latency_seconds_count{device="sda",operation="read"} ${all}\n`;
const HEAD =
  '   syscall            calls  errors  total       min       avg       max       stddev\n                                     (msec)    (msec)    (msec)    (msec)        (%)\n   --------------- --------  ------ -------- --------- --------- ---------     ------\n';
const TRACE = `\n Summary of events:\n\n dd (12), 5 events, 50.0%\n\n${HEAD}   read                   2      1     3.000     1.000     1.500     2.000      5.05%\n\n\n dd (13), 5 events, 50.0%\n\n${HEAD}   read                   1      0     6.000     6.000     6.000     6.000      0.00%\n\n\n`;

describe('bpftrace-text', () => {
  test('reads half-open buckets with powers of 1024 and the spaces of keys as JSON gives them', () => {
    const result = read(bpftraceTextFormat, BPFTRACE, { unit: undefined });
    const first = recordOf(result, 'ab,1', 'latency');
    const second = recordOf(result, 'c', 'latency');
    assert.ok(first.kind === 'histogram' && second.kind === 'histogram');
    assert.deepEqual(
      [first.edges, first.counts],
      [
        [Number.NEGATIVE_INFINITY, 0, 1000, 2000],
        [1, 2, 0],
      ],
    );
    assert.deepEqual(
      [second.edges, second.counts],
      [
        [512000, 1024000, 2048000],
        [3, 4],
      ],
    );
    assert.equal(readingsOf(result)[0]?.value, 7);
    const summary = recordOf(result, 'x', 'st');
    assert.ok(summary.kind === 'summary');
    assert.deepEqual([summary.count, summary.sum, summary.mean], [2, 7, 3.5]);
  });
  test('leaves out a map whose prints cannot be told apart, until prints= says how', () => {
    const text = '@n[a]: 2\n@n[b]: 5\n@n[a]: 6\n';
    assert.deepEqual(codesOf(read(bpftraceTextFormat, text)), ['ambiguous_prints', 'no_values']);
    const sums = (prints: string) => readingsOf(read(bpftraceTextFormat, text, { extra: { prints } })).map(({ value }) => value);
    assert.deepEqual(
      [sums('cumulative'), sums('cleared')],
      [
        [6, 5],
        [8, 5],
      ],
    );
  });
  test('keeps a stack as one key', () => {
    const [record] = readingsOf(read(bpftraceTextFormat, '@[\n    f+1\n    g+2\n]: 5\n'));
    assert.deepEqual([record?.series.region, record?.value, record?.line], ['\nf+1\ng+2\n', 5, 1]);
  });
  const refused: readonly [text: string, line: number, message: RegExp][] = [
    ['@a: 12', 1, /may be cut off/],
    ['@h: \n[1K, 2K)   3 |@@', 2, /damaged or cut off/],
    ['@h: \n[1, 2)   3 |@|\n[4, 8)   3 |@|\n', 3, /does not follow/],
    ['[1, 2)   3 |@|\n', 1, /under no map/],
    ['@[\n  f\n', 1, /key of a map does not end/],
    ['@lat: \n[1, 2)   3 |@|\n\n', 1, /send unit=/],
  ];
  for (const [text, line, message] of refused)
    test(`refuses ${JSON.stringify(text)}`, () => void assertRefused(() => read(bpftraceTextFormat, text), line, message));
});

describe('bcc-histogram', () => {
  test('adds intervals, unquotes sections and makes the trailer a summary of its own', () => {
    const result = read(bccHistogramFormat, BIOLATENCY);
    const [histogram] = histogramsOf(result);
    assert.deepEqual(
      [histogram?.edges, histogram?.counts],
      [
        [0, 2000, 4000, 8000, 16000],
        [1, 5, 3, 2],
      ],
    );
    assert.deepEqual([histogram?.series.region, histogram?.series.labels, histogram?.line], ['sda', { flags: 'Sync-Write' }, 5]);
    const summary = recordOf(result, 'block', 'block.latency.summary');
    assert.ok(summary.kind === 'summary');
    assert.deepEqual([summary.count, summary.sum, summary.mean, summary.quality], [11, 70000, 70000 / 11, []]);
  });
  test('reads linear rows as lengths of the run queue', () => {
    const [histogram] = histogramsOf(read(bccHistogramFormat, RUNQLEN));
    assert.deepEqual([histogram?.edges, histogram?.counts, histogram?.scheme], [[0, 1, 2], [257, 64], 'linear']);
    assert.deepEqual([histogram?.series.metric, histogram?.series.region, histogram?.series.unit], ['runqueue.length', 'cpu0', '1']);
  });
  test('reads the wide form, and names functions and processes without their numbers', () => {
    const rows = Array.from({ length: 34 }, (_, index) =>
      index === 0 ? '0 -> 1 : 1 |*|' : `${2 ** index} -> ${2 ** (index + 1) - 1} : 1 |*|`,
    ).join('\n');
    const text = `pid = 24168 load sh\n     nsecs     : count     distribution\n${rows}\n\nFunction = malloc [54]\n${table('usecs', 2)}`;
    const [wide, malloc] = histogramsOf(read(bccHistogramFormat, text));
    assert.deepEqual([wide?.edges.at(-1), wide?.series.region, malloc?.series.region], [2 ** 34, 'load sh', 'malloc']);
  });
  test('adds processes without a name and says so', () => {
    const result = read(bccHistogramFormat, `pid = 1\n${table('usecs', 0, 1)}\npid = 2\n${table('usecs', 0, 2)}`);
    assert.deepEqual(
      histogramsOf(result).map(({ counts }) => counts),
      [[0, 3]],
    );
    assert.deepEqual(codesOf(result), ['ids_dropped', 'added_prints']);
  });
  test('keeps the last print of argdist -c, which grows, and adds one that fell', () => {
    const prints = (...counts: number[]) =>
      counts.map((count) => `[18:22:4${count}]\np:c:write(int fd):size_t:len\n${table('len', 0, count)}\n`).join('');
    const found = (text: string, extra = {}) => histogramsOf(read(bccHistogramFormat, text, { unit: 'bytes', extra }))[0];
    assert.deepEqual(
      [found(prints(2, 5))?.counts, found(prints(2, 5))?.quality],
      [
        [0, 5],
        ['sum_unknown', 'cumulative_snapshot'],
      ],
    );
    assert.deepEqual(
      [found(prints(5, 2))?.counts, found(prints(2, 5), { prints: 'cleared' })?.counts],
      [
        [0, 7],
        [0, 7],
      ],
    );
    assert.equal(found(prints(2))?.series.region, 'c:write');
  });
  test('makes summaries of syscount -L, in nanoseconds', () => {
    const result = read(bccHistogramFormat, SYSCOUNT);
    const summary = recordOf(result, 'read', 'syscall.latency');
    assert.ok(summary.kind === 'summary');
    assert.deepEqual([summary.count, summary.sum], [5, 11500]);
    assert.ok(result.records.some((record) => record.kind === 'summary' && record.series.region === '[unknown: 321]'));
    assert.ok(codesOf(result).includes('top_only'));
  });
  const refused: readonly [text: string, line: number, message: RegExp][] = [
    ['', 1, /empty/],
    [BIOLATENCY.replace('Tracing', 'Traced'), 1, /no line of a bcc histogram/],
    [BIOLATENCY.slice(0, -170), 13, /damaged or cut off|has no rows|empty row/],
    [table('usecs', 1, 0), 1, /ends with an empty row/],
    [table('usecs', 1, 2).replace(row(2, 3, 2), row(4, 7, 2)), 3, /does not follow/],
    [table('$latency/1000', 1), 1, /does not say a unit/],
    [`${RUNQLEN}PID      NAME             CPU     REFERENCE         MISS   HIT%\n`, 7, /no line of a bcc histogram/],
    ['SOFTIRQ          TOTAL_usecs\ntimer  73', 2, /may be cut off/],
  ];
  for (const [text, line, message] of refused) {
    test(`refuses with ${message.source}: ${JSON.stringify(text.slice(-30))}`, () => {
      const error = assertRefused(
        () => read(bccHistogramFormat, text),
        message.source.startsWith('damaged') ? errorLine(text) : line,
        message,
      );
      assert.ok(error.line >= 1);
    });
  }
  test('refuses a unit that contradicts the header', () => {
    assertRefused(() => read(bccHistogramFormat, RUNQLEN, { unit: 'ms' }), 1, /contradicts the header/);
  });
});

/** The line in which a text stops. */
function errorLine(text: string): number {
  return text.split('\n').length;
}

describe('biolatency-json and biolatpcts-json', () => {
  test('reads the Python dict of both generations into the series of the text output', () => {
    const [histogram] = histogramsOf(read(biolatencyJsonFormat, PYTHON));
    assert.deepEqual([histogram?.edges, histogram?.counts, histogram?.series.region], [[0, 2000, 4000], [3, 4], 'sda']);
    assert.deepEqual(histogram?.series.metric, 'block.latency');
    assertRefused(() => read(biolatencyJsonFormat, PYTHON.slice(0, 100)), 2, /the line ends too early/);
    assertRefused(() => read(biolatencyJsonFormat, PYTHON.replace("'Bucket ptr'", "'pid'")), 2, /'pid' is unknown/);
    assertRefused(() => read(biolatencyJsonFormat, PYTHON.replace("'interval-start': 2", "'interval-start': 4")), 2, /no power of two/);
  });
  test('makes a reading of each percentile, and of an operation that was idle one without a value', () => {
    const readings = readingsOf(read(biolatpctsJsonFormat, PERCENTILES));
    assert.deepEqual(
      readings.map(({ series, value, quality }) => [series.labels['operation'], series.labels['quantile'], value, quality.join()]),
      [
        ['read', '0.5', 35000, ''],
        ['read', '0.999', 4500000, ''],
        ['flush', '0.5', null, 'not_counted'],
        ['flush', '0.999', null, 'not_counted'],
      ],
    );
    assertRefused(() => read(biolatpctsJsonFormat, '{"read": {"50": -1}}'), 1, /negative/);
    assertRefused(() => read(biolatpctsJsonFormat, '{"read": {"101": 1}}'), 1, /percentile should be/);
  });
});

describe('ebpf-exporter', () => {
  const increase = (text: string, extra = {}) => histogramsOf(read(ebpfExporterFormat, text, { extra }))[0];
  test('takes the increase between pages, and the sum only where there is one', () => {
    const found = increase(page(2, 5, '7e-06') + page(3, 9, '1.2e-05'));
    assert.deepEqual([found?.edges, found?.counts, found?.sum, found?.quality], [[0, 1000, 2000], [1, 3], 5000, []]);
    assert.deepEqual([found?.series.region, found?.series.labels, found?.series.metric], ['sda', { operation: 'read' }, 'block.latency']);
    assert.deepEqual(
      [increase(page(2, 5, '0') + page(3, 9, '0'))?.sum, increase(page(2, 5, '0') + page(3, 9, '0'))?.quality],
      [null, ['sum_unknown']],
    );
  });
  test('adds what a restarted exporter counted before and after, and flags it', () => {
    const found = increase(page(2, 5, '7e-06') + page(3, 9, '1.2e-05') + page(1, 2, '3e-06'));
    assert.deepEqual([found?.counts, found?.sum, found?.quality], [[2, 4], 8000, ['counter_reset']]);
  });
  test('takes one page only when the exporter was started for it', () => {
    assert.deepEqual(increase(page(2, 5, '7e-06'), { since: 'start' })?.counts, [2, 3]);
    assertRefused(() => increase(page(2, 5, '7e-06')), 3, /cat before.prom after.prom.*since=start.*at=/);
  });
  test('lands one page with at= as standings of counters, never as a histogram', () => {
    const result = read(ebpfExporterFormat, page(2, 5, '7e-06'), { atNs: 9n });
    assert.equal(histogramsOf(result).length, 0);
    assert.deepEqual(
      readingsOf(result).map(({ series, reading, value, atNs }) => [series.metric, series.unit, series.labels['le'], reading, value, atNs]),
      [
        ['bio_latency.bucket', '1', '1000', 'cumulative', 2, 9n],
        ['bio_latency.bucket', '1', '2000', 'cumulative', 3, 9n],
        ['bio_latency.bucket', '1', 'Infinity', 'cumulative', 0, 9n],
        ['bio_latency.count', '1', undefined, 'cumulative', 5, 9n],
        ['bio_latency.sum', 'ns', undefined, 'cumulative', 7000, 9n],
      ],
    );
    assert.ok(readingsOf(result).every(({ series }) => series.region === 'sda' && series.judgedAs === 'context'));
    assert.deepEqual(codesOf(result), ['histogram_as_counters']);
    assertRefused(() => read(ebpfExporterFormat, page(6, 5, '7e-06'), { atNs: 9n }), 3, /fall/);
  });
  const counter = (value: number | string, labels = '') =>
    `# TYPE ebpf_exporter_faults_total counter\nebpf_exporter_faults_total${labels} ${value}\n`;
  const standings = (text: string, parameters = {}) =>
    readingsOf(read(ebpfExporterFormat, text, parameters)).map(({ value, atNs, exposureS, quality }) => [
      value,
      atNs,
      exposureS,
      quality.join(),
    ]);
  test('takes of a counter the first and the last page, of which only the last has the time that is said', () => {
    assert.deepEqual(standings(counter(3) + counter(5) + counter(9), { atNs: 7n, exposureS: 60 }), [
      [3, null, null, ''],
      [9, 7n, 60, ''],
    ]);
    assert.deepEqual(standings(counter(3, ' ').replace(/ 3/, '3 1700000000000') + counter(9)), [
      [3, 1700000000000000000n, null, ''],
      [9, null, null, ''],
    ]);
    assert.deepEqual(standings(counter(3) + counter(1) + counter(9)).at(-1), [9, null, null, 'counter_reset']);
    assert.deepEqual(codesOf(read(ebpfExporterFormat, counter(3))), ['time_missing']);
    assert.deepEqual(codesOf(read(ebpfExporterFormat, counter(3), { atNs: 7n })), []);
  });
  test('refuses counters that only the names of machines tell apart, or that come twice', () => {
    const two = `${counter(3, '{instance="a"}')}ebpf_exporter_faults_total{instance="b"} 4\n`;
    assertRefused(() => read(ebpfExporterFormat, two), 3, /two counters become memory.page_faults of 'system', because only instance/);
    assertRefused(() => read(ebpfExporterFormat, `${counter(3)}ebpf_exporter_faults_total 4\n`), 3, /comes twice/);
    assertRefused(() => read(ebpfExporterFormat, counter(-3)), 2, /no count/);
  });
  test('tells a metric that is declared and has no samples', () => {
    const { warnings } = read(ebpfExporterFormat, `# TYPE ebpf_exporter_x_seconds histogram\n${counter(3)}`, { atNs: 7n });
    assert.deepEqual(
      warnings.map(({ code, detail }) => `${code} ${detail.slice(0, 23)}`),
      ['no_samples ebpf_exporter_x_seconds'],
    );
  });
  test('refuses counts that fall or disagree, and a page that was cut off', () => {
    assertRefused(() => increase(page(6, 5, '7e-06'), { since: 'start' }), 3, /fall/);
    assertRefused(
      () =>
        increase(page(2, 5, '1').replace('_count{device="sda",operation="read"} 5', '_count{device="sda",operation="read"} 6'), {
          since: 'start',
        }),
      3,
      /says 6/,
    );
    assertRefused(() => increase(page(2, 5, '1').split('\n').slice(0, 4).join('\n').concat('\n'), { since: 'start' }), 3, /cut off/);
    assertRefused(() => increase(page(2, 5, '1').trimEnd(), { since: 'start' }), 7, /no line feed/);
  });
});

describe('perf-trace', () => {
  test('adds threads of one name, with calls, times and errors', () => {
    const result = read(perfTraceFormat, TRACE);
    const summary = recordOf(result, 'read', 'syscall.latency');
    assert.ok(summary.kind === 'summary');
    assert.deepEqual([summary.count, summary.sum, summary.mean, summary.minimum, summary.maximum], [3, 9e6, 3e6, 1e6, 6e6]);
    assert.deepEqual([summary.series.labels, readingsOf(result)[0]?.value], [{ thread: 'dd' }, 1]);
    assertRefused(() => read(perfTraceFormat, TRACE.replace('5.05%', '5.05')), 9, /damaged or cut off/);
    assertRefused(() => read(perfTraceFormat, TRACE.replace('3.000', '3,000')), 9, /damaged or cut off/);
  });
});

const DAMAGED: readonly [format: AnyFormat, text: string, extra?: Record<string, string>][] = [
  [bpftraceTextFormat, BPFTRACE],
  [bccHistogramFormat, BIOLATENCY],
  [bccHistogramFormat, RUNQLEN],
  [bccHistogramFormat, SYSCOUNT],
  [biolatencyJsonFormat, PYTHON],
  [biolatpctsJsonFormat, PERCENTILES],
  [ebpfExporterFormat, page(2, 5, '7e-06') + page(3, 9, '1.2e-05')],
  [perfTraceFormat, TRACE],
];
const EXPORTER_PAGE = page(2, 5, '7e-06');
describe('damaged eBPF files', () => {
  test('ebpf-exporter: one page with at= cut, changed and reordered', () => damage(ebpfExporterFormat, EXPORTER_PAGE, { atNs: 9n }));
  for (const [format, text] of DAMAGED) {
    test(`${format.id}: ${JSON.stringify(text.slice(0, 30))} cut, changed and reordered`, () => damage(format, text, { unit: undefined }));
    test(`${format.id}: ${JSON.stringify(text.slice(0, 30))} with CRLF and a byte order mark`, () => {
      assert.deepEqual(read(format, `\uFEFF${text.replaceAll('\n', '\r\n')}`, {}, 7).records, read(format, text).records);
    });
  }
});
