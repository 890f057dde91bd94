import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Call } from './client.ts';
import { badInput } from './exit.ts';

/** Files the caller names; `-` is standard input. */

/** A file up to this size is sent whole, so that a refusal arrives before the connection breaks; a larger one streams. */
const WHOLE_BYTES = 8 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

const readCode = (error: unknown) => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined);
const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read',
  EISDIR: 'it is a folder',
};

function refuseFile(path: string, error: unknown): never {
  const code = readCode(error);
  if (code === undefined) throw error;
  throw badInput(`cannot read ${path}: ${MEANINGS[code] ?? code}`, [], error);
}

/** The text of a file or of standard input. @throws CommandError bad input when it cannot be read */
export async function loadText(path: string, stdin: Readable): Promise<string> {
  if (path === '-') return await readText(stdin);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    return refuseFile(path, error);
  }
}

/** A JSON object from a file or standard input. @throws CommandError bad input */
export async function loadObject(path: string, stdin: Readable): Promise<Readonly<Record<string, unknown>>> {
  const text = await loadText(path, stdin);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badInput(`${path === '-' ? 'standard input' : path} is not JSON: ${error instanceof Error ? error.message : ''}`, [], error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badInput(`${path === '-' ? 'standard input' : path} must hold a JSON object`);
  return { ...value };
}

export type OpenBody = NonNullable<Call['openBody']>;

/**
 * A file as a body that can be sent again.
 * @throws CommandError bad input when it cannot be read
 */
export async function openFile(path: string): Promise<OpenBody> {
  try {
    const file = await open(path, 'r');
    const { size } = await file.stat();
    await file.close();
    if (size > WHOLE_BYTES) return () => createReadStream(path, { highWaterMark: CHUNK_BYTES });
    // A pipe such as /dev/fd/63 has size 0 and can be read once.
    const bytes = await readFile(path);
    return () => bytes;
  } catch (error) {
    return refuseFile(path, error);
  }
}

/** Runs work on a file, or on standard input after keeping it in a file of its own, so that a try can be repeated. */
export async function withBody<T>(path: string, stdin: Readable, work: (openBody: OpenBody) => Promise<T>): Promise<T> {
  if (path !== '-') return await work(await openFile(path));
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-push-'));
  try {
    const kept = join(folder, 'stdin');
    await pipeline(stdin, createWriteStream(kept, { mode: 0o600 }));
    return await work(await openFile(kept));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
