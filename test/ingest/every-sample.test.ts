import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { FORMATS_BY_KIND, findFormat } from '../../ingest/formats/index.ts';
import { readPayloadQuery } from '../../ingest/parameters.ts';
import type { IngestRecord } from '../../ingest/records.ts';
import { PAYLOAD_KINDS } from '../../wire/payload.ts';
import { ANCHORS, type Anchor, WITHOUT_ANCHOR } from './every-sample/anchors.ts';
import { EVERY_SAMPLE } from './every-sample/index.ts';
import { describeOtlp } from './every-sample/otlp-outcome.ts';
import { decode, detectAs, readAs, readersOf } from './every-sample/outcome.ts';
import { type ReadRow, renderPage } from './every-sample/page.ts';
import type { SampleRow } from './every-sample/row.ts';
import { inventedStatements, placesInsideNumbers, readOrRefuse, statementsOf } from './formats/support/damage.ts';
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
  const text = await decode(bytesOf(file)).catch((error: unknown) => {
    assert.ok(row.is === 'document' && error instanceof Error, String(error));
    return error;
  });
  if (typeof text === 'string') {
    const pushes = row.is === 'pushed' ? row.pushes : [];
    const outcomes = pushes.map((push) => ({ push, outcome: readAs(text, push) }));
    const strangers = readersOf(text).filter((reader) => !pushes.some(({ to }) => to === reader));
    assert.deepEqual(strangers, [], `${file} is read by a format that is not its own`);
    const exported = row.is === 'otlp' ? describeOtlp(row.signal, text) : undefined;
    return { ...named, outcomes, exported, refusal: undefined, strangers };
  }
  return { ...named, outcomes: [], exported: undefined, refusal: text.message, strangers: [] };
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
        if (outcome.is === 'read') {
          // decode() drops a byte order mark as the service does; a parser that is handed one must not stumble.
          const windows = readAs(`\uFEFF${text.replace(/\r?\n/g, '\r\n')}`, push);
          assert.deepEqual(windows.is === 'read' ? windows.records : windows, outcome.records, 'with line ends of Windows');
        }
        for (const piece of [7, 997]) assert.deepEqual(readAs(text, push, piece), outcome, `in pieces of ${piece} characters`);
      });
    }
  }

  for (const [file, row] of ROWS) {
    if (row.is !== 'pushed') continue;
    for (const push of row.pushes) {
      const [kind = '', id = ''] = push.to.split('/');
      const format = PAYLOAD_KINDS.filter((one) => one === kind).map((one) => findFormat(one, id))[0];
      if (format === undefined) continue;
      test(`${file} as ${push.to}, cut off inside a number, states nothing new in silence`, async () => {
        // Long files are tried at their beginning: what a format does with a last line does not depend on how many came before.
        const text = (await decode(bytesOf(file))).split('\n').slice(0, 400).join('\n');
        const specimen = { name: file, format, text: `${text.trimEnd()}\n`, parameters: readPayloadQuery(push.query).parameters };
        const whole = readOrRefuse(specimen, specimen.text);
        const places = placesInsideNumbers(specimen.text);
        if (!('result' in whole) || places.length === 0) return;
        const known = statementsOf(whole.result);
        fc.assert(
          fc.property(fc.constantFrom(...places), (end) => assert.deepEqual(inventedStatements(specimen, known, end), [])),
          { numRuns: 30, examples: [[places.at(-1) ?? 0]] },
        );
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

/** The number of a record that an anchor means. */
function numberOf(record: Exclude<IngestRecord, { readonly kind: 'event' }>, part: Anchor['part']): number | null | undefined {
  if (typeof part === 'object' && 'sample' in part) return record.kind === 'samples' ? record.values[part.sample] : undefined;
  if (typeof part === 'object') return record.kind === 'histogram' ? record.counts[record.edges.indexOf(part.bucketFrom)] : undefined;
  if (part === 'value') return record.kind === 'reading' ? record.value : undefined;
  return record.kind === 'summary' ? record[part] : undefined;
}

const fitsAnchor = (record: IngestRecord, { region, metric, labels = {}, part }: Anchor): boolean =>
  record.kind !== 'event' &&
  record.series.region === region &&
  record.series.metric === metric &&
  Object.entries(labels).every(([name, value]) => record.series.labels[name] === value) &&
  numberOf(record, part) !== undefined;

describe('a value that was read by eye', { skip }, () => {
  for (const anchor of ANCHORS) {
    test(`in line ${anchor.line} of ${anchor.file} lands as ${anchor.region} ${anchor.metric} ${anchor.value} ${anchor.unit}`, async () => {
      const text = await decode(bytesOf(anchor.file));
      const line = text.split('\n')[anchor.line - 1] ?? '';
      assert.ok(line.includes(anchor.printed), `the line is ${line}`);
      const outcome = readAs(text, anchor.push);
      assert.ok(outcome.is === 'read', outcome.is === 'refused' ? outcome.text : 'it is an environment');
      const found = outcome.records.filter((one) => fitsAnchor(one, anchor));
      // A series may have a reading an interval or analysis, each from a line of its own.
      const [record, ...others] = found.length === 1 ? found : found.filter((one) => one.line === anchor.line);
      assert.ok(record !== undefined && record.kind !== 'event' && others.length === 0, `${others.length + 1} records`);
      assert.equal(numberOf(record, anchor.part), anchor.value);
      assert.equal(record.series.unit, anchor.unit);
    });
  }

  test('is there for every format, or a reason why not', () => {
    const ids = PAYLOAD_KINDS.flatMap((kind) => FORMATS_BY_KIND[kind].map(({ id }) => `${kind}/${id}`));
    const anchored = ids.filter((id) => ANCHORS.some(({ push }) => push.to === id));
    assert.deepEqual(
      ids.filter((id) => !anchored.includes(id)),
      ids.filter((id) => WITHOUT_ANCHOR[id] !== undefined),
    );
  });
});
