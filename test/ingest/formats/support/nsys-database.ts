import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { withTemporaryFolder } from '../../../support/embedded-store.ts';

/**
 * An export of Nsight Systems as its documentation describes it (SQLite schema reference, 3.x), made by SQLite itself: no real one was at
 * hand. Statements run on a new database; its bytes come back.
 */
export async function makeDatabase(...statements: readonly string[]): Promise<Buffer> {
  return await withTemporaryFolder(async (folder) => {
    const path = join(folder, 'report.sqlite');
    const database = new sqlite.Database(path);
    try {
      for (const statement of statements) database.exec(statement);
    } finally {
      database.close();
    }
    return readFileSync(path);
  });
}

export const EPOCH_NS = 1_769_860_800_123_456_789n;
const PROCESS_1 = 0x01_0000_7b00_0000n;
const PROCESS_2 = 0x01_0000_7c00_0000n;

export const NSYS_SCHEMA: readonly string[] = [
  'CREATE TABLE StringIds (id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL)',
  'CREATE TABLE META_DATA_EXPORT (name TEXT, value TEXT)',
  'CREATE TABLE TARGET_INFO_SESSION_START_TIME (utcEpochNs INTEGER, utcTime TEXT, localTime TEXT)',
  'CREATE TABLE TARGET_INFO_GPU (vmId INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT, busLocation TEXT, uuid TEXT)',
  'CREATE TABLE TARGET_INFO_CUDA_DEVICE (gpuId INTEGER NOT NULL, cudaId INTEGER NOT NULL, pid INTEGER, uuid TEXT)',
  'CREATE TABLE TARGET_INFO_SYSTEM_ENV (globalVid INTEGER, devStateName TEXT, name TEXT, nameEnum INTEGER, value TEXT)',
  'CREATE TABLE PROCESSES (globalPid INTEGER, pid INTEGER, name TEXT)',
  'CREATE TABLE ENUM_CUDA_MEMCPY_OPER (id INTEGER NOT NULL PRIMARY KEY, name TEXT, label TEXT)',
  'CREATE TABLE ENUM_DIAGNOSTIC_SEVERITY_LEVEL (id INTEGER NOT NULL PRIMARY KEY, name TEXT, label TEXT)',
  'CREATE TABLE DIAGNOSTIC_EVENT (timestamp INTEGER NOT NULL, timestampType INTEGER NOT NULL, source INTEGER NOT NULL, severity INTEGER NOT NULL, text TEXT NOT NULL, globalPid INTEGER)',
  'CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER NOT NULL, end INTEGER NOT NULL, deviceId INTEGER NOT NULL, contextId INTEGER NOT NULL, streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER, demangledName INTEGER NOT NULL, shortName INTEGER NOT NULL, mangledName INTEGER, gridX INTEGER NOT NULL)',
  'CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start INTEGER NOT NULL, end INTEGER NOT NULL, deviceId INTEGER NOT NULL, bytes INTEGER NOT NULL, copyKind INTEGER NOT NULL)',
  'CREATE TABLE CUPTI_ACTIVITY_KIND_MEMSET (start INTEGER NOT NULL, end INTEGER NOT NULL, deviceId INTEGER NOT NULL, value INTEGER NOT NULL, bytes INTEGER NOT NULL)',
  'CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER NOT NULL, end INTEGER NOT NULL, eventClass INTEGER NOT NULL, globalTid INTEGER, correlationId INTEGER, nameId INTEGER NOT NULL, returnValue INTEGER NOT NULL)',
  'CREATE TABLE NVTX_EVENTS (start INTEGER NOT NULL, end INTEGER, eventType INTEGER NOT NULL, rangeId INTEGER, category INTEGER, color INTEGER, text TEXT, globalTid INTEGER, endGlobalTid INTEGER, textId INTEGER, domainId INTEGER)',
];

export const NSYS_ROWS: readonly string[] = [
  "INSERT INTO StringIds VALUES (1, 'void axpy<float>(int, const T1 *, T1 *)'), (2, 'axpy'), (3, 'cudaLaunchKernel_v7000'), (4, 'step'), (5, 'lib')",
  "INSERT INTO META_DATA_EXPORT VALUES ('EXPORT_SCHEMA_VERSION', '3.11.7')",
  `INSERT INTO TARGET_INFO_SESSION_START_TIME VALUES (${EPOCH_NS}, '2026-01-31 12:00:00', 'x')`,
  "INSERT INTO TARGET_INFO_GPU VALUES (0, 1, 'NVIDIA Thor', '0000:01:00.0', 'GPU-1')",
  "INSERT INTO TARGET_INFO_CUDA_DEVICE VALUES (1, 0, 123, 'GPU-1')",
  "INSERT INTO TARGET_INFO_SYSTEM_ENV VALUES (0, '', 'Hostname', 1, 'lab-secret')",
  "INSERT INTO PROCESSES VALUES (1, 123, '/home/secret/trainer')",
  "INSERT INTO ENUM_CUDA_MEMCPY_OPER VALUES (1, 'CUDA_MEMCPY_KIND_HTOD', 'Host-to-Device')",
  "INSERT INTO ENUM_DIAGNOSTIC_SEVERITY_LEVEL VALUES (1, 'Info', ''), (2, 'Warning', '')",
  "INSERT INTO DIAGNOSTIC_EVENT VALUES (0, 1, 3, 1, 'Profiling has started.', 1), (1, 2, 3, 2, 'Not all NVTX events of /home/secret/trainer might have been collected.', 1)",
  'INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (3000, 3700, 0, 1, 7, 2, 1, 1, 2, 1, 1), (1000, 1500, 0, 1, 7, 1, 1, 1, 2, 1, 1)',
  'INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (500, 900, 0, 4096, 1)',
  'INSERT INTO CUPTI_ACTIVITY_KIND_MEMSET VALUES (400, 450, 0, 0, 1024)',
  `INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (950, 990, 0, ${PROCESS_1}, 1, 3, 0)`,
  `INSERT INTO NVTX_EVENTS (start, end, eventType, text, globalTid, textId, domainId) VALUES
    (10, 5010, 59, NULL, ${PROCESS_1 + 5n}, 4, 0), (20, 120, 60, 'epoch', ${PROCESS_1}, NULL, 3),
    (0, NULL, 75, NULL, ${PROCESS_1}, 5, 3), (30, 90, 59, 'other process', ${PROCESS_2}, NULL, 3), (40, NULL, 59, 'unfinished', ${PROCESS_1}, NULL, 0), (41, NULL, 34, 'mark', ${PROCESS_1}, NULL, 0)`,
];
