import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { parse } from 'yaml';
import { VIEWS } from '../../dashboards/index.ts';
import { DASHBOARDS, isJson, listPanels, listQueries, listVariables, members, text } from './dashboards.ts';

// The rules are those of GRAFANA.md, sections 1 to 4; each has bitten somebody.
const UNITS: ReadonlySet<string> = new Set(Object.values(units).filter((unit) => typeof unit === 'string'));
const COLUMNS: ReadonlySet<string> = new Set(VIEWS.flatMap((view) => Object.keys(view.columns)));
const VIEW_NAMES: ReadonlySet<string> = new Set(VIEWS.map((view) => view.name));
// Lower-case words of the SQL that are neither columns nor views: functions, aliases and lambda arguments.
const OTHER_WORDS = new Set(['time', 'name', 'value', 'concat', 'count', 'max', 'counts']);

for (const { file, json, value } of DASHBOARDS) {
  const panels = listPanels(value);
  const shown = panels.filter((panel) => panel['type'] !== 'row');
  const queries = listQueries(value);

  test(`${file}: the dashboard has a fixed uid and panels have ids of their own, counted from 1`, () => {
    assert.match(text(value['uid']), /^plumbline-[a-z-]+$/);
    assert.deepEqual(
      panels.map((panel) => panel['id']),
      panels.map((_, i) => i + 1),
    );
  });

  test(`${file}: nothing is hidden in the controls menu`, () => {
    assert.doesNotMatch(json, /inControlsMenu/);
  });

  test(`${file}: every panel has a title, a description in a sentence and a text for when it is empty`, () => {
    for (const panel of shown) {
      assert.notEqual(text(panel['title']), '');
      assert.match(text(panel['description']), /^[A-Z].{30,}\.$/s, text(panel['title']));
      const defaults = isJson(panel['fieldConfig']) && isJson(panel['fieldConfig']['defaults']) ? panel['fieldConfig']['defaults'] : {};
      assert.match(text(defaults['noValue']), /push a run: /i, text(panel['title']));
    }
  });

  test(`${file}: every unit is one Grafana knows`, () => {
    for (const panel of shown) {
      const config = isJson(panel['fieldConfig']) ? panel['fieldConfig'] : {};
      const used = members(config['overrides']).flatMap((override) =>
        members(override['properties']).filter((property) => property['id'] === 'unit'),
      );
      const defaults = isJson(config['defaults']) && 'unit' in config['defaults'] ? [config['defaults']['unit']] : [];
      for (const unit of [...defaults, ...used.map((property) => property['value'])])
        assert.ok(UNITS.has(text(unit)), `${text(panel['title'])}: ${text(unit)}`);
    }
  });

  test(`${file}: rows of panels fill 24 columns and overlap nowhere`, () => {
    const widths = new Map<number, number>();
    for (const panel of panels) {
      const grid = isJson(panel['gridPos']) ? panel['gridPos'] : {};
      assert.ok(Number(grid['x']) + Number(grid['w']) <= 24);
      widths.set(Number(grid['y']), (widths.get(Number(grid['y'])) ?? 0) + Number(grid['w']));
    }
    assert.deepEqual([...new Set(widths.values())], [24]);
  });

  test(`${file}: every query sets its format and its data source by variable`, () => {
    for (const panel of shown) {
      assert.ok(members(panel['targets']).length > 0);
      for (const target of members(panel['targets'])) {
        assert.ok(target['format'] === 0 || target['format'] === 1);
        assert.equal(target['queryType'], target['format'] === 0 ? 'timeseries' : 'table');
        assert.deepEqual(target['datasource'], { type: 'grafana-clickhouse-datasource', uid: `\${datasource}` });
      }
    }
  });

  for (const { place, sql, format } of queries) {
    test(`${file}, ${place}: picked values are quoted by singlequote and never by the plugin`, () => {
      const names = listVariables(value).map((variable) => text(variable['name']));
      const withoutSafe = sql
        .replace(/\$__conditionalAll\(([a-z_]+) IN \(\$\{([a-z_]+):singlequote\}\), \$\2\)/g, '')
        .replace(/\$\{[a-z_]+:singlequote\}/g, '');
      for (const name of names) assert.doesNotMatch(withoutSafe, new RegExp(`\\$\\{?${name}\\b`));
    });

    test(`${file}, ${place}: rows come in a fixed order${format === 0 ? ', by time, with the number named Value' : ''}`, () => {
      assert.match(sql, format === 0 ? /ORDER BY time\b/ : /ORDER BY|^SELECT count(If)?\(/);
      if (format === 0) assert.match(sql, /AS Value\b/);
    });

    test(`${file}, ${place}: time is filtered in milliseconds and no comma in a literal meets a macro`, () => {
      assert.doesNotMatch(sql, /\$__timeFilter\(/);
      if (!place.startsWith('variable')) assert.match(sql, /\$__timeFilter_ms\(judged_at\)/);
      for (const [call] of sql.matchAll(/\$__\w+\([^)]*\)/g)) assert.doesNotMatch(call, /'/);
    });

    test(`${file}, ${place}: reads only the views and columns the store provides`, () => {
      const bare = sql.replace(/'[^']*'|"[^"]*"|\$__\w+|\$\{[^}]*\}|\$\w+/g, ' ');
      const words = (bare.match(/\b[a-z][a-z0-9_]*\b/g) ?? []).filter((word) => !OTHER_WORDS.has(word));
      for (const word of words) assert.ok(COLUMNS.has(word) || VIEW_NAMES.has(word), `${word} is neither a view nor a column`);
      for (const [, view] of sql.matchAll(/FROM\s+(\S+)/g)) assert.ok(VIEW_NAMES.has(view ?? ''), view);
    });
  }

  test(`${file}: conditionalAll is never used on the variable of a repeat`, () => {
    for (const repeat of panels.map((panel) => panel['repeat']).filter((name) => typeof name === 'string'))
      for (const { sql } of queries) assert.doesNotMatch(sql, new RegExp(`conditionalAll\\([^)]*\\$${repeat}`));
  });

  test(`${file}: picks are multi-value with All, and the address of the service cannot be set by a link`, () => {
    const variables = listVariables(value);
    assert.deepEqual(
      variables.map((variable) => [variable['name'], variable['type']]),
      [
        ['datasource', 'datasource'],
        ['project', 'query'],
        ['suite', 'query'],
        ['plumbline_url', 'constant'],
      ],
    );
    for (const variable of variables.filter(({ type }) => type === 'query'))
      assert.ok(variable['multi'] === true && variable['includeAll'] === true && variable['allValue'] === undefined);
    assert.ok(variables.filter(({ type }) => type === 'constant').every(({ skipUrlSync }) => skipUrlSync === true));
  });

  test(`${file}: overrides name a column of their own query`, () => {
    for (const panel of shown.filter(({ type }) => type === 'table')) {
      const sql = members(panel['targets'])
        .map((target) => text(target['rawSql']))
        .join('\n');
      const config = isJson(panel['fieldConfig']) ? panel['fieldConfig'] : {};
      for (const { matcher } of members(config['overrides'])) {
        const name = isJson(matcher) ? text(matcher['options']) : '';
        if (name === 'Status' && !sql.includes('"Status"')) continue;
        assert.ok(sql.includes(`AS "${name}"`), `${text(panel['title'])}: ${name}`);
      }
    }
  });
}

test('the data source is provisioned under a fixed uid, with its password from the environment only', async () => {
  const folder = new URL('../../dashboards/provisioning/', import.meta.url);
  const datasources: unknown = parse(await readFile(new URL('datasources/plumbline.yaml', folder), 'utf8'));
  const [source] = isJson(datasources) ? members(datasources['datasources']) : [];
  assert.equal(source?.['uid'], 'plumbline-clickhouse');
  assert.equal(source?.['type'], 'grafana-clickhouse-datasource');
  assert.deepEqual(source?.['secureJsonData'], { password: '$PLUMBLINE_GRAFANA_PASSWORD' });
  const providers: unknown = parse(await readFile(new URL('dashboards/plumbline.yaml', folder), 'utf8'));
  assert.equal(isJson(providers) ? members(providers['providers']).length : 0, 1);
});

test('the folder of generated dashboards holds exactly the rendered ones', async () => {
  const files = await readdir(new URL('../../dashboards/generated/', import.meta.url));
  assert.deepEqual(files.sort(), DASHBOARDS.map(({ file }) => file).sort());
});
