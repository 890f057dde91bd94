-- The walk of a run: opened, filled with payloads, sealed, judged. Every table is append-only; a row of a payload counts only when a receipt
-- (before the seal) or the seal (after it) names its payload_id. Run id comes first in the sort key of everything that belongs to a run.

CREATE TABLE IF NOT EXISTS runs (
  run_id UUID,
  project LowCardinality(String),
  suite LowCardinality(String),
  kind LowCardinality(String),
  subject_name String,
  subject_version String,
  subject_commit String,
  subject_branch String,
  subject_digest String,
  isa LowCardinality(String),
  hostname String,
  class_digest String,
  environment String CODEC(ZSTD(3)),
  labels Map(String, String),
  request_digest String,
  created_at DateTime64(3),
  created_by String,
  PROJECTION by_project (SELECT * ORDER BY project, suite, created_at),
  PROJECTION by_subject (SELECT * ORDER BY project, subject_version, subject_commit)
) ENGINE = MergeTree ORDER BY run_id SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS receipts (
  run_id UUID,
  receipt_id String,
  content_digest String,
  payload_id UUID,
  project LowCardinality(String),
  kind LowCardinality(String),
  format LowCardinality(String),
  repetition UInt32,
  sequence UInt64,
  at_ns Nullable(Int64),
  parameters Map(String, String),
  body_bytes UInt64,
  record_count UInt64,
  sample_count UInt64,
  reading_count UInt64,
  histogram_count UInt64,
  summary_count UInt64,
  event_count UInt64,
  series_count UInt64,
  warnings String CODEC(ZSTD(3)),
  received_at DateTime64(3),
  received_by String
) ENGINE = MergeTree PARTITION BY toYYYYMM(received_at) ORDER BY (run_id, receipt_id);

CREATE TABLE IF NOT EXISTS series (
  run_id UUID,
  series_id UUID,
  payload_id UUID,
  region String,
  metric LowCardinality(String),
  native_metric LowCardinality(String),
  unit LowCardinality(String),
  better LowCardinality(String),
  assume LowCardinality(String),
  judged_as LowCardinality(String),
  value_kind LowCardinality(String),
  labels Map(LowCardinality(String), String),
  attributes Map(LowCardinality(String), String),
  received_at DateTime64(3) CODEC(Delta, ZSTD(1))
) ENGINE = MergeTree PARTITION BY toYYYYMM(received_at) ORDER BY (run_id, series_id, payload_id);

-- One row holds a stretch of values of one series and repetition, in the order they were measured.
CREATE TABLE IF NOT EXISTS samples (
  run_id UUID,
  series_id UUID,
  repetition UInt32,
  payload_id UUID,
  ordinal UInt32,
  sample_values Array(Float64) CODEC(ZSTD(1)),
  at_ns Array(Int64) CODEC(Delta, ZSTD(1)),
  paths Array(LowCardinality(String)) CODEC(ZSTD(1)),
  inputs Array(LowCardinality(String)) CODEC(ZSTD(1)),
  quality Array(LowCardinality(String)),
  line UInt64,
  received_at DateTime64(3) CODEC(Delta, ZSTD(1))
) ENGINE = MergeTree PARTITION BY toYYYYMM(received_at) ORDER BY (run_id, series_id, repetition, payload_id, ordinal)
SETTINGS index_granularity = 1024;

CREATE TABLE IF NOT EXISTS readings (
  run_id UUID,
  series_id UUID,
  repetition UInt32,
  payload_id UUID,
  ordinal UInt32,
  reading_kind LowCardinality(String),
  reading Nullable(Float64),
  at_ns Nullable(Int64) CODEC(Delta, ZSTD(1)),
  exposure_s Nullable(Float64),
  probability Nullable(Float64),
  tool LowCardinality(String),
  quality Array(LowCardinality(String)),
  line UInt64,
  received_at DateTime64(3) CODEC(Delta, ZSTD(1))
) ENGINE = MergeTree PARTITION BY toYYYYMM(received_at) ORDER BY (run_id, series_id, repetition, payload_id, ordinal);

CREATE TABLE IF NOT EXISTS histograms (
  run_id UUID,
  series_id UUID,
  repetition UInt32,
  payload_id UUID,
  ordinal UInt32,
  scheme LowCardinality(String),
  edges Array(Float64) CODEC(ZSTD(1)),
  counts Array(UInt64) CODEC(ZSTD(1)),
  total Nullable(Float64),
  at_ns Nullable(Int64) CODEC(Delta, ZSTD(1)),
  quality Array(LowCardinality(String)),
  line UInt64,
  received_at DateTime64(3) CODEC(Delta, ZSTD(1))
) ENGINE = MergeTree PARTITION BY toYYYYMM(received_at) ORDER BY (run_id, series_id, repetition, payload_id, ordinal);

CREATE TABLE IF NOT EXISTS summaries (
  run_id UUID,
  series_id UUID,
  repetition UInt32,
  payload_id UUID,
  ordinal UInt32,
  sample_count UInt64,
  total Nullable(Float64),
  mean Nullable(Float64),
  minimum Nullable(Float64),
  maximum Nullable(Float64),
  quality Array(LowCardinality(String)),
  line UInt64,
  received_at DateTime64(3) CODEC(Delta, ZSTD(1))
) ENGINE = MergeTree PARTITION BY toYYYYMM(received_at) ORDER BY (run_id, series_id, repetition, payload_id, ordinal);

CREATE TABLE IF NOT EXISTS events (
  run_id UUID,
  repetition UInt32,
  payload_id UUID,
  ordinal UInt32,
  code LowCardinality(String),
  at_ns Nullable(Int64) CODEC(Delta, ZSTD(1)),
  message String CODEC(ZSTD(3)),
  labels Map(LowCardinality(String), String),
  line UInt64,
  received_at DateTime64(3) CODEC(Delta, ZSTD(1))
) ENGINE = MergeTree PARTITION BY toYYYYMM(received_at) ORDER BY (run_id, code, repetition, payload_id, ordinal);

-- Written before a seal: from here on a writer must wait for the seal to know whether its receipt is in it.
CREATE TABLE IF NOT EXISTS seal_intents (
  run_id UUID,
  intended_at DateTime64(3),
  intended_by String
) ENGINE = MergeTree ORDER BY run_id;

-- At most one row a run: written with an insert_deduplication_token, which makes the insert a put-if-absent.
CREATE TABLE IF NOT EXISTS seals (
  run_id UUID,
  seal_id UUID,
  project LowCardinality(String),
  suite LowCardinality(String),
  sealed_at DateTime64(3),
  sealed_by String,
  receipt_ids Array(String) CODEC(ZSTD(1)),
  payload_ids Array(UUID) CODEC(ZSTD(1)),
  digest String
) ENGINE = MergeTree ORDER BY run_id SETTINGS non_replicated_deduplication_window = 10000;

-- A mislabelled run leaves gates and candidates for baselines; it stays visible.
CREATE TABLE IF NOT EXISTS withdrawals (
  run_id UUID,
  reason String,
  withdrawn_at DateTime64(3),
  withdrawn_by String
) ENGINE = MergeTree ORDER BY run_id;

CREATE TABLE IF NOT EXISTS verdicts (
  run_id UUID,
  verdict_id UUID,
  project LowCardinality(String),
  suite LowCardinality(String),
  verdict_status LowCardinality(String),
  score Nullable(Float64),
  reason_codes Array(LowCardinality(String)),
  baseline_id String,
  baseline_digest String,
  policy_digest String,
  engine_version LowCardinality(String),
  computed_at DateTime64(3),
  body String CODEC(ZSTD(3))
) ENGINE = MergeTree ORDER BY run_id SETTINGS non_replicated_deduplication_window = 10000;

-- The findings of a verdict once more, flat, for dashboards; they count only when their verdict_id is the run's verdict.
CREATE TABLE IF NOT EXISTS findings (
  run_id UUID,
  verdict_id UUID,
  series_id UUID,
  project LowCardinality(String),
  suite LowCardinality(String),
  region String,
  metric LowCardinality(String),
  unit LowCardinality(String),
  family LowCardinality(String),
  statistic LowCardinality(String),
  finding_status LowCardinality(String),
  gated Bool,
  baseline Nullable(Float64),
  candidate Nullable(Float64),
  delta Nullable(Float64),
  q_value Nullable(Float64),
  labels Map(LowCardinality(String), String),
  computed_at DateTime64(3)
) ENGINE = MergeTree ORDER BY (run_id, series_id, family, statistic);
