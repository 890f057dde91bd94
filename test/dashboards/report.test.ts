import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateGate } from '../../baselines/index.ts';
import {
  renderGateMarkdown,
  renderGateText,
  renderVerdictMarkdown,
  renderVerdictText,
  sortWorstFirst,
  suggestNext,
} from '../../dashboards/index.ts';
import { REASONS, type ReasonCode } from '../../wire/verdict.ts';
import { exampleFinding, exampleGateRun, exampleReasons, exampleVerdict, HOUR_NS, NOW_NS } from '../baselines/examples.ts';
import { FIRST_RUN, HOSTILE, HOSTILE_GATE, PASSED, REGRESSED } from './example-report.ts';
import { assertGolden } from './golden.ts';

const gate = evaluateGate({
  policy: { version: 1, suites: ['links'] },
  policyDigest: 'sha256:policy',
  subjectQuery: { subject: '2.4.1' },
  runs: [
    exampleGateRun({ runId: 'r2', verdict: { status: 'regression', findings: REGRESSED.verdict.findings } }),
    exampleGateRun({ runId: 'r1', run: { createdAtNs: String(NOW_NS - 9n * HOUR_NS) }, verdict: { status: 'inconclusive' } }),
  ],
  nowNs: NOW_NS,
});

for (const [name, report] of [
  ['regressed', REGRESSED],
  ['passed', PASSED],
  ['first-run', FIRST_RUN],
  ['hostile', HOSTILE],
] as const) {
  test(`the ${name} verdict prints as recorded`, () => assertGolden(`report/${name}.txt`, renderVerdictText(report)));
  test(`the ${name} verdict is written as recorded Markdown`, () => assertGolden(`report/${name}.md`, renderVerdictMarkdown(report)));
}
test('the gate answer prints as recorded', () => assertGolden('report/gate.txt', renderGateText(gate, { gate: 'release' })));
test('the gate answer is written as recorded Markdown', () =>
  assertGolden('report/gate.md', renderGateMarkdown(gate, { gate: 'release' })));
test('the hostile gate answer prints as recorded', () =>
  assertGolden('report/hostile-gate.txt', renderGateText(HOSTILE_GATE, { gate: 'release' })));
test('the hostile gate answer is written as recorded Markdown', () =>
  assertGolden('report/hostile-gate.md', renderGateMarkdown(HOSTILE_GATE, { gate: 'release' })));

const ESCAPE = String.fromCodePoint(0x1b);

test('colour appears only when asked for, and takes no column', () => {
  const sequence = new RegExp(`${ESCAPE}\\[[0-9;]*m`, 'g');
  for (const [plain, coloured] of [
    [renderVerdictText(REGRESSED), renderVerdictText(REGRESSED, { colour: true })],
    [renderGateText(gate, { gate: 'g' }), renderGateText(gate, { gate: 'g', colour: true })],
  ] as const) {
    assert.ok(!plain.includes(ESCAPE));
    assert.match(coloured, sequence);
    assert.equal(coloured.replace(sequence, ''), plain);
  }
});

for (const [name, text] of [
  ['a verdict', renderVerdictText(HOSTILE)],
  ['a gate answer', renderGateText(HOSTILE_GATE, { gate: HOSTILE.run.suite })],
] as const)
  test(`${name} in the terminal carries no control or invisible character from outside, and no line of theirs`, () => {
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    assert.doesNotMatch(text, /^\| x/m);
  });

/** What is left of Markdown when code spans and escaped characters are taken out: only our own markup. */
function bare(markdown: string): string {
  return markdown
    .replace(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, 'CODE')
    .replace(/\\[\\`*_[\]|~$]/g, '')
    .replaceAll('<!-- -->', '¤');
}

for (const [name, markdown] of [
  ['a verdict', renderVerdictMarkdown(HOSTILE)],
  ['a gate answer', renderGateMarkdown(HOSTILE_GATE, { gate: HOSTILE.run.suite })],
] as const) {
  test(`${name} in Markdown keeps text from outside in code spans or escaped: no tag, link, mention or reference`, () => {
    const left = bare(markdown);
    assert.doesNotMatch(left, /<(?!\/?(details|summary)>)/);
    assert.doesNotMatch(left, /@(?!¤)|#(?!¤)\d|:\/\/|\]\(/);
    assert.doesNotMatch(markdown.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
    assert.equal(markdown.match(/<details>/g)?.length, left.match(/<details>/g)?.length);
    assert.equal(left.match(/<details>/g)?.length, left.match(/<\/details>/g)?.length);
  });

  test(`${name} in Markdown keeps every table row at the width of its header`, () => {
    for (const table of markdown.match(/(?:^\|.*\|\n)+/gm) ?? []) {
      const widths = table
        .trimEnd()
        .split('\n')
        .map((row) => row.replace(/\\\|/g, '').split('|').length);
      assert.equal(new Set(widths).size, 1, table);
    }
  });
}

test('a report link goes to http addresses and paths of this host only', () => {
  const link = (reportUrl: string) =>
    renderVerdictMarkdown({ ...PASSED, verdict: exampleVerdict({ reportUrl }) }).includes(`[Report](${reportUrl})`);
  assert.ok(link('https://perf.example/v1/runs/r1/report') && link('/v1/runs/r1/report'));
  for (const bad of ['javascript:alert(1)', '//evil.example', '/x) [y](https://evil', 'https://a/\u202e', 'data:text/html,x'])
    assert.equal(link(bad), false, bad);
});

test('findings come regressions first, then by how much worse; context after gated', () => {
  const order = sortWorstFirst([
    exampleFinding({ region: 'pass' }),
    exampleFinding({ region: 'better', status: 'improvement', delta: -0.3 }),
    exampleFinding({ region: 'best', status: 'improvement', delta: -0.5 }),
    exampleFinding({ region: 'context', status: 'regression', delta: 0.9, gated: false }),
    exampleFinding({ region: 'small', status: 'regression', delta: 0.06 }),
    exampleFinding({ region: 'large', status: 'regression', delta: 0.2 }),
    exampleFinding({ region: 'unknown', status: 'regression', delta: null }),
    exampleFinding({ region: 'drift', status: 'drift', delta: 0.02 }),
  ]);
  assert.deepEqual(
    order.map(({ region }) => region),
    ['large', 'small', 'unknown', 'context', 'drift', 'best', 'better', 'pass'],
  );
});

test('rows beyond the limit are counted, not lost', () => {
  const findings = Array.from({ length: 60 }, (_, i) => exampleFinding({ seriesId: `s${i}`, region: `r${i}` }));
  const text = renderVerdictText({ ...PASSED, verdict: exampleVerdict({ findings }) }, { findingLimit: 50 });
  assert.match(text, /… and 10 more, in the report/);
  assert.doesNotMatch(renderVerdictText({ ...PASSED, verdict: exampleVerdict({ findings }) }, { findingLimit: 60 }), /more, in the report/);
});

test('Markdown of a verdict with thousands of long findings fits into a comment of 65,536 characters', () => {
  const findings = Array.from({ length: 5000 }, (_, i) =>
    exampleFinding({
      seriesId: `s${i}`,
      region: `${i}${'|'.repeat(600)}`,
      status: i % 2 === 0 ? 'regression' : 'pass',
      labels: { a: 'x'.repeat(512) },
    }),
  );
  const differing = Array.from({ length: 500 }, (_, i) => ({
    key: `labels.${i}${'k'.repeat(500)}`,
    baseline: 'x'.repeat(500),
    candidate: 'y'.repeat(500),
    class: 'change' as const,
  }));
  const reasons = Array.from({ length: 500 }, () => ({ code: 'regressed' as const, detail: '['.repeat(5000) }));
  const verdict = exampleVerdict({ status: 'regression', findings, reasons, comparability: { status: 'different', differing } });
  assert.ok(renderVerdictMarkdown({ ...REGRESSED, verdict }).length < 65_536);
});

test('what to try next says nothing twice, and has an answer for every reason that blocks', () => {
  const steps = suggestNext(REGRESSED.verdict);
  assert.equal(new Set(steps).size, steps.length);
  const silent: readonly ReasonCode[] = [
    'regressed',
    'drifted',
    'improved',
    'missing_in_baseline',
    'not_judged',
    'not_positive',
    'not_counted',
    'not_supported',
    'too_many_inconclusive',
    'budget_changed',
  ];
  for (const code of Object.keys(REASONS).filter((key): key is ReasonCode => Object.hasOwn(REASONS, key)))
    if (!silent.includes(code))
      assert.ok(suggestNext(exampleVerdict({ status: 'inconclusive', reasons: exampleReasons(code) })).length > 0, code);
});
