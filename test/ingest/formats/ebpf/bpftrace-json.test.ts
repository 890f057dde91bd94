import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bpftraceJsonFormat } from '../../../../ingest/formats/ebpf/bpftrace-json.ts';
import { assertRefused, codesOf, fixture, histogramsOf, parse, readingsOf, recordOf, samplesOf, sumOf } from '../support/reading.ts';

const read = (text: string, parameters = {}) => parse(bpftraceJsonFormat, text, parameters);
const histogram = (name: string, buckets: string) => `{"type": "hist", "data": {"${name}": [${buckets}]}}\n`;

describe('bpftrace-json', () => {
  test('makes a histogram of each probe of 0.27, in nanoseconds by the name of the map', () => {
    const result = read(fixture('bpftrace-0.27/uprobe.json'), { unit: 'ns' });
    const axpy = recordOf(result, 'uretprobe:/opt/region:kernel_axpy', 'latency');
    assert.ok(axpy.kind === 'histogram');
    assert.deepEqual(axpy.edges, [8192, 16384, 32768, 65536, 131072]);
    assert.deepEqual(axpy.counts, [1125, 69, 5, 1]);
    assert.equal(axpy.scheme, 'log2');
    assert.equal(axpy.sum, null);
    assert.deepEqual(axpy.quality, ['sum_unknown']);
    assert.deepEqual(
      [axpy.series.unit, axpy.series.better, axpy.series.judgedAs, axpy.series.nativeMetric],
      ['ns', 'lower', 'location', '@lat_ns'],
    );
  });

  test('takes count and total of stats(), not the mean that was cut to an integer', () => {
    const summary = recordOf(read(fixture('bpftrace-0.27/uprobe.json'), { unit: 'ns' }), 'uretprobe:/opt/region:kernel_sort', 'st');
    assert.ok(summary.kind === 'summary');
    assert.deepEqual([summary.count, summary.sum, summary.mean], [1200, 116165443, 116165443 / 1200]);
  });

  test('asks for a unit, naming the map and its line, when nothing says it', () => {
    assertRefused(() => read(fixture('bpftrace-0.27/uprobe.json')), 3, /map @st does not say its unit: send unit=/);
  });

  test('refuses a unit that contradicts the only map that has one', () => {
    assertRefused(
      () => read(histogram('@usecs', '{"min": 2, "max": 3, "count": 1}'), { unit: 'ms' }),
      1,
      /unit=ms contradicts the map @usecs/,
    );
  });

  test('adds the parts of a map that was cleared after each print, and says so', () => {
    const result = read(fixture('bpftrace-0.27/biolat.json'));
    const writes = recordOf(result, '254,DS', 'latency');
    assert.ok(writes.kind === 'histogram');
    assert.deepEqual([writes.edges, writes.counts], [[1024000, 2048000], [24]]);
    assert.deepEqual(codesOf(result), ['ignored_output', 'cleared_prints']);
    assert.match(result.warnings.at(1)?.detail ?? '', /printed 4 times and cleared in between: 4 prints were added/);
  });

  test('keeps the last print of a map that only grew, spaces out of keys, and integers exact', () => {
    const result = read(fixture('bpftrace-synthetic/growing.json'));
    const [first, second] = histogramsOf(result);
    assert.equal(first?.series.region, 'ab');
    assert.deepEqual(first?.series.attributes, { key: 'a b' });
    assert.deepEqual(
      [first?.edges, first?.counts],
      [
        [4, 8, 16],
        [3, 2],
      ],
    );
    assert.deepEqual(first?.quality, ['cumulative_snapshot', 'sum_unknown']);
    assert.deepEqual(second?.quality, ['precision_lost', 'cumulative_snapshot', 'sum_unknown']);
    assert.equal(first?.series.unit, 'By');
    const calls = recordOf(result, 'calls', 'calls');
    assert.ok(calls.kind === 'reading');
    assert.deepEqual([calls.value, calls.reading, calls.series.unit, calls.series.judgedAs], [7, 'total', '1', 'context']);
    assert.ok(codesOf(result).includes('cumulative_prints'));
  });

  test('joins the spans of cleared prints with an empty bucket where neither had values', () => {
    const [joined] = histogramsOf(read(fixture('bpftrace-synthetic/cleared.json')));
    assert.deepEqual(
      [joined?.edges, joined?.counts],
      [
        [4000, 8000, 1024000, 2048000],
        [5, 0, 2],
      ],
    );
  });

  test('lets the caller say how prints are to be read', () => {
    const [sum] = histogramsOf(read(fixture('bpftrace-synthetic/growing.json'), { extra: { prints: 'cleared' } }));
    assert.deepEqual(sum?.counts, [4, 2]);
    assertRefused(() => read('{}', { extra: { prints: 'often' } }), 1, /prints=often is none of/);
  });

  test('leaves out a number that fell between prints, because a variable and a cleared count look alike', () => {
    const text = '{"type":"map","data":{"@n":2}}\n{"type":"map","data":{"@n":0}}\n';
    assert.deepEqual([read(text).records, codesOf(read(text))], [[], ['ambiguous_prints', 'no_values']]);
    assert.equal(readingsOf(read(text, { extra: { prints: 'cleared' } }))[0]?.value, 2);
  });

  test('restores the 32-bit overflow of 0.17 and flags it', () => {
    const text = histogram('@ns', '{"min": 1073741824, "max": 2147483647, "count": 0}, {"min": -2147483648, "max": 0, "count": 1}');
    const [repaired] = histogramsOf(read(text));
    assert.deepEqual(
      [repaired?.edges, repaired?.counts],
      [
        [2 ** 30, 2 ** 31, 2 ** 32],
        [0, 1],
      ],
    );
    assert.deepEqual(repaired?.quality, ['sum_unknown', 'repaired']);
  });

  const bucketCases: readonly [name: string, buckets: string, edges: number[], counts: number[], scheme: string][] = [
    [
      'underflow without min',
      '{"max": -1, "count": 1}, {"min": 0, "max": 0, "count": 2}',
      [Number.NEGATIVE_INFINITY, 0, 1],
      [1, 2],
      'log2',
    ],
    [
      'overflow without max',
      '{"min": 90, "max": 99, "count": 1}, {"min": 100, "count": 2}',
      [90, 100, Number.POSITIVE_INFINITY],
      [1, 2],
      'linear',
    ],
    ['hist(x, 2)', '{"min": 448, "max": 511, "count": 1}, {"min": 512, "max": 639, "count": 2}', [448, 512, 640], [1, 2], 'log2k'],
    ['digit strings', '{"min": 4611686018427387904, "max": "9223372036854775807", "count": 1}', [2 ** 62, 2 ** 63], [1], 'log2'],
    ['lhist', '{"min": 0, "max": 249, "count": 1}, {"min": 250, "max": 499, "count": 2}', [0, 250, 500], [1, 2], 'linear'],
  ];
  for (const [name, buckets, edges, counts, scheme] of bucketCases) {
    test(`reads closed buckets: ${name}`, () => {
      const [record] = histogramsOf(read(histogram('@ns', buckets)));
      assert.deepEqual([record?.edges, record?.counts, record?.scheme], [edges, counts, scheme]);
    });
  }

  const badBuckets: readonly [buckets: string, message: RegExp][] = [
    ['{"min": 0, "max": 0, "count": 1}, {"min": 4, "max": 7, "count": 1}', /does not follow/],
    ['{"min": 4, "max": 3, "count": 1}', /runs from 4 to 3/],
    ['{"min": 4, "max": 7, "count": -1}', /not a natural number/],
    ['{"min": 4, "max": 7, "count": 1.5}', /not a natural number/],
    ['{"min": 4, "max": 7}', /has no count/],
    ['{"count": 7}', /only the first bucket may be without min/],
    ['{"min": 0.5, "max": 7, "count": 1}', /not an integer/],
    ['{"min": 4, "max": 7, "count": 1, "count": 2}', /'count' occurs twice/],
    ['3', /not an object/],
  ];
  for (const [buckets, message] of badBuckets) {
    test(`refuses the buckets ${buckets}`, () => {
      assertRefused(() => read(`\n${histogram('@ns', buckets)}`), 2, message);
    });
  }

  test('puts lost events and helper errors on every record and counts them in one warning', () => {
    const result = read(fixture('bpftrace-0.27/lost.json'));
    assert.deepEqual(readingsOf(result)[0]?.quality, ['lost_events']);
    assert.match(result.warnings.find(({ code }) => code === 'lost_events')?.detail ?? '', /lost 19665 events/);
    const error = '{"type": "helper_error", "msg": "no", "helper": "map_delete_elem", "retcode": -2, "line": 6, "col": 3}\n';
    const helped = read(error + error + histogram('@ns', '{"min": 0, "max": 0, "count": 1}'));
    assert.deepEqual(histogramsOf(helped)[0]?.quality, ['helper_error', 'sum_unknown']);
    assert.match(helped.warnings[0]?.detail ?? '', /map_delete_elem: no \(2 times\)/);
  });

  for (const version of ['0.23/edge2', '0.27/edge']) {
    test(`flags 18446744073709551615 of ${version}, as bare number or as string`, () => {
      const big = recordOf(read(fixture(`bpftrace-${version}.json`), { unit: '1' }), 'big', 'big');
      assert.ok(big.kind === 'reading');
      assert.deepEqual([big.value, big.quality], [18446744073709552000, ['precision_lost']]);
    });
  }

  test('leaves out text, tuples and buffers with one warning a map', () => {
    const ignored = read(fixture('bpftrace-0.27/edge.json'), { unit: '1' }).warnings.filter(({ code }) => code === 'ignored_value');
    assert.deepEqual(
      ignored.map(({ detail }) => detail.split(' ')[1]),
      ['@buf', '@ip', '@ksym', '@path', '@stk', '@time'],
    );
  });

  test('makes samples of a tseries, each interval once, without a date that has no zone', () => {
    const interval = (second: number, value: number) => `{"interval_start":"2026-11-20 18:27:0${second}.000000000","value":${value}}`;
    const text = `{"type":"tseries","data":{"@us":[${interval(1, 3)},${interval(2, 4)}]}}\n{"type":"tseries","data":{"@us":[${interval(2, 9)},${interval(3, 5)}]}}`;
    const [series] = samplesOf(read(text));
    assert.deepEqual([series?.values, series?.atNs, series?.quality], [[3000, 9000, 5000], [], ['autocorrelated']]);
  });

  test('takes metric, region and direction from the caller', () => {
    const text = histogram('@', '{"min": 2, "max": 3, "count": 1}');
    const [record] = histogramsOf(read(text, { unit: 'us', metric: 'runqueue.latency', region: 'cpu0', labels: { disk: 'vda' } }));
    assert.deepEqual([record?.series.metric, record?.series.region, record?.series.labels], ['runqueue.latency', 'cpu0', { disk: 'vda' }]);
    assertRefused(() => read(text, { unit: 'bytes', metric: 'runqueue.latency' }), 1, /is in By, but the metric runqueue.latency is in ns/);
  });

  test('refuses two maps that would become one series', () => {
    const bucket = '{"min": 2, "max": 3, "count": 1}';
    const text = histogram('@a_us', bucket) + histogram('@b_us', bucket);
    assertRefused(() => read(text, { metric: 'latency', region: 'disk' }), 2, /@a_us and @b_us would both become latency of 'disk'/);
  });

  const broken: readonly [text: string, line: number, message: RegExp][] = [
    ['', 1, /empty/],
    ['\uFEFF \n', 1, /empty/],
    ['{"type": "map", "data": {"@c": 1}}\n{"type": "hist", "da', 2, /the text stops inside a string.*send the whole file/],
    ['{"type": "map", "data": {"@c": 1}}\n{"type": "hist"', 2, /expected ',' or '}', found the end of the text/],
    ['{"type": "map", "data": {"@c": 1e999}}', 1, /'1e999' is not a number/],
    ['{"type": "map", "data": {"@c": NaN}}', 1, /expected a JSON value/],
    ['{"type": "map", "data": {"@c": 1, "@c": 2}}', 1, /'@c' occurs twice/],
    ['Attaching 3 probes...\n', 1, /keep stderr apart/],
    ['{"data": 1}', 1, /has no type/],
    ['{"type": "hist"}', 1, /has no data/],
  ];
  for (const [text, line, message] of broken) {
    test(`refuses ${JSON.stringify(text.slice(0, 50))}`, () => {
      assertRefused(() => read(text), line, message);
    });
  }

  test('reads CRLF, a byte order mark and a missing last line feed', () => {
    const text = `\uFEFF${fixture('bpftrace-0.27/lost.json').trimEnd().replaceAll('\n', '\r\n')}`;
    assert.equal(sumOf(readingsOf(read(text)).map(({ value }) => value ?? 0)), 435609);
  });
});
