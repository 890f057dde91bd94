-- What dashboards read. A verdict is the first written for its run; a finding counts with its verdict.

CREATE VIEW IF NOT EXISTS run_verdicts AS
SELECT run_id, argMin(verdict_id, order_key) AS verdict_id, argMin(project, order_key) AS project, argMin(suite, order_key) AS suite,
  argMin(verdict_status, order_key) AS verdict_status, argMin(score, order_key) AS score, argMin(reason_codes, order_key) AS reason_codes,
  argMin(baseline_id, order_key) AS baseline_id, argMin(computed_at, order_key) AS judged_at
FROM (SELECT *, (computed_at, verdict_id) AS order_key FROM verdicts) GROUP BY run_id;

CREATE VIEW IF NOT EXISTS verdict_overview AS
SELECT v.judged_at AS judged_at, v.project AS project, v.suite AS suite, toString(v.run_id) AS run_id, r.kind AS kind,
  r.subject_name AS subject_name, r.subject_version AS subject_version, r.subject_commit AS subject_commit, r.hostname AS hostname, r.isa AS isa,
  v.verdict_status AS status, v.score AS score, v.reason_codes AS reason_codes, v.baseline_id AS baseline_id,
  f.finding_count AS finding_count, f.regression_count AS regression_count
FROM run_verdicts AS v
INNER JOIN runs AS r ON r.run_id = v.run_id
LEFT JOIN (
  SELECT verdict_id, toUInt32(count()) AS finding_count, toUInt32(countIf(finding_status = 'regression')) AS regression_count
  FROM findings GROUP BY verdict_id
) AS f ON f.verdict_id = v.verdict_id;

CREATE VIEW IF NOT EXISTS finding_overview AS
SELECT v.judged_at AS judged_at, f.project AS project, f.suite AS suite, toString(f.run_id) AS run_id, f.region AS region, f.metric AS metric,
  f.unit AS unit, f.family AS family, f.statistic AS statistic, f.finding_status AS status, f.gated AS gated, f.baseline AS baseline,
  f.candidate AS candidate, f.delta AS delta, f.q_value AS q_value, f.labels AS labels
FROM findings AS f
INNER JOIN run_verdicts AS v ON v.verdict_id = f.verdict_id;
