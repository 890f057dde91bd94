// The two native pieces of the embedded store, found and loaded only when it is used: a service that talks to a ClickHouse by URL must
// start on machines that have neither.

import { libchdbPath } from 'chdb/libchdb';
import type { DataType } from 'ffi-rs';
import { EmbeddedStoreError } from './error.ts';

/** Where the engine's library is published (the optional packages `@chdb/lib-*`). */
const PLATFORMS = 'Linux with glibc (x64, arm64) and macOS (x64, arm64)';

/**
 * The absolute path of the engine's library.
 * @throws EmbeddedStoreError `unsupported_platform` when this machine has none
 */
export function locateLibrary(): string {
  try {
    // An empty environment: CHDB_LIBCHDB_PATH and its like would let a stray variable choose the engine.
    return libchdbPath({ env: {} });
  } catch (cause) {
    throw unsupportedPlatform('has no ClickHouse library', cause);
  }
}

/** A call of flock(2) on an open file descriptor: 0, or the errno. */
export type Flock = (fd: number, operation: number) => number;

/**
 * flock(2) of the C library, which Node does not offer.
 * @throws EmbeddedStoreError `unsupported_platform` when the foreign-function library does not load here
 */
export async function loadFlock(): Promise<Flock> {
  try {
    const ffi = await import('ffi-rs');
    // The empty path names the C library this process runs on.
    ffi.open({ library: 'c', path: '' });
    const paramsType = [ffi.DataType.I32, ffi.DataType.I32];
    return (fd, operation) => {
      const call = { library: 'c', funcName: 'flock', paramsType, paramsValue: [fd, operation] };
      const result = ffi.load<DataType.I32, true>({ ...call, retType: ffi.DataType.I32, errno: true });
      return result.value === 0 ? 0 : result.errnoCode;
    };
  } catch (cause) {
    throw unsupportedPlatform('cannot load ffi-rs', cause);
  }
}

/**
 * The error for a machine that cannot run the embedded store.
 * @param what a verb phrase about this platform
 * @param cause the loader's error, if any
 */
export function unsupportedPlatform(what: string, cause?: unknown): EmbeddedStoreError {
  const detail = `the embedded store cannot run here: ${process.platform}-${process.arch} ${what}. It runs on ${PLATFORMS}; elsewhere pass --clickhouse-url to use a ClickHouse server`;
  const because = cause instanceof Error ? ` (${cause.message})` : '';
  return new EmbeddedStoreError('unsupported_platform', `${detail}${because}`, { cause });
}
