import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ncuCsvFormat } from '../../../../ingest/formats/gpu/ncu-csv.ts';
import { readNcuUnit } from '../../../../ingest/formats/gpu/ncu-units.ts';
import { nsysCsvFormat } from '../../../../ingest/formats/gpu/nsys-csv.ts';
import { readGrouped, weighSeparators } from '../../../../ingest/lexers/grouped-number.ts';
import { type AnyFormat, outline, readAny } from '../support/gpu-reading.ts';
import { assertRefused, codesOf, fixture } from '../support/reading.ts';

const NCU = '"ID","Process ID","Kernel Name","Section Name","Metric Name","Metric Unit","Metric Value"\n';
const ncu = (...values: readonly string[]) => NCU + values.map((value, id) => `"${id}","1","k","S","m__a.sum","","${value}"\n`).join('');
const TRACE = 'Start (ns),Duration (ns),Strm,Name\n';

describe('ncu --csv', () => {
  test('scales units row by row, takes launches as samples, and leaves rules and texts out', () => {
    const result = readAny(ncuCsvFormat, fixture('ncu-synthetic/details-rules.csv'));
    const own = 'collector=ncu gpu=0';
    assert.deepEqual(outline(result), [
      `samples k<float> duration ns 10720 9000 ${own} [] @5`,
      `samples k<float> Memory Throughput 1 0.405 ${own} section=GPU Speed Of Light Throughput [] @6`,
      `samples k<float> Memory Throughput By/s 1234500000000 ${own} section=Memory Workload Analysis [] @7`,
      `samples k<float> Dynamic Shared Memory Per Block {byte per block} 1500 ${own} section=Launch Statistics [] @9`,
      `reading k<float> Waves 1 total null ${own} section=Occupancy [not_a_number] @10`,
    ]);
    assert.deepEqual(codesOf(result), ['tool_message', 'ignored_metric', 'metric_twice']);
    const [duration] = result.records;
    assert.ok(duration?.kind === 'samples');
    assert.deepEqual([duration.series.judgedAs, duration.series.better], ['location', 'lower']);
  });

  test('takes the units of the raw page from its second row', () => {
    const result = readAny(ncuCsvFormat, fixture('ncu-synthetic/raw-units.csv'));
    assert.deepEqual(outline(result), [
      'samples gemm dram__bytes.sum By 2500000 2750000 collector=ncu gpu=1 [] @3',
      'samples gemm duration ns 3250 4000 collector=ncu gpu=1 [] @3',
      'samples gemm smsp__inst_executed.avg.per_cycle_active {instruction per cycle} 0.5 0.25 collector=ncu gpu=1 [] @3',
    ]);
    assert.deepEqual(codesOf(result), ['device_attributes']);
  });

  test('refuses values that could be read in two ways unless the caller says how', () => {
    const text = fixture('ncu-synthetic/ambiguous.csv');
    assertRefused(() => readAny(ncuCsvFormat, text), 2, /LC_ALL=C, or send decimal=point or decimal=comma/);
    const lineWith = (decimal: string) => outline(readAny(ncuCsvFormat, text, { extra: { decimal } }))[0];
    assert.equal(lineWith('comma'), 'samples k duration ns 117344 collector=ncu [] @2');
    assert.equal(lineWith('point'), 'samples k duration ns 117.344 collector=ncu [] @2');
  });

  test('cuts names of kernels that are longer than a region, the same way every time', () => {
    const long = `void f<${'x, '.repeat(400)}1>()`;
    const text = ncu('1').replaceAll('"k"', `"${long}"`);
    const { region, attributes } =
      readAny(ncuCsvFormat, text).records.flatMap((record) => (record.kind === 'samples' ? [record.series] : []))[0] ?? {};
    assert.equal(region?.length, 512);
    assert.equal(attributes?.['name'], long);
  });

  const separators: readonly [text: string, evidence: string, point: number | undefined, comma: number | undefined][] = [
    ['1,234,567.89', '.', 1234567.89, undefined],
    ['27.595.520', ',', undefined, 27595520],
    ['65,77', ',', undefined, 65.77],
    ['40.07', '.', 40.07, undefined],
    ['117.344', 'either', 117.344, 117344],
    ['2,000', 'either', 2000, 2],
    ['0.125', '.', 0.125, undefined],
    ['1234.567', '.', 1234.567, undefined],
    ["1'234'567,5", ',', undefined, 1234567.5],
    ['1 234,56', ',', undefined, 1234.56],
    ['1\u202F234,56', ',', undefined, 1234.56],
    ['1,23,456', '.', undefined, undefined],
    ['12', 'plain', 12, 12],
    ['-1.5e-3', '.', -0.0015, undefined],
    ['(512, 1, 1)', 'no-number', undefined, undefined],
    ['CachePreferNone', 'no-number', undefined, undefined],
    ['1.2.3,4,5', ',', undefined, undefined],
  ];
  for (const [text, evidence, point, comma] of separators) {
    test(`reads ${JSON.stringify(text)} as a locale prints it`, () => {
      assert.equal(weighSeparators(text), evidence);
      assert.equal(readGrouped(text, '.'), point);
      assert.equal(readGrouped(text, ','), comma);
    });
  }

  const units: readonly [symbol: string, unit: string | undefined, factor?: number][] = [
    ['', '1', 1],
    ['%', '1', 0.01],
    ['msecond', 'ns', 1e6],
    ['us', 'ns', 1e3],
    ['Mbyte', 'By', 1e6],
    ['Gbyte/second', 'By/s', 1e9],
    ['byte/ns', 'By/s', 1e9],
    ['cycle/nsecond', 'Hz', 1e9],
    ['Ghz', 'Hz', 1e9],
    ['inst', '{instruction}', 1],
    ['Kinst/s', '{instruction}/s', 1e3],
    ['register/thread', '{register per thread}', 1],
    ['warp', '{warp}', 1],
    ['/s', 'Hz', 1],
    ['furlongs per fortnight', undefined],
    ['a/b/c', undefined],
    ['K', undefined],
    ['byte/', undefined],
  ];
  for (const [symbol, unit, factor] of units) {
    test(`the unit ${JSON.stringify(symbol)} is ${unit ?? 'unknown'}`, () => {
      assert.deepEqual(readNcuUnit(symbol), unit === undefined ? undefined : { unit, factor });
    });
  }
});

describe('nsys stats -f csv', () => {
  test('reads the tables it knows of a stream, apart from each other', () => {
    const result = readAny(nsysCsvFormat, fixture('nsys-synthetic/several-tables.csv'));
    assert.deepEqual(outline(result), [
      'summary void k<float, 2>(float *) duration ns 2 300 150 100 200 collector=nsys report=cuda_gpu_kern_sum [] @4',
      'summary j duration ns 1 100 100 100 100 collector=nsys report=cuda_gpu_kern_sum [] @5',
      'samples void k<float, 2>(float *) duration ns 100 collector=nsys report=cuda_gpu_trace gpu=0 [] @16',
      'samples void k<float, 2>(float *) duration ns 200 collector=nsys report=cuda_gpu_trace gpu=1 [] @17',
      'reading j duration ns total null collector=nsys report=cuda_gpu_trace gpu=0 [not_counted] @18',
    ]);
    assert.deepEqual(codesOf(result), ['tool_message', 'unknown_table', 'missing_value']);
  });

  test('reads old names of columns and other units of time, and sorts executions by their start', () => {
    const text = fixture('nsys-synthetic/old-names.csv');
    const result = readAny(nsysCsvFormat, text);
    assert.deepEqual(outline(result), [
      'summary cudaLaunchKernel duration ns 4 12500 3125 1500  collector=nsys report=api_sum [] @7',
      'samples k duration ns 1500 2250 3125 collector=nsys report=cuda_gpu_trace gpu=0 [] @2',
    ]);
    assert.deepEqual(codesOf(result), ['unit_unknown']);
    assert.match(
      outline(readAny(nsysCsvFormat, text.replace('12.5,4,3.125,1.5,4,', '12.5,4,3.125,1.5,4000,'), { unit: 'ns' }))[0] ?? '',
      / 1500 4000 /,
    );
  });

  test('leaves out a last row that may be cut off', () => {
    const result = readAny(nsysCsvFormat, `${TRACE}1,2,7,kernel_a\n3,4,7,kern`);
    assert.deepEqual(outline(result), ['samples kernel_a duration ns 2 collector=nsys report=cuda_gpu_trace [] @2']);
    assert.deepEqual(codesOf(result), ['unterminated_row']);
  });

  test('keeps the order of more values than one record holds', () => {
    const rows = Array.from({ length: 70_000 }, (_, index) => `${index},${index},7,k\n`);
    const { records } = readAny(nsysCsvFormat, TRACE + rows.join(''));
    const values = records.flatMap((record) => (record.kind === 'samples' ? record.values : []));
    assert.deepEqual([records.length, values.length, values.every((value, index) => value === index)], [2, 70_000, true]);
  });
});

const REFUSED: readonly [format: AnyFormat, text: string, line: number, message: RegExp][] = [
  [ncuCsvFormat, '==PROF== Connected\n', 1, /no line starts the table/],
  [ncuCsvFormat, NCU, 1, /no metric of any launch/],
  [ncuCsvFormat, '"ID","Process ID","Metric Name"\n', 1, /no column Kernel Name/],
  [ncuCsvFormat, '"ID","Process ID","Kernel Name","Metric Name"\n', 1, /no columns Metric Unit and Metric Value/],
  [ncuCsvFormat, '"ID","Process ID","Kernel Name"\n', 1, /no column of any metric/],
  [ncuCsvFormat, '"ID","Process ID","Kernel Name","a__b"\n"0","1","k","5"\n', 2, /row of units is missing/],
  [ncuCsvFormat, `${NCU}"0","1","k"\n`, 2, /3 fields, the header has 7/],
  [ncuCsvFormat, `${NCU}"0","1","k","S","m","","1`, 2, /not closed/],
  [ncuCsvFormat, ncu('40.07', '65,77'), 3, /the file mixes locales/],
  [ncuCsvFormat, ncu('2,000', '117.344'), 2, /LC_ALL=C/],
  [ncuCsvFormat, ncu('40.07', '1,23,456'), 3, /no number with a decimal point/],
  [ncuCsvFormat, ncu('1').replace('"k"', '""'), 2, /names no kernel/],
  [ncuCsvFormat, `${ncu('1')}"1","1","k","S","m__a.sum","byte","1"\n`, 3, /in By here and in 1 before/],
  [nsysCsvFormat, 'hello\n', 1, /no table of kernels/],
  [nsysCsvFormat, TRACE, 1, /a header but no whole row/],
  [nsysCsvFormat, '1,2,7,k\n', 1, /before the header of its table/],
  [nsysCsvFormat, `${TRACE}1,2,7\n`, 2, /3 fields, the header in line 1 has 4/],
  [nsysCsvFormat, `${TRACE}1,-2,7,k\n`, 2, /Duration is "-2", no time/],
  [nsysCsvFormat, `${TRACE}"1","2,5","7","k"\n`, 2, /LC_ALL=C/],
  [nsysCsvFormat, 'Start (MB),Duration (ns),Strm,Name\n1,2,7,k\n', 1, /no unit of time/],
  [nsysCsvFormat, 'Time (%),Total Time,Instances,Name\n1,2,7,k\n', 2, /send unit=ns/],
  [nsysCsvFormat, 'Time (%),Total Time (ns),Instances,Name\n1,2,7.5,k\n', 2, /no whole number/],
  [nsysCsvFormat, `${TRACE}1,2,7,"k\n`, 2, /not closed/],
];

describe('what is none of it', () => {
  for (const [format, text, line, message] of REFUSED) {
    test(`${format.id} refuses ${JSON.stringify(text.slice(-60))}`, () => {
      assertRefused(() => readAny(format, text), line, message);
    });
  }
});
