import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aitXmlFormat } from '../../../../ingest/formats/wcet/ait-xml.ts';
import { boundTFormat } from '../../../../ingest/formats/wcet/bound-t.ts';
import { cbmcFormat } from '../../../../ingest/formats/wcet/cbmc.ts';
import { chronoviseCsvFormat } from '../../../../ingest/formats/wcet/chronovise-csv.ts';
import { otawaFormat } from '../../../../ingest/formats/wcet/otawa.ts';
import { platinPmlFormat } from '../../../../ingest/formats/wcet/platin-pml.ts';
import type { WcetFormat } from '../../../../ingest/formats/wcet/wcet-format.ts';
import { assertRefused, codesOf, fixture, readingsOf, samplesOf } from '../support/reading.ts';
import { type Query, readWcet } from '../support/wcet-reading.ts';

const CHRONOVISE = '600,0.26,0.46,1.6,1.96,0.99,1.7,0.95,0.89,P,9594,1186,0,34171';
const WCET = 'Wcet:main.elf:bs.c:search:77-113:496';

describe('bounds of analyses', () => {
  test('Bound-T names its functions, and its cycles are an assumption of its documentation', () => {
    const result = readWcet(boundTFormat, `Note:a.elf::::x\r\n${WCET}\r\nWcet:a.elf:b.cc:ns::f:1-2:7\r\n`);
    const seen = readingsOf(result).map(({ series, value, quality, line }) => [
      series.region,
      series.metric,
      series.labels,
      value,
      quality,
      line,
    ]);
    assert.deepEqual(seen, [
      ['search', 'execution.cycles.static', { source: 'bs.c' }, 496, ['unit_assumed'], 2],
      ['ns::f', 'execution.cycles.static', { source: 'b.cc' }, 7, ['unit_assumed'], 3],
    ]);
  });

  test('Bound-T errors and functions of one name in two files are told', () => {
    const result = readWcet(
      boundTFormat,
      `Error:a::::no loop bound\n${WCET}\n${WCET.replace('bs.c', 'cs.c').replace('496', '9')}\n${WCET}\n`,
    );
    assert.deepEqual([codesOf(result), result.records.length], [['tool_error', 'same_name', 'same_name', 'duplicate_bound'], 2]);
  });

  test('a search that stopped early gives its upper end, and none at the start of its range', () => {
    const early = readWcet(cbmcFormat, 'RESULT: 408 < WCET <= 2103 cycles\n', { task: 'bs' });
    assert.deepEqual([readingsOf(early)[0]?.value, codesOf(early)], [2103, ['inexact_bound']]);
    const [none] = readingsOf(readWcet(cbmcFormat, 'RESULT: 0 < WCET <= 9223372036854775807 cycles\n', { task: 'bs' }));
    assert.deepEqual([none?.value, none?.quality], [null, ['sentinel']]);
  });

  test('OTAWA names the entry', () => {
    const [bound] = readingsOf(readWcet(otawaFormat, 'WCET[main] = 1234 cycles\n'));
    assert.deepEqual([bound?.series.region, bound?.value, bound?.tool], ['main', 1234, 'OTAWA']);
  });

  test('platin tells bounds of two analyses, a missing bound, and the longest observed run apart', () => {
    const result = readWcet(platinPmlFormat, fixture('wcet-tools-synthetic/whole.pml'));
    assert.deepEqual(
      readingsOf(result).map(({ series, value, tool, quality, line }) => [series.region, series.labels, value, tool, quality, line]),
      [
        ['foo', {}, 425, 'platin', [], 10],
        ['foo', {}, 431, 'aiT', [], 15],
        ['main', { level: 'bitcode' }, null, 'platin', ['sentinel'], 20],
      ],
    );
    assert.deepEqual(
      samplesOf(result).map(({ series, values }) => [series.region, series.metric, series.labels, values]),
      [['foo', 'execution.cycles', { statistic: 'maximum' }, [398]]],
    );
    assert.deepEqual(codesOf(result), ['partial_scope', 'high_water_mark_only']);
  });

  test('aiT names the routine of a path, and results need the task', () => {
    const report = readWcet(aitXmlFormat, fixture('wcet-tools-synthetic/ait-report.xml'));
    assert.deepEqual(
      [readingsOf(report)[0]?.series.region, readingsOf(report)[0]?.value, codesOf(report)],
      ['f<int>', 812, ['unverified_format']],
    );
    const results = '<r:results xmlns:r="u"><!-- x --><r:result><r:cycles> 77 </r:cycles></r:result></r:results>';
    assert.equal(readingsOf(readWcet(aitXmlFormat, results, { task: 't' }))[0]?.value, 77);
  });

  test('chronovise keeps a pWCET that it rejects itself, in the unit that the caller says', () => {
    const result = readWcet(chronoviseCsvFormat, `${CHRONOVISE}\n${CHRONOVISE.replace('P', 'R').replace('34171', 'nan')}\n`, {
      task: 't',
      unit: 'us',
    });
    assert.deepEqual(
      readingsOf(result).map(({ series, value, probability, quality }) => [series.metric, series.labels, value, probability, quality]),
      [
        ['execution.time.pwcet', {}, 34_171_000, 1e-9, []],
        ['execution.time.pwcet', { analysis: '2' }, null, 1e-9, ['rejected_by_tool', 'not_a_number']],
      ],
    );
  });

  const t: Query = { task: 't', unit: 'cycles' };
  const broken: readonly [format: WcetFormat<string>, text: string, query: Query, line: number, message: RegExp][] = [
    [boundTFormat, '', {}, 1, /empty/],
    [boundTFormat, 'Note:a::::b\n', {}, 1, /no line starts with Wcet:/],
    [boundTFormat, 'Wcet:main.elf:bs.c:search', {}, 1, /4 fields, not 6/],
    [boundTFormat, 'Wcet:main.elf:bs.c:search:77-113:\n', {}, 1, /is empty/],
    [boundTFormat, `${WCET}\n${WCET}7\n`, {}, 2, /stated twice, as 496 on line 1 and as 4967/],
    [boundTFormat, 'Wcet:C:\\a.elf:bs.c:f:1:9\n', {}, 1, /drive letter/],
    [cbmcFormat, 'RESULT: 1 < WCET <= 2 cycles\n', {}, 1, /send task=/],
    [cbmcFormat, '...step #1: WCET in [0,9]\n', t, 1, /the search did not end/],
    [cbmcFormat, 'x\nRESULT: 410 < WCET <= 4', t, 2, /cut off/],
    [cbmcFormat, 'RESULT: 4 < WCET <= 1e999 cycles', t, 1, /too large/],
    [otawaFormat, 'ERROR: no WCET computed (see errors above).\n', {}, 1, /computed no WCET/],
    [otawaFormat, 'WCET[main] = -1 cycles\n', {}, 1, /not above 0/],
    [otawaFormat, 'WCET[] = 1 cycles\n', {}, 1, /does not name its task/],
    [platinPmlFormat, 'timing:\n- scope:\n    function: 7\n  cycles: 4\n  origin: platin\n', {}, 2, /function 7 has no name.*send task=/],
    [platinPmlFormat, 'timing:\n- scope: {function: f}\n  cycles: 4\n  origin: guess\n', {}, 2, /origin "guess" is unknown/],
    [platinPmlFormat, 'timing:\n- scope: {function: f}\n  origin: platin\n', {}, 2, /no cycles/],
    [platinPmlFormat, 'timing:\n- scope: {function: f\n', {}, 3, /not YAML/],
    [platinPmlFormat, `timing: ${'['.repeat(100)}\n`, {}, 1, /nests deeper/],
    [platinPmlFormat, 'timing:\n', {}, 1, /no entry under timing/],
    [aitXmlFormat, '<results><result><cycles>7</cycles></result></results>', {}, 1, /send task=/],
    [aitXmlFormat, '<!DOCTYPE a [<!ENTITY x "y">]><results/>', t, 1, /nothing expands/],
    [aitXmlFormat, '<results>\n<result><cycles>7', t, 2, /cut off/],
    [aitXmlFormat, '<results><result><cycles>&x;</cycles></result></results>', t, 1, /entity/],
    [aitXmlFormat, '<a3/>', t, 1, /neither result/],
    [aitXmlFormat, '<a>'.repeat(300), t, 1, /nest deeper/],
    [chronoviseCsvFormat, CHRONOVISE, { task: 't' }, 1, /send unit=cycles/],
    [chronoviseCsvFormat, CHRONOVISE, { task: 't', unit: 'By' }, 1, /neither a time nor cycles/],
    [chronoviseCsvFormat, CHRONOVISE, { unit: 'ns' }, 1, /send task=/],
    [chronoviseCsvFormat, CHRONOVISE.replace(',P,', ',X,'), t, 1, /neither P nor R/],
    [chronoviseCsvFormat, CHRONOVISE.slice(0, -8), t, 1, /12 fields, not 14/],
    [chronoviseCsvFormat, 'The sample size is too low.\n', t, 1, /measure more/],
  ];
  for (const [format, text, query, line, message] of broken) {
    test(`${format.id} refuses ${JSON.stringify(text.slice(0, 60))}`, () => {
      assertRefused(() => readWcet(format, text, query), line, message);
    });
  }
});
