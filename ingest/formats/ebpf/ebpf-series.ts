import { findNativeMetric } from '../../../wire/metrics.ts';
import { type BaseUnit, toBaseUnit } from '../../../wire/units.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { declareSeries, identityOf } from '../series.ts';
import type { WarningTally } from '../warning-tally.ts';
import type { Scrapes } from './ebpf-scrapes.ts';

/** What pages of ebpf_exporter become as series: the metric by its name, the unit by its suffix, the device as region. */

export const PREFIX = 'ebpf_exporter_';
/** The suffix that Prometheus wants in a name says the unit. */
const SUFFIXES: Readonly<Record<string, string>> = { _seconds: 's', _bytes: 'By', _cycles: 'cycles' };
/** Labels that differ from run to run. */
export const IDS: ReadonlySet<string> = new Set(['pid', 'tid', 'tgid', 'cgroup', 'cgroup_id']);
/** And those that name the machine. */
const UNSTABLE = new Set([...IDS, 'instance', 'job']);

export type Session = {
  readonly parameters: PayloadParameters;
  readonly tally: WarningTally;
  readonly scrapes: Scrapes;
  readonly seen: Set<string>;
};

/** The unit that the suffix of a name says. */
export function suffixOf(name: string): { readonly suffix: string; readonly unit: BaseUnit } | undefined {
  for (const [suffix, symbol] of Object.entries(SUFFIXES)) {
    const unit = name.endsWith(suffix) ? toBaseUnit(symbol) : undefined;
    if (unit !== undefined) return { suffix, unit };
  }
  return undefined;
}

/** @throws ParseError when neither the name nor the caller says the unit */
export function unitOf(name: string, parameters: PayloadParameters, line: number): BaseUnit {
  const named = suffixOf(name)?.unit;
  const asked = parameters.unit === undefined ? undefined : toBaseUnit(parameters.unit);
  if (named !== undefined) return named;
  if (asked !== undefined) return asked;
  throw new ParseError(`${name} does not say its unit: send unit= (s, us, bytes, 1 …) or end its name in _seconds or _bytes`, {
    line,
    column: 1,
  });
}

/**
 * @param part of a histogram that is landed as counters: `bucket`, `count` or `sum`; its own labels beside those of the page
 * @throws ParseError when two histograms become one series
 */
export function seriesOf(
  name: string,
  pairs: readonly string[],
  facts: {
    readonly unit: BaseUnit;
    readonly valueKind: 'histogram' | 'counter';
    readonly line: number;
    readonly part?: { readonly name: 'bucket' | 'count' | 'sum'; readonly labels: Readonly<Record<string, string>> };
  },
  session: Session,
) {
  const { unit, valueKind, line, part } = facts;
  const { parameters, seen } = session;
  const labels: Record<string, string> = {};
  const attributes: Record<string, string> = {};
  let region = parameters.region ?? 'system';
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const [label = '', value = ''] = [pairs[i], pairs[i + 1]];
    if (label === 'device' && value !== '') region = value;
    else if (value !== '') (UNSTABLE.has(label) ? attributes : labels)[label] = value;
  }
  const stem = name.replace(PREFIX, '').replace(suffixOf(name)?.suffix ?? /$^/, '');
  const definition = findNativeMetric(stem);
  const named = (valueKind === 'histogram' ? parameters.metric : undefined) ?? (definition?.unit === unit.unit ? definition.metric : stem);
  const metric = part === undefined ? named : `${stem}.${part.name}`;
  const judgedAs = valueKind === 'histogram' && unit.unit === 'ns' ? 'location' : 'context';
  const series = declareSeries(
    { region, metric, nativeMetric: name, unit: unit.unit, valueKind, labels: { ...labels, ...part?.labels }, attributes, judgedAs, line },
    parameters,
  );
  const identity = identityOf(series);
  if (seen.has(identity)) {
    const detail = `two ${valueKind}s become ${metric} of '${region}', because only ${Object.keys(attributes).join(', ') || 'their names'} tell them apart: leave out that label in the exporter's configuration`;
    throw new ParseError(detail, { line, column: 1 });
  }
  seen.add(identity);
  return series;
}
