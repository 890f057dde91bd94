import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { renderDashboards } from '../../dashboards/index.ts';

for (const { file, json } of renderDashboards())
  test(`${file} is committed as it is rendered (UPDATE_GOLDEN=1 rewrites)`, async () => {
    const path = new URL(`../../dashboards/generated/${file}`, import.meta.url);
    if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(path, json);
    assert.equal(json, await readFile(path, 'utf8'));
  });

test('rendering twice gives the same bytes', () => {
  assert.deepEqual(renderDashboards(), renderDashboards());
});

test('links start with the address of the service, without a slash at its end', () => {
  const [dashboard] = renderDashboards({ serviceUrl: 'https://perf.example/plumbline/' });
  assert.match(dashboard?.json ?? '', /"query": "https:\/\/perf\.example\/plumbline"/);
});

for (const serviceUrl of ['javascript:alert(1)', 'perf.example', ''])
  test(`"${serviceUrl}" is refused as the address of the service`, () => {
    assert.throws(() => renderDashboards({ serviceUrl }), RangeError);
  });
