-- What tools said about the machine of a run after it was opened. Each row holds the whole environment as merged; of one run the highest
-- generation counts, and once the run is sealed the one its seal names. Generation 0 is the environment in `runs`. One row a generation,
-- written as put-if-absent, so that two writers never merge into the same environment.
CREATE TABLE IF NOT EXISTS run_environments (
  run_id UUID,
  generation UInt64,
  content_digest String,
  format LowCardinality(String),
  isa LowCardinality(String),
  hostname String,
  class_digest String,
  environment String CODEC(ZSTD(3)),
  warnings String CODEC(ZSTD(3)),
  body_bytes UInt64,
  received_at DateTime64(3),
  received_by String
) ENGINE = MergeTree ORDER BY (run_id, generation) SETTINGS non_replicated_deduplication_window = 10000;

-- Runs sealed before this migration were sealed as opened: generation 0.
ALTER TABLE seals ADD COLUMN IF NOT EXISTS environment_generation UInt64 DEFAULT 0;
