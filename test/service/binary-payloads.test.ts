import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { makeData, Table, TimestampNanosecond, tableToIPC, Vector, vectorFromArray } from 'apache-arrow';
import { makeDatabase, NSYS_ROWS, NSYS_SCHEMA } from '../ingest/formats/support/nsys-database.ts';
import { openRunBody, useService } from '../support/service.ts';

/** Binary payloads as curl --data-binary sends them. */
let runId = '';
const service = useService(async (service) => {
  runId = (await service.call('POST', '/v1/runs', { json: openRunBody() })).body.runId;
});
const push = (path: string, body: Uint8Array) => service.call('POST', `/v1/runs/${runId}/${path}`, { body });
const listSpools = async () => (await readdir(tmpdir())).filter((name) => name.startsWith(`plumbline-spool-${process.pid}-`));

const nowNs = BigInt(Date.now()) * 1_000_000n;
const table = new Table({
  value: vectorFromArray([1.5, 2.5, 3.5]),
  region: vectorFromArray(['a', 'b', 'a']),
  at: new Vector([makeData({ type: new TimestampNanosecond('UTC'), data: new BigInt64Array([nowNs, nowNs + 1n, nowNs + 2n]) })]),
});
const ARROW = tableToIPC(table, 'file');
const GIVEN = 'metric=latency&unit=ns';

test('an Arrow file is recognised, stored and acknowledged, and again is a duplicate', async () => {
  const first = await push(`samples?${GIVEN}`, ARROW);
  assert.equal(first.status, 201, first.text);
  assert.deepEqual([first.body.format, first.body.samples, first.body.duplicate], ['arrow', 3, false]);
  const again = await push(`samples?format=arrow&${GIVEN}`, gzipSync(ARROW));
  assert.deepEqual([again.status, again.body.receiptId], [200, first.body.receiptId]);
  assert.deepEqual(await listSpools(), []);
});

test('an Arrow stream is recognised by its first bytes', async () => {
  const answer = await push(`samples?${GIVEN}&labels.way=stream`, tableToIPC(table, 'stream'));
  assert.deepEqual([answer.status, answer.body.format, answer.body.samples], [201, 'arrow', 3], answer.text);
});

test('an Nsight Systems database is recognised; its samples are stored with their times', async () => {
  const epoch = `UPDATE TARGET_INFO_SESSION_START_TIME SET utcEpochNs = ${nowNs}`;
  const answer = await push('gpu', await makeDatabase(...NSYS_SCHEMA, ...NSYS_ROWS, epoch));
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.body.format, 'nsys-sqlite');
  assert.deepEqual(await listSpools(), []);
});

test('a text in a gzip file without a header is read, and is the same payload as without gzip', async () => {
  const first = await push(`samples?${GIVEN}&region=gz`, gzipSync('value\n1\n2\n'));
  assert.deepEqual([first.status, first.body.samples], [201, 2], first.text);
  const plain = await push(`samples?${GIVEN}&region=gz`, Buffer.from('value\n1\n2\n'));
  assert.deepEqual([plain.status, plain.body.receiptId], [200, first.body.receiptId]);
});

test('the environment too may come as a gzip file', async () => {
  const text = Buffer.from('{"lscpu":[{"field":"Architecture:","data":"riscv64"}]}');
  const plain = await service.call('PUT', `/v1/runs/${runId}/environment?format=lscpu-json`, { body: text });
  const packed = await service.call('PUT', `/v1/runs/${runId}/environment?format=lscpu-json`, { body: gzipSync(text) });
  assert.equal(packed.status, plain.status, packed.text);
});

const REFUSED: readonly (readonly [name: string, path: string, body: Uint8Array, status: number, says: RegExp])[] = [
  [
    'Parquet sent to pmu',
    'pmu',
    Buffer.from('PAR1\x15\x04'),
    415,
    /a Parquet file; send it to \/v1\/runs\/\{runId\}\/samples\?format=parquet/,
  ],
  ['SQLite sent to samples', `samples?${GIVEN}`, Buffer.from('SQLite format 3\0'), 415, /gpu\?format=nsys-sqlite/],
  ['Arrow named csv', `samples?format=csv&${GIVEN}`, ARROW, 415, /not csv; say format=arrow/],
  ['a ZIP archive', `samples?${GIVEN}`, Buffer.from('PK\x03\x04aaaaaaaaaaaaaaaaaa'), 415, /a ZIP archive; no kind receives that/],
  ['text named parquet', `samples?format=parquet&${GIVEN}`, Buffer.from('value\n1\n'), 422, /the file: this is no Parquet file/],
  ['a Parquet file that is cut off', `samples?${GIVEN}`, Buffer.from('PAR1\x15\x04\x15\x80'), 422, /cut off|does not end/],
  [
    'a value of an Arrow row',
    `samples?metric=latency&unit=ns`,
    tableToIPC(new Table({ value: vectorFromArray([1, Number.NaN]), region: vectorFromArray(['a', 'a']) })),
    422,
    /^row 2: value is "NaN"/,
  ],
  [
    'series of two units',
    `samples?metric=throughput_x&better=higher`,
    tableToIPC(new Table({ value: vectorFromArray([1, 2]), region: vectorFromArray(['a', 'a']), unit: vectorFromArray(['ns', 'By']) })),
    422,
    /on row 1 and By here/,
  ],
];
for (const [name, path, body, status, says] of REFUSED) {
  test(`refuses ${name}`, async () => {
    const answer = await push(path, body);
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.body.detail, says);
    assert.deepEqual(await listSpools(), []);
  });
}

test('a client that goes away leaves no file behind', async () => {
  const { hostname, port } = new URL(service.url());
  const call = request({
    hostname,
    port,
    method: 'POST',
    path: `/v1/runs/${runId}/samples?${GIVEN}`,
    headers: { authorization: `Bearer ${service.adminToken()}` },
  });
  call.on('error', () => undefined);
  call.write(Buffer.concat([Buffer.from('PAR1\x15'), Buffer.alloc(4 * 1024 * 1024)]));
  for (let wait = 0; wait < 200 && (await listSpools()).length === 0; wait++) await sleep(10);
  assert.equal((await listSpools()).length, 1, 'the body is being spooled');
  call.destroy();
  for (let wait = 0; wait < 200 && (await listSpools()).length > 0; wait++) await sleep(10);
  assert.deepEqual(await listSpools(), []);
});
