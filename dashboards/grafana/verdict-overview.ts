import {
  ConstantVariableBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DatetimeISO, PercentUnit } from '@grafana/grafana-foundation-sdk/units';
import { DATASOURCE, PLUGIN, toVariableQuery, whereVariable } from './clickhouse-query.ts';
import { toStatPanel, toStatusBars, toTablePanel } from './panels.ts';
import { FINDING_OVERVIEW, VERDICT_OVERVIEW } from './views.ts';

const VERDICTS = VERDICT_OVERVIEW.name;
const FINDINGS = FINDING_OVERVIEW.name;
const PICKED = `$__timeFilter_ms(judged_at) AND ${whereVariable('project', 'project')} AND ${whereVariable('suite', 'suite')}`;
const EMPTY = 'No verdict in this range. Push a run: plumbline run start, push, seal.';
const REPORT = { title: 'Report of the run', url: `\${plumbline_url}/v1/runs/\${__data.fields.Run}/report` };

/**
 * The dashboard "Plumbline verdicts": what was judged, what got worse, what could not be said, and where to look.
 * @param serviceUrl where browsers reach the service, without a slash at the end; links to reports start with it
 */
export function buildVerdictOverview({ serviceUrl }: { readonly serviceUrl: string }): Dashboard {
  const builder = new DashboardBuilder('Plumbline verdicts')
    .uid('plumbline-verdicts')
    .description(
      'Verdicts of Plumbline on toolchains, drivers, firmware, kernels and interconnects: regressions first, with the reasons that block gates.',
    )
    .tags(['plumbline'])
    .editable()
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-14d', to: 'now' })
    .refresh('5m')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type(PLUGIN.type))
    .withVariable(toPickVariable('project', 'Project', `SELECT DISTINCT project FROM ${VERDICTS} ORDER BY project`))
    .withVariable(
      toPickVariable(
        'suite',
        'Suite',
        `SELECT DISTINCT suite FROM ${VERDICTS} WHERE ${whereVariable('project', 'project')} ORDER BY suite`,
      ),
    )
    .withVariable(new ConstantVariableBuilder('plumbline_url').label('Plumbline service').value(serviceUrl));
  addHeader(builder.withRow(new RowBuilder('In this range')));
  addVerdicts(builder.withRow(new RowBuilder('Verdicts')));
  addFindings(builder.withRow(new RowBuilder('Why')));
  return builder.build();
}

function toPickVariable(name: string, label: string, sql: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(toVariableQuery(sql))
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: ['All'], value: ['$__all'] })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

/** `HAVING count() > 0` leaves no row while nothing was judged: zero regressions of zero runs is no good news. */
function addHeader(builder: DashboardBuilder): void {
  const count = (what: string) => `SELECT ${what} AS "Verdicts" FROM ${VERDICTS} WHERE ${PICKED} HAVING count() > 0`;
  const common = { empty: EMPTY, span: 6, height: 4 };
  builder
    .withPanel(
      toStatPanel({
        ...common,
        title: 'Runs judged',
        description: 'Runs that got a verdict in this range, of the projects and suites picked above.',
        sql: count('count()'),
        alarm: null,
      }),
    )
    .withPanel(
      toStatPanel({
        ...common,
        title: 'Regressions',
        description:
          'Verdicts that are a regression: at least one gated series is worse than its tolerance for a regression, confirmed by its repetitions. Each one blocks its gate.',
        sql: count(`countIf(status = 'regression')`),
        alarm: { from: 1, colour: 'red' },
      }),
    )
    .withPanel(
      toStatPanel({
        ...common,
        title: 'Drifts',
        description:
          'Verdicts that are a drift: worse than the tolerance for a drift, not as much as a regression. Gates let them pass unless their policy says otherwise.',
        sql: count(`countIf(status = 'drift')`),
        alarm: { from: 1, colour: 'orange' },
      }),
    )
    .withPanel(
      toStatPanel({
        ...common,
        title: 'Inconclusive',
        description:
          'Verdicts without enough comparable evidence. They block gates like a failure; the table of reasons below says what is missing.',
        sql: count(`countIf(status = 'inconclusive')`),
        alarm: { from: 1, colour: 'purple' },
      }),
    );
}

function addVerdicts(builder: DashboardBuilder): void {
  builder
    .withPanel(
      toStatusBars({
        title: 'Verdicts over time',
        description:
          'How many runs got which verdict, by the time of judging. A night that turns red after a rollout points at the rollout.',
        empty: EMPTY,
        span: 24,
        height: 8,
        interval: '1h',
        sql: `SELECT $__timeInterval(judged_at) AS time, status, count() AS Value FROM ${VERDICTS} WHERE ${PICKED} GROUP BY time, status ORDER BY time, status`,
      }),
    )
    .withPanel(
      toTablePanel({
        title: 'Latest verdict of each suite and subject',
        description:
          'The latest verdict for each suite, subject version and ISA. The score is the share of gated findings that pass or improve. Run opens the report with plots and evidence.',
        empty: EMPTY,
        span: 24,
        height: 10,
        sql: `
SELECT
  judged_at AS "Judged", status AS "Status", project AS "Project", suite AS "Suite", subject_name AS "Subject", subject_version AS "Version",
  subject_commit AS "Commit", kind AS "Kind", hostname AS "Host", isa AS "ISA", score AS "Score", regression_count AS "Regressions",
  finding_count AS "Findings", arrayStringConcat(reason_codes, ', ') AS "Reasons", baseline_id AS "Baseline", run_id AS "Run"
FROM ${VERDICTS}
WHERE ${PICKED}
ORDER BY judged_at DESC, run_id
LIMIT 1 BY project, suite, subject_name, subject_version, isa
LIMIT 200`,
        columns: [
          { name: 'Judged', unit: DatetimeISO, width: 170 },
          { name: 'Score', unit: PercentUnit, decimals: 1, width: 80 },
          { name: 'Run', link: REPORT },
        ],
      }),
    );
}

function addFindings(builder: DashboardBuilder): void {
  builder
    .withPanel(
      toTablePanel({
        title: 'Worst findings',
        description:
          'Gated series that are worse than their tolerance, regressions first and then by how much worse. "Worse by" is a fraction of the baseline whatever the direction of the metric; q is the p value corrected for the number of series tested. Baseline and candidate are in the unit of the row.',
        empty: 'No regression and no drift in this range. If there are no verdicts either, push a run: plumbline run start, push, seal.',
        span: 16,
        height: 12,
        sql: `
SELECT
  status AS "Status", delta AS "Worse by", q_value AS "q", region AS "Region", metric AS "Metric", statistic AS "Statistic",
  baseline AS "Baseline", candidate AS "Candidate", unit AS "Unit", family AS "Family",
  arrayStringConcat(arrayMap((name, value) -> concat(name, '=', value), mapKeys(labels), mapValues(labels)), ', ') AS "Labels",
  project AS "Project", suite AS "Suite", judged_at AS "Judged", run_id AS "Run"
FROM ${FINDINGS}
WHERE ${PICKED} AND gated AND status IN ('regression', 'drift')
ORDER BY status = 'regression' DESC, delta DESC NULLS LAST, q_value, judged_at DESC, run_id, region, metric, statistic
LIMIT 100`,
        columns: [
          { name: 'Worse by', unit: PercentUnit, decimals: 1, width: 90 },
          { name: 'q', decimals: 4, width: 80 },
          { name: 'Judged', unit: DatetimeISO, width: 170 },
          { name: 'Run', link: REPORT },
        ],
      }),
    )
    .withPanel(
      toTablePanel({
        title: 'Reasons that block gates',
        description:
          'Reasons of verdicts that block a release gate (regressions and inconclusive ones), most frequent first. The glossary of the service explains every code.',
        empty: 'Nothing blocks in this range. If there are no verdicts either, push a run: plumbline run start, push, seal.',
        span: 8,
        height: 12,
        sql: `
SELECT arrayJoin(reason_codes) AS "Reason", count() AS "Verdicts", uniqExact(suite) AS "Suites", max(judged_at) AS "Latest"
FROM ${VERDICTS}
WHERE ${PICKED} AND status IN ('regression', 'inconclusive')
GROUP BY "Reason"
ORDER BY "Verdicts" DESC, "Reason"
LIMIT 50`,
        columns: [{ name: 'Latest', unit: DatetimeISO, width: 170 }],
      }),
    );
}
