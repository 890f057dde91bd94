import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../ingest/format.ts';
import { PrometheusReader } from '../../../ingest/lexers/prometheus-text.ts';
import { hasSamples, SAMPLES, sample } from '../formats/support/reading.ts';
import { type PlainSample, readWithPeer, sortLabels } from './peer-prometheus-text.ts';

/** Our reader of metrics pages against the npm package parse-prometheus-text-format 1.1.1: equal where that package follows the format. */
function readWithOurs(text: string): readonly PlainSample[] {
  const reader = new PrometheusReader(text);
  const samples: PlainSample[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) {
    const { pairs } = next.labels;
    const labels = pairs.flatMap((name, index) => (index % 2 === 0 ? [[name, pairs[index + 1] ?? ''] as const] : []));
    samples.push({ name: next.name, labels: sortLabels(labels), value: next.value, timestamp: next.timestamp });
  }
  return samples;
}

const FILES = hasSamples
  ? ['dcgm', 'ebpf_exporter'].flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, SAMPLES)).flatMap((name) => (name.endsWith('.prom') ? [`${folder}/${name}`] : [])),
    )
  : [];

describe('real pages', { skip: hasSamples ? false : 'the collection of real samples is not beside this checkout' }, () => {
  for (const file of FILES) {
    const isSpaced = file.includes('1.4.6');
    test(`${file} is read alike${isSpaced ? ' once the blanks that the package refuses are gone' : ''}`, () => {
      const text = sample(file);
      if (isSpaced) assert.throws(() => readWithPeer(text), /invalid line/);
      // Comments are left out: the package refuses `# HELP name` without a text and reads `## heading` as a sample (below).
      const samples = text.replace(/^#.*\n/gm, '');
      const readable = isSpaced ? samples.replaceAll('", ', '",') : samples;
      const ours = readWithOurs(text);
      assert.ok(ours.length > 0);
      assert.deepEqual(ours, readWithPeer(readable));
    });
  }
});

describe('generated pages', () => {
  const name = fc.stringMatching(/^[a-z_:][a-z0-9_:]{0,12}$/);
  const labelName = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/).filter((text) => text !== '__proto__');
  const labelValue = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/[\r\n]/.test(text));
  const value = fc.oneof(
    fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
    fc.constantFrom('NaN', '+Inf', '-Inf', '0', '9223372036854775794', '1e-06'),
  );
  const time = fc.option(fc.integer({ min: -1, max: 4_102_444_800_000 }), { nil: undefined });
  const line = fc.record({
    name,
    labels: fc.uniqueArray(fc.tuple(labelName, labelValue), { selector: ([key]) => key, maxLength: 4 }),
    value,
    time,
  });
  const escapeValue = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');

  test('are read alike: names, labels with quotes and backslashes, values, times, comments and blanks', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), fc.constantFrom(' ', '\t', '  '), (lines, gap) => {
        const page = lines
          .map(({ name: metric, labels, value: number, time: at }) => {
            const pairs = labels.map(([key, text]) => `${key}="${escapeValue(text)}"`).join(',');
            return `# HELP ${metric} about it\n# comment\n\n${metric}${labels.length === 0 ? '' : `{${pairs}}`}${gap}${number}${at === undefined ? '' : `${gap}${at}`}\n`;
          })
          .join('');
        const ours = readWithOurs(page);
        assert.equal(ours.length, lines.length);
        // The package folds a sample into the one before when name and labels are equal.
        const isFolded = ours.some((one, index) => {
          const before = ours[index - 1];
          return before?.name === one.name && JSON.stringify(before.labels) === JSON.stringify(one.labels);
        });
        if (!isFolded) assert.deepEqual(ours, readWithPeer(page));
      }),
      { numRuns: 500 },
    );
  });
});

/** Where the two differ, what the package does, and why ours is right: the format's text at prometheus.io/docs/instrumenting/exposition_formats. */
const DIFFERENCES: readonly (readonly [why: string, page: string, ours: readonly string[] | RegExp, peer: readonly string[] | RegExp])[] = [
  ['the last line must end with a line feed; the package drops its sample in silence', 'a 1\nb 2', /no line end/, ['a 1']],
  ['blanks may stand between labels, as dcgm-exporter 1.x prints them', 'a{x="1", y="2"} 1\n', ['a{x=1,y=2} 1'], /invalid line/],
  [
    'two scrapes in one page are two samples; the package keeps the later',
    'a{x="1"} 1\na{x="1"} 2\n',
    ['a{x=1} 1', 'a{x=1} 2'],
    ['a{x=1} 2'],
  ],
  ['a sample needs a value', 'a{x="1"}\n', /has no value/, ['a{x=1} ']],
  ['a line that is cut off in its labels is none', 'a{x="1\n', /does not end in its line/, ['a ']],
  ['a label stands once; the package keeps the later', 'a{x="1",x="2"} 1\n', /the label x occurs twice/, ['a{x=2} 1']],
  ['the name of a metric does not begin with a digit', '9a 1\n', /expected the name of a metric/, ['9a 1']],
  ['a page of HTML is no page of metrics', '<html> 404\n', /expected the name of a metric/, ['<html> 404']],
  [
    'exemplars belong to OpenMetrics; the package makes them part of the time',
    'a 1 2 # {x="1"} 3\n',
    /exemplars are not read/,
    ['a 1 2#{x="1"}3'],
  ],
  ['a time is a whole number of milliseconds', 'a 1 soon\n', /no timestamp/, ['a 1 soon']],
  ['HELP may say nothing, as dcgm-exporter prints it for a field of a user', '# HELP a \na 1\n', ['a 1'], /invalid line/],
  ['every line that begins with # is a comment', '## heading\na 1\n', ['a 1'], ['## heading', 'a 1']],
  ['a comma may end the labels', 'a{x="1",} 1\n', ['a{x=1} 1'], ['a{x=1} 1']],
];

const show = ({ name, labels, value, timestamp }: PlainSample) =>
  `${name}${labels.length === 0 ? '' : `{${labels.map((pair) => pair.join('=')).join()}}`} ${value}${timestamp === '' ? '' : ` ${timestamp}`}`;

function assertReads(read: () => readonly PlainSample[], expected: readonly string[] | RegExp, error: (caught: Error) => boolean): void {
  if (!(expected instanceof RegExp)) {
    assert.deepEqual(read().map(show), expected);
    return;
  }
  assert.throws(read, (caught) => caught instanceof Error && error(caught) && expected.test(caught.message));
}

describe('where the package and ours differ', () => {
  for (const [why, page, ours, peer] of DIFFERENCES) {
    test(`${JSON.stringify(page)}: ${why}`, () => {
      assertReads(
        () => readWithOurs(page),
        ours,
        (caught) => caught instanceof ParseError,
      );
      assertReads(
        () => readWithPeer(page),
        peer,
        () => true,
      );
    });
  }
});
