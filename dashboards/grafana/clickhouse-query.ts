import type * as cog from '@grafana/grafana-foundation-sdk/cog';

/** Plugin and versions these dashboards are written for (GRAFANA.md section 2): Grafana ≥ 11.6 with the plugin 4.20. */
export const PLUGIN = { type: 'grafana-clickhouse-datasource', version: '4.20.0' } as const;

/** The data source picked on the dashboard. */
export const DATASOURCE = { type: PLUGIN.type, uid: `\${datasource}` } as const;

/** The plugin's numbers; a query without one is read as a time series, so it is always set. */
const FORMATS = { timeseries: 0, table: 1 } as const;
export type QueryFormat = keyof typeof FORMATS;

type ClickHouseQuery = cog.Dataquery & {
  readonly refId: string;
  readonly datasource: typeof DATASOURCE;
  readonly editorType: 'sql';
  readonly rawSql: string;
  readonly format: number;
  readonly queryType: QueryFormat;
  readonly pluginVersion: string;
};

/**
 * A query of the ClickHouse data source for the SDK, which has no module for it.
 * @param sql a time series selects `time`, a string label and `Value`, and orders by time; a table keeps its columns
 */
export function toTarget({
  refId,
  format,
  sql,
}: {
  readonly refId: string;
  readonly format: QueryFormat;
  readonly sql: string;
}): cog.Builder<cog.Dataquery> {
  const query: ClickHouseQuery = {
    // Marks the variant for the SDK's types; JSON drops it.
    _implementsDataqueryVariant() {},
    refId,
    datasource: DATASOURCE,
    editorType: 'sql',
    rawSql: sql.trim(),
    format: FORMATS[format],
    queryType: format,
    pluginVersion: PLUGIN.version,
  };
  return { build: () => query };
}

/** The query of a dashboard variable: first column value, second label. */
export function toVariableQuery(sql: string): {
  readonly editorType: 'sql';
  readonly queryType: 'sql';
  readonly refId: string;
  readonly rawSql: string;
} {
  return { editorType: 'sql', queryType: 'sql', refId: 'variable', rawSql: sql.trim() };
}

/**
 * The condition that a column is among the picked values of a variable, true when All is picked or nothing exists yet. The picked values are
 * escaped by `singlequote`; the plugin's own quoting is not safe. Not for the variable of a repeated row: it reads the dashboard's value.
 */
export function whereVariable(column: string, variable: string): string {
  return `$__conditionalAll(${column} IN (\${${variable}:singlequote}), $${variable})`;
}
