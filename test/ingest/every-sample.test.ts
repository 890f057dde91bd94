import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EVERY_SAMPLE } from './every-sample/index.ts';
import { decode, detectAs, type Outcome, readAs, readersOf } from './every-sample/outcome.ts';
import { type ReadRow, renderPage } from './every-sample/page.ts';
import type { SampleRow } from './every-sample/row.ts';
import { hasSamples, SAMPLES } from './formats/support/reading.ts';
import { assertSound } from './formats/support/sound.ts';

/** Every file of the collection has a row that says what it is, and becomes what the golden page says; the rows were compared with the files by eye. */
const skip = hasSamples ? false : 'the collection of real samples is not beside this checkout';
const PAGE = new URL('../golden/samples.txt', import.meta.url);

const ROWS: readonly (readonly [file: string, row: SampleRow])[] = Object.entries(EVERY_SAMPLE).flatMap(([folder, rows]) =>
  Object.entries(rows).map(([name, row]) => [`${folder}/${name}`, row] as const),
);

function listFiles(): readonly string[] {
  const root = fileURLToPath(SAMPLES);
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => relative(root, `${entry.parentPath}/${entry.name}`)).sort();
}

const bytesOf = (file: string) => readFileSync(new URL(file, SAMPLES));

async function readRow(file: string, row: SampleRow): Promise<ReadRow> {
  const named = { file: file.slice(file.indexOf('/') + 1), row };
  try {
    const text = await decode(bytesOf(file));
    const pushes = row.is === 'pushed' ? row.pushes : [];
    const outcomes = pushes.map((push) => ({ push, outcome: readAs(text, push) }));
    const strangers = readersOf(text).filter((reader) => !pushes.some(({ to }) => to === reader));
    return { ...named, outcomes, refusal: undefined, strangers };
  } catch (error) {
    assert.ok(row.is === 'document' && error instanceof Error, String(error));
    return { ...named, outcomes: [], refusal: error.message, strangers: [] };
  }
}

function assertSame(one: Outcome, other: Outcome, when: string): void {
  assert.deepEqual(other, one, when);
}

describe('every file of real output', { skip }, () => {
  test('has a row, and every row has its file', () => {
    const files = listFiles();
    const rows = ROWS.map(([file]) => file).sort();
    assert.deepEqual(
      files.filter((file) => !rows.includes(file)),
      [],
      'files without a row: add them to test/ingest/every-sample/',
    );
    assert.deepEqual(
      rows.filter((file) => !files.includes(file)),
      [],
      'rows without a file',
    );
  });

  for (const [file, row] of ROWS) {
    if (row.is !== 'pushed') continue;
    for (const push of row.pushes) {
      test(`${file} as ${push.to} ${JSON.stringify(push.query)}: detection, soundness, pieces`, async () => {
        const text = await decode(bytesOf(file));
        assert.equal(detectAs(text, push), push.detected, 'what it is taken for without format=');
        const outcome = readAs(text, push);
        if (outcome.is === 'read') assertSound(outcome);
        if (outcome.is === 'read') assert.ok(outcome.records.length > 0 || outcome.warnings.length > 0, 'lost in silence');
        if (outcome.is === 'refused') assert.ok(outcome.text.length > 20, outcome.text);
        for (const piece of [7, 997]) assertSame(outcome, readAs(text, push, piece), `in pieces of ${piece} characters`);
      });
    }
  }

  test('becomes what the golden page says', async () => {
    const folders: (readonly [string, readonly ReadRow[]])[] = [];
    for (const [folder, rows] of Object.entries(EVERY_SAMPLE)) {
      const read = await Promise.all(Object.entries(rows).map(([name, row]) => readRow(`${folder}/${name}`, row)));
      folders.push([folder, read]);
    }
    const page = renderPage(folders);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(PAGE, page);
    assert.equal(readFileSync(PAGE, 'utf8'), page);
  });
});
