import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readMicroseconds, TraceClock } from '../../../../ingest/formats/gpu/kineto/clock.ts';
import { kinetoFormat } from '../../../../ingest/formats/gpu/kineto.ts';
import { nsysCsvFormat } from '../../../../ingest/formats/gpu/nsys-csv.ts';
import { detectFormat } from '../../../../ingest/formats/index.ts';
import { outline, readAny } from '../support/gpu-reading.ts';
import { assertRefused, codesOf, hasSamples, sample, samplesOf } from '../support/reading.ts';
import { assertSound } from '../support/sound.ts';

const KERNEL = '"ph":"X","cat":"kernel","name":"k","pid":0,"tid":7';

/** A trace of these events, with or without what times count from. */
function trace(events: readonly string[], after = ',"baseTimeNanoseconds":1700000000000000000', before = ''): string {
  return `{"schemaVersion":1,${before}"traceEvents":[\n${events.map((event) => `{${event}}`).join(',\n')}\n]${after}}`;
}

const read = (text: string, labels: Readonly<Record<string, string>> = {}) => {
  const result = readAny(kinetoFormat, text, { labels });
  assertSound(result);
  return result;
};
const times = (text: string) => samplesOf(read(text)).map(({ atNs }) => [...atNs].join(' '));

describe('real Kineto traces', { skip: hasSamples ? false : 'the collection of real samples is not beside this checkout' }, () => {
  /** Read by eye in the files: ts, dur and args of the named event; the time is ts · 1000 + baseTimeNanoseconds where the file has one. */
  const ROWS: readonly [file: string, region: string, metric: string, activity: string, values: readonly number[], firstAtNs: bigint][] = [
    ['triton_example', 'triton_poi_fused_add_cos_sin_0', 'duration', 'kernel', [1760], 1730156791097444592n],
    ['triton_example', 'cuLaunchKernel', 'duration', 'cuda_driver', [47768], 1730156791097399166n],
    ['event_sync_trace', 'Event Sync', 'duration', 'cuda_sync', [33000, 2000], 1707417525512383000n],
    ['event_sync_trace', 'Memcpy DtoH (Device -> Pageable)', 'bandwidth', 'gpu_memcpy', [488281.25], 1707417525512270000n],
    ['event_sync_trace', 'ProfilerStep', 'duration', 'user_annotation', [3154000], 1707417525509335000n],
    ['hta-mi250_rocm62', 'Memcpy HtoD (Host -> Device)', 'duration', 'gpu_memcpy', [22441, 15720], 1739836029603454206n],
    ['hta-mi250_rocm62', 'hipDeviceSynchronize', 'duration', 'cuda_runtime', [67818], 1739836029612702707n],
    ['hta-mi250_rocm62', 'Optimizer.step#SGD.step', 'duration', 'gpu_user_annotation', [8483], 1739836029612357611n],
    [
      'hta-ns_resolution_trace-excerpt',
      'Memcpy DtoD (Device -> Device)',
      'copied.bytes',
      'gpu_memcpy',
      [256, 256, 256, 256, 256, 256],
      1712195495506161200n,
    ],
  ];
  for (const [file, region, metric, activity, values, firstAtNs] of ROWS) {
    test(`${file}: ${metric} of ${region} (${activity})`, () => {
      const found = samplesOf(read(sample(`kineto/${file}.json`))).filter(
        ({ series }) => series.region === region && series.metric === metric && series.labels['activity'] === activity,
      );
      assert.deepEqual(
        found.map((record) => [record.values, record.atNs[0]]),
        [[values, firstAtNs]],
      );
    });
  }

  test('memset of the V100: bytes and the bandwidth that is printed with them', () => {
    const records = samplesOf(read(sample('kineto/hta-ns_resolution_trace-excerpt.json'))).filter(
      ({ series }) => series.region === 'Memset (Device)',
    );
    assert.deepEqual(
      records.map(({ series, values }) => [series.metric, series.unit, values[0], values.length]),
      [
        ['duration', 'ns', 15776, 6],
        ['copied.bytes', 'By', 12845056, 6],
        ['bandwidth', 'By/s', 814215010141.9878, 6],
      ],
    );
  });

  test('CUPTI counters of a range land, the times that Kineto spreads evenly do not', () => {
    const result = read(sample('kineto/hta-cupti_profiler_range-excerpt.json'));
    const records = samplesOf(result);
    assert.ok(
      records.every(({ series }) => series.metric.startsWith('smsp__sass_thread_inst_executed_op_') && series.unit === '{instruction}'),
    );
    assert.ok(records.every(({ quality }) => quality.join() === 'unit_assumed'));
    assert.equal(
      records.reduce((sum, { values }) => sum + values.length, 0),
      12 * 9,
    );
    const missing = records.filter(({ series }) => series.region === '__missing__' && series.metric.includes('ffma'));
    assert.deepEqual(
      missing.map(({ values }) => values),
      [[9119334400]],
    );
    const gemm = records.find(({ series }) => series.region === 'ampere_gcgemm_64x64_nt' && series.metric.includes('op_ffma'));
    assert.deepEqual(gemm?.values, [2593652736]);
  });

  test('model and rank stand with the series; user, host, job, process and trace names do not', () => {
    const result = read(sample('kineto/hta-ns_resolution_trace-excerpt.json'));
    const kernels = samplesOf(result).filter(({ series }) => series.labels['activity'] === 'kernel');
    assert.ok(kernels.every(({ series }) => series.attributes['model'] === 'Tesla V100-SXM2-32GB' && series.labels['rank'] === '0'));
    const landed = JSON.stringify(result, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    assert.doesNotMatch(landed, /REDACTED|libkineto_activities|penv#|platform-runtime|\/opt\//);
  });

  for (const file of [
    'triton_example',
    'event_sync_trace',
    'hta-mi250_rocm62',
    'hta-ns_resolution_trace-excerpt',
    'hta-cupti_profiler_range-excerpt',
  ]) {
    test(`${file} is found by its beginning, and is the same in pieces, with CRLF and a byte order mark`, () => {
      const text = sample(`kineto/${file}.json`);
      const found = detectFormat('gpu', text.slice(0, 4096));
      assert.equal(typeof found === 'string' ? found : found.id, 'kineto');
      const { records } = read(text);
      for (const length of [1, 7, 1000]) assert.deepEqual(readAny(kinetoFormat, text, {}, length).records, records);
      assert.deepEqual(read(`\uFEFF${text}`).records, records);
      assert.deepEqual(read(text.replaceAll('\n', '\r\n')).records, records);
    });
  }
});

describe('times of a trace', () => {
  const one = `${KERNEL},"ts":1234567.891,"dur":2.5`;

  test('count from baseTimeNanoseconds, wherever it stands', () => {
    assert.deepEqual(times(trace([one])), ['1700000001234567891']);
    assert.deepEqual(times(trace([one], '', '"baseTimeNanoseconds":1700000000000000000,')), ['1700000001234567891']);
  });

  test('are epoch microseconds without it, to the digit', () => {
    assert.deepEqual(times(trace([one.replace('1234567.891', '1707417525512145.123')], '')), ['1707417525512145123']);
    assert.deepEqual(times(trace([one.replace('1234567.891', '1.707417525512145e15')], '')), ['1707417525512145000']);
  });

  const UNKNOWN: readonly [why: string, text: string, detail: RegExp][] = [
    ['count from no stated date', trace([one], ''), /no date that the trace states/],
    ['the base is no number', trace([one], ',"baseTimeNanoseconds":"1700000000000000000"'), /no whole number/],
    ['the base would not fit', trace([one], ',"baseTimeNanoseconds":9999999999999999999'), /no whole number/],
    ['the base may be cut off', trace([one], ',"baseTimeNanoseconds":17000000').slice(0, -1), /at the end, which is missing/],
    [
      'epoch times of a trace that is cut off',
      trace([one.replace('1234567.891', '1707417525512145')], '').slice(0, -1),
      /which is missing/,
    ],
    ['an event has none', trace([one, `${KERNEL},"dur":1`]), /an event has no time/],
    ['an event lies years away', trace([one, `${KERNEL},"ts":99999999999999,"dur":1`]), /104 days/],
  ];
  for (const [why, text, detail] of UNKNOWN) {
    test(`are left out when ${why}; durations land`, () => {
      const result = read(text);
      assert.deepEqual(
        samplesOf(result).map(({ values, atNs }) => [values[0], atNs.length]),
        [[2500, 0]],
      );
      assert.match(result.warnings.find(({ code }) => code === 'times_unknown')?.detail ?? '', detail);
    });
  }

  test('order the values of a series', () => {
    const result = read(trace([`${KERNEL},"ts":3,"dur":3`, `${KERNEL},"ts":1.5,"dur":1`, `${KERNEL},"ts":2,"dur":2`]));
    assert.deepEqual(
      samplesOf(result).map(({ values }) => values),
      [[1000, 2000, 3000]],
    );
    assert.deepEqual(times(trace([`${KERNEL},"ts":3,"dur":3`, `${KERNEL},"ts":1.5,"dur":1`])), ['1700000000000001500 1700000000000003000']);
  });

  test('are read exactly', () => {
    assert.equal(readMicroseconds('1707417525512145.1235'), 1707417525512145124n);
    assert.equal(readMicroseconds('-0.001'), -1n);
    assert.equal(readMicroseconds('1e99999'), undefined);
    assert.equal(readMicroseconds('NaN'), undefined);
    const clock = new TraceClock();
    const first = clock.read('[1707417525512145.001]', 1, 21);
    assert.equal(clock.toEpochNs(first, 5n), 1707417525512145006n);
    for (const odd of ['', '-', '1.2.3', '1e', '"1"', 'NaN', '99999999999999999'])
      assert.ok(Number.isNaN(clock.read(odd, 0, odd.length)), odd);
    assert.equal(clock.toEpochNs(clock.read('1707417525512145.25', 0, 19), 0n), 1707417525512145250n);
  });
});

describe('events of a trace', () => {
  test('become durations by name and activity, with old names of categories too', () => {
    const event = (category: string, name: string, rest = '') =>
      `"ph":"X","cat":"${category}","name":"${name}","pid":1,"ts":1,"dur":2${rest}`;
    const result = read(
      trace([
        event('Kernel', 'k'),
        event('kernel', 'k', ',"args":{"device":3}'),
        event('Memcpy', 'Memcpy HtoD'),
        event('Runtime', 'cudaLaunchKernel'),
        event('Operator', 'aten::mm'),
        event('user_annotation', 'ProfilerStep#1'),
        event('user_annotation', 'ProfilerStep#22'),
        event('user_annotation', 'layer#1'),
        event('Trace', 'PyTorch Profiler (0)'),
        event('python_function', 'train.py(7): step'),
        event('overhead', 'CUPTI'),
        '"ph":"s","cat":"ac2g","id":1,"ts":1',
        '"ph":"M","name":"process_name","args":{"name":"secret"}',
        '"ph":"C","name":"memory","args":{"bytes":5}',
        '',
      ]),
    );
    assert.deepEqual(
      outline(result).map((line) => line.replace(/ duration ns/, '').replace(' collector=kineto', '')),
      [
        'samples k 2000 activity=kernel gpu=1 [] @2',
        'samples k 2000 activity=kernel gpu=3 [] @3',
        'samples Memcpy HtoD 2000 activity=gpu_memcpy gpu=1 [] @4',
        'samples cudaLaunchKernel 2000 activity=cuda_runtime [] @5',
        'samples aten::mm 2000 activity=cpu_op [] @6',
        'samples ProfilerStep 2000 2000 activity=user_annotation [] @7',
        'samples layer#1 2000 activity=user_annotation [] @9',
      ],
    );
    assert.deepEqual(
      result.warnings.map(({ code, detail, line }) => `${code} ${detail} @${line}`),
      [
        'unread_activity executions of category "python_function": 1 left out, the first of "train.py(7): step" @11',
        'unread_activity executions of category "overhead": 1 left out, the first of "CUPTI" @12',
        'unknown_phase events of a phase other than X: 2 left out, the first of "C", "" @15',
      ],
    );
  });

  test('have the same region as the kernel has in nsys', () => {
    const name = `void k<${'float, '.repeat(120)}int>(int)`;
    const kineto = read(trace([`"ph":"X","cat":"kernel","name":"${name}","pid":0,"ts":1,"dur":2`]));
    const nsys = readAny(nsysCsvFormat, `Start (ns),Duration (ns),Strm,Name\n1,2,7,"${name}"\n`);
    assert.equal(samplesOf(kineto)[0]?.series.region, samplesOf(nsys)[0]?.series.region);
    assert.equal(samplesOf(kineto)[0]?.series.attributes['name'], name);
    assert.deepEqual(codesOf(kineto), ['name_cut']);
  });

  test('are known by what their name says, however it is escaped', () => {
    const result = read(trace([`${KERNEL},"ts":1,"dur":1`, `${KERNEL.replace('"k"', '"\\u006b"')},"ts":2,"dur":2`]));
    assert.deepEqual(
      samplesOf(result).map(({ values }) => values),
      [[1000, 2000]],
    );
    assert.deepEqual(codesOf(read(trace([`${KERNEL},"ts":1,"dur":1`, `${KERNEL.replace('"k"', '"\\x"')},"ts":2,"dur":2`]))), ['bad_name']);
  });

  const ODD: readonly [dur: string, code: string, flag: string][] = [
    ['NaN', 'not_a_number', 'not_a_number'],
    ['-Infinity', 'not_a_number', 'not_a_number'],
    ['inf', 'not_a_number', 'not_a_number'],
    ['null', 'not_a_number', 'not_a_number'],
    ['-1', 'impossible_value', 'tool_bug'],
    ['18446744073709551.615', 'impossible_value', 'tool_bug'],
    ['1e300', 'impossible_value', 'tool_bug'],
  ];
  for (const [dur, code, flag] of ODD) {
    test(`a duration of ${dur} is left out and told, never landed`, () => {
      const alone = read(trace([`${KERNEL},"ts":1,"dur":${dur}`]));
      assert.deepEqual(outline(alone), [`reading k duration ns total null collector=kineto activity=kernel gpu=0 [${flag}] @2`]);
      assert.deepEqual(codesOf(alone), [code]);
      const beside = read(trace([`${KERNEL},"ts":1,"dur":${dur}`, `${KERNEL},"ts":2,"dur":7`]));
      assert.deepEqual([samplesOf(beside).map(({ values }) => values), codesOf(beside)], [[[7000]], [code]]);
    });
  }

  test('an execution without a duration, and a bandwidth that is N/A, are told', () => {
    const result = read(
      trace([
        `${KERNEL},"ts":1`,
        '"ph":"X","cat":"gpu_memcpy","name":"m","pid":0,"ts":1,"dur":0,"args":{"memory bandwidth (GB/s)":"N/A","bytes":9007199254740993}',
      ]),
    );
    assert.deepEqual(codesOf(result), ['missing_value', 'not_a_number']);
    assert.deepEqual(
      samplesOf(result).map(({ series, values, quality }) => [series.metric, values, quality]),
      [
        ['duration', [0], []],
        ['copied.bytes', [9007199254740992], ['precision_lost']],
      ],
    );
  });

  test('counters of a range land with the unit that their name says, the others are told', () => {
    const range = (args: string) => `"ph":"X","cat":"cuda_profiler_range","name":"r","pid":0,"ts":1,"dur":2${args}`;
    const result = read(
      trace([
        range(
          ',"args":{"dram__bytes.sum":5,"sm__cycles_elapsed.max":6,"gpu__time_duration.sum":7,"kineto__tensor_core_insts":8,"lts__t_sectors.sum":9,"x":1,"sm__warps_active.avg.pct_of_peak_sustained_active":50,"fe__x.sum":"1","fe__y.sum":NaN}',
        ),
        range(''),
        range(',"args":[]'),
      ]),
    );
    assert.deepEqual(
      outline(result).map((line) => line.replace(' collector=kineto activity=cuda_profiler_range gpu=0', '').replace(' @2', '')),
      [
        'samples r dram__bytes.sum By 5 [unit_assumed]',
        'samples r sm__cycles_elapsed.max {cycle} 6 [unit_assumed]',
        'samples r duration ns 7 [unit_assumed]',
        'samples r kineto__tensor_core_insts 1 8 [unit_assumed]',
        'samples r lts__t_sectors.sum 1 9 [unit_assumed]',
        'reading r fe__x.sum 1 total null [not_a_number]',
        'reading r fe__y.sum 1 total null [not_a_number]',
      ],
    );
    assert.deepEqual(
      result.warnings.map(({ code, detail }) => `${code}: ${detail}`),
      [
        'unknown_counter: counters whose unit their name does not say: 2 left out, the first of "x", "sm__warps_active.avg.pct_of_peak_sustain…"',
        'not_a_number: executions whose fe__x.sum is no number: 1 left out, the first of "r"',
        'not_a_number: executions whose fe__y.sum is no number: 1 left out, the first of "r"',
        'missing_value: ranges without counters: 2 left out, the first of "r"',
      ],
    );
    assertRefused(() => read(trace([range(',"args":{"dram__bytes.sum":5,"dram__bytes\\u002esum":6}')])), 2, /occurs twice in one range/);
  });

  test('beyond the share of an activity further names are left out and told, and kernels still land', () => {
    const operators = Array.from(
      { length: 5003 },
      (_, index) => `"ph":"X","cat":"cpu_op","name":"op${index}","pid":1,"ts":${index},"dur":1`,
    );
    const result = read(trace([...operators, `${KERNEL},"ts":1,"dur":1`]));
    assert.equal(samplesOf(result).length, 5001);
    assert.deepEqual(
      result.warnings.map(({ detail }) => detail),
      ['more than 5000 series of cpu_op, executions of further names: 3 left out, the first of "op5000", "op5001", "op5002"'],
    );
  });

  test('rank may stand behind the events, and the caller may say it', () => {
    const behind = read(trace([`${KERNEL},"ts":1,"dur":1`], ',"distributedInfo":{"backend":"nccl","rank":5}'));
    assert.equal(samplesOf(behind)[0]?.series.labels['rank'], '5');
    assert.equal(samplesOf(read(trace([`${KERNEL},"ts":1,"dur":1`]), { rank: '4' }))[0]?.series.labels['rank'], '4');
  });
});

describe('what is no trace', () => {
  const REFUSED: readonly [text: string, line: number, message: RegExp][] = [
    ['', 1, /empty/],
    ['[]', 1, /object in braces/],
    ['{}', 1, /any kernel/],
    ['{"traceEvents":{}}', 1, /is not an array/],
    ['{"traceEvents":[1]}', 1, /is not an object/],
    ['{"traceEvents":[],}', 1, /expected a value/],
    ['{"traceEvents":[]}x', 1, /nothing more/],
    ['{"traceEvents":[],\n"traceEvents":[]}', 2, /twice/],
    [trace([`${KERNEL},"dur":1,"dur":2`]), 2, /"dur" occurs twice/],
    [trace([`${KERNEL},"dur":1,"d\\u0075r":2`]), 2, /"dur" occurs twice/],
    [trace([`${KERNEL},"ts":1,"dur":"5"`]), 2, /no decimal number/],
    [trace([`${KERNEL},"ts":1,"dur":1.2.3`]), 2, /no decimal number/],
    [trace([`${KERNEL},"ts":1,"dur":1 "x":2`]), 2, /a comma/],
    [trace([`${KERNEL},"ts":1,"dur":1,"args":{"device":0,"device":1}`]), 2, /twice/],
    [trace([`${KERNEL},"ts":1,"dur":1,"args":${'['.repeat(1000)}${']'.repeat(1000)}`]), 2, /levels deep/],
    [trace(['"ph":"X","cat":"python_function","name":"f","ts":1,"dur":1']), 1, /any kernel/],
  ];
  for (const [text, line, message] of REFUSED) {
    test(`${JSON.stringify(text.slice(-60))} is refused`, () => {
      assertRefused(() => readAny(kinetoFormat, text), line, message);
    });
  }
});
