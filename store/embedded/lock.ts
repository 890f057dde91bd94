// One store per data folder. The lock is flock(2) on a descriptor that the service opens and the engine's process inherits:
// - the kernel drops it when the last of the two is gone, however it died, so nothing is ever stale and nobody has to guess by age (a lock
//   by mkdir and mtime, such as proper-lockfile, waits at least 2 s after a SIGKILL and can be stolen from an owner that was paused);
// - while an engine outlives a killed service for a moment, its copy of the descriptor still holds the folder;
// - it is taken before any file is written, so that the loser never overwrites the winner's configuration.
// The file itself stays for good: removing it would let two processes lock two files of one name.

import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedStoreError } from './error.ts';
import { loadFlock } from './library.ts';

/** LOCK_EX | LOCK_NB of <sys/file.h>, equal on Linux and macOS. */
const EXCLUSIVE_WITHOUT_WAITING = 2 | 4;

/** An engine whose service was killed leaves within its grace of 0.5 s (child.ts); a live owner is reported after this. */
const LOCK_WAIT_MS = 1000;
const LOCK_RETRY_MS = 10;

/** A held lock. */
export interface DataLock {
  /** Open descriptor that carries the lock; hand it to the engine's process. */
  readonly fd: number;
  /** Closes this process's descriptor. */
  release(): void;
}

/**
 * Takes the lock, waiting up to a second for an engine that is just leaving.
 * @param lockFile absolute path; created if absent, never removed
 * @param dataDir the folder it guards, for the error
 * @throws EmbeddedStoreError `locked` when a live process holds it, naming folder and pid
 */
export async function acquireDataLock(lockFile: string, dataDir: string): Promise<DataLock> {
  const flock = await loadFlock();
  const fd = openSync(lockFile, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    const deadlineMs = performance.now() + LOCK_WAIT_MS;
    for (;;) {
      const errno = flock(fd, EXCLUSIVE_WITHOUT_WAITING);
      if (errno === 0) break;
      if (errno !== osConstants.errno.EWOULDBLOCK) throw new Error(`cannot lock ${lockFile}: flock failed with errno ${errno}`);
      if (performance.now() >= deadlineMs) throw lockedBy(lockFile, dataDir);
      await sleep(LOCK_RETRY_MS);
    }
    ftruncateSync(fd, 0);
    writeSync(fd, `${process.pid}\n`, 0);
    return { fd, release: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function lockedBy(lockFile: string, dataDir: string): EmbeddedStoreError {
  const pid = readFileSync(lockFile, 'utf8').trim();
  const holder = pid === '' ? 'another process' : `process ${pid}`;
  return new EmbeddedStoreError('locked', `the data folder ${dataDir} is in use by ${holder}; stop it or choose another folder`);
}
