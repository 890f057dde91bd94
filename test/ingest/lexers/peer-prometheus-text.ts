import { createRequire } from 'node:module';

/** A sample as either reader sees it: names, labels sorted by name, value and timestamp as printed ('' without one). */
export type PlainSample = {
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: string;
  readonly timestamp: string;
};

const parse: unknown = createRequire(import.meta.url)('parse-prometheus-text-format');

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value)) throw new RangeError('the peer gave no list');
  return value.filter(isObject);
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

/** Labels in one order, whatever order they came in. */
export function sortLabels(pairs: readonly (readonly [string, string])[]): PlainSample['labels'] {
  return pairs.toSorted(([one], [other]) => (one < other ? -1 : 1));
}

/**
 * What the npm package parse-prometheus-text-format 1.1.1 reads in a page. Lines of TYPE are left out before, because it folds the samples of
 * histograms and summaries into one.
 * @throws Error in the package's own words
 */
export function readWithPeer(text: string): readonly PlainSample[] {
  if (typeof parse !== 'function') throw new RangeError('parse-prometheus-text-format exports no function');
  const untyped = text.replace(/^# TYPE .*\n/gm, '');
  return listOf(parse(untyped)).flatMap((family) =>
    listOf(family['metrics']).map(({ labels, value, timestamp_ms }) => ({
      name: textOf(family['name']),
      labels: sortLabels(Object.entries(isObject(labels) ? labels : {}).map(([name, text]) => [name, textOf(text)])),
      value: textOf(value),
      timestamp: textOf(timestamp_ms),
    })),
  );
}
