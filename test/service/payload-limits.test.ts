import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../../wire/limits.ts';
import { openRunBody, useService } from '../support/service.ts';

/** Payloads of 64 MiB over HTTP: at the limit of a format that is read at once, one byte past it, and one that streams past both. */
let runId = '';
const service = useService(async (service) => {
  runId = (await service.call('POST', '/v1/runs', { json: openRunBody() })).body.runId;
});

const GAUGE = 'DCGM_FI_DEV_SM_CLOCK{gpu="0"} 135\n';
/** Empty lines after a gauge: bytes that say nothing. */
const padded = (bytes: number) => {
  const body = Buffer.alloc(bytes, '\n');
  body.write(GAUGE);
  return body;
};

test('a format that is read at once takes a payload of wholePayloadBytes', async () => {
  const { status, body } = await service.call('POST', `/v1/runs/${runId}/gpu?format=dcgm-exporter`, {
    body: padded(LIMITS.wholePayloadBytes),
  });
  assert.deepEqual([status, body.records], [201, 1]);
});

test('and refuses one byte more, naming the limit', async () => {
  const { status, body } = await service.call('POST', `/v1/runs/${runId}/gpu?format=dcgm-exporter&sequence=2`, {
    body: padded(LIMITS.wholePayloadBytes + 1),
  });
  assert.deepEqual([status, body.type, body.limitBytes], [413, 'urn:plumbline:problem:payload-too-large', LIMITS.wholePayloadBytes]);
});

test('a format that streams is not bound by it', async () => {
  const row = Buffer.alloc(1024 * 1024, 'x');
  row.write('1,');
  row.write('\n', row.length - 1);
  const rows = Array.from({ length: 65 }, () => row);
  const { status, body } = await service.call('POST', `/v1/runs/${runId}/samples?format=csv&region=r&metric=latency&unit=ns`, {
    body: Buffer.concat([Buffer.from('value,id\n'), ...rows]),
  });
  assert.deepEqual([status, body.samples], [201, 65]);
  assert.ok(rows.length * row.length > LIMITS.wholePayloadBytes && rows.length * row.length < LIMITS.streamPayloadBytes);
});
