-- Who may do what, which baselines and policies hold, and the trail of every act on them.

CREATE TABLE IF NOT EXISTS tokens (
  token_id String,
  event LowCardinality(String),
  secret_sha256 String,
  scopes Array(LowCardinality(String)),
  projects Array(String),
  every_project Bool,
  label String,
  expires_at Nullable(DateTime64(3)),
  event_at DateTime64(3),
  event_by String
) ENGINE = MergeTree ORDER BY (token_id, event_at);

CREATE TABLE IF NOT EXISTS baselines (
  baseline_id UUID,
  project LowCardinality(String),
  suite LowCardinality(String),
  name String,
  class_digest String,
  content String CODEC(ZSTD(3)),
  digest String,
  reason String,
  expires_at Nullable(DateTime64(3)),
  proposed_at DateTime64(3),
  proposed_by String
) ENGINE = MergeTree ORDER BY (project, suite, baseline_id);

-- Approvals carry a generation per project, suite and class; one row a generation, written as put-if-absent like a seal.
CREATE TABLE IF NOT EXISTS baseline_events (
  project LowCardinality(String),
  suite LowCardinality(String),
  class_digest String,
  generation UInt64,
  baseline_id UUID,
  event LowCardinality(String),
  reason String,
  overrides String,
  self_approved Bool,
  event_at DateTime64(3),
  event_by String
) ENGINE = MergeTree ORDER BY (project, suite, class_digest, generation) SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS gates (
  project LowCardinality(String),
  gate String,
  policy_version UInt64,
  policy String CODEC(ZSTD(3)),
  digest String,
  written_at DateTime64(3),
  written_by String
) ENGINE = MergeTree ORDER BY (project, gate, policy_version) SETTINGS non_replicated_deduplication_window = 10000;

-- Hash-chained per writer: digest = sha-256 of the row with previous_digest; the first row of a writer anchors the heads of all others.
CREATE TABLE IF NOT EXISTS audit (
  writer_id UUID,
  sequence UInt64,
  project LowCardinality(String),
  actor String,
  action LowCardinality(String),
  object String,
  detail String CODEC(ZSTD(3)),
  anchors String CODEC(ZSTD(3)),
  previous_digest String,
  digest String,
  acted_at DateTime64(3)
) ENGINE = MergeTree ORDER BY (writer_id, sequence);
