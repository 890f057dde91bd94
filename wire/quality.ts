/**
 * Flags that travel with a value from the tool's output to the finding. A flag never replaces a number and never repairs one in silence.
 * Source: the tools' manuals, as cited beside each parser.
 */
export const QUALITY_FLAGS = {
  not_counted: 'the counter never ran (perf prints <not counted>)',
  not_supported: 'the machine or the driver does not offer this value',
  multiplexed: 'the counter ran part of the time and was scaled',
  sentinel: 'the tool printed a blank value such as 9223372036854775794',
  not_a_number: 'the tool printed NaN or an infinity',
  lost_events: 'the tracer lost events while measuring',
  helper_error: 'a BPF helper failed while measuring',
  sum_unknown: 'the histogram came without a sum',
  precision_lost: 'the printed integer is not exactly a double',
  repaired: 'the printed value was damaged in a known way and could be restored without doubt',
  tool_bug: 'this tool version is known to print a wrong value here',
  autocorrelated: 'interval values of one process, not independent repeats',
  cumulative_snapshot: 'printed several times as it grew; only the last print counts',
  unit_assumed: 'the unit comes from the documentation of the tool, not from its output',
  constant_counter: 'every value is equal: the counter probably does not count',
  below_high_water_mark: 'a bound lower than a value that was measured',
  rejected_by_tool: 'the tool itself rejected its result, as chronovise does by PPI_RESULT R',
  counter_reset: 'the cumulative counter went backwards between two readings',
  stale: 'the exporter says that there is no value any more (OTLP flag no recorded value)',
  not_run: 'the benchmark failed or skipped itself, so nothing was measured',
  inactive: 'the link or device was inactive, so there was nothing to read',
  read_failed: 'the tool could not read the value and printed an error in its place',
} as const;

export type Quality = keyof typeof QUALITY_FLAGS;
