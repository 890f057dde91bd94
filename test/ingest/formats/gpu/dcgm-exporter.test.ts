import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dcgmExporterFormat } from '../../../../ingest/formats/gpu/dcgm-exporter.ts';
import { assertRefused, codesOf, fixture, parse, readingsOf, recordOf, samplesOf } from '../support/reading.ts';

const read = (text: string, parameters = {}) => parse(dcgmExporterFormat, text, parameters);
const OLD = fixture('dcgm-exporter-1.4.6/sentinels.prom');
const NEW = fixture('dcgm-exporter-synthetic/nvlink-new-labels.prom');

describe('dcgm-exporter', () => {
  test('keeps blanks of DCGM as null with the flag sentinel', () => {
    const blank = readingsOf(read(OLD)).filter(({ quality }) => quality.includes('sentinel'));
    // grep -c 9223372036854775794 prints 8.
    assert.equal(blank.length, 8);
    assert.ok(blank.every(({ value }) => value === null));
  });

  test('converts to base units and tells gauges from counters', () => {
    const result = read(OLD, { atNs: 1_800_000_000_000_000_000n, exposureS: 60 });
    const clock = recordOf(result, 'gpu0', 'gpu.sm_clock');
    assert.ok(clock.kind === 'samples');
    assert.deepEqual([clock.values, clock.series.unit, clock.atNs], [[139e6], 'Hz', [1_800_000_000_000_000_000n]]);
    const energy = recordOf(result, 'gpu0', 'gpu.energy');
    assert.ok(energy.kind === 'reading');
    assert.deepEqual(
      [energy.value, energy.reading, energy.exposureS, energy.series.valueKind],
      [15347724.978, 'cumulative', 60, 'counter'],
    );
    assert.deepEqual(codesOf(result), []);
  });

  test('says that counters need a time', () => {
    assert.deepEqual(codesOf(read(OLD)), ['time_missing']);
  });

  test('finds links, switches and devices behind old and new label names', () => {
    const result = read(NEW);
    const link = recordOf(result, 'gpu1/link3', 'nvlink.crc_flit_errors');
    assert.ok(link.kind === 'reading');
    assert.deepEqual([link.value, link.atNs, link.series.judgedAs], [12, 1_763_662_419_123_000_000n, 'rate']);
    assert.deepEqual(link.series.attributes, { uuid: 'GPU-b', device: 'nvidia1', model: 'NVIDIA H100', hostname: 'lab-07' });
    assert.deepEqual(link.series.labels, {});
    assert.equal(recordOf(result, 'gpu1', 'nvlink.crc_flit_errors').kind, 'reading');
    assert.equal(recordOf(result, 'nvswitch2', 'nvlink.rx_errors').kind, 'reading');
  });

  test('reads the unit of throttling from the help text, where it changed under one name', () => {
    const stated = recordOf(read(NEW), 'gpu1', 'gpu.power_violation');
    assert.ok(stated.kind === 'reading');
    assert.deepEqual([stated.value, stated.quality], [17000, []]);
    const old = readingsOf(read('DCGM_FI_DEV_POWER_VIOLATION{gpu="0", UUID="GPU-a"} 17\n'))[0];
    assert.deepEqual([old?.value, old?.quality], [17000, ['unit_assumed']]);
    const recent = readingsOf(read('DCGM_FI_DEV_POWER_VIOLATION{gpu="0",UUID="GPU-a"} 17\n'))[0];
    assert.deepEqual([recent?.value, recent?.quality], [17, ['unit_assumed']]);
  });

  test('undoes escapes in label values, a brace among them', () => {
    const used = recordOf(read(NEW), 'gpu1', 'gpu.memory_used');
    assert.ok(used.kind === 'samples');
    assert.deepEqual([used.values, used.series.labels], [[512 * 1024 * 1024], { pod: 'a"b\\c\nd}' }]);
  });

  const blanks: readonly [text: string, flag: string][] = [
    ['NaN', 'not_a_number'],
    ['+Inf', 'not_a_number'],
    ['140737488355330.000000', 'sentinel'],
    ['140737488355328', 'sentinel'],
    ['2147483632', 'sentinel'],
    ['9223372036854775792', 'sentinel'],
    ['9223372036854775795', 'sentinel'],
    ['9.223372036854776e+18', 'sentinel'],
  ];
  for (const [text, flag] of blanks) {
    test(`has no number for ${text}`, () => {
      const [reading] = readingsOf(read(`DCGM_FI_PROF_SM_ACTIVE{gpu="0"} ${text}\n`));
      assert.deepEqual([reading?.value, reading?.quality, reading?.series.valueKind], [null, [flag], 'samples']);
    });
  }

  test('keeps numbers that only look like blanks', () => {
    const text = 'A{gpu="0"} 2147483631\nA{gpu="1"} 2147483632.5\nA{gpu="2"} 92233720368547757\n';
    assert.deepEqual(
      samplesOf(read(text)).map(({ values, quality }) => [values[0], quality]),
      [
        [2147483631, ['unit_assumed']],
        [2147483632.5, ['unit_assumed']],
        [92233720368547760, ['unit_assumed', 'precision_lost']],
      ],
    );
  });

  test('keeps unknown fields without a unit', () => {
    const [unknown] = samplesOf(read('DCGM_FI_DEV_VGPU_LICENSE_STATUS{gpu="1"} 0\n'));
    assert.deepEqual(
      [unknown?.series.metric, unknown?.series.judgedAs, unknown?.quality],
      ['dcgm.dcgm_fi_dev_vgpu_license_status', 'context', ['unit_assumed']],
    );
  });

  test('reads lower-case names of --use-old-namespace as the same series', () => {
    const lower =
      'dcgm_fi_prof_gr_engine_active{gpu="0",uuid="GPU-a",GPU_I_PROFILE="3g.40gb",GPU_I_ID="1",container_name="",pod_name="",pod_namespace=""} 0.5\n';
    const [record] = samplesOf(read(lower));
    assert.deepEqual([record?.series.metric, record?.series.labels], ['gpu.engine_active', { mig_profile: '3g.40gb', mig_instance: '1' }]);
  });

  test('adds up scrapes of one machine and refuses two machines in one page', () => {
    const scrape = (value: string) => `DCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="a"} ${value}\nDCGM_FI_DEV_SM_CLOCK{gpu="0",UUID="a"} 139\n`;
    const [first, , ...others] = samplesOf(read(scrape('40') + scrape('41') + scrape('42 1000') + scrape('43 2000')));
    assert.deepEqual([first?.values, first?.atNs, first?.line], [[40, 41], [], 1]);
    // A time begins a record of its own, in the same series.
    assert.deepEqual([others[0]?.values, others[0]?.atNs, others[0]?.line], [[42, 43], [1_000_000_000n, 2_000_000_000n], 5]);
    assert.equal(others.length, 1);
    assert.equal(first?.series, others[0]?.series);
    const drifted = samplesOf(
      read(
        'DCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="a"} 40\nDCGM_FI_DEV_GPU_TEMP{UUID="a",gpu="0"} 41\nDCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="a"} 42\n',
      ),
    );
    assert.deepEqual(
      drifted.map(({ values }) => values),
      [[40, 41, 42]],
    );
    assertRefused(() => read(fixture('dcgm-exporter-synthetic/two-hosts.prom')), 2, /two devices in this page/);
  });

  test('refuses the page of another exporter, and does not take it for its own', () => {
    const node =
      '# HELP node_load1 1m load average.\n# TYPE node_load1 gauge\nnode_load1 0.21\nnode_cpu_seconds_total{cpu="0",mode="idle"} 12\n';
    assert.equal(dcgmExporterFormat.detect(node), false);
    assertRefused(() => read(node), 3, /no metric of this page is of DCGM \(the first is node_load1\).*send the page of dcgm-exporter/);
    // What the exporter's own HTTP server counts may stand beside.
    assert.equal(read(`${node}DCGM_FI_DEV_GPU_TEMP{gpu="0"} 40\n`).records.length, 3);
  });

  test('takes a field that a user named for its own, by the label gpu', () => {
    const own = 'TEST_METRIC{nvlink="0",gpu="0",gpu_uuid="GPU-a"} 42\n';
    assert.equal(dcgmExporterFormat.detect(own), true);
    assert.equal(read(own).records.length, 1);
  });

  test('refuses a page that ends inside its last number', () => {
    assertRefused(() => read('DCGM_FI_DEV_GPU_TEMP{gpu="0"} 40\nDCGM_FI_DEV_POWER_USAGE{gpu="0"} 61'), 2, /no line end/);
  });

  const broken: readonly [text: string, line: number, message: RegExp][] = [
    ['', 1, /empty/],
    ['# HELP a b\n# TYPE a gauge\n', 1, /no samples/],
    ['<html><body>404</body></html>', 1, /expected the name of a metric/],
    ['A{gpu="0"} 1\nA{gpu="1"}', 2, /has no value/],
    ['A{gpu="0"} 1\nA{gpu="1', 2, /does not end in its line/],
    ['A{gpu="0",gpu="1"} 1\n', 1, /gpu occurs twice/],
    ['A{gpu="0"} 12abc\n', 1, /'12abc' of A is not a number/],
    ['A{gpu="0"} 1,5\n', 1, /'1,5' of A/],
    ['A{gpu="0"} 1e999\n', 1, /'1e999' of A/],
    ['A{gpu="0"} 1 soon\n', 1, /no timestamp/],
    ['A{gpu="0"} 1 # {trace="x"} 2\n', 1, /timestamp|exemplars/],
  ];
  for (const [text, line, message] of broken) {
    test(`refuses ${JSON.stringify(text.slice(0, 60))}`, () => {
      assertRefused(() => read(text), line, message);
    });
  }
});
