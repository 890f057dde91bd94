export { type PayloadRequest, receivePayload } from './receive.ts';
export { readUnfinishedSeals, type SealPorts, sealRun } from './seal.ts';
