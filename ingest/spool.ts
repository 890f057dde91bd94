import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProblemError } from '../wire/problems.ts';
import type { PayloadFile } from './format.ts';
import { assertSqliteSchema } from './lexers/sqlite-schema.ts';
import { openSqlite, type SqliteTables } from './sqlite-tables.ts';

/**
 * Binary payloads wait in a file while they are read: their formats want to be read from the end, or in any order. The file lies in a folder
 * that only this user can enter, and both are gone when the payload is answered, whatever came of it.
 */
export type Spool = PayloadFile & { /** Removes the file; calling it again does nothing. */ readonly close: () => Promise<void> };

const PREFIX = 'plumbline-spool-';
/** Folders of processes that were killed; a living one may share the temporary folder from another container, so only its own pid is sure. */
const FOLDER = /^plumbline-spool-(\d+)-[A-Za-z0-9]{6}$/;
let swept: Promise<void> | undefined;

/**
 * Writes a body into a private file.
 * @param chunks the body; read to its end, or abandoned when the file cannot be written
 * @param parent where the private folder is made; the system's temporary folder when left out
 * @throws ProblemError as the body, or `store-unavailable` when the disk does not take it
 */
export async function spoolBody(chunks: AsyncIterable<Buffer>, parent: string = tmpdir()): Promise<Spool> {
  swept ??= sweepSpools(parent, process.pid);
  await swept;
  const folder = await onDisk(() => mkdtemp(join(parent, `${PREFIX}${process.pid}-`)));
  const path = join(folder, `payload-${randomBytes(8).toString('hex')}`);
  let handle: FileHandle | undefined;
  try {
    handle = await onDisk(() => open(path, 'wx+', 0o600));
    const byteLength = await writeAll(handle, chunks);
    return toSpool({ handle, path, folder, byteLength });
  } catch (error) {
    await handle?.close();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Removes what a killed process of the same number, or of one that runs no more, left behind.
 * @param pid of this process: it has spooled nothing yet
 */
export async function sweepSpools(parent: string, pid: number): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const owner = Number(FOLDER.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(owner) || (owner !== pid && isAlive(owner))) continue;
    // Another user's folder stays: only its owner may remove it.
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function writeAll(handle: FileHandle, chunks: AsyncIterable<Buffer>): Promise<number> {
  let byteLength = 0;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      const position = byteLength + from;
      const { bytesWritten } = await onDisk(() => handle.write(chunk, from, chunk.length - from, position));
      from += bytesWritten;
    }
    byteLength += chunk.length;
  }
  return byteLength;
}

/** What the disk refuses is not the caller's fault, and may go away. */
async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ProblemError('store-unavailable', 'the temporary folder of the service does not take the payload; retry later', {
      retryAfterS: 30,
      cause,
    });
  }
}

function toSpool(file: { handle: FileHandle; path: string; folder: string; byteLength: number }): Spool {
  const { handle, path, folder, byteLength } = file;
  const opened: SqliteTables[] = [];
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    await Promise.all(opened.map((tables) => tables.close()));
    await handle.close();
    await rm(folder, { recursive: true, force: true });
  }
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    if (!(start >= 0 && end >= start && end <= byteLength)) throw new RangeError(`bytes ${start} to ${end} of ${byteLength}`);
    const bytes = new Uint8Array(end - start);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, start + length);
      if (bytesRead === 0) throw new RangeError(`the file ends before byte ${end}`);
      length += bytesRead;
    }
    return bytes;
  };
  return {
    byteLength,
    read,
    openTables: async () => {
      await assertSqliteSchema({ byteLength, read });
      const tables = openSqlite(path);
      opened.push(tables);
      return tables;
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
