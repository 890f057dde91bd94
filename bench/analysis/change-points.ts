import { findChangePoints } from '../../analysis/history/change-points.ts';
import { concludeBudgets, describeMachine, median, printTable } from '../support/report.ts';
import { createRandom } from '../support/samples.ts';

/**
 * Change points of 5,000 series of 365 nights on one core, and one more night appended to one of them: computed anew, so that the answer is
 * that of computing everything. Run: node --import tsx bench/analysis/change-points.ts
 */

const SERIES = 5000;
const NIGHTS = 365;
const APPENDED = 200;

/** A third steps once, a third wanders (AR(1), rho 0.5), a third is quiet; noise of 1 %. */
function drawHistory(random: () => number, i: number): number[] {
  const gauss = () => Math.SQRT2 * (random() + random() + random() + random() + random() + random() - 3);
  const rho = i % 3 === 1 ? 0.5 : 0;
  let noise = gauss();
  return Array.from({ length: NIGHTS + 1 }, (_, night) => {
    noise = rho * noise + Math.sqrt(1 - rho * rho) * gauss();
    const stepped = i % 3 === 0 && night >= 200 ? 1.03 : 1;
    return 10_000 * stepped * Math.exp(0.01 * noise);
  });
}

const random = createRandom(365);
const grown = Array.from({ length: SERIES }, (_, i) => drawHistory(random, i));
const histories = grown.map((values) => values.slice(0, NIGHTS));

for (const values of histories.slice(0, 50)) findChangePoints(values);
const startedCpu = process.cpuUsage();
const started = performance.now();
const found = histories.map((values) => findChangePoints(values));
const wallS = (performance.now() - started) / 1000;
const cpu = process.cpuUsage(startedCpu);
const cpuS = (cpu.user + cpu.system) / 1e6;

const appendedMs = grown.slice(0, APPENDED).map((values) => {
  const begun = performance.now();
  findChangePoints(values);
  return performance.now() - begun;
});
const again =
  JSON.stringify(histories.slice(0, APPENDED).map((values) => findChangePoints(values))) === JSON.stringify(found.slice(0, APPENDED));

console.log(`${describeMachine()}\n`);
printTable(
  ['change points', 'result'],
  [
    [`${SERIES} series × ${NIGHTS} nights, CPU s (one core)`, cpuS.toFixed(2)],
    [`${SERIES} series × ${NIGHTS} nights, wall s`, wallS.toFixed(2)],
    ['one night appended, median ms', median(appendedMs).toFixed(2)],
    ['one night appended, slowest ms', Math.max(...appendedMs).toFixed(2)],
    ['change points found', found.flat().length],
  ],
);
concludeBudgets([
  { what: `${SERIES} series × ${NIGHTS} nights`, measured: cpuS, unit: 's of one core', atMost: 5 },
  { what: 'one night appended', measured: median(appendedMs), unit: 'ms', atMost: 50 },
  { what: 'equal on repeat', measured: again ? 1 : 0, unit: '', atLeast: 1 },
]);
