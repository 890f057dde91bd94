import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { renderFormatGallery } from '../../../ingest/formats/gallery.ts';
import { FORMATS_BY_KIND } from '../../../ingest/formats/index.ts';
import { FORMATS, PAYLOAD_KINDS } from '../../../wire/payload.ts';

const PAGE = fileURLToPath(new URL('../../../docs/formats.md', import.meta.url));

test('docs/formats.md lists exactly the formats that are received', () => {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(PAGE, renderFormatGallery());
  assert.equal(readFileSync(PAGE, 'utf8'), renderFormatGallery());
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
