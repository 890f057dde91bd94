export { type RenderedDashboard, renderDashboards } from './grafana/render.ts';
export { FINDING_OVERVIEW, VERDICT_OVERVIEW, VIEWS, type View } from './grafana/views.ts';
// The service imports `report/index.ts` itself: it needs no Grafana SDK (half a second and 20 MB).
export * from './report/index.ts';
