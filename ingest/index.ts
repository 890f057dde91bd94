export { AcknowledgedOrigins } from './acknowledged-origins.ts';
export { AcknowledgedSeries } from './acknowledged-series.ts';
export {
  encodeExportAnswer,
  encodeStatus,
  OTLP_ENCODINGS,
  type OtlpEncoding,
  SeriesCache,
  toRpcCode,
} from './otlp/index.ts';
export { type EnvironmentRequest, type ReadEnvironment, readEnvironment } from './read-environment.ts';
export { type PayloadRequest, receivePayload } from './receive.ts';
export { type OtlpAnswer, receiveOtlp } from './receive-otlp.ts';
export { RecentReceipts } from './recent-receipts.ts';
export { assertEnvironmentCounts, readUnfinishedSeals, type SealPorts, sealRun } from './seal.ts';
