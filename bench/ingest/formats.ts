import { call, openRun } from '../support/calls.ts';
import { readCpuOfAllS, settle } from '../support/processes.ts';
import { concludeBudgets, describeMachine, median, printTable, toMegabytes, toMillions } from '../support/report.ts';
import { makePayload } from '../support/samples.ts';
import { type Stack, withStack } from '../support/stack.ts';
import { makeToolPayloads } from '../support/tool-payloads.ts';

/**
 * The tools' own formats end to end, from the first byte sent to the receipt, against the same number of samples as csv in the same round.
 * Run: npm run build && node --import tsx bench/ingest/formats.ts [name of a format] [--quick] [--profile]
 */

const VALUES = 250_000;
const ROUNDS = process.argv.includes('--quick') ? 1 : 5;

type Push = { readonly name: string; readonly path: string; readonly values: number; readonly body: Buffer };
type Figure = { readonly wallS: number; readonly cpuS: number };

/** Wall time until acknowledged; CPU time of the processes until they rest again. Every time a run of its own, so that nothing is a duplicate. */
async function push(stack: Stack, { path, body }: Push): Promise<Figure> {
  const runId = await openRun(stack, 'formats');
  const pids = [stack.servicePid, stack.storePid()];
  await settle(pids);
  const before = readCpuOfAllS(pids);
  const started = performance.now();
  await call(stack, 'POST', `/v1/runs/${runId}/${path}`, { body });
  const wallS = (performance.now() - started) / 1000;
  await settle(pids);
  return { wallS, cpuS: readCpuOfAllS(pids) - before };
}

const REFERENCE: Push = {
  name: 'samples csv, 50 series',
  path: 'samples?format=csv',
  values: VALUES,
  body: makePayload({ format: 'csv', values: VALUES, seriesCount: 50, withAt: false }),
};
const asked = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const PAYLOADS: readonly Push[] = makeToolPayloads(VALUES)
  .filter(({ format }) => asked.length === 0 || asked.includes(format))
  .map(({ name, kind, format, query, values, body }) => ({ name, path: `${kind}?format=${format}${query}`, values, body }));

await withStack(async (stack) => {
  console.log(describeMachine());
  const pushes = [REFERENCE, ...PAYLOADS];
  // What the first payloads compile and allocate is not counted.
  for (let round = 0; round < 2; round++) for (const payload of pushes) await push(stack, payload);
  const rounds: Figure[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const figures: Figure[] = [];
    for (const payload of pushes) figures.push(await push(stack, payload));
    rounds.push(figures);
  }
  const figureOf = (index: number, pick: (figure: Figure) => number) =>
    median(rounds.map((figures) => pick(figures[index] ?? { wallS: Number.NaN, cpuS: Number.NaN })));
  const rows = pushes.map(({ name, values, body }, index) => {
    const cpuS = figureOf(index, (figure) => figure.cpuS);
    const ratio = median(
      rounds.map((figures) => ((values / (figures[index]?.cpuS ?? Number.NaN)) * (figures[0]?.cpuS ?? Number.NaN)) / REFERENCE.values),
    );
    return { name, values, body, cpuS, wallS: figureOf(index, (figure) => figure.wallS), ratio };
  });
  printTable(
    ['payload', 'MB', 'k values', 'M values/s', 'M values/s/core', 'wall s', 'CPU s', '× csv a core'],
    rows.map(({ name, values, body, cpuS, wallS, ratio }) => [
      name,
      toMegabytes(body.length),
      Math.round(values / 1000),
      toMillions(values / wallS),
      toMillions(values / cpuS),
      wallS.toFixed(2),
      cpuS.toFixed(2),
      ratio.toFixed(2),
    ]),
  );
  concludeBudgets(
    rows
      .slice(1)
      .map(({ name, values, cpuS }) => ({ what: `${name}, a core`, measured: values / cpuS / 1000, unit: 'k values/s', atLeast: 300 })),
  );
});
