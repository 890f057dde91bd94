import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hdrHistogramFormat } from '../../../../ingest/formats/samples/hdr-histogram.ts';
import { hdrLogFormat } from '../../../../ingest/formats/samples/hdr-log.ts';
import { k6Format } from '../../../../ingest/formats/samples/k6.ts';
import { wrk2Format } from '../../../../ingest/formats/samples/wrk2.ts';
import { read, show } from '../support/any-format.ts';
import { assertRefused, codesOf, fixture } from '../support/reading.ts';

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
