import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ENVIRONMENT_FORMATS } from '../../../../ingest/environment/index.ts';
import { ParseError, type ParseResult } from '../../../../ingest/format.ts';
import { nvidiaSmiQFormat } from '../../../../ingest/formats/gpu/nvidia-smi-q.ts';
import { detectFormat } from '../../../../ingest/formats/index.ts';
import { outline, readAny, readOrRefuse } from '../support/gpu-reading.ts';
import { assertRefused, codesOf, fixture } from '../support/reading.ts';
import { assertSound } from '../support/sound.ts';

const XML = fixture('nvidia-smi-synthetic/q-two-gpus.xml');
const TEXT = fixture('nvidia-smi-synthetic/q-two-gpus.txt');
const withoutLines = (result: ParseResult) =>
  result.records.map((record) => {
    if (record.kind === 'event') return record;
    const { vbiosVersion, ...attributes } = record.series.attributes;
    return { ...record, series: { ...record.series, attributes }, line: 0, hasVbios: vbiosVersion !== undefined };
  });

describe('nvidia-smi -q -x', () => {
  test('becomes the same records as the text', () => {
    const xml = readAny(nvidiaSmiQFormat, XML, { atNs: 5n });
    assertSound(xml);
    const text = withoutLines(readAny(nvidiaSmiQFormat, TEXT, { atNs: 5n }));
    assert.deepEqual(
      withoutLines(xml),
      text.map((record) => ({ ...record, hasVbios: true })),
    );
    assert.equal(xml.records.length, 22);
  });

  test('knows the line of each value', () => {
    const lines = outline(readAny(nvidiaSmiQFormat, XML));
    const lineOf = (needle: string) => XML.slice(0, XML.indexOf(needle)).split('\n').length;
    assert.ok(lines.includes(`samples gpu0 gpu.power W 30.25 [] @${lineOf('30.25 W')}`), lines.join('\n'));
    assert.ok(lines.includes(`samples gpu1 gpu.power W 31.5 [] @${lineOf('31.50 W')}`), lines.join('\n'));
  });

  test('may hold several documents, as with -l: gauges are samples, counters their first and last standing', () => {
    const result = readAny(nvidiaSmiQFormat, XML + XML.replaceAll('30.25 W', '40.50 W').replaceAll('corr>2<', 'corr>5<'));
    const second = XML.split('\n').length - 1;
    const draw = XML.slice(0, XML.indexOf('30.25 W')).split('\n').length;
    const corr = XML.slice(0, XML.indexOf('corr>2')).split('\n').length;
    const lines = outline(result);
    assert.ok(lines.includes(`samples gpu0 gpu.power W 30.25 40.5 [autocorrelated] @${draw}`), lines.join('\n'));
    assert.ok(lines.includes(`reading gpu0 gpu.remapped_rows_correctable 1 cumulative 5 [] @${second + corr}`), lines.join('\n'));
    assert.deepEqual(codesOf(result), ['time_missing']);
  });

  test('names a GPU by its bus id when others were not printed, and reads power_readings of old drivers', () => {
    const gpu = '<gpu id="00000000:1A:00.0"><power_readings><power_draw>26.78 W</power_draw></power_readings></gpu>';
    const [line] = outline(readAny(nvidiaSmiQFormat, `<nvidia_smi_log><attached_gpus>4</attached_gpus>${gpu}</nvidia_smi_log>`));
    assert.equal(line, 'samples gpu/00000000:1a:00.0 gpu.power W 26.78 [] @1');
  });

  const REFUSED: readonly [text: string, line: number, message: RegExp][] = [
    ['<nvidia_smi_log></nvidia_smi_log>', 1, /nothing names a GPU/],
    ['<html></html>', 1, /is a <html>/],
    [XML.slice(0, XML.indexOf('<processes>')), 64, /cut off/],
    [XML.replace('00000000:3B', '00000000:18'), 67, /occurs twice in one document/],
    [XML.replace('id="00000000:18:00.0"', 'id="x"'), 8, /no id with its bus/],
    [XML.replace('<fan_speed>N/A</fan_speed>', '<fan_speed>N/A</fan_speed><fan_speed>7 %</fan_speed>'), 35, /occurs twice in one GPU/],
    [XML.replace('30.25 W', '30,25 W'), 49, /not a number with its unit/],
    [XML.replace('dtd">', 'dtd" [<!ENTITY x "y">]>'), 2, /nothing expands/],
  ];
  for (const [text, line, message] of REFUSED) {
    test(`is refused: ${message.source}`, () => {
      assertRefused(() => readAny(nvidiaSmiQFormat, text), line, message);
    });
  }

  test('is found by its beginning', () => {
    const found = detectFormat('gpu', XML.slice(0, 4096));
    assert.equal(typeof found === 'string' ? found : found.id, 'nvidia-smi-q');
  });

  test('cut off or changed is read soundly or refused', () => {
    for (let end = 0; end < XML.trimEnd().length; end += 3) assert.equal(readOrRefuse(nvidiaSmiQFormat, XML.slice(0, end)), undefined);
    const change = fc.record({ at: fc.nat({ max: XML.length - 1 }), to: fc.constantFrom(...'<>/&;"0 9.\nN%?!') });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let changed = XML;
        for (const { at, to } of changes) changed = changed.slice(0, at) + to + changed.slice(at + 1);
        const result = readOrRefuse(nvidiaSmiQFormat, changed);
        if (result !== undefined) assertSound(result);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the environment out of nvidia-smi -q -x', () => {
  const { parse, detect } = ENVIRONMENT_FORMATS['nvidia-smi-q'];

  test('is the same as out of the text', () => {
    const { environment, warnings } = parse(XML, { nowS: 0 });
    assert.deepEqual(environment, {
      gpus: ['GPU-aa', 'GPU-bb'].map((uuid) => ({
        model: 'NVIDIA L4',
        uuid,
        vbios: '95.04.29.00.06',
        driver: '550.90.07',
        firmware: '550.90.07',
      })),
    });
    assert.deepEqual(warnings, []);
    assert.ok(detect(XML.slice(0, 4096)));
    assert.doesNotMatch(JSON.stringify(environment), /1650522003820|00000000/);
  });

  test('tells GPUs that are not shown, and refuses several documents and none', () => {
    const { warnings } = parse(XML.replace('<attached_gpus>2', '<attached_gpus>8'), { nowS: 0 });
    assert.deepEqual(
      warnings.map(({ code, line }) => [code, line]),
      [['gpus_not_shown', 7]],
    );
    assert.throws(() => parse(XML + XML, { nowS: 0 }), ParseError);
    assert.throws(() => parse('<nvidia_smi_log></nvidia_smi_log>', { nowS: 0 }), /no <gpu>/);
  });
});
