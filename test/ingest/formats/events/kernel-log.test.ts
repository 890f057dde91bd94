import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kernelLogFormat } from '../../../../ingest/formats/events/kernel-log.ts';
import { assertRefused, codesOf, fixture, parse, readingsOf } from '../support/reading.ts';

const read = (text: string, parameters = {}) => parse(kernelLogFormat, text, parameters);
const countsOf = (text: string) =>
  Object.fromEntries(
    readingsOf(read(text))
      .filter(({ value }) => value !== 0)
      .map(({ series, value }) => [series.region === 'kernel' ? series.metric : `${series.metric} ${series.region}`, value]),
  );
const NONE = ['kernel.oops', 'kernel.panic', 'gpu.xid', 'kernel.soft_lockup', 'kernel.hard_lockup', 'kernel.hung_task'];

describe('kernel-log', () => {
  const cases: readonly [file: string, counts: Record<string, number>][] = [
    ['kernel-log-synthetic/oops-x86-6.1.log', { 'kernel.oops': 2, 'kernel.panic': 1 }],
    ['kernel-log-synthetic/oops-x86-6.12.log', { 'kernel.oops': 1 }],
    ['kernel-log-synthetic/oops-riscv64.log', { 'kernel.oops': 1 }],
    [
      'kernel-log-synthetic/oops-arm64-journal.log',
      { 'kernel.oops': 1, 'gpu.xid': 2, 'gpu.xid gpu/0000:dc:00': 2, 'kernel.soft_lockup': 1, 'kernel.hung_task': 1 },
    ],
    ['kernel-log-synthetic/quiet-T.log', {}],
    ['nvidia-xid/xid-45.log', { 'gpu.xid': 3, 'gpu.xid gpu/0000:dc:00': 1, 'gpu.xid gpu/0000:ed:00': 1, 'gpu.xid gpu/0000:ba:00': 1 }],
  ];
  for (const [file, counts] of cases) {
    test(`counts what ${file} reports, each oops once`, () => {
      assert.deepEqual(countsOf(fixture(file)), counts);
    });
  }

  test('always counts, zero too, over the time that was watched', () => {
    const readings = readingsOf(read(fixture('kernel-log-synthetic/quiet-T.log'), { exposureS: 3600, atNs: 5n }));
    assert.deepEqual(
      readings.map(({ series }) => series.metric),
      NONE,
    );
    assert.ok(
      readings.every(({ value, reading, exposureS, atNs }) => value === 0 && reading === 'delta' && exposureS === 3600 && atNs === 5n),
    );
    assert.ok(readings.every(({ series }) => series.judgedAs === 'rate' && series.better === 'lower'));
  });

  test('keeps the words, the time where it has a zone, and what an Xid says', () => {
    const result = read(fixture('kernel-log-synthetic/oops-arm64-journal.log'));
    const events = result.records.filter((record) => record.kind === 'event');
    assert.deepEqual(
      events.map(({ code, labels, line }) => [code, labels, line]),
      [
        ['kernel.oops', {}, 1],
        ['kernel.soft_lockup', { cpu: '5' }, 8],
        ['kernel.hung_task', { task: 'kworker/0:1' }, 9],
        ['gpu.xid', { pci: '0000:dc:00', xid: '79' }, 10],
        ['gpu.xid', { pci: '0000:dc:00', xid: '154' }, 11],
      ],
    );
    // date -u -d 2026-11-20T18:13:39+0100 +%s
    assert.equal(events[0]?.atNs, 1795194819n * 1_000_000_000n);
    assert.match(events[0]?.message ?? '', /^Unable to handle kernel paging request/);
    assert.deepEqual(codesOf(result), ['exposure_missing']);
  });

  test('reads coloured logs, consoles without time stamps, and journals without entries', () => {
    const csi = `${String.fromCharCode(27)}[`;
    assert.deepEqual(countsOf(`${csi}32m[    1.000000] ${csi}0m${csi}31mKernel panic - not syncing: VFS${csi}0m\n`), {
      'kernel.panic': 1,
    });
    assert.deepEqual(countsOf('Kernel panic - not syncing: VFS\n'), { 'kernel.panic': 1 });
    assert.deepEqual(countsOf('-- No entries --\n'), {});
  });

  test('opens a second oops when the first never ended', () => {
    const oops = (number: number) => `[    1.0] BUG: unable to handle page fault for address: 00\n[    1.0] Oops: 0002 [#${number}] SMP\n`;
    assert.deepEqual(countsOf(oops(1) + oops(2)), { 'kernel.oops': 2 });
    assert.deepEqual(countsOf(`[    1.0] Oops: 0002 [#1] SMP\n[    1.0] Oops: 0002 [#2] SMP\n`), { 'kernel.oops': 2 });
  });

  for (const [name, line] of [
    ['sshd, in a journal', 'Nov 20 18:13:39 lab-07 sshd[812]: Kernel panic - not syncing'],
    ['chronyd, after a time of its own', '2026-11-20T18:30:00Z chronyd version 4.6 starting'],
    ['babeltrace, with seconds of the epoch', '[1668447964.065866880] (+0.000009845) vm rt:task_end: { cpu_id = 1 }'],
  ] as const) {
    test(`refuses a log of other programs alone (${name}): nobody watched the kernel, so no oops is no evidence`, () => {
      assertRefused(() => read(`${line}\n`, { exposureS: 1 }), 1, /no line is of the kernel/);
    });
  }

  test('a journal that says it has no kernel entry is a quiet night', () => {
    const { records, warnings } = read('-- No entries --\n', { exposureS: 1 });
    assert.deepEqual(warnings, []);
    assert.ok(records.length > 0 && records.every((record) => record.kind === 'reading' && record.value === 0));
  });

  test('counts an oops whose line was cut off, and says so', () => {
    const result = read('[  812.104533] NVRM: Xid (PCI:0000:dc:00): 4', { exposureS: 1 });
    assert.deepEqual(codesOf(result), ['no_line_end']);
    assert.equal(result.records.filter((record) => record.kind === 'event').length, 1);
  });

  const broken: readonly [text: string, message: RegExp][] = [
    ['', /empty/],
    ['ELF\0\0\0', /binary/],
    ['\u0001\u0002\u0003\u0004', /binary/],
    ['a,b\n1,2\n', /no line is of the kernel/],
  ];
  for (const [text, message] of broken) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assertRefused(() => read(text), 1, message);
    });
  }
});
