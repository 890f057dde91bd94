/**
 * What the SDK leaves undone in a built dashboard (GRAFANA.md section 1): panels get ids, in order, so that links, alerts and diffs stay
 * stable; `placement`, which it sets on every link and which hides them in a menu, goes; constants leave the address line, where anybody could
 * send a colleague a link that replaces the service's address.
 * @param dashboard as built by DashboardBuilder
 * @returns plain JSON values, a copy
 */
export function finalizeDashboard(dashboard: object): Readonly<Record<string, unknown>> {
  const plain: unknown = JSON.parse(JSON.stringify(dashboard));
  const cleaned = dropPlacement(plain);
  if (!isRecord(cleaned)) throw new RangeError('finalizeDashboard: dashboard is not an object');
  let next = 1;
  const number = (panels: unknown): unknown =>
    Array.isArray(panels)
      ? panels.map((panel: unknown) => {
          if (!isRecord(panel)) return panel;
          const id = next++;
          return { ...panel, id, ...('panels' in panel ? { panels: number(panel['panels']) } : {}) };
        })
      : panels;
  return { ...cleaned, templating: fixConstants(cleaned['templating']), panels: number(cleaned['panels']) };
}

function fixConstants(templating: unknown): unknown {
  if (!isRecord(templating) || !Array.isArray(templating['list'])) return templating;
  const list = templating['list'].map((variable: unknown) =>
    isRecord(variable) && variable['type'] === 'constant' ? { ...variable, skipUrlSync: true } : variable,
  );
  return { ...templating, list };
}

function dropPlacement(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropPlacement);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => !(key === 'placement' && member === 'inControlsMenu'))
      .map(([key, member]) => [key, dropPlacement(member)]),
  );
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
