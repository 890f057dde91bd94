import assert from 'node:assert/strict';
import type { ParseResult } from '../../../../ingest/format.ts';
import type { IngestRecord } from '../../../../ingest/records.ts';
import { toBaseUnit } from '../../../../wire/units.ts';

/** Asserts what holds for every record whatever was read: numbers are numbers, absent values have a flag, edges ascend. */
export function assertSound(result: ParseResult): void {
  for (const record of result.records) assertSoundRecord(record);
  for (const { code, detail } of result.warnings) assert.ok(code !== '' && detail !== '' && !detail.includes('undefined'), detail);
}

function assertSoundRecord(record: IngestRecord): void {
  assert.ok(record.line >= 1 && record.repetition >= 1);
  if (record.kind === 'event') return;
  const { series, quality } = record;
  assert.ok(series.region !== '' && series.metric !== '' && series.unit !== '');
  assert.ok(series.unit === '1' || toBaseUnit(series.unit)?.factor === 1 || series.unit.startsWith('{'), `${series.unit} is a base unit`);
  assert.equal(new Set(quality).size, quality.length);
  if (record.kind === 'samples') {
    assert.ok(record.values.length > 0 && record.values.every(Number.isFinite));
    assert.ok(record.atNs.length === 0 || record.atNs.length === record.values.length);
  } else if (record.kind === 'reading') {
    assert.ok(record.value === null ? quality.length > 0 : Number.isFinite(record.value));
  } else if (record.kind === 'histogram') {
    const { edges, counts } = record;
    assert.equal(edges.length, counts.length + 1);
    assert.ok(edges.every((edge, index) => index === 0 || edge > (edges[index - 1] ?? Number.NaN)));
    assert.ok(counts.every((count) => Number.isFinite(count) && count >= 0));
  } else {
    for (const value of [record.count, record.sum, record.mean]) assert.ok(value === null || Number.isFinite(value));
  }
}
