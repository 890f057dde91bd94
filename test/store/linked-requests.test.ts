import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { connectStore, migrate, type Row, type Store } from '../../store/index.ts';
import { selectLinkedRequests } from '../../store/linked-requests.ts';
import { LIMITS } from '../../wire/limits.ts';
import { useEmbeddedStore } from '../support/embedded-store.ts';

const embedded = useEmbeddedStore();
let store: Store;

const NOW_MS = Date.UTC(2026, 10, 20);
/** Epoch nanoseconds, where a double holds only every 256th: times must be taken relative to the trace before they become one. */
const ORIGIN = 1_800_000_000_000_000_001n;

type SpanPart = {
  readonly id: string;
  readonly parent?: string;
  readonly side?: 'host' | 'device';
  readonly start: number;
  readonly duration: number;
  readonly enters?: { readonly device: string; readonly host: string };
  readonly trace?: string;
  readonly payload?: string;
  readonly repetition?: number;
};

async function link(spans: readonly SpanPart[]): Promise<readonly (readonly [series: string, repetition: number, ns: number])[]> {
  const runId = randomUUID();
  const payloads = new Map<string, string>();
  const rows = spans.map((span, index): Row<'spans'> => {
    const payload = span.payload ?? 'a';
    if (!payloads.has(payload)) payloads.set(payload, randomUUID());
    return {
      run_id: runId,
      trace_id: span.trace ?? 't',
      span_id: span.id,
      parent_span_id: span.parent ?? '',
      repetition: span.repetition ?? 1,
      payload_id: payloads.get(payload) ?? '',
      ordinal: index,
      operation: 'op',
      service: '',
      side: span.side ?? 'host',
      start_ns: ORIGIN + BigInt(span.start),
      duration_ns: span.duration,
      failed: false,
      device_time_series_id: span.enters?.device ?? null,
      host_time_series_id: span.enters?.host ?? null,
      line: 1,
      received_at: NOW_MS,
    };
  });
  for (const payload of new Set(rows.map((row) => row.payload_id)))
    await store.append(
      'spans',
      rows.filter((row) => row.payload_id === payload),
    );
  const found = await store.query<{ series_id: string; repetition: number; start_ns: string; time_ns: number }>(
    `SELECT * FROM (${selectLinkedRequests('run_id = {runId:UUID}')}) ORDER BY start_ns, series_id`,
    { runId },
  );
  return found.map((row) => [row.series_id, row.repetition, row.time_ns] as const);
}

const series = () => ({ device: randomUUID(), host: randomUUID() });
const sorted = <Item extends readonly [string, number, number]>(items: readonly Item[]) =>
  [...items].sort((a, b) => (a[0] < b[0] ? -1 : 1));

describe('requests linked by trace', () => {
  before(async () => {
    store = connectStore(embedded.store());
    await migrate(store);
  });
  after(() => store.close());

  test('host and device sides meet though they came in two payloads; overlapping kernels count once', async () => {
    const enters = series();
    const linked = await link([
      { id: 'root', start: 0, duration: 1000, enters },
      { id: 'launch', parent: 'root', start: 100, duration: 50 },
      { id: 'k1', parent: 'launch', side: 'device', start: 200, duration: 100, payload: 'b' },
      { id: 'k2', parent: 'launch', side: 'device', start: 250, duration: 100, payload: 'b' },
      { id: 'k3', parent: 'launch', side: 'device', start: 500, duration: 7, payload: 'b' },
    ]);
    assert.deepEqual(sorted(linked), sorted([[enters.device, 1, 157] as const, [enters.host, 1, 843] as const]));
  });

  test('clocks of host and device need not agree', async () => {
    const enters = series();
    const linked = await link([
      { id: 'root', start: 0, duration: 1000, enters },
      { id: 'k', parent: 'root', side: 'device', start: -3_600_000_000, duration: 400 },
    ]);
    assert.deepEqual(sorted(linked), sorted([[enters.device, 1, 400] as const, [enters.host, 1, 600] as const]));
  });

  test('a kernel belongs to the nearest entry above it, the caller further up has none', async () => {
    const outer = series();
    const inner = series();
    const linked = await link([
      { id: 'outer', start: 0, duration: 1000, enters: outer },
      { id: 'call', parent: 'outer', start: 10, duration: 900 },
      { id: 'inner', parent: 'call', start: 20, duration: 800, enters: inner, repetition: 4 },
      { id: 'k', parent: 'inner', side: 'device', start: 30, duration: 300 },
    ]);
    assert.deepEqual(sorted(linked), sorted([[inner.device, 4, 300] as const, [inner.host, 4, 500] as const]));
  });

  test('many requests of one trace keep their own kernels, deep below', async () => {
    const one = series();
    const two = series();
    const chain = (root: string, depth: number): readonly SpanPart[] =>
      Array.from({ length: depth }, (_, i) => ({ id: `${root}${i + 1}`, parent: i === 0 ? root : `${root}${i}`, start: i, duration: 1 }));
    const linked = await link([
      { id: 'a', parent: 'ci', start: 0, duration: 100, enters: one },
      ...chain('a', 100),
      { id: 'ka', parent: 'a100', side: 'device', start: 5, duration: 11 },
      { id: 'b', parent: 'ci', start: 200, duration: 100, enters: two },
      ...chain('b', 3),
      { id: 'kb', parent: 'b3', side: 'device', start: 205, duration: 22 },
    ]);
    assert.deepEqual(
      linked.map(([id, , ns]) => [id, ns]).sort(),
      [
        [one.device, 11],
        [one.host, 89],
        [two.device, 22],
        [two.host, 78],
      ].sort(),
    );
  });

  test('a device side without parents goes to the only entry of its trace, and to none of two', async () => {
    const one = series();
    const two = series();
    const kernel = { id: 'k', parent: 'elsewhere', side: 'device', start: 5, duration: 10 } as const;
    assert.equal((await link([{ id: 'a', start: 0, duration: 50, enters: one }, kernel])).length, 2);
    assert.deepEqual(
      await link([{ id: 'a', start: 0, duration: 50, enters: one }, { id: 'b', start: 60, duration: 50, enters: two }, kernel]),
      [],
    );
  });

  test('a device side that outlasts its request leaves no host time, and a span that came twice counts once', async () => {
    const enters = series();
    const kernel = { id: 'k', parent: 'a', side: 'device', start: 5, duration: 80 } as const;
    const linked = await link([{ id: 'a', start: 0, duration: 50, enters }, kernel, { ...kernel, payload: 'b' }]);
    assert.deepEqual(linked, [[enters.device, 1, 80]]);
  });

  test('spans that name each other as parents, and requests without a device side, give nothing', async () => {
    assert.deepEqual(
      await link([
        { id: 'x', parent: 'y', start: 0, duration: 1 },
        { id: 'y', parent: 'x', side: 'device', start: 0, duration: 1 },
        { id: 'a', start: 0, duration: 50, enters: series() },
        { id: 'b', start: 0, duration: 50, enters: series() },
      ]),
      [],
    );
    assert.deepEqual(await link([{ id: 'a', start: 0, duration: 50, enters: series() }]), []);
  });

  for (const [count, found] of [
    [LIMITS.spansPerLinkedTrace, 2],
    [LIMITS.spansPerLinkedTrace + 1, 0],
  ] as const) {
    test(`a trace of ${count} spans gives ${found} values`, async () => {
      const fill = Array.from({ length: count - 2 }, (_, i) => ({ id: `s${i}`, parent: 'a', start: i, duration: 1 }));
      const linked = await link([
        { id: 'a', start: 0, duration: 5000, enters: series() },
        ...fill,
        { id: 'k', parent: `s${count - 3}`, side: 'device', start: 1, duration: 9 },
      ]);
      assert.equal(linked.length, found);
    });
  }
});
