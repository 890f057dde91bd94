export { type AuditAct, type AuditTrail, computeActDigest, openAuditTrail, readAudit, type StoredAct } from './audit.ts';
export {
  appendBaseline,
  putBaselineEvent,
  readBaseline,
  readBaselineEvents,
  readBaselines,
  type StoredBaseline,
  type StoredBaselineEvent,
} from './baselines.ts';
export { type RunCentre, readCentres, readSealedRunIds } from './centre-history.ts';
export { connectStore, type Store, type StoreAddress } from './client.ts';
export {
  type EarlierVerdict,
  readEarlierVerdicts,
  readFindingsOfRuns,
  recallEarlierVerdicts,
  type StoredFinding,
} from './earlier-verdicts.ts';
export * from './embedded/index.ts';
export { putRunEnvironment, readRunEnvironments, type StoredRunEnvironment } from './environments.ts';
export { putGate, readGate, readGateByDigest, type StoredGate } from './gates.ts';
export { appendPayloadRows, createGroupCommit, type GroupCommit, type PayloadRows } from './group-commit.ts';
export { readMeasurements } from './measurements.ts';
export { migrate } from './migrate.ts';
export { readPayloadCounts, readReceipt, readReceiptAndIntent, readReceipts, type StoredReceipt } from './receipts.ts';
export {
  appendWithdrawal,
  putRun,
  type RunFilter,
  type RunPlace,
  readRun,
  readRunPlace,
  readRuns,
  readRunsById,
  readUnjudgedRunIds,
  type StoredRun,
} from './runs.ts';
export { appendSealIntent, putSeal, readSeal, readSealIntent, readUnfinishedSealRunIds, removeOrphans, type StoredSeal } from './seals.ts';
export { type LandedSeries, readLandedSeries, readSeriesValues, type SeriesFilter } from './series.ts';
export { type Row, TABLES, type TableName } from './tables.ts';
export { appendTokenEvent, readToken, readTokens, type StoredToken } from './tokens.ts';
export { putVerdict, readVerdict, readVerdictById, readVerdictsOfRuns } from './verdicts.ts';
