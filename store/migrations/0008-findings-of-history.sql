-- What later verdicts read of earlier ones (accepted history): which event a finding belongs to, how far it may drift, and why it was made.
-- `series_key` names what has no series, such as the shift of a whole suite; elsewhere it is the series id.
ALTER TABLE findings ADD COLUMN IF NOT EXISTS series_key String DEFAULT toString(series_id) AFTER series_id;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS since String DEFAULT '' AFTER finding_status;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS drift_tolerance Nullable(Float64) AFTER since;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS regression_tolerance Nullable(Float64) AFTER drift_tolerance;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS reason_codes Array(LowCardinality(String)) AFTER regression_tolerance;
