/** What differs between two runs of one binary beyond the repetitions of each (s_n2 of VERDICTS 3.4). */
export type RunComponent = {
  /** Variance of a run's level, squared log units. */
  readonly variance: number;
  readonly df: number;
};

/** Standard deviation of a run's level while no history tells it (VERDICTS 3.4: 0.3 %, on shared machines 0.5-1 %). */
export const RUN_SD_WITHOUT_HISTORY = 0.003;

/** The run component before there is history; 10 degrees of freedom, as the reference engine counts one run (N + 9). */
export const RUN_COMPONENT_WITHOUT_HISTORY: RunComponent = { variance: RUN_SD_WITHOUT_HISTORY ** 2, df: 10 };
