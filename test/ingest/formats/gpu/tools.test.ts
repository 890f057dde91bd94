import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dcgmiDmonFormat } from '../../../../ingest/formats/gpu/dcgmi-dmon.ts';
import { dcgmiNvlinkFormat } from '../../../../ingest/formats/gpu/dcgmi-nvlink.ts';
import { nvidiaSmiNvlinkFormat } from '../../../../ingest/formats/gpu/nvidia-smi-nvlink.ts';
import { nvidiaSmiQFormat } from '../../../../ingest/formats/gpu/nvidia-smi-q.ts';
import { nvidiaSmiQueryFormat } from '../../../../ingest/formats/gpu/nvidia-smi-query.ts';
import { type AnyFormat, outline, readAny } from '../support/gpu-reading.ts';
import { assertRefused, codesOf, fixture } from '../support/reading.ts';

const AT = { atNs: 1_800_000_000_000_000_000n, exposureS: 60 };
const DMON = '#Entity   SMACT  POWER  \nID               W      \n';
const QUERY = 'index, power.draw [W]\n';
const GPU = 'GPU 0: NVIDIA H100 (UUID: GPU-a)\n';
const Q = 'GPU 00000000:18:00.0\n';

describe('dcgmi dmon', () => {
  test('takes names with blanks by their place, units from the row under the header, and the first and last standing of a counter', () => {
    assert.deepEqual(outline(readAny(dcgmiDmonFormat, fixture('dcgmi-synthetic/dmon-units.txt'))), [
      'samples gpu0 gpu.power W 612.4 615.125 600 [autocorrelated] @3',
      'reading gpu0 gpu.energy J cumulative 1 [] @3',
      'reading gpu0 gpu.energy J cumulative 2.5 [] @9',
      'samples gpu0 gpu.sm_clock Hz 1980000000 1965000000 1965000000 [autocorrelated] @3',
      'reading gpu0 gpu.power_violation ns cumulative 5 [unit_assumed] @3',
      'reading gpu0 gpu.power_violation ns cumulative 12 [unit_assumed] @9',
      'samples gpu0 dcgm.xyzzy By/s 2048 4096 1024 [autocorrelated] @3',
      'reading gpu1 gpu.power W total null [not_supported] @4',
      'reading gpu1 gpu.energy J cumulative 2 [] @4',
      'reading gpu1 gpu.energy J cumulative 2.8 [] @8',
      'samples gpu1 gpu.sm_clock Hz 1980000000 1965000000 [autocorrelated] @4',
      'reading gpu1 gpu.power_violation ns cumulative null [unit_assumed,not_supported] @4',
      'samples gpu1 dcgm.xyzzy By/s 3072 [] @4',
    ]);
  });

  test('keeps MIG instances apart from their GPU in the layout of the user guide', () => {
    const lines = outline(readAny(dcgmiDmonFormat, fixture('dcgmi-synthetic/dmon-old.txt')));
    assert.equal(lines[2], 'samples gpu-instance0 gpu.engine_active 1 0.534 0.986 [autocorrelated] @4');
    assert.equal(lines[5], 'samples gpu-instance1 gpu.tensor_active 1 0.952 [] @8');
  });

  test('says a counter went backwards, and gives the exposure to the last reading alone', () => {
    const { records } = readAny(dcgmiDmonFormat, '#Entity  TOTEC\nID  mJ\nGPU 0  5000\nGPU 0  1000\nGPU 0  3000\n', AT);
    assert.deepEqual(
      records.map((record) => record.kind === 'reading' && [record.value, record.atNs, record.exposureS, record.quality]),
      [
        [5, null, null, []],
        [3, AT.atNs, 60, ['counter_reset']],
      ],
    );
  });

  test('leaves out a last row that may be cut off', () => {
    const result = readAny(dcgmiDmonFormat, `${DMON}GPU 0     0.5    100\nGPU 0     0.5    10`);
    assert.deepEqual(outline(result), ['samples gpu0 gpu.sm_active 1 0.5 [] @3', 'samples gpu0 gpu.power W 100 [] @3']);
    assert.deepEqual(codesOf(result), ['unterminated_row']);
  });
});

describe('dcgmi nvlink', () => {
  test('reads counts in quotes, blanks, several GPUs and messages before them', () => {
    const result = readAny(dcgmiNvlinkFormat, fixture('dcgmi-synthetic/nvlink.json'), AT);
    assert.deepEqual(outline(result), [
      'reading gpu0/link0 nvlink.crc_flit_errors 1 cumulative 7 [] @2',
      'reading gpu0/link0 nvlink.replay_errors 1 cumulative null [sentinel] @2',
      'reading gpu5/link11 nvlink.recovery_errors 1 cumulative 3 [] @8',
    ]);
    assert.deepEqual(codesOf(result), ['tool_message', 'unknown_counter']);
  });
});

describe('nvidia-smi nvlink', () => {
  test('reads speeds, counters of old and new names, and two dumps as two standings', () => {
    const result = readAny(nvidiaSmiNvlinkFormat, fixture('nvidia-smi-synthetic/nvlink-mixed.txt'), AT);
    assert.deepEqual(outline(result), [
      'samples gpu0/link0 nvlink.link_speed By/s 53125000000 [] @2',
      'reading gpu0/link1 nvlink.link_speed By/s total null [inactive] @3',
      'reading gpu0/link0 nvlink.sent_packets 1 cumulative 12 [] @5',
      'reading gpu0/link0 nvlink.rx_errors 1 cumulative 2 [] @6',
      'reading gpu0/link0 nvlink.sent_bytes By cumulative 102400 [] @9',
      'reading gpu0/link0 nvlink.sent_bytes By cumulative 307200 [] @13',
      'reading gpu0/link0 nvlink.received_bytes By cumulative null [not_supported] @10',
    ]);
    assert.deepEqual(codesOf(result), ['unknown_counter']);
  });

  test('tells raw traffic from data, and keeps uuid and model beside the series', () => {
    const { records } = readAny(nvidiaSmiNvlinkFormat, `${GPU}\t Link 2: Raw Tx: 3 KiB\n`, AT);
    const [record] = records;
    assert.ok(record?.kind === 'reading');
    assert.deepEqual(
      [record.series.metric, record.value, record.series.labels, record.series.attributes],
      ['nvlink.raw_sent_bytes', 3072, {}, { model: 'NVIDIA H100', uuid: 'GPU-a' }],
    );
  });
});

describe('nvidia-smi --query-gpu', () => {
  test('reads a loop over two GPUs, with missing values and a counter', () => {
    const result = readAny(nvidiaSmiQueryFormat, fixture('nvidia-smi-synthetic/query-loop.csv'), AT);
    assert.deepEqual(outline(result).slice(0, 7), [
      'samples gpu0 gpu.temperature Cel 41 43 [unit_assumed,autocorrelated] @2',
      'samples gpu0 gpu.power W 100.5 101.25 [autocorrelated] @2',
      'samples gpu0 gpu.sm_clock Hz 1980000000 1980000000 [autocorrelated] @2',
      'reading gpu0 gpu.fan_speed 1 total null [not_supported] @2',
      'reading gpu0 gpu.ecc_sbe 1 cumulative 3 [] @2',
      'reading gpu0 gpu.ecc_sbe 1 cumulative 5 [] @4',
      'samples gpu0 nvidia_smi.power.draw.average W 99 97 [autocorrelated] @2',
    ]);
    assert.deepEqual(outline(result).slice(8, 9), ['samples gpu1 gpu.power W 200 [] @5']);
    assert.deepEqual(codesOf(result), ['missing_value', 'unit_unknown', 'missing_value', 'missing_value']);
  });

  test('says that units of nounits come from the manual', () => {
    assert.deepEqual(outline(readAny(nvidiaSmiQueryFormat, fixture('nvidia-smi-synthetic/query-nounits.csv'))), [
      'samples gpu3 gpu.memory_used By 1051721728 [unit_assumed] @2',
      'samples gpu3 gpu.utilisation 1 0.07 [unit_assumed] @2',
      'samples gpu3 gpu.power W 41.58 [unit_assumed] @2',
    ]);
  });

  test('takes rows without an index as one GPU only where the caller says so', () => {
    const text = 'utilization.gpu [%]\n1 %\n2 %\n';
    assertRefused(() => readAny(nvidiaSmiQueryFormat, text), 3, /add index to --query-gpu, or send region=/);
    assert.deepEqual(outline(readAny(nvidiaSmiQueryFormat, text, { region: 'gpu7' })), [
      'samples gpu7 gpu.utilisation 1 0.01 0.02 [autocorrelated] @2',
    ]);
  });

  test('says a value that could not be read', () => {
    assert.deepEqual(outline(readAny(nvidiaSmiQueryFormat, `${QUERY}0, [Unknown Error]\n`)), [
      'reading gpu0 gpu.power W total null [read_failed] @2',
    ]);
  });
});

describe('nvidia-smi -q', () => {
  test('reads measurements by path, and GPUs by their order when all are there', () => {
    const result = readAny(nvidiaSmiQFormat, fixture('nvidia-smi-synthetic/q-two-gpus.txt'), AT);
    assert.deepEqual(outline(result).slice(0, 11), [
      'samples gpu0 pcie.link_generation 1 3 [] @16',
      'samples gpu0 pcie.link_width 1 8 [] @19',
      'samples gpu0 pcie.tx_bytes By/s 450000 [unit_assumed] @20',
      'reading gpu0 gpu.fan_speed 1 total null [not_supported] @21',
      'samples gpu0 gpu.memory_total By 24152899584 [] @23',
      'samples gpu0 gpu.memory_used By 536870912 [] @24',
      'samples gpu0 gpu.temperature Cel 51 [] @28',
      'samples gpu0 gpu.power W 30.25 [] @31',
      'samples gpu0 gpu.power_limit W 72 [] @32',
      'samples gpu0 gpu.sm_clock Hz 2040000000 [] @34',
      'reading gpu0 gpu.remapped_rows_correctable 1 cumulative 2 [] @38',
    ]);
    assert.equal(result.records.length, 22);
    assert.equal(outline(result)[18], 'samples gpu1 gpu.power W 31.5 [] @62');
  });

  test('names a GPU by its bus id when others were not printed', () => {
    const [line] = outline(readAny(nvidiaSmiQFormat, `Attached GPUs : 8\n${Q}    Clocks\n        SM   : 345 MHz\n`));
    assert.equal(line, 'samples gpu/00000000:18:00.0 gpu.sm_clock Hz 345000000 [] @4');
  });
});

const REFUSED: readonly [format: AnyFormat, text: string, line: number, message: RegExp][] = [
  [dcgmiDmonFormat, '', 1, /empty/],
  [dcgmiDmonFormat, 'hello\n', 1, /no header of dcgmi dmon/],
  [dcgmiDmonFormat, DMON, 1, /no whole row/],
  [dcgmiDmonFormat, 'GPU 0  1\n', 1, /before the header/],
  [dcgmiDmonFormat, `${DMON}GPU 0     0.5\n`, 3, /1 values, the header has 2/],
  [dcgmiDmonFormat, `${DMON}GPU 0     0,5    100\n`, 3, /SMACT is not a number: "0,5"/],
  [dcgmiDmonFormat, '#Entity  SMACT  SMACT\nID\nGPU 0  1  2\n', 1, /"SMACT" occurs twice/],
  [dcgmiDmonFormat, `${DMON}GPU 0 \0`, 3, /binary/],
  [dcgmiNvlinkFormat, '{"header":["NVLINK Error Counts"],"body":{}}', 1, /names no GPU/],
  [dcgmiNvlinkFormat, '{"header":["GPU 0"],"body":{}}', 1, /no counters of any link/],
  [
    dcgmiNvlinkFormat,
    '{"header":["GPU 0"],"body":{"Link 0":{"children":{"Replay Error":{"value":"1.5"}}}}}',
    1,
    /"Replay Error" of gpu0\/link0 is no count/,
  ],
  [dcgmiNvlinkFormat, '{"header":["GPU 0"],"body":{"Link 0":{"children":{"Replay Err', 1, /stops inside a string/],
  [dcgmiNvlinkFormat, 'hello {}', 1, /expected the object of a GPU/],
  [dcgmiNvlinkFormat, `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`, 1, /nested more than/],
  [nvidiaSmiNvlinkFormat, '\t Link 0: 1 GB/s\n', 1, /before the line of its GPU/],
  [nvidiaSmiNvlinkFormat, `${GPU}\t Link 0: 26,562 GB/s\n`, 2, /not a number with its unit/],
  [nvidiaSmiNvlinkFormat, `${GPU}\t Link 0: 26.562\n`, 2, /not a number with its unit/],
  [nvidiaSmiNvlinkFormat, `${GPU}\t Link 0: Data Tx: 19241022\n`, 2, /with its unit \(KiB\)/],
  [nvidiaSmiNvlinkFormat, `${GPU}\t Link 0: Data Tx: 19 GB/s\n`, 2, /not in By/],
  [nvidiaSmiNvlinkFormat, `${GPU}\t Link 0: Replay Errors: -1\n`, 2, /negative/],
  [nvidiaSmiNvlinkFormat, `${GPU}\t Link 0: 1 GB/s\nGPU 0: x (UUID: GPU-b)\n`, 3, /two devices/],
  [nvidiaSmiQueryFormat, 'No devices were found\n', 1, /no header row of nvidia-smi/],
  [nvidiaSmiQueryFormat, QUERY, 1, /no whole row/],
  [nvidiaSmiQueryFormat, `${QUERY}0\n`, 2, /1 values, the header has 2/],
  [nvidiaSmiQueryFormat, `${QUERY}0, 41,58 W\n`, 2, /3 values, the header has 2/],
  [nvidiaSmiQueryFormat, `${QUERY}0, soon\n`, 2, /power.draw is "soon"/],
  [nvidiaSmiQueryFormat, `${QUERY}0, 41 MiB\n`, 2, /in By|in W/],
  [nvidiaSmiQueryFormat, `${QUERY}0, 41 furlong\n`, 2, /unknown unit "furlong"/],
  [nvidiaSmiQueryFormat, 'index, power.draw [W], power.draw [W]\n0, 1 W, 2 W\n', 1, /occurs twice/],
  [nvidiaSmiQueryFormat, 'index, driver_version, pstate\n0, 550.1, P0\n', 1, /no column holds a measurement/],
  [nvidiaSmiQueryFormat, 'index, uuid, power.draw [W]\n0, a, 1 W\n0, b, 1 W\n', 3, /two devices/],
  [nvidiaSmiQFormat, '<?xml version="1.0" ?>\n<nvidia_smi_log>', 2, /cut off/],
  [nvidiaSmiQFormat, 'Driver Version : 550\n', 1, /nothing names a GPU/],
  [nvidiaSmiQFormat, `${Q}    Product Name : x\n`, 1, /no measurement/],
  [nvidiaSmiQFormat, `${Q}    Clocks\n        SM   : 345 furlong\n`, 3, /Clocks\/SM is "345 furlong"/],
  [nvidiaSmiQFormat, `${Q}    Clocks\n        SM   : 345 W\n`, 3, /Clocks\/SM is in W, expected Hz/],
];

describe('what is none of it', () => {
  for (const [format, text, line, message] of REFUSED) {
    test(`${format.id} refuses ${JSON.stringify(text.slice(0, 90))}`, () => {
      assertRefused(() => readAny(format, text), line, message);
    });
  }
});
