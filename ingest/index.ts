export { type EnvironmentRequest, type ReadEnvironment, readEnvironment } from './read-environment.ts';
export { type PayloadRequest, receivePayload } from './receive.ts';
export { assertEnvironmentCounts, readUnfinishedSeals, type SealPorts, sealRun } from './seal.ts';
