import type { FastifyPluginCallback } from 'fastify';
import { type HistoryPoint, readSuiteHistory, type SuiteRun } from '../../analysis/index.ts';
import { type RunCentre, readCentres, readRunsById, readSeal, readSealedRunIds, type StoredRun } from '../../store/index.ts';
import { LIMITS } from '../../wire/limits.ts';
import { ProblemError } from '../../wire/problems.ts';
import type { RunKind } from '../../wire/run.ts';
import type { Services } from '../services.ts';
import { assertKnownParameters, readQuery, requirePrincipal, requireRun } from './context.ts';

/** Kinds of runs that make a history: what was released or measured every night, not what somebody tried. */
const HISTORIC: readonly RunKind[] = ['nightly', 'release'];

/** Runs of the same suite and comparability class up to this one, oldest first. */
async function readComparableRuns(services: Services, run: StoredRun): Promise<readonly StoredRun[]> {
  const seal = await readSeal(services.store, run.runId);
  if (seal === undefined) throw new ProblemError('run-incomplete', `run ${run.runId} is not sealed; only sealed runs have a history`);
  const filter = { project: run.project, suite: run.suite, untilMs: seal.sealedAtMs, limit: LIMITS.historyRuns };
  const runIds = await readSealedRunIds(services.store, filter);
  const runs = new Map((await readRunsById(services.store, runIds)).map((one) => [one.runId, one]));
  return runIds.flatMap((runId) => {
    const found = runs.get(runId);
    const counts = found !== undefined && found.withdrawal === null && found.classDigest === run.classDigest;
    return counts && (HISTORIC.includes(found.kind) || runId === run.runId) ? [found] : [];
  });
}

function toSeries(centres: readonly RunCentre[], runs: readonly SuiteRun[]) {
  const positions = new Map(runs.map((run, position) => [run.runId, position]));
  const series = new Map<
    string,
    { readonly first: RunCentre; readonly points: { readonly position: number; readonly point: HistoryPoint }[] }
  >();
  for (const centre of centres) {
    const position = positions.get(centre.runId);
    const run = position === undefined ? undefined : runs[position];
    if (position === undefined || run === undefined) continue;
    const known = series.get(centre.seriesId) ?? { first: centre, points: [] };
    known.points.push({ position, point: { run, value: centre.value } });
    series.set(centre.seriesId, known);
  }
  return [...series.values()].map(({ first: { seriesId, region, metric, better }, points }) => ({
    seriesId,
    region,
    metric,
    better,
    points: points.sort((a, b) => a.position - b.position).map(({ point }) => point),
  }));
}

/** How the suite of a run moved over time: change points of every sampled series, and those that one cause may explain. */
export function historyRoutes(services: Services): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get<{ Params: { runId: string } }>(
      '/v1/runs/:runId/history',
      { schema: { tags: ['runs'], summary: 'Change points of the run’s suite, on machines of its class, up to this run' } },
      async (request) => {
        const principal = await requirePrincipal(services, request, 'read');
        const run = await requireRun(services, principal, request.params.runId);
        assertKnownParameters(readQuery(request), []);
        const comparable = await readComparableRuns(services, run);
        const runs = comparable.map(({ runId, subject, environment }) => ({ runId, subject, environment }));
        const centres = await readCentres(
          services.store,
          runs.map(({ runId }) => runId),
        );
        const { changes, events, leftOut, seriesCount } = readSuiteHistory({ runs, series: toSeries(centres, runs) });
        return { runs: runs.map(({ runId, subject }) => ({ runId, subject })), seriesCount, changes, events, leftOut };
      },
    );
    done();
  };
}
