import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { type BodyOptions, decodeUtf8, readBody } from '../../ingest/body.ts';
import { ProblemError } from '../../wire/problems.ts';

const OPTIONS: BodyOptions = { contentEncoding: undefined, limitBytes: 1e9, ratio: 250, graceBytes: 1024 * 1024 };
const GZIP = { contentEncoding: 'gzip' };

function streamOf(...chunks: readonly Buffer[]): Readable {
  return Readable.from(chunks, { objectMode: false });
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function read(stream: Readable, options: Partial<BodyOptions> = {}): Promise<{ bytes: Buffer; byteCount: number; sha256: string }> {
  const body = readBody(stream, { ...OPTIONS, ...options });
  const bytes = await collect(body.chunks);
  return { bytes, byteCount: body.byteCount(), sha256: body.sha256() };
}

async function readText(...chunks: readonly Buffer[]): Promise<string> {
  let text = '';
  for await (const part of readBody(streamOf(...chunks), OPTIONS).text()) text += part;
  return text;
}

function isProblem(type: string, detail: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof ProblemError && error.type === type && detail.test(error.message);
}

/** Resolves when the stream has ended or was destroyed: nothing is left half-read. */
async function settled(stream: Readable): Promise<boolean> {
  for (let turn = 0; turn < 100 && !stream.destroyed && !stream.readableEnded; turn++) await nextTurn();
  return stream.destroyed || stream.readableEnded;
}

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ordered = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return ordered.slice(1).map((end, index) => bytes.subarray(ordered[index], end));
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test('gives the bytes of an uncompressed body with their count and digest', async () => {
  const bytes = randomBytes(300_000);
  const got = await read(streamOf(bytes.subarray(0, 7), bytes.subarray(7)));
  assert.ok(got.bytes.equals(bytes));
  assert.deepEqual([got.byteCount, got.sha256], [bytes.length, sha256(bytes)]);
});

test('gives the bytes of a gzip body however it is cut, several members included (property)', async () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(bodies, fc.array(fc.nat(), { maxLength: 4 }), async (members, places) => {
      const compressed = Buffer.concat(members.map((member) => zlib.gzipSync(member)));
      const plain = Buffer.concat(members);
      const got = await read(streamOf(...cut(compressed, places)), GZIP);
      assert.ok(got.bytes.equals(plain));
      assert.equal(got.sha256, sha256(plain));
    }),
    { numRuns: 60 },
  );
});

test('reads a gzip file without its header as with it, however it is cut: bytes, count and digest (property)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), fc.array(fc.nat(), { maxLength: 4 }), async (plain, places) => {
      const compressed = cut(zlib.gzipSync(plain), places);
      const got = await read(streamOf(...compressed));
      // What was inside may begin like a gzip file itself: it is left as it is.
      assert.deepEqual(got, await read(streamOf(...compressed), GZIP));
      assert.equal(got.sha256, sha256(Buffer.from(plain)));
    }),
    { numRuns: 60 },
  );
});

test('holds a gzip file without its header to the same limits, and refuses it damaged', async () => {
  const bomb = zlib.gzipSync(Buffer.alloc(8 * 1024 * 1024));
  await assert.rejects(read(streamOf(bomb)), isProblem('payload-too-large', /250/));
  await assert.rejects(read(streamOf(zlib.gzipSync(Buffer.alloc(1001, 97))), { limitBytes: 1000 }), isProblem('payload-too-large', /1000/));
  await assert.rejects(read(streamOf(zlib.gzipSync('value').subarray(0, 12))), isProblem('invalid-payload', /damaged or was cut off/));
  await assert.rejects(
    read(streamOf(zlib.gzipSync('1\n'), Buffer.from('x'))),
    isProblem('invalid-payload', /decompressed|other bytes follow/),
  );
  await assert.rejects(read(streamOf(Buffer.from([0x1f, 0x8b]))), isProblem('invalid-payload', /damaged/));
});

test('refuses a text that is compressed twice', async () => {
  const twice = zlib.gzipSync(zlib.gzipSync('value\n1\n'));
  await assert.rejects(readText(twice), isProblem('invalid-payload', /compressed twice/));
});

test('reads a zstd file without its header where Node can, and says so elsewhere', async () => {
  const compress: unknown = Reflect.get(zlib, 'zstdCompressSync');
  if (typeof compress !== 'function') {
    const bytes = Buffer.from('28b52ffd2008410000763a', 'hex');
    return assert.rejects(readText(bytes), isProblem('invalid-payload', /zstd file, which this service cannot undo/));
  }
  const compressed: unknown = compress(Buffer.from('value\n1\n'));
  assert.ok(Buffer.isBuffer(compressed));
  assert.equal(await readText(compressed), 'value\n1\n');
  return undefined;
});

test('refuses a gzip body that is cut off at any byte', async () => {
  const compressed = zlib.gzipSync('value\n1\n2\n3\n');
  for (let length = 0; length < compressed.length; length++) {
    const stream = streamOf(compressed.subarray(0, length));
    if (length > 0) await assert.rejects(read(stream, GZIP), isProblem('invalid-payload', /damaged or was cut off/), `${length} bytes`);
    else assert.equal((await read(stream, GZIP).catch(() => ({ byteCount: 0 }))).byteCount, 0);
  }
});

for (const [name, tail] of [
  ['text', Buffer.from('more')],
  ['zeros', Buffer.alloc(512)],
] as const) {
  test(`refuses ${name} after a gzip body instead of losing it`, async () => {
    await assert.rejects(read(streamOf(zlib.gzipSync('1\n'), tail), GZIP), isProblem('invalid-payload', /decompressed|other bytes follow/));
  });
}

test('refuses a damaged gzip body and a body that is not gzip at all', async () => {
  const damaged = zlib.gzipSync(randomBytes(1000));
  damaged[500] = (damaged[500] ?? 0) ^ 1;
  await assert.rejects(read(streamOf(damaged), GZIP), isProblem('invalid-payload', /damaged/));
  await assert.rejects(read(streamOf(Buffer.from('value\n1\n')), GZIP), isProblem('invalid-payload', /damaged/));
});

test('takes a body of exactly the limit and refuses one byte more, naming the limit', async () => {
  for (const encode of [(bytes: Buffer) => bytes, (bytes: Buffer) => zlib.gzipSync(bytes)]) {
    const compressed = encode !== undefined && encode(Buffer.from('a')).length > 1;
    const options = { ...(compressed ? GZIP : {}), limitBytes: 1000 };
    assert.equal((await read(streamOf(encode(Buffer.alloc(1000, 97))), options)).byteCount, 1000);
    const stream = streamOf(encode(Buffer.alloc(1001, 97)));
    await assert.rejects(read(stream, options), isProblem('payload-too-large', /1000 bytes/));
    assert.ok(await settled(stream));
  }
});

test('stops at a limit lowered on the way', async () => {
  const body = readBody(streamOf(Buffer.alloc(600), Buffer.alloc(600)), OPTIONS);
  const iterator = body.chunks[Symbol.asyncIterator]();
  await iterator.next();
  body.lowerLimit(1000);
  await assert.rejects(async () => iterator.next(), isProblem('payload-too-large', /1000/));
  assert.throws(() => body.lowerLimit(599), isProblem('payload-too-large', /599/));
});

test('refuses a body that grows beyond the ratio once the grace is used, and not before', async () => {
  const bomb = zlib.gzipSync(Buffer.alloc(8 * 1024 * 1024));
  await assert.rejects(read(streamOf(bomb), GZIP), isProblem('payload-too-large', /250/));
  assert.equal((await read(streamOf(bomb), { ...GZIP, graceBytes: 8 * 1024 * 1024 })).byteCount, 8 * 1024 * 1024);
});

test('refuses an encoding it cannot undo and names those it can', () => {
  for (const contentEncoding of ['br', 'deflate', 'gzip, gzip']) {
    const open = () => readBody(streamOf(), { ...OPTIONS, contentEncoding });
    assert.throws(open, isProblem('unsupported-encoding', /identity, gzip/));
  }
});

test('undoes zstd where Node can, and refuses it by name elsewhere', async () => {
  const compress: unknown = Reflect.get(zlib, 'zstdCompressSync');
  const zstd = { contentEncoding: 'zstd' };
  if (typeof compress !== 'function')
    return assert.throws(() => readBody(streamOf(), { ...OPTIONS, ...zstd }), isProblem('unsupported-encoding', /zstd/));
  const plain = Buffer.from('value\n1\n');
  const compressed: unknown = compress(plain);
  assert.ok(Buffer.isBuffer(compressed));
  assert.ok((await read(streamOf(compressed), zstd)).bytes.equals(plain));
  await assert.rejects(read(streamOf(compressed.subarray(0, compressed.length - 1)), zstd), isProblem('invalid-payload', /damaged/));
  return undefined;
});

test('reports a request that stops before its end as such', async () => {
  const stream = new Readable({ read() {} });
  stream.push('value\n');
  setImmediate(() => stream.destroy(new Error('aborted')));
  await assert.rejects(read(stream), isProblem('invalid-body', /stopped before its end/));
  const compressed = new Readable({ read() {} });
  compressed.push(zlib.gzipSync('value\n').subarray(0, 12));
  setImmediate(() => compressed.destroy());
  await assert.rejects(read(compressed, GZIP), isProblem('invalid-body', /stopped before its end/));
});

test('drains the stream when its reader gives up, or never begins', async () => {
  const chunks = Array.from({ length: 50 }, () => Buffer.alloc(10_000, 97));
  const broken = streamOf(...chunks);
  for await (const _ of readBody(broken, OPTIONS).text()) break;
  assert.ok(await settled(broken));
  const held = streamOf(...chunks);
  const body = readBody(held, OPTIONS);
  await body.text()[Symbol.asyncIterator]().next();
  body.discard();
  assert.ok(await settled(held));
  const untouched = streamOf(...chunks);
  readBody(untouched, OPTIONS).discard();
  assert.ok(await settled(untouched));
});

test('lets a client that sends too much read the answer, and use the connection again', async () => {
  const server = createServer((incoming, response) => {
    read(incoming, { limitBytes: 1000 }).then(
      ({ byteCount }) => response.end(String(byteCount)),
      (error: unknown) => response.writeHead(error instanceof ProblemError ? error.status : 500).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address: AddressInfo | string | null = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const post = (body: Buffer) =>
    new Promise<number | undefined>((resolve, reject) => {
      const call = request({ port: address.port, host: '127.0.0.1', method: 'POST' }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      });
      call.on('error', reject);
      call.end(body);
    });
  try {
    assert.equal(await post(Buffer.alloc(20 * 1024 * 1024)), 413);
    assert.equal(await post(Buffer.alloc(1000)), 200);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test('decodes UTF-8 as TextDecoder does however it is cut, or refuses both (property)', async () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const texts = fc.string({ unit: 'binary', maxLength: 60 }).map((text) => Buffer.from(text.replace(/\p{Surrogate}/gu, '?')));
  const bytes = fc.oneof(
    texts,
    fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.array(fc.nat(), { maxLength: 5 }), async (input, places) => {
      let expected: string | undefined;
      try {
        expected = input.includes(0) ? undefined : decoder.decode(input);
      } catch {
        expected = undefined;
      }
      const got = readText(...cut(input, places));
      if (expected === undefined) await assert.rejects(got, isProblem('invalid-payload', /./));
      else assert.equal(await got, expected);
    }),
    { numRuns: 400 },
  );
});

const REFUSED: readonly { name: string; bytes: Buffer; why: RegExp; pointer: RegExp }[] = [
  { name: 'Latin-1', bytes: Buffer.from(`${'x'.repeat(1000)}µs`, 'latin1'), why: /not UTF-8 at byte 1000.*iconv/, pointer: /^byte 1000/ },
  { name: 'a character cut off at the end', bytes: Buffer.from('1\nµ').subarray(0, 3), why: /not UTF-8 at byte 2/, pointer: /^byte 2/ },
  {
    name: 'UTF-16 with a byte order mark',
    bytes: Buffer.from('\ufeffvalue\n1\n', 'utf16le'),
    why: /UTF-16.*iconv -f UTF-16/,
    pointer: /^byte 0/,
  },
  { name: 'UTF-16 without one', bytes: Buffer.from('value\n1\n', 'utf16le'), why: /UTF-16/, pointer: /^byte 1/ },
  { name: 'a NUL', bytes: Buffer.from('value\n1\0\n'), why: /byte 7 .*NUL/, pointer: /^byte 7/ },
];

for (const { name, bytes, why, pointer } of REFUSED) {
  test(`refuses ${name}, saying where and what to do`, async () => {
    for (const places of [[], [3], [bytes.length - 1]]) {
      await assert.rejects(readText(...cut(bytes, places)), (error) => {
        assert.ok(isProblem('invalid-payload', why)(error), String(error));
        return error instanceof ProblemError && pointer.test(error.errors[0]?.pointer ?? '');
      });
    }
  });
}

test('leaves out a byte order mark at the start only', async () => {
  assert.equal(await readText(Buffer.from('\ufeffvalue\n\ufeff')), 'value\n\ufeff');
  const text: string[] = [];
  for await (const part of decodeUtf8(streamOf(Buffer.from([0xef]), Buffer.from([0xbb, 0xbf]), Buffer.from('1')))) text.push(part);
  assert.equal(text.join(''), '1');
});
