import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ENVIRONMENT_EXAMPLES } from '../../../ingest/environment/examples.ts';
import { detectEnvironmentFormat, ENVIRONMENT_FORMATS } from '../../../ingest/environment/index.ts';
import { findExample } from '../../../ingest/formats/examples.ts';
import { readExample, renderFormatGallery } from '../../../ingest/formats/gallery.ts';
import { detectFormat, FORMATS_BY_KIND } from '../../../ingest/formats/index.ts';
import { assertExtraParameters, readPayloadQuery } from '../../../ingest/parameters.ts';
import { FORMATS, PAYLOAD_KINDS } from '../../../wire/payload.ts';
import { assertSound } from './support/sound.ts';

const PAGE = fileURLToPath(new URL('../../../docs/formats.md', import.meta.url));

test('docs/formats.md lists exactly the formats that are received, and what their examples become', async () => {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(PAGE, await renderFormatGallery());
  assert.equal(readFileSync(PAGE, 'utf8'), await renderFormatGallery());
});

test('the contract names the formats of each kind in the order they are listed', () => {
  for (const kind of PAYLOAD_KINDS) {
    assert.deepEqual(
      FORMATS_BY_KIND[kind].map((format) => format.id),
      [...FORMATS[kind]],
    );
    for (const format of FORMATS_BY_KIND[kind]) assert.equal(format.kind, kind);
  }
});

describe('the example of', () => {
  for (const format of PAYLOAD_KINDS.flatMap((kind) => FORMATS_BY_KIND[kind])) {
    const example = findExample(format.kind, format.id);
    test(`${format.kind}/${format.id} is read soundly, is detected, and explains every own parameter`, async () => {
      const result = await readExample(format, example);
      assertSound(result);
      assert.ok(result.records.length > 0);
      assert.deepEqual(Object.keys(example.options).sort(), [...format.extraParameters].sort());
      assertExtraParameters(format, readPayloadQuery(example.query).parameters);
      if ('file' in example) return assert.ok(example.drawing.includes('\n'));
      const found = detectFormat(format.kind, example.payload.slice(0, 4096));
      assert.equal(typeof found === 'string' ? found : found.id, format.id === 'mapped-csv' ? 'none' : format.id);
      assert.ok((example.payload.split('\n')[example.shown - 1] ?? '').trim() !== '', 'the line shown');
    });
  }

  for (const format of Object.values(ENVIRONMENT_FORMATS)) {
    test(`environment/${format.id} is read, and is detected`, () => {
      const { text, shown } = ENVIRONMENT_EXAMPLES[format.id];
      assert.notDeepEqual(format.parse(text, { nowS: 1_795_200_693 }).environment, {});
      const found = detectEnvironmentFormat(text);
      assert.equal(typeof found === 'string' ? found : found.id, format.id);
      assert.ok((text.split('\n')[shown - 1] ?? '').trim() !== '', 'the line shown');
    });
  }
});
