import { renderDashboards } from '../../dashboards/index.ts';

/** Rendered dashboards as plain values, for tests that look at what Grafana reads. */
export type Json = { readonly [member: string]: unknown };

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function members(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export const DASHBOARDS: readonly { readonly file: string; readonly json: string; readonly value: Json }[] = renderDashboards().map(
  ({ file, json }) => {
    const value: unknown = JSON.parse(json);
    if (!isJson(value)) throw new RangeError(`${file} is not an object`);
    return { file, json, value };
  },
);

/** Panels of a dashboard, rows and what is folded into them included. */
export function listPanels(dashboard: Json): readonly Json[] {
  return members(dashboard['panels']).flatMap((panel) => [panel, ...listPanels(panel)]);
}

/** Every SQL text with the place it stands at. */
export function listQueries(dashboard: Json): readonly { readonly place: string; readonly sql: string; readonly format: unknown }[] {
  const panels = listPanels(dashboard).flatMap((panel) =>
    members(panel['targets']).map((target) => ({
      place: `${text(panel['title'])} ${text(target['refId'])}`,
      sql: text(target['rawSql']),
      format: target['format'],
    })),
  );
  return [
    ...panels,
    ...listVariables(dashboard).flatMap((variable) =>
      isJson(variable['query']) ? [{ place: `variable ${text(variable['name'])}`, sql: text(variable['query']['rawSql']), format: 1 }] : [],
    ),
  ];
}

export function listVariables(dashboard: Json): readonly Json[] {
  return isJson(dashboard['templating']) ? members(dashboard['templating']['list']) : [];
}
