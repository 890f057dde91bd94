import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { LIMITS } from '../../wire/limits.ts';
import { openRunBody, useService } from '../support/service.ts';

/** Bad input: each a problem document with status, place and what to do, and the store unchanged. */
let runId = '';
let sealedRunId = '';
let otherToken = '';
let readToken = '';

const service = useService(async (service) => {
  runId = (await service.call('POST', '/v1/runs', { json: openRunBody() })).body.runId;
  sealedRunId = (await service.call('POST', '/v1/runs', { json: openRunBody() })).body.runId;
  await service.call('POST', `/v1/runs/${sealedRunId}/samples?region=r&metric=latency&unit=ns`, { body: 'value\n1\n' });
  await service.call('POST', `/v1/runs/${sealedRunId}/seal?wait=30s`);
  otherToken = (await service.call('POST', '/v1/tokens', { json: { scopes: ['ingest', 'read'], projects: ['somebody-else'] } })).body.token;
  readToken = (await service.call('POST', '/v1/tokens', { json: { scopes: ['read'], projects: ['accelerators'] } })).body.token;
});

const SAMPLES = 'samples?format=csv&region=r&metric=latency&unit=ns';
const PERF = '{"counter-value" : "12.000000", "unit" : "msec", "event" : "task-clock", "event-runtime" : 12, "pcnt-running" : 100.00}';

const payloads: readonly {
  readonly name: string;
  readonly path: string;
  readonly body: string | Uint8Array;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly type: string;
  readonly line?: number;
  readonly says: RegExp;
}[] = [
  {
    name: 'truncated JSON',
    path: 'samples?format=ndjson&region=r&metric=latency&unit=ns',
    body: '{"value": 1}\n{"value": 2',
    status: 422,
    type: 'invalid-payload',
    line: 2,
    says: /line 2/,
  },
  { name: 'a NaN', path: SAMPLES, body: 'value\n1\nNaN\n', status: 422, type: 'invalid-payload', line: 3, says: /not a number/ },
  {
    name: 'a null',
    path: 'samples?format=ndjson&region=r&metric=latency&unit=ns',
    body: '{"value": null}\n',
    status: 422,
    type: 'invalid-payload',
    line: 1,
    says: /null/,
  },
  { name: '1e999', path: SAMPLES, body: 'value\n1e999\n', status: 422, type: 'invalid-payload', line: 2, says: /too large/ },
  {
    name: '1e999 in ndjson',
    path: 'samples?format=ndjson&region=r&metric=latency&unit=ns',
    body: '{"value": 1e999}\n',
    status: 422,
    type: 'invalid-payload',
    line: 1,
    says: /too large/,
  },
  {
    name: 'a decimal comma',
    path: SAMPLES,
    body: 'value\n"1,5"\n',
    status: 422,
    type: 'invalid-payload',
    line: 2,
    says: /decimal comma|LC_ALL/,
  },
  {
    name: 'perf with a decimal comma',
    path: 'pmu?format=perf-stat-json',
    body: `${PERF.replace('100.00', '100,00')}\n`,
    status: 422,
    type: 'invalid-payload',
    line: 1,
    says: /LC_ALL=C/,
  },
  {
    name: 'an unknown unit',
    path: 'samples?format=csv&region=r&metric=latency&unit=parsecs',
    body: 'value\n1\n',
    status: 400,
    type: 'invalid-parameter',
    says: /unit/,
  },
  {
    name: 'a unit of another dimension',
    path: 'samples?format=csv&region=r&metric=latency&unit=GB',
    body: 'value\n1\n',
    status: 422,
    type: 'invalid-payload',
    says: /unit|latency/,
  },
  {
    name: 'an unknown format',
    path: 'samples?format=excel',
    body: 'value\n1\n',
    status: 415,
    type: 'unsupported-format',
    says: /csv, ndjson/,
  },
  {
    name: 'a format of another kind',
    path: 'samples?format=dcgm-exporter',
    body: 'value\n1\n',
    status: 415,
    type: 'unsupported-format',
    says: /csv, ndjson/,
  },
  {
    name: 'an unknown encoding',
    path: SAMPLES,
    body: 'value\n1\n',
    headers: { 'content-encoding': 'br' },
    status: 415,
    type: 'unsupported-encoding',
    says: /gzip/,
  },
  {
    name: 'damaged gzip',
    path: SAMPLES,
    body: gzipSync('value\n1\n2\n3\n').subarray(0, 20),
    headers: { 'content-encoding': 'gzip' },
    status: 422,
    type: 'invalid-payload',
    says: /gzip/,
  },
  {
    name: 'a gzip bomb',
    path: SAMPLES,
    body: gzipSync(Buffer.concat([Buffer.from('value\n'), Buffer.alloc(100 * 1024 * 1024, '1\n')])),
    headers: { 'content-encoding': 'gzip' },
    status: 413,
    type: 'payload-too-large',
    says: /limit|ratio|compress/,
  },
  {
    name: 'a body over the limit after decompression',
    path: 'gpu?format=dcgm-exporter',
    body: gzipSync(
      Array.from(
        { length: 700_000 },
        (_, i) => `DCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="GPU-c0b5694b-2b5d-6b20-f903-558341437f6b",Hostname="lab"} ${i}\n`,
      ).join(''),
    ),
    headers: { 'content-encoding': 'gzip' },
    status: 413,
    type: 'payload-too-large',
    says: new RegExp(String(LIMITS.wholePayloadBytes).slice(0, 2)),
  },
  { name: 'an empty body', path: SAMPLES, body: '', status: 422, type: 'invalid-payload', says: /empty/ },
  { name: 'a header without rows', path: SAMPLES, body: 'value\n', status: 422, type: 'invalid-payload', says: /row|empty|value/ },
  {
    name: 'bytes that are no UTF-8',
    path: SAMPLES,
    body: new Uint8Array([118, 97, 108, 117, 101, 10, 255, 254, 10]),
    status: 422,
    type: 'invalid-payload',
    says: /UTF-8/,
  },
  {
    name: 'a misspelt parameter',
    path: 'samples?format=csv&region=r&metric=latency&unit=ns&repitition=2',
    body: 'value\n1\n',
    status: 400,
    type: 'invalid-parameter',
    says: /repitition/,
  },
  {
    name: 'a repetition of 0',
    path: `${SAMPLES}&repetition=0`,
    body: 'value\n1\n',
    status: 400,
    type: 'invalid-parameter',
    says: /repetition/,
  },
  {
    name: 'a parameter given twice',
    path: `${SAMPLES}&region=q`,
    body: 'value\n1\n',
    status: 400,
    type: 'invalid-parameter',
    says: /more than once/,
  },
  {
    name: 'a time in the far future',
    path: SAMPLES,
    body: 'value,at\n1,2999-01-01T00:00:00Z\n',
    status: 422,
    type: 'invalid-payload',
    says: /clock|after/,
  },
  {
    name: 'no unit anywhere',
    path: 'samples?format=csv&region=r&metric=speed&better=higher',
    body: 'value\n1\n',
    status: 422,
    type: 'invalid-payload',
    says: /unit/,
  },
];

const HALF_PAIR = String.raw`\ud800`;

async function countRows(): Promise<number> {
  const series = await service.call('GET', `/v1/runs/${runId}/series`);
  return series.body.data.length;
}

for (const bad of payloads) {
  test(`refuses ${bad.name} and stores nothing`, async () => {
    const answer = await service.call('POST', `/v1/runs/${runId}/${bad.path}`, { body: bad.body, headers: bad.headers ?? {} });
    assert.equal(answer.status, bad.status, answer.text);
    assert.match(answer.headers.get('content-type') ?? '', /application\/problem\+json/);
    assert.equal(answer.body.type, `urn:plumbline:problem:${bad.type}`);
    assert.match(answer.body.detail, bad.says);
    if (bad.line !== undefined) assert.equal(answer.body.line, bad.line);
    assert.equal(await countRows(), 0);
  });
}

const requests: readonly {
  readonly name: string;
  readonly call: () => Promise<{ status: number; body: any; text: string }>;
  readonly status: number;
  readonly type: string;
  readonly says: RegExp;
}[] = [
  {
    name: 'an unknown run',
    call: () => service.call('POST', `/v1/runs/01890000-0000-7000-8000-000000000000/${SAMPLES}`, { body: 'value\n1\n' }),
    status: 404,
    type: 'unknown-run',
    says: /POST \/v1\/runs/,
  },
  {
    name: 'a run id that is none',
    call: () => service.call('GET', "/v1/runs/x'%20OR%201=1"),
    status: 404,
    type: 'unknown-run',
    says: /no run/,
  },
  {
    name: 'new content for a sealed run',
    call: () => service.call('POST', `/v1/runs/${sealedRunId}/${SAMPLES}`, { body: 'value\n2\n' }),
    status: 409,
    type: 'run-sealed',
    says: /sealed/,
  },
  { name: 'no token', call: () => service.call('GET', '/v1/runs', { token: null }), status: 401, type: 'unauthenticated', says: /Bearer/ },
  {
    name: 'a mistyped token',
    call: () => service.call('GET', '/v1/runs', { token: 'plb_nonsense' }),
    status: 401,
    type: 'unauthenticated',
    says: /checksum/,
  },
  {
    name: 'a token of another project opening a run',
    call: () => service.call('POST', '/v1/runs', { token: otherToken, json: openRunBody() }),
    status: 403,
    type: 'project-not-allowed',
    says: /somebody-else/,
  },
  {
    name: 'a token of another project pushing',
    call: () => service.call('POST', `/v1/runs/${runId}/${SAMPLES}`, { token: otherToken, body: 'value\n1\n' }),
    status: 403,
    type: 'project-not-allowed',
    says: /bound/,
  },
  {
    name: 'a token of another project reading',
    call: () => service.call('GET', `/v1/runs/${runId}`, { token: otherToken }),
    status: 403,
    type: 'project-not-allowed',
    says: /bound/,
  },
  {
    name: 'a token of another project at a gate',
    call: () => service.call('GET', '/v1/gates/accelerators/default?subject=1', { token: otherToken }),
    status: 403,
    type: 'project-not-allowed',
    says: /bound/,
  },
  {
    name: 'a token without the scope',
    call: () => service.call('POST', '/v1/runs', { token: readToken, json: openRunBody() }),
    status: 403,
    type: 'scope-missing',
    says: /ingest/,
  },
  {
    name: 'an unknown member in a body',
    call: () => service.call('POST', '/v1/runs', { json: { ...openRunBody(), colour: 'red' } }),
    status: 400,
    type: 'invalid-body',
    says: /colour/,
  },
  {
    name: 'a null where text belongs',
    call: () => service.call('POST', '/v1/runs', { json: { ...openRunBody(), suite: null } }),
    status: 400,
    type: 'invalid-body',
    says: /suite/,
  },
  {
    name: 'a number where text belongs',
    call: () => service.call('POST', '/v1/runs', { json: { ...openRunBody(), suite: 7 } }),
    status: 400,
    type: 'invalid-body',
    says: /suite/,
  },
  {
    name: 'an environment without isa',
    call: () => service.call('POST', '/v1/runs', { json: { ...openRunBody(), environment: { hostname: 'h' } } }),
    status: 400,
    type: 'invalid-body',
    says: /isa/,
  },
  {
    name: 'JSON that is cut off',
    call: () => service.call('POST', '/v1/runs', { body: '{"project": "a', headers: { 'content-type': 'application/json' } }),
    status: 400,
    type: 'invalid-body',
    says: /JSON/,
  },
  {
    name: 'a body without a content type',
    call: () => service.call('POST', '/v1/runs', { body: '{}', headers: { 'content-type': 'text/plain' } }),
    status: 415,
    type: 'unsupported-media-type',
    says: /application\/json/,
  },
  {
    name: 'an unknown gate',
    call: () => service.call('GET', '/v1/gates/accelerators/nightly?subject=1'),
    status: 404,
    type: 'not-found',
    says: /PUT/,
  },
  {
    name: 'a gate without a subject',
    call: () => service.call('GET', '/v1/gates/accelerators/default'),
    status: 400,
    type: 'invalid-parameter',
    says: /subject/,
  },
  {
    name: 'a policy with an unknown member',
    call: () => service.call('PUT', '/v1/gates/accelerators/default', { body: 'version: 1\nonDrit: fail\n' }),
    status: 400,
    type: 'invalid-body',
    says: /onDrit/,
  },
  {
    name: 'a wait that is too long',
    call: () => service.call('POST', `/v1/runs/${sealedRunId}/seal?wait=1000s`),
    status: 400,
    type: 'invalid-parameter',
    says: /wait/,
  },
  { name: 'an address that does not exist', call: () => service.call('GET', '/v2/runs'), status: 404, type: 'not-found', says: /openapi/ },
];

for (const bad of requests) {
  test(`refuses ${bad.name}`, async () => {
    const answer = await bad.call();
    assert.equal(answer.status, bad.status, answer.text);
    assert.equal(answer.body.type, `urn:plumbline:problem:${bad.type}`);
    assert.equal(answer.body.status, bad.status);
    assert.match(answer.body.detail + JSON.stringify(answer.body.errors ?? ''), bad.says);
  });
}

for (const [path, body] of [
  ['samples?format=ndjson&metric=latency&unit=ns', `{"value": 1, "region": "a${HALF_PAIR}"}\n`],
  ['samples?format=ndjson&region=r&metric=latency&unit=ns', `{"value": 1, "labels": {"gpu": "${HALF_PAIR}"}}\n`],
  ['ebpf?format=bpftrace-json', `{"type": "map", "data": {"@x_us": {"${HALF_PAIR}": 3}}}\n`],
  ['wcet?format=bounds', `{"task": "a${HALF_PAIR}", "kind": "budget", "value": 3, "unit": "ns"}\n`],
  ['wcet?format=bounds', `{"task": "a", "kind": "static", "value": 3, "unit": "ns", "tool": "${HALF_PAIR}"}\n`],
] as const) {
  test(`refuses half of a surrogate pair in ${path}, before it can fail the payloads beside it`, async () => {
    const answer = await service.call('POST', `/v1/runs/${runId}/${path}`, { body });
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.body.type, 'urn:plumbline:problem:invalid-payload');
    assert.match(answer.body.detail, /line 1.*surrogate/);
    assert.equal(await countRows(), 0);
  });
}

test('refuses half of a surrogate pair in a run, naming the member', async () => {
  const body = JSON.stringify({ ...openRunBody(), labels: { lab: 'X' } }).replace('"X"', `"${HALF_PAIR}"`);
  const answer = await service.call('POST', '/v1/runs', { body, headers: { 'content-type': 'application/json' } });
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.body.errors[0].pointer, '/labels/lab');
});

test('<not counted> and a blank sentinel become flags without a number', async () => {
  const opened = await service.call('POST', '/v1/runs', { json: openRunBody() });
  const perf = `{"counter-value" : "<not counted>", "unit" : "", "event" : "cycles", "event-runtime" : 0, "pcnt-running" : 0.00}\n${PERF}\n`;
  assert.equal((await service.call('POST', `/v1/runs/${opened.body.runId}/pmu?format=perf-stat-json`, { body: perf })).status, 201);
  const dcgm =
    '# HELP DCGM_FI_DEV_GPU_TEMP x\n# TYPE DCGM_FI_DEV_GPU_TEMP gauge\nDCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="GPU-1"} 9223372036854775794\n';
  const pushed = await service.call('POST', `/v1/runs/${opened.body.runId}/gpu?format=dcgm-exporter`, { body: dcgm });
  assert.equal(pushed.status, 201, pushed.text);
  const { body } = await service.call('GET', `/v1/runs/${opened.body.runId}/series`);
  const cycles = body.data.find((series: { metric: string }) => series.metric === 'cpu.cycles');
  assert.equal(cycles.max, null);
  assert.deepEqual(cycles.quality, ['not_counted']);
  const temperature = body.data.find((series: { metric: string }) => series.metric === 'gpu.temperature');
  assert.equal(temperature.max, null);
  assert.ok(temperature.quality.includes('sentinel'));
});
