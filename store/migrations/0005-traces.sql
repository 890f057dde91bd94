-- Cumulative histograms: a standing since some origin, of which a run measured only the growth. Rows before this migration are increases.
ALTER TABLE histograms ADD COLUMN IF NOT EXISTS is_standing Bool DEFAULT false AFTER at_ns;
ALTER TABLE histograms ADD COLUMN IF NOT EXISTS since_ns Nullable(Int64) AFTER is_standing;

-- Spans, so that the host and the device side of one request can be linked by trace, whichever payload they came in. Their durations are
-- samples of series of their own; where a request enters, the row names the series of its time on the device and off it.
CREATE TABLE IF NOT EXISTS spans (
  run_id UUID,
  trace_id String,
  span_id String,
  parent_span_id String,
  repetition UInt32,
  payload_id UUID,
  ordinal UInt32,
  operation LowCardinality(String),
  service LowCardinality(String),
  side LowCardinality(String),
  start_ns Int64 CODEC(Delta, ZSTD(1)),
  duration_ns Float64,
  failed Bool,
  device_time_series_id Nullable(UUID),
  host_time_series_id Nullable(UUID),
  line UInt64,
  received_at DateTime64(3) CODEC(Delta, ZSTD(1))
) ENGINE = MergeTree PARTITION BY toYYYYMM(received_at) ORDER BY (run_id, trace_id, span_id, payload_id);

ALTER TABLE receipts ADD COLUMN IF NOT EXISTS span_count UInt64 DEFAULT 0 AFTER event_count;
