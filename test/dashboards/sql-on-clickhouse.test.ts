import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { VIEWS } from '../../dashboards/index.ts';
import { connectStore, migrate, type Store } from '../../store/index.ts';
import { useEmbeddedStore } from '../support/embedded-store.ts';
import { DASHBOARDS, listQueries } from './dashboards.ts';

/** What Grafana and the plugin put into a query (GRAFANA.md section 2, order of expansion), for the macros in use here. */
function expand(sql: string, picked: Readonly<Record<string, readonly string[]>>): string {
  const conditional = sql.replace(/\$__conditionalAll\((.*?), \$(\w+)\)(?=\s|$)/g, (_, condition: string, name: string) =>
    (picked[name] ?? []).length === 0 ? '1=1' : condition,
  );
  const replaced = conditional.replace(/\$\{(\w+):singlequote\}/g, (_, name: string) =>
    (picked[name] ?? []).map((value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`).join(','),
  );
  return replaced
    .replace(
      /\$__timeFilter_ms\((\w+)\)/g,
      '$1 >= fromUnixTimestamp64Milli(1700000000000) AND $1 <= fromUnixTimestamp64Milli(1900000000000)',
    )
    .replace(/\$__timeInterval\((\w+)\)/g, 'toStartOfInterval(toDateTime($1), INTERVAL 3600 second)');
}

const STATES = [
  { name: 'All', picked: {} },
  { name: 'one value each', picked: { project: ['acme'], suite: ['nightly'] } },
  { name: 'several values', picked: { project: ['acme', 'rival'], suite: ['nightly', 'links'] } },
  { name: 'a value with a quote and a backslash', picked: { project: ["a'b\\"], suite: ["') OR 1=1 --"] } },
] as const;

/** One regressed verdict with one finding, in place of the views. */
const ONE_REGRESSION = `WITH
  verdict_overview AS (SELECT toDateTime64('2026-01-15 08:00:00', 3) AS judged_at, 'acme' AS project, 'nightly' AS suite, 'r1' AS run_id,
    'nightly' AS kind, 'driver' AS subject_name, '2.4.1' AS subject_version, 'abc' AS subject_commit, 'lab-07' AS hostname, 'riscv64' AS isa,
    'regression' AS status, toNullable(0.5) AS score, ['regressed'] AS reason_codes, 'b1' AS baseline_id, toUInt32(2) AS finding_count,
    toUInt32(1) AS regression_count),
  finding_overview AS (SELECT toDateTime64('2026-01-15 08:00:00', 3) AS judged_at, 'acme' AS project, 'nightly' AS suite, 'r1' AS run_id,
    'copy' AS region, 'latency' AS metric, 'ns' AS unit, 'tail' AS family, 'p99' AS statistic, 'regression' AS status, true AS gated,
    toNullable(1.0) AS baseline, toNullable(1.2) AS candidate, toNullable(0.2) AS delta, toNullable(0.01) AS q_value, map('gpu', '0') AS labels)`;

describe('dashboards on the embedded ClickHouse', () => {
  const embedded = useEmbeddedStore();
  let store: Store;
  before(async () => {
    store = connectStore(embedded.store());
    await migrate(store);
  });
  after(() => store.close());

  for (const { file, value } of DASHBOARDS)
    for (const { place, sql } of listQueries(value))
      for (const { name, picked } of STATES)
        test(`${file}, ${place}: runs on an empty store with ${name}`, async () => {
          const expanded = expand(sql, picked);
          assert.doesNotMatch(expanded, /\$/);
          assert.deepEqual(await store.query(expanded), []);
        });

  for (const { file, value } of DASHBOARDS)
    for (const { place, sql, format } of listQueries(value)) {
      test(`${file}, ${place}: finds the row of a picked project and suite, and of All`, async () => {
        for (const { picked } of STATES.slice(0, 3)) {
          const [row] = await store.query<Record<string, unknown>>(`${ONE_REGRESSION} ${expand(sql, picked)}`);
          assert.ok(row, expand(sql, picked));
          if (format === 0) assert.deepEqual(Object.keys(row), ['time', 'status', 'Value']);
        }
      });

      test(`${file}, ${place}: a picked value that is SQL finds nothing`, async () => {
        if (!sql.includes('singlequote')) return;
        assert.deepEqual(await store.query(`${ONE_REGRESSION} ${expand(sql, STATES[3].picked)}`), []);
      });
    }

  for (const view of VIEWS)
    test(`the store provides ${view.name} with the columns that dashboards read`, async () => {
      const rows = await store.query<{ name: string; type: string }>(
        'SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position',
        { table: view.name },
      );
      const plain = (type: string) => type.replace(/LowCardinality\((\w+)\)/g, '$1').replace(/Enum8\(.*\)/, 'String');
      assert.deepEqual(Object.fromEntries(rows.map(({ name, type }) => [name, plain(type)])), { ...view.columns });
    });
});
