import { createHash } from 'node:crypto';
import { createRandom } from '../../test/analysis/support/random.ts';

/**
 * One repetition of a real measurement: 24 small programs, each timed 300 times in this process, printed as one line of JSON
 * {name: [ns, …]}. Started by real.ts, a process a repetition.
 */
const ITERATIONS = 300;
const WARM_UP = 60;

const random = createRandom(1);
const numbers = Float64Array.from({ length: 4000 }, () => random());
const words = Array.from({ length: 1500 }, () => Math.floor(1e9 * random()).toString(36));
const text = words.join(' ');
const records = words.slice(0, 300).map((word, i) => ({ id: i, word, nested: { at: numbers[i], tags: [word, String(i)] } }));
const json = JSON.stringify(records);

/** Keeps results alive, so that nothing is optimised away. */
let sink = 0;

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

function multiply(size: number): number {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      let cell = 0;
      for (let k = 0; k < size; k++) cell += (numbers[i * size + k] ?? 0) * (numbers[k * size + j] ?? 0);
      product[i * size + j] = cell;
    }
  return product[size] ?? 0;
}

function countPrimes(limit: number): number {
  const composite = new Uint8Array(limit);
  let count = 0;
  for (let i = 2; i < limit; i++) {
    if (composite[i] === 1) continue;
    count += 1;
    for (let j = i * i; j < limit; j += i) composite[j] = 1;
  }
  return count;
}

const fibonacci = (n: number): number => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));

const KERNELS: Readonly<Record<string, () => number>> = {
  sumTyped: () => sum(numbers),
  sortTyped: () => numbers.slice().sort()[7] ?? 0,
  sortNumbers: () => [...numbers.subarray(0, 1000)].sort((a, b) => a - b)[7] ?? 0,
  sortWords: () => [...words].sort().length,
  sqrt: () => sum(numbers.map((value) => Math.sqrt(value))),
  exp: () => sum(numbers.map((value) => Math.exp(value))),
  sin: () => sum(numbers.map((value) => Math.sin(value))),
  multiply24: () => multiply(24),
  multiply40: () => multiply(40),
  primes: () => countPrimes(12_000),
  fibonacci: () => fibonacci(17),
  jsonParse: () => JSON.stringify(JSON.parse(json)).length,
  jsonWrite: () => JSON.stringify(records).length,
  split: () => text.split(' ').length,
  replace: () => text.replaceAll('a', 'bb').length,
  regex: () => text.match(/[a-f]+\d/g)?.length ?? 0,
  sha256: () => createHash('sha256').update(text).digest()[0] ?? 0,
  md5: () => createHash('md5').update(text).digest()[0] ?? 0,
  map: () => new Map(words.map((word, i) => [word, i])).size,
  set: () => new Set(words).size,
  concat: () => words.reduce((all, word) => all + word, '').length,
  objects: () => words.map((word, i) => ({ word, i })).filter(({ i }) => i % 3 === 0).length,
  bigint: () => Number(words.reduce((total, _, i) => (total * 31n + BigInt(i)) % 1_000_000_007n, 1n)),
  buffer: () => Buffer.from(text).toString('base64').length,
};

const measured = Object.entries(KERNELS).map(([name, kernel]) => {
  for (let i = 0; i < WARM_UP; i++) sink += kernel();
  const samples = Array.from({ length: ITERATIONS }, () => {
    const startedAt = process.hrtime.bigint();
    sink += kernel();
    return Number(process.hrtime.bigint() - startedAt);
  });
  return [name, samples];
});
process.stdout.write(`${JSON.stringify({ measured: Object.fromEntries(measured), sink: Number.isFinite(sink) })}\n`);
