import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeLatencyCsv, openRunBody, useService } from '../support/service.ts';

const service = useService();
const open = async (environment: object = {}) =>
  (await service.call('POST', '/v1/runs', { json: openRunBody({ environment }) })).body.runId as string;
const put = (runId: string, query: string, body: string) => service.call('PUT', `/v1/runs/${runId}/environment${query}`, { body });
const read = async (runId: string) => (await service.call('GET', `/v1/runs/${runId}`)).body;

async function seal(runId: string): Promise<void> {
  const body = makeLatencyCsv({ seed: 1, count: 10, regions: ['r'] });
  assert.equal((await service.call('POST', `/v1/runs/${runId}/samples`, { body })).status, 201);
  const sealed = await service.call('POST', `/v1/runs/${runId}/seal?wait=30s`);
  assert.equal(sealed.status, 200, sealed.text);
}

const PTP = 'ptp4l[13.1]: master offset         90 s2 freq    -100 path delay      2300\n';

describe('PUT /v1/runs/{runId}/environment', () => {
  test('fills what is missing, without a format, and the run shows it', async () => {
    const runId = await open();
    const answer = await put(runId, '', PTP);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.body.environment.clock, { source: 'ptp', synchronised: true, offsetNs: 90, uncertaintyNs: 2390 });
    assert.deepEqual(answer.body.warnings, []);
    assert.deepEqual((await read(runId)).environment, answer.body.environment);
  });

  test('takes the later word and names both', async () => {
    const runId = await open();
    const answer = await put(runId, '?format=json', '{"kernel":"6.13.0"}');
    assert.equal(answer.body.environment.kernel, '6.13.0');
    assert.match(answer.body.warnings[0].detail, /kernel was "6\.12\.107" and is now "6\.13\.0"/);
    assert.deepEqual((await put(runId, '?format=json', '{"kernel":"6.13.0"}')).body, answer.body, 'the same again answers the same');
  });

  test('concurrent writers lose nothing', async () => {
    const runId = await open();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const answers = await Promise.all(names.map((name) => put(runId, '?format=json', `{"conditions":{"${name}":1}}`)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      names.map(() => 200),
    );
    assert.deepEqual(Object.keys((await read(runId)).environment.conditions).sort(), names);
  });

  test('is sealed with the run, judged by its class, and stays as it is', async () => {
    const plain = await open();
    const merged = await open({ board: 'other-board' });
    await put(merged, '?format=json', '{"board":"acme-b100"}');
    const emulated = await open();
    await put(emulated, '?format=json', '{"emulated":true}');
    for (const runId of [plain, merged, emulated]) await seal(runId);
    const propose = (runIds: readonly string[]) =>
      service.call('POST', '/v1/baselines', { json: { project: 'accelerators', suite: 'offload-bench', name: 'n', runIds, reason: 'r' } });
    assert.equal((await propose([plain, merged])).status, 201, 'the class is that of the merged environment');
    assert.notEqual((await propose([plain, emulated])).status, 201, 'an emulated machine is another class');

    const before = await read(merged);
    const late = await put(merged, '?format=json', '{"board":"third"}');
    assert.equal(late.status, 409);
    assert.match(late.body.type, /run-sealed$/);
    assert.deepEqual(await read(merged), before);
    const known = await put(merged, '?format=json', '{"board":"acme-b100"}');
    assert.equal(known.status, 200, 'known content is answered as before');
    assert.deepEqual(known.body.environment, before.environment);
  });

  test('a seal and a writer that meet agree: answered 200 means sealed', async () => {
    for (let round = 0; round < 5; round += 1) {
      const runId = await open();
      assert.equal(
        (await service.call('POST', `/v1/runs/${runId}/samples`, { body: makeLatencyCsv({ seed: 1, count: 10, regions: ['r'] }) })).status,
        201,
      );
      const [answer] = await Promise.all([
        put(runId, '?format=json', '{"rack":7}'),
        service.call('POST', `/v1/runs/${runId}/seal?wait=30s`),
      ]);
      const { environment } = await read(runId);
      assert.equal(environment.rack, answer.status === 200 ? 7 : undefined, answer.text);
    }
  });

  const bad: readonly (readonly [name: string, query: string, body: string, status: number, says: RegExp])[] = [
    ['an unknown format', '?format=perf', 'x', 415, /gcc-v/],
    ['a text of no format', '', 'hello\n', 415, /looks like no format/],
    ['a parameter it does not read', '?repetition=2', PTP, 400, /repetition/],
    ['a time that is none', '?at=yesterday', PTP, 400, /at/],
    ['an empty body', '?format=gcc-v', '', 422, /empty/],
    ['a wrong type', '?format=json', '{"kernel":6}', 422, /\/kernel must be string/],
    ['a tool that failed', '', '506 Cannot talk to daemon\n', 422, /506 Cannot talk/],
    ['too much', '?format=opensbi', 'x'.repeat(4 * 1024 * 1024 + 1), 413, /limit/],
  ];
  for (const [name, query, body, status, says] of bad) {
    test(`refuses ${name} and changes nothing`, async () => {
      const runId = await open();
      const answer = await put(runId, query, body);
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, says);
      assert.equal((await read(runId)).environment.clock, undefined);
    });
  }

  test('needs the scope and the project', async () => {
    const runId = await open();
    const { token } = (await service.call('POST', '/v1/tokens', { json: { scopes: ['read'], projects: ['accelerators'] } })).body;
    assert.equal((await service.call('PUT', `/v1/runs/${runId}/environment`, { body: PTP, token })).status, 403);
    assert.equal((await service.call('PUT', `/v1/runs/${runId}/environment`, { body: PTP, token: null })).status, 401);
  });
});
