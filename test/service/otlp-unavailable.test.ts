import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildApp } from '../../service/app.ts';
import { createMetrics } from '../../service/metrics.ts';
import { ProblemError, type ProblemType } from '../../wire/problems.ts';

/** What exporters are told when the service cannot take anything now: google.rpc.Status with a delay, and the header that says the same. */

const BODY = JSON.stringify({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'plumbline.run.id', value: { stringValue: '0190c1de-0000-7000-8000-000000000001' } }] },
      scopeSpans: [{ spans: [{ name: 'decode' }] }],
    },
  ],
});

async function send(failure: ProblemType, isDraining = false) {
  const fail = () => Promise.reject(new ProblemError(failure, 'not now', { retryAfterS: 3 }));
  const services: any = {
    store: { query: fail, append: fail, putIfAbsent: fail, ping: () => Promise.resolve(false) },
    authenticate: () => Promise.resolve({ tokenId: 'admin', scopes: ['admin'], projects: null }),
    metrics: createMetrics(),
    nowMs: Date.now,
    isDraining: () => isDraining,
    version: '0.0.0',
  };
  const app = await buildApp(services, { logLevel: 'silent' });
  const headers = { 'content-type': 'application/json' };
  const answer = await app.inject({ method: 'POST', url: '/v1/traces', headers, payload: BODY });
  await app.close();
  return { status: answer.statusCode, retryAfter: answer.headers['retry-after'], body: answer.json() };
}

const RETRY = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3s' };

for (const [failure, status, code] of [
  ['store-unavailable', 503, 14],
  ['run-sealing', 503, 14],
  ['rate-limited', 429, 8],
] as const) {
  test(`${failure} is answered ${status} with the time to wait`, async () => {
    const answer = await send(failure);
    assert.deepEqual([answer.status, answer.retryAfter], [status, '3']);
    assert.deepEqual(answer.body, { code, message: 'not now', details: [RETRY] });
  });
}

test('a service that shuts down sends exporters away for a while', async () => {
  const answer = await send('store-unavailable', true);
  assert.deepEqual([answer.status, answer.retryAfter, answer.body.code], [503, '2', 14]);
});

test('a failure that is ours is 500, which no exporter repeats', async () => {
  const answer = await send('internal');
  assert.deepEqual([answer.status, answer.retryAfter, answer.body.code, answer.body.details], [500, undefined, 13, undefined]);
});
