import { finalizeDashboard } from './finalize.ts';
import { buildVerdictOverview } from './verdict-overview.ts';

export type RenderedDashboard = { readonly file: string; readonly json: string };

/** Where the service listens by default; `plumbline dashboards write --url` says otherwise. */
const DEFAULT_SERVICE_URL = 'http://127.0.0.1:8420';

/**
 * Every dashboard as the JSON text that Grafana's file provisioning reads; equal input gives equal bytes.
 * @param serviceUrl http or https address of the service as browsers reach it
 * @throws RangeError when serviceUrl is no http(s) address
 */
export function renderDashboards({
  serviceUrl = DEFAULT_SERVICE_URL,
}: {
  readonly serviceUrl?: string;
} = {}): readonly RenderedDashboard[] {
  const url = toServiceUrl(serviceUrl);
  return [{ file: 'verdict-overview.json', json: toJsonText(buildVerdictOverview({ serviceUrl: url })) }];
}

function toServiceUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new RangeError(`renderDashboards: serviceUrl is ${text}; it must start with http:// or https://`);
  return new URL(text).href.replace(/\/+$/, '');
}

function toJsonText(dashboard: object): string {
  return `${JSON.stringify(finalizeDashboard(dashboard), null, 2)}\n`;
}
