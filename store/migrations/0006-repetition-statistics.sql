-- Statistics of the repetitions of sealed runs, computed once: what is sealed never changes, and every later verdict of the suite reads them
-- again. `row_count` is the number of rows of the run, so that a run whose rows were cut off is seen and computed anew. A value that does not
-- exist is NaN; `logs` and `batch_variances` are in the order of the statistics.
CREATE TABLE IF NOT EXISTS repetition_statistics (
  run_id UUID,
  statistics_version UInt16,
  series_id UUID,
  repetition UInt32,
  row_count UInt64,
  sample_count UInt64,
  not_positive_count UInt64,
  minimum Float64,
  maximum Float64,
  logs Array(Float64),
  batch_variances Array(Float64),
  quality Array(LowCardinality(String)),
  paths Array(LowCardinality(String))
) ENGINE = MergeTree ORDER BY (run_id, statistics_version, series_id, repetition);
