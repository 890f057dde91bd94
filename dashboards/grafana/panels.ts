import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  type DynamicConfigValue,
  MappingType,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { NoUnit } from '@grafana/grafana-foundation-sdk/units';
import type { VerdictStatus } from '../../wire/verdict.ts';
import { DATASOURCE, toTarget } from './clickhouse-query.ts';

/** One colour a status on every dashboard. */
export const STATUS_COLOURS = {
  regression: 'red',
  drift: 'orange',
  inconclusive: 'purple',
  improvement: 'blue',
  pass: 'green',
} as const satisfies Readonly<Record<VerdictStatus, string>>;

/** What every panel says of itself, and what it says while it is empty. */
export type PanelText = { readonly title: string; readonly description: string; readonly empty: string };

export type Placed = { readonly sql: string; readonly span: number; readonly height: number };

/** A single number; `alarm` colours it from that value on. */
export function toStatPanel({
  title,
  description,
  empty,
  sql,
  span,
  height,
  alarm,
}: PanelText & Placed & { readonly alarm: { readonly from: number; readonly colour: string } | null }): cog.Builder<Panel> {
  const steps = [
    { value: null, color: alarm === null ? 'text' : 'green' },
    ...(alarm === null ? [] : [{ value: alarm.from, color: alarm.colour }]),
  ];
  return new StatBuilder()
    .title(title)
    .description(description)
    .noValue(empty)
    .datasource(DATASOURCE)
    .span(span)
    .height(height)
    .unit(NoUnit)
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields(''))
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps))
    .withTarget(toTarget({ refId: 'A', format: 'table', sql }));
}

/** Stacked bars over time, one colour a status. The query names its label column anything and its number `Value`. */
export function toStatusBars({
  title,
  description,
  empty,
  sql,
  span,
  height,
  interval,
}: PanelText & Placed & { readonly interval: string }): cog.Builder<Panel> {
  const panel = new TimeseriesBuilder()
    .title(title)
    .description(description)
    .noValue(empty)
    .datasource(DATASOURCE)
    .span(span)
    .height(height)
    .interval(interval)
    .unit(NoUnit)
    .decimals(0)
    .min(0)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(80)
    .lineWidth(0)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))
    .legend(
      new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).calcs(['sum']),
    )
    .withTarget(toTarget({ refId: 'A', format: 'timeseries', sql }));
  for (const [status, colour] of Object.entries(STATUS_COLOURS)) panel.overrideByName(status, [fixedColour(colour)]);
  return panel;
}

/** A column of a table that differs from plain text: its unit, its width in pixels, a link. */
export type Column = {
  readonly name: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly width?: number;
  readonly link?: { readonly title: string; readonly url: string };
};

/** A table; a column named `Status` is coloured. */
export function toTablePanel({
  title,
  description,
  empty,
  sql,
  span,
  height,
  columns,
}: PanelText & Placed & { readonly columns: readonly Column[] }): cog.Builder<Panel> {
  const panel = new TableBuilder()
    .title(title)
    .description(description)
    .noValue(empty)
    .datasource(DATASOURCE)
    .span(span)
    .height(height)
    .filterable(true)
    .withTarget(toTarget({ refId: 'A', format: 'table', sql }))
    .overrideByName('Status', [
      { id: 'mappings', value: [{ type: MappingType.ValueToText, options: toStatusMapping() }] },
      { id: 'custom.cellOptions', value: { type: 'color-text' } },
    ]);
  for (const column of columns) panel.overrideByName(column.name, toProperties(column));
  return panel;
}

function fixedColour(colour: string): DynamicConfigValue {
  return { id: 'color', value: { mode: 'fixed', fixedColor: colour } };
}

function toStatusMapping(): Readonly<Record<string, { readonly color: string; readonly index: number }>> {
  return Object.fromEntries(Object.entries(STATUS_COLOURS).map(([status, color], index) => [status, { color, index }]));
}

function toProperties({ unit, decimals, width, link }: Column): DynamicConfigValue[] {
  return [
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
    ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
    ...(link === undefined
      ? []
      : [
          {
            id: 'links',
            value: [new DashboardLinkBuilder(link.title).url(link.url).targetBlank(true).build()].map(({ title, url, targetBlank }) => ({
              title,
              url,
              targetBlank,
            })),
          },
        ]),
  ];
}
