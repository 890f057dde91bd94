/**
 * The views that dashboards read, as the store provides them: names, columns and ClickHouse types. Dashboards read nothing else, so a reader
 * needs `SELECT` on these alone; a migration that changes one changes this file.
 */
export type View = { readonly name: string; readonly columns: Readonly<Record<string, string>> };

/** One row a verdict. */
export const VERDICT_OVERVIEW = {
  name: 'verdict_overview',
  columns: {
    judged_at: 'DateTime64(3)',
    project: 'String',
    suite: 'String',
    run_id: 'String',
    kind: 'String',
    subject_name: 'String',
    subject_version: 'String',
    subject_commit: 'String',
    hostname: 'String',
    isa: 'String',
    status: 'String',
    score: 'Nullable(Float64)',
    reason_codes: 'Array(String)',
    baseline_id: 'String',
    finding_count: 'UInt32',
    regression_count: 'UInt32',
  },
} as const satisfies View;

/** One row a finding. */
export const FINDING_OVERVIEW = {
  name: 'finding_overview',
  columns: {
    judged_at: 'DateTime64(3)',
    project: 'String',
    suite: 'String',
    run_id: 'String',
    region: 'String',
    metric: 'String',
    unit: 'String',
    family: 'String',
    statistic: 'String',
    status: 'String',
    gated: 'Bool',
    baseline: 'Nullable(Float64)',
    candidate: 'Nullable(Float64)',
    delta: 'Nullable(Float64)',
    q_value: 'Nullable(Float64)',
    labels: 'Map(String, String)',
  },
} as const satisfies View;

export const VIEWS = [VERDICT_OVERVIEW, FINDING_OVERVIEW] as const;
