import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ensureAdminToken } from '../../service/admin-token.ts';
import { createAuthenticate } from '../../service/auth/authenticate.ts';
import { createToken, hashToken, readTokenId } from '../../service/auth/token-text.ts';
import { ConfigError, readConfig, type Service } from '../../service/index.ts';
import { appendTokenEvent, connectStore, type Row, type Store } from '../../store/index.ts';
import { PAYLOAD_KINDS } from '../../wire/payload.ts';
import { ProblemError } from '../../wire/problems.ts';
import { SCOPES, type Scope } from '../../wire/token.ts';
import { useEmbeddedStore, withTemporaryFolder } from '../support/embedded-store.ts';
import { type CallOptions, callService, openRunBody } from '../support/service.ts';
import { buildTestServices } from '../support/side-by-side.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

describe('the text of a token', () => {
  test('is plb_<id>_<secret><checksum>, and its id can be read back', () => {
    for (let round = 0; round < 200; round += 1) {
      const { tokenId, token } = createToken();
      assert.match(token, /^plb_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}$/);
      assert.equal(readTokenId(token), tokenId);
      assert.ok(token.startsWith(`plb_${tokenId}_`));
    }
  });

  test('ends in the CRC-32 of id and secret, in six digits of base 62', () => {
    // Python: zlib.crc32(b'777777777777_' + b'7' * 32), most significant digit first, digits 0-9 A-Z a-z.
    const { token } = createToken((bytes) => Buffer.alloc(bytes, 7));
    assert.equal(token, `plb_${'7'.repeat(12)}_${'7'.repeat(32)}03Th8d`);
  });

  test('draws every character alike: bytes of 248 and more are drawn again', () => {
    let drawn = 0;
    const { token } = createToken((bytes) => {
      drawn += 1;
      return drawn % 2 === 1 ? Buffer.alloc(bytes, 255) : Buffer.alloc(bytes, 62 + 10);
    });
    assert.match(token, /^plb_A{12}_A{32}/);
  });

  test('is refused when any one character is changed, left out, doubled or swapped with the next', () => {
    const { token } = createToken();
    for (let index = 0; index < token.length; index += 1) {
      const [before, here, rest] = [token.slice(0, index), token.charAt(index), token.slice(index + 1)];
      const other = ALPHABET.charAt((ALPHABET.indexOf(here) + 1) % ALPHABET.length);
      assert.equal(readTokenId(`${before}${other}${rest}`), undefined, `changed at ${index}`);
      assert.equal(readTokenId(`${before}${rest}`), undefined, `left out at ${index}`);
      assert.equal(readTokenId(`${before}${here}${here}${rest}`), undefined, `doubled at ${index}`);
      const next = rest.charAt(0);
      if (next !== '' && next !== here)
        assert.equal(readTokenId(`${before}${next}${here}${rest.slice(1)}`), undefined, `swapped at ${index}`);
    }
    for (const text of ['', 'plb_', token.toLowerCase(), ` ${token}`, `${token}\n`, token.replace('plb_', 'PLB_')]) {
      assert.equal(readTokenId(text), undefined, JSON.stringify(text));
    }
  });
});

describe('the admin token', () => {
  test('is made once, readable by its owner only, and found again', async () => {
    await withTemporaryFolder(async (folder) => {
      const dataDir = join(folder, 'data');
      const token = ensureAdminToken(dataDir);
      assert.ok(readTokenId(token) !== undefined);
      const file = join(dataDir, 'admin-token');
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      assert.equal((await stat(dataDir)).mode & 0o077, 0);
      assert.equal(await readFile(file, 'utf8'), `${token}\n`);
      assert.equal(ensureAdminToken(dataDir), token);
    });
  });

  test('is readable by its owner only in a folder that others may read', async () => {
    await withTemporaryFolder(async (folder) => {
      const dataDir = join(folder, 'open');
      await mkdir(dataDir);
      await chmod(dataDir, 0o755);
      ensureAdminToken(dataDir);
      assert.equal((await stat(join(dataDir, 'admin-token'))).mode & 0o777, 0o600);
    });
  });

  for (const [name, text] of [
    ['31 characters', 'x'.repeat(31)],
    ['a blank within', `${'x'.repeat(20)} ${'x'.repeat(20)}`],
    ['a line feed at the end', `${'x'.repeat(40)}\n`],
  ] as const) {
    test(`PLUMBLINE_ADMIN_TOKEN with ${name} is refused`, () => {
      assert.throws(
        () => readConfig({}, { PLUMBLINE_ADMIN_TOKEN: text }),
        (error: Error) => error instanceof ConfigError && /PLUMBLINE_ADMIN_TOKEN.*32/.test(error.message) && !error.message.includes(text),
      );
    });
  }

  test('PLUMBLINE_ADMIN_TOKEN of 32 characters is taken, an empty one is as none', () => {
    assert.equal(readConfig({}, { PLUMBLINE_ADMIN_TOKEN: 'x'.repeat(32) }).adminToken, 'x'.repeat(32));
    assert.equal(readConfig({}, { PLUMBLINE_ADMIN_TOKEN: '' }).adminToken, null);
    assert.equal(readConfig({}, {}).adminToken, null);
  });
});

const embedded = useEmbeddedStore();

describe('tokens of a service', () => {
  let store: Store;
  let service: Service;
  let other: Service;
  let closeFolder: () => void = () => undefined;
  let folderClosed: Promise<void>;

  before(async () => {
    store = connectStore(embedded.store());
    await new Promise<void>((ready, failed) => {
      folderClosed = withTemporaryFolder(async (folder) => {
        service = await buildTestServices(join(folder, 'a'), embedded.store());
        other = await buildTestServices(join(folder, 'b'), embedded.store());
        const closed = new Promise<void>((close) => {
          closeFolder = close;
        });
        ready();
        await closed;
      });
      folderClosed.catch(failed);
    });
  });
  after(async () => {
    await service.stop();
    await other.stop();
    closeFolder();
    await folderClosed;
    await store.close();
  });

  const call = (method: string, path: string, options: CallOptions = {}) =>
    callService(service.url, service.adminToken, method, path, options);

  async function makeToken(scopes: readonly Scope[], projects: readonly string[] | null = ['accelerators'], token?: string) {
    const { status, body, text } = await call('POST', '/v1/tokens', {
      json: { scopes, projects },
      ...(token === undefined ? {} : { token }),
    });
    assert.equal(status, 201, text);
    const made: { readonly id: string; readonly token: string } = body;
    return made;
  }

  test('only the sha-256 of a token is stored, and no answer shows its text again', async () => {
    const { id, token } = await makeToken(['read']);
    const secret = token.slice(`plb_${id}_`.length, -6);
    const [row] = await store.query<Record<string, unknown>>('SELECT * FROM tokens WHERE token_id = {id:String}', { id });
    assert.equal(row?.['secret_sha256'], hashToken(token));
    const everything = JSON.stringify([
      await store.query('SELECT * FROM tokens'),
      await store.query('SELECT * FROM audit'),
      (await call('GET', '/v1/tokens')).body,
    ]);
    assert.ok(everything.includes(id));
    assert.ok(!everything.includes(secret));
    assert.ok(!everything.includes(service.adminToken));
  });

  for (const [name, authorization] of [
    ['no token', undefined],
    ['an empty one', 'Bearer '],
    ['another scheme', 'Basic YWRtaW46YWRtaW4='],
    ['a well-formed token nobody made', `Bearer ${createToken().token}`],
    ['half a token', 'Bearer plb_abc'],
    ['two tokens', `Bearer ${createToken().token} ${createToken().token}`],
  ] as const) {
    test(`a request with ${name} is answered 401`, async () => {
      const answer = await call('GET', '/v1/runs', { token: null, headers: authorization === undefined ? {} : { authorization } });
      assert.equal(answer.status, 401, answer.text);
      assert.equal(answer.body.type, 'urn:plumbline:problem:unauthenticated');
    });
  }

  for (const [name, body] of [
    ['no JSON', '{"project":'],
    ['the wrong members', '{"nonsense":1}'],
  ] as const) {
    test(`a body with ${name} is not even read before the token: 401, not 400`, async () => {
      const answer = await call('POST', '/v1/runs', { token: null, body, headers: { 'content-type': 'application/json' } });
      assert.equal(answer.status, 401, answer.text);
    });
  }

  test('the id of a token with the secret of another is not known', async () => {
    const [a, b] = [await makeToken(['read']), await makeToken(['read'])];
    const { tokenId, token } = createToken((bytes) => Buffer.alloc(bytes, 3));
    assert.equal(readTokenId(token), tokenId);
    await appendTokenEvent(store, toCreatedRow(tokenId, hashToken(a.token), null));
    assert.equal((await call('GET', '/v1/runs', { token })).status, 401);
    assert.equal((await call('GET', '/v1/runs', { token: b.token })).status, 200);
  });

  const toCreatedRow = (tokenId: string, secretSha256: string, expiresAtMs: number | null): Row<'tokens'> => ({
    token_id: tokenId,
    event: 'created',
    secret_sha256: secretSha256,
    scopes: ['read'],
    projects: ['accelerators'],
    every_project: false,
    label: '',
    expires_at: expiresAtMs,
    event_at: 1_000,
    event_by: 'test',
  });

  test('a token works until it expires and not a millisecond longer, also when it was just used', async () => {
    const { tokenId, token } = createToken();
    await appendTokenEvent(store, toCreatedRow(tokenId, hashToken(token), 100_000));
    let nowMs = 99_000;
    const authenticate = createAuthenticate(store, { adminTokens: [], nowMs: () => nowMs });
    assert.equal((await authenticate(`Bearer ${token}`)).tokenId, tokenId);
    nowMs = 99_999;
    assert.equal((await authenticate(`bearer  ${token} `)).tokenId, tokenId);
    for (nowMs of [100_000, 100_001]) {
      await assert.rejects(authenticate(`Bearer ${token}`), (error) => error instanceof ProblemError && error.type === 'unauthenticated');
    }
    assert.equal((await call('GET', '/v1/runs', { token })).status, 401);
  });

  test('the answer of a new token says when it expires', async () => {
    const { body } = await call('POST', '/v1/tokens', { json: { scopes: ['read'], projects: ['accelerators'], expiresInDays: 1 } });
    const leftMs = Date.parse(body.expiresAt) - Date.now();
    assert.ok(leftMs > 86_390_000 && leftMs <= 86_400_000, body.expiresAt);
    assert.equal((await call('GET', '/v1/runs', { token: body.token })).status, 200);
  });

  test('a revoked token is refused by every service within 6 s', async () => {
    const { id, token } = await makeToken(['read']);
    const ask = (one: Service) => callService(one.url, token, 'GET', '/v1/runs');
    assert.deepEqual([(await ask(service)).status, (await ask(other)).status], [200, 200]);
    const revokedAtMs = Date.now();
    assert.equal((await call('POST', `/v1/tokens/${id}/revoke`)).status, 200);
    for (const one of [service, other]) {
      while ((await ask(one)).status === 200) {
        assert.ok(Date.now() - revokedAtMs < 6_000, 'still accepted after 6 s');
        await sleep(100);
      }
      assert.equal((await ask(one)).status, 401);
    }
    const { body } = await call('GET', '/v1/tokens');
    assert.equal(body.data.find((listed: { id: string }) => listed.id === id).revoked, true);
  });

  test('revoking a token that does not exist is answered 404', async () => {
    assert.equal((await call('POST', '/v1/tokens/abcdefghijkl/revoke')).status, 404);
  });

  const RUN = '00000000-0000-4000-8000-000000000000';
  const calls: readonly { readonly scope: Scope; readonly method: string; readonly path: string; readonly options?: CallOptions }[] = [
    { scope: 'ingest', method: 'POST', path: '/v1/runs', options: { json: openRunBody() } },
    ...PAYLOAD_KINDS.map((kind) => ({ scope: 'ingest', method: 'POST', path: `/v1/runs/${RUN}/${kind}`, options: { body: 'x' } }) as const),
    { scope: 'ingest', method: 'POST', path: '/v1/metrics', options: { json: {} } },
    { scope: 'ingest', method: 'POST', path: '/v1/traces', options: { json: {} } },
    { scope: 'ingest', method: 'POST', path: `/v1/runs/${RUN}/seal` },
    { scope: 'read', method: 'GET', path: '/v1/runs' },
    { scope: 'read', method: 'GET', path: `/v1/runs/${RUN}` },
    { scope: 'read', method: 'GET', path: `/v1/runs/${RUN}/series` },
    { scope: 'read', method: 'GET', path: `/v1/runs/${RUN}/history` },
    { scope: 'read', method: 'GET', path: `/v1/runs/${RUN}/series/${RUN}/values` },
    { scope: 'read', method: 'GET', path: `/v1/runs/${RUN}/verdict` },
    { scope: 'read', method: 'GET', path: `/v1/runs/${RUN}/report` },
    { scope: 'read', method: 'GET', path: `/v1/verdicts/${RUN}` },
    { scope: 'read', method: 'GET', path: '/v1/baselines' },
    { scope: 'read', method: 'GET', path: `/v1/baselines/${RUN}` },
    { scope: 'read', method: 'GET', path: '/v1/gates/accelerators/default?subject=1' },
    { scope: 'read', method: 'POST', path: '/v1/gates/accelerators/default?subject=1' },
    { scope: 'gate:write', method: 'PUT', path: '/v1/gates/accelerators/scopes', options: { body: 'version: 1\n' } },
    {
      scope: 'baseline:propose',
      method: 'POST',
      path: '/v1/baselines',
      options: { json: { project: 'accelerators', suite: 's', name: 'n', runIds: [RUN], reason: 'r' } },
    },
    { scope: 'baseline:approve', method: 'POST', path: `/v1/baselines/${RUN}/approve`, options: { json: { reason: 'r' } } },
    { scope: 'baseline:approve', method: 'POST', path: `/v1/baselines/${RUN}/retire`, options: { json: { reason: 'r' } } },
    { scope: 'verdict:override', method: 'POST', path: `/v1/runs/${RUN}/withdraw`, options: { json: { reason: 'r' } } },
    { scope: 'ingest', method: 'PUT', path: `/v1/runs/${RUN}/environment?format=json`, options: { body: '{}' } },
    { scope: 'admin', method: 'GET', path: '/v1/audit' },
    { scope: 'admin', method: 'GET', path: '/v1/tokens' },
    { scope: 'admin', method: 'POST', path: '/v1/tokens', options: { json: { scopes: ['read'], projects: ['accelerators'] } } },
    { scope: 'admin', method: 'POST', path: '/v1/tokens/abcdefghijkl/revoke' },
  ];
  test('every call needs its scope: with all others it is 403, with it alone or as admin it is not', async () => {
    for (const { scope, method, path, options } of calls) {
      const others = await makeToken(SCOPES.filter((one) => one !== scope && one !== 'admin'));
      const refused = await call(method, path, { ...options, token: others.token });
      assert.equal(refused.status, 403, `${method} ${path} without ${scope}: ${refused.text}`);
      // OTLP answers google.rpc.Status: 7 is PERMISSION_DENIED.
      assert.ok(refused.body.type === 'urn:plumbline:problem:scope-missing' || refused.body.code === 7, refused.text);
      assert.match(refused.body.detail ?? refused.body.message, new RegExp(scope));
      for (const enough of new Set<Scope>([scope, 'admin'])) {
        const answer = await call(method, path, { ...options, token: (await makeToken([enough])).token });
        assert.ok(answer.status !== 401 && answer.status !== 403, `${method} ${path} with ${enough}: ${answer.text}`);
      }
    }
  });

  test('every call of the contract is one of these, but for the open ones, and is answered 401 without a token', async () => {
    const OPEN = ['/livez', '/readyz', '/metrics'];
    const { body } = await call('GET', '/openapi.json', { token: null });
    const contract = Object.entries<object>(body.paths)
      .filter(([path]) => !OPEN.includes(path))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '{}')}`));
    const toContract = (path: string) =>
      path
        .replace(/\?.*/, '')
        .replace(/\/abcdefghijkl|\/00000000-0000-4000-8000-000000000000/g, '/{}')
        .replace(/\/gates\/.*/, '/gates/{}/{}');
    assert.deepEqual([...new Set(calls.map(({ method, path }) => `${method} ${toContract(path)}`))].sort(), contract.toSorted());
    for (const { method, path, options } of calls) {
      const answer = await call(method, path, { ...options, token: null });
      assert.equal(answer.status, 401, `${method} ${path}: ${answer.text}`);
    }
    for (const path of [...OPEN, '/openapi.json']) assert.equal((await call('GET', path, { token: null })).status, 200, path);
  });

  test('a token sees and touches the runs, gates and baselines of its projects only', async () => {
    const mine = await makeToken(
      [...SCOPES].filter((scope) => scope !== 'admin'),
      ['mine'],
    );
    const theirs = await call('POST', '/v1/runs', { json: openRunBody({ project: 'theirs' }) });
    const own = await call('POST', '/v1/runs', { json: openRunBody({ project: 'mine' }), token: mine.token });
    assert.equal(own.status, 201);
    const foreign: readonly (readonly [method: string, path: string, options?: CallOptions])[] = [
      ['POST', '/v1/runs', { json: openRunBody({ project: 'theirs' }) }],
      ['GET', `/v1/runs/${theirs.body.runId}`],
      ['GET', `/v1/runs/${theirs.body.runId}/series`],
      ['GET', `/v1/runs/${theirs.body.runId}/history`],
      ['GET', `/v1/runs/${theirs.body.runId}/series/${RUN}/values`],
      ['GET', `/v1/runs/${theirs.body.runId}/verdict`],
      ['GET', `/v1/runs/${theirs.body.runId}/report`],
      ['POST', `/v1/runs/${theirs.body.runId}/samples?region=r&metric=latency&unit=ns`, { body: 'value\n1\n' }],
      ['POST', `/v1/runs/${theirs.body.runId}/seal`],
      ['POST', `/v1/runs/${theirs.body.runId}/withdraw`, { json: { reason: 'r' } }],
      ['PUT', `/v1/runs/${theirs.body.runId}/environment?format=json`, { body: '{"kernel":"6.1"}' }],
      ['GET', '/v1/runs?project=theirs'],
      ['GET', '/v1/baselines?project=theirs'],
      ['POST', '/v1/baselines', { json: { project: 'theirs', suite: 's', name: 'n', runIds: [theirs.body.runId], reason: 'r' } }],
      ['GET', '/v1/gates/theirs/default?subject=1'],
      ['PUT', '/v1/gates/theirs/default', { body: 'version: 1\n' }],
    ];
    for (const [method, path, options] of foreign) {
      const answer = await call(method, path, { ...options, token: mine.token });
      assert.equal(answer.status, 403, `${method} ${path}: ${answer.text}`);
      assert.equal(answer.body.type, 'urn:plumbline:problem:project-not-allowed');
    }
    const listed = await call('GET', '/v1/runs', { token: mine.token });
    assert.deepEqual(
      listed.body.data.map((run: { project: string }) => run.project),
      ['mine'],
    );
  });

  test('an admin of one project makes, sees and revokes tokens of that project only', async () => {
    const local = await makeToken(['admin'], ['mine']);
    const everywhere = await makeToken(['read'], null);
    const theirs = await makeToken(['read'], ['theirs']);
    for (const projects of [null, ['theirs'], ['mine', 'theirs']]) {
      const answer = await call('POST', '/v1/tokens', { json: { scopes: ['admin'], projects }, token: local.token });
      assert.equal(answer.status, 403, `${JSON.stringify(projects)}: ${answer.text}`);
      assert.equal(answer.body.type, 'urn:plumbline:problem:project-not-allowed');
    }
    const own = await makeToken(['read'], ['mine'], local.token);
    const listed = await call('GET', '/v1/tokens', { token: local.token });
    const ids = listed.body.data.map((token: { id: string }) => token.id);
    assert.ok(ids.includes(own.id) && ids.includes(local.id));
    assert.ok(!ids.includes(everywhere.id) && !ids.includes(theirs.id));
    for (const { id } of [everywhere, theirs]) {
      assert.equal((await call('POST', `/v1/tokens/${id}/revoke`, { token: local.token })).status, 403);
    }
    assert.equal((await call('GET', '/v1/runs', { token: theirs.token })).status, 200);
    assert.equal((await call('POST', `/v1/tokens/${own.id}/revoke`, { token: local.token })).status, 200);
  });

  test('the operator’s token of PLUMBLINE_ADMIN_TOKEN may do everything and is not in the list', async () => {
    assert.equal(service.adminToken, other.adminToken);
    const { status, body } = await call('GET', '/v1/tokens');
    assert.equal(status, 200);
    assert.ok(body.data.every((token: { id: string }) => token.id !== 'admin'));
  });
});
