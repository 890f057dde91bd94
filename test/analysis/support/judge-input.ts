import type { JudgedRun } from '../../../analysis/accepted/history-run.ts';
import type { JudgeInput } from '../../../analysis/judge-run.ts';
import type { SeriesMeasurement } from '../../../wire/measurements.ts';
import { DEFAULT_POLICY, type Policy } from '../../../wire/policy.ts';
import type { Environment } from '../../../wire/run.ts';

export const ENVIRONMENT: Environment = { isa: 'riscv64', hostname: 'lab-07', board: 'acme-b100', kernel: '6.12.1', os: 'debian 13' };

/** A run on the usual machine. */
export function createRun(runId: string, overrides: Partial<JudgedRun> = {}): JudgedRun {
  return {
    runId,
    project: 'acme',
    suite: 'nightly',
    kind: 'nightly',
    subject: { name: 'driver', version: '2.4.1' },
    environment: ENVIRONMENT,
    sealDigest: `sha256:${runId}`,
    ...overrides,
  };
}

/** Judges `candidate` (run `night`) against `golden` measurements, whose run ids make the baseline; an empty list means no baseline. */
export function createInput(
  golden: readonly SeriesMeasurement[],
  candidate: readonly SeriesMeasurement[],
  overrides: Partial<JudgeInput> & { readonly policy?: Policy } = {},
): JudgeInput {
  const runIds = [...new Set(golden.map((measurement) => measurement.runId))];
  return {
    run: createRun('night'),
    baseline: runIds.length === 0 ? null : { id: 'b1', digest: 'sha256:b1', runs: runIds.map((runId) => createRun(runId)) },
    nearest: null,
    candidateMeasurements: candidate,
    baselineMeasurements: golden,
    policy: DEFAULT_POLICY,
    policyDigest: 'sha256:policy',
    engineVersion: '0.1.0',
    seed: 1,
    verdictId: 'v1',
    computedAt: '2026-01-01T00:00:00.000Z',
    reportUrl: 'http://localhost/v1/runs/night/report',
    ...overrides,
  };
}
