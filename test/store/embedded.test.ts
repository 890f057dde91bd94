import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { startEmbeddedStore } from '../../store/embedded/index.ts';
import { connect, useEmbeddedStore, withTemporaryFolder } from '../support/embedded-store.ts';

const ACCESS_DENIED = 497;
const REFUSED = [
  { name: 'refuses the table function file()', statement: "SELECT * FROM file('/etc/passwd', 'LineAsString')", code: ACCESS_DENIED },
  {
    name: 'refuses writing through file()',
    statement: "INSERT INTO FUNCTION file('x.csv', 'CSV', 'a UInt8') VALUES (1)",
    code: ACCESS_DENIED,
  },
  { name: 'refuses url()', statement: "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", code: ACCESS_DENIED },
  { name: 'refuses s3()', statement: "SELECT * FROM s3('http://127.0.0.1:1/bucket/x', 'CSV', 'a UInt8')", code: ACCESS_DENIED },
  { name: 'refuses remote()', statement: "SELECT * FROM remote('127.0.0.1:9000', system.one)", code: ACCESS_DENIED },
  { name: 'refuses a table on a file', statement: "CREATE TABLE f (a String) ENGINE = File('LineAsString')", code: ACCESS_DENIED },
  {
    name: 'refuses a table on a URL',
    statement: "CREATE TABLE u (a String) ENGINE = URL('http://127.0.0.1:1/', 'CSV')",
    code: ACCESS_DENIED,
  },
  {
    name: 'refuses a dictionary, whose source could be a shell command',
    statement: "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(EXECUTABLE(command 'id' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
    code: ACCESS_DENIED,
  },
  { name: 'refuses system.users', statement: 'SELECT * FROM system.users', code: ACCESS_DENIED },
  { name: 'refuses system.server_settings', statement: 'SELECT * FROM system.server_settings', code: ACCESS_DENIED },
  { name: 'refuses system.stack_trace', statement: 'SELECT * FROM system.stack_trace', code: ACCESS_DENIED },
  { name: 'refuses introspection functions', statement: 'SELECT addressToSymbol(1)', code: ACCESS_DENIED },
  // 452: SETTING_CONSTRAINT_VIOLATION
  { name: 'refuses switching introspection on', statement: 'SELECT 1 SETTINGS allow_introspection_functions = 1', code: 452 },
  { name: 'refuses SYSTEM SHUTDOWN', statement: 'SYSTEM SHUTDOWN', code: ACCESS_DENIED },
  { name: 'refuses opening another listener', statement: 'SYSTEM START LISTEN TCP', code: ACCESS_DENIED },
  { name: 'refuses another database', statement: 'CREATE DATABASE other', code: ACCESS_DENIED },
  { name: 'refuses creating a user', statement: "CREATE USER x IDENTIFIED BY 'x'", code: ACCESS_DENIED },
  { name: 'refuses a query without SELECT', statement: '1 + 1', code: 62 },
  // 36: BAD_ARGUMENTS
  { name: 'refuses a backup outside the backup folder', statement: "BACKUP DATABASE plumbline TO File('/tmp/b')", code: 36 },
] as const;

describe('a running embedded store', () => {
  const { store, client } = useEmbeddedStore();

  async function errorCode(statement: string): Promise<number> {
    return client()
      .command({ query: statement })
      .then(() => 0)
      .catch((error: unknown) => {
        if (error instanceof ClickHouseError) return Number(error.code);
        throw error;
      });
  }

  async function statusOf(headers: Record<string, string>, path = '/?query=SELECT%201'): Promise<number> {
    const response = await fetch(`${store().url}${path}`, { headers });
    await response.text();
    return response.status;
  }

  test('answers a query through the client, in UTC, in its own database', async () => {
    const rows = await client().query({ query: 'SELECT currentDatabase() AS database, timezone() AS zone', format: 'JSONEachRow' });
    assert.deepEqual(await rows.json(), [{ database: 'plumbline', zone: 'UTC' }]);
  });

  test('answers the ping of the client', async () => {
    assert.deepEqual(await client().ping(), { success: true });
  });

  test('creates, fills, changes and drops tables and views', async () => {
    for (const query of [
      'CREATE TABLE t (a UInt64) ENGINE = ReplacingMergeTree ORDER BY a',
      'INSERT INTO t SELECT number FROM numbers(10)',
      'CREATE MATERIALIZED VIEW v ENGINE = AggregatingMergeTree ORDER BY a AS SELECT a FROM t',
      'ALTER TABLE t ADD COLUMN b UInt8',
      'OPTIMIZE TABLE t FINAL',
      'SELECT count() FROM system.parts',
      "BACKUP DATABASE plumbline TO File('first')",
      'DROP TABLE v SYNC',
      'DROP TABLE t SYNC',
      "RESTORE TABLE plumbline.t FROM File('first')",
      'DROP TABLE t',
    ]) {
      assert.equal(await errorCode(query), 0, query);
    }
  });

  test('answers 404 without the header, even with the password', async () => {
    const { username, password } = store();
    assert.equal(await statusOf({ 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password }), 404);
    assert.equal(await statusOf({ 'X-Embedded-Token': 'x', 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password }), 404);
    assert.equal(await statusOf({}, '/ping'), 404);
  });

  test('answers 404 on the pages a server would offer', async () => {
    for (const path of ['/play', '/dashboard', '/replicas_status', '/metrics', '/binary']) {
      assert.equal(await statusOf({ ...store().httpHeaders }, path), 404, path);
    }
  });

  test('refuses the user default even with the header: its quota is used up', async () => {
    for (const body of ['SELECT * FROM numbers(1)', "SELECT * FROM file('/proc/self/status', 'LineAsString')", 'SYSTEM START LISTEN TCP']) {
      for (const headers of [{ 'X-ClickHouse-User': 'default' }, {}]) {
        const response = await fetch(store().url, { method: 'POST', body, headers: { ...store().httpHeaders, ...headers } });
        // 201: QUOTA_EXCEEDED
        assert.equal(response.headers.get('x-clickhouse-exception-code'), '201', body);
        await response.text();
      }
    }
  });

  test('refuses a wrong password', async () => {
    const log = { level: ClickHouseLogLevel.OFF };
    const wrong = createClient({
      url: store().url,
      username: store().username,
      password: 'wrong',
      http_headers: { ...store().httpHeaders },
      log,
    });
    // 516: AUTHENTICATION_FAILED
    await assert.rejects(wrong.query({ query: 'SELECT 1' }), { code: '516' });
    await wrong.close();
  });

  for (const { name, statement, code } of REFUSED) {
    test(name, async () => assert.equal(await errorCode(statement), code));
  }

  test('keeps the scalar function file() and format templates from files outside the store', async (t) => {
    if (!store().isConfined) return t.skip('this system has no Landlock');
    const outside = mkdtempSync(join(tmpdir(), 'plumbline-outside-'));
    writeFileSync(join(outside, 'secret'), 'secret');
    writeFileSync(join(store().dataDir, 'admin-token'), 'secret');
    // 76: CANNOT_OPEN_FILE
    for (const path of [join(outside, 'secret'), join(store().dataDir, 'admin-token'), '/etc/passwd', `/proc/${process.pid}/environ`]) {
      assert.equal(await errorCode(`SELECT file('${path}')`), 76, path);
    }
    assert.equal(await errorCode("SELECT 1 FORMAT Template SETTINGS format_template_resultset = '/etc/passwd'"), 76);
    rmSync(outside, { recursive: true });
  });
});

test('writes its configuration for this user only, with new secrets at each start, and leaves unknown files alone', async () => {
  await withTemporaryFolder(async (dataDir) => {
    const first = await startEmbeddedStore({ dataDir });
    await first.stop();
    await writeFile(join(dataDir, 'notes.txt'), 'mine');
    await writeFile(join(dataDir, 'store', 'notes.txt'), 'mine too');
    await writeFile(join(dataDir, 'store-config', 'notes.txt'), 'mine as well');
    const second = await startEmbeddedStore({ dataDir });
    const client = connect(second);
    assert.deepEqual(await client.ping({ select: true }), { success: true });
    await client.close();
    for (const file of ['store-config/config.xml', 'store-config/users.xml', 'store.lock']) {
      assert.equal((await stat(join(dataDir, file))).mode & 0o777, 0o600, file);
    }
    assert.doesNotMatch(await readFile(join(dataDir, 'store-config/users.xml'), 'utf8'), new RegExp(second.password));
    await second.stop();
    assert.notEqual(first.password, second.password);
    assert.notDeepEqual(first.httpHeaders, second.httpHeaders);
    assert.equal(await readFile(join(dataDir, 'notes.txt'), 'utf8'), 'mine');
    assert.equal(await readFile(join(dataDir, 'store', 'notes.txt'), 'utf8'), 'mine too');
    assert.equal(await readFile(join(dataDir, 'store-config', 'notes.txt'), 'utf8'), 'mine as well');
  });
});
