// The engine's process: one call into the engine's library, which runs the whole ClickHouse program until stdin closes.
// Started by engine-process.ts with four paths as arguments: the library, the configuration file, the engine's folder, the backups'.
// Only types that erase: newer Node runs this file as it is, Node 20 through tsx, and a build as child.js.

import { dirname } from 'node:path';
import { DataType, load, open } from 'ffi-rs';
import { STARTUP_STATEMENTS } from './config.ts';
import { confine } from './confine.ts';
import type { EngineLastWords, EngineMessage } from './engine-message.ts';

/** How long the engine may take to leave after the service died; a running query would hold it for 5 s. Killing loses nothing acknowledged. */
const ORPHAN_GRACE_MS = 500;

const STDIN_FD = 0;
/** Both directions, <sys/socket.h>. */
const SHUT_RDWR = 2;

interface ChildPlace {
  readonly libraryPath: string;
  readonly configFile: string;
  readonly engineDir: string;
  readonly backupDir: string;
}

async function main(place: ChildPlace): Promise<void> {
  // Ctrl-C in a terminal reaches the whole process group; the service decides when the engine stops.
  process.on('SIGINT', () => undefined);
  process.once('disconnect', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), ORPHAN_GRACE_MS).unref());
  try {
    open({ library: 'engine', path: place.libraryPath });
    open({ library: 'c', path: '' });
  } catch (error) {
    return leave({ kind: 'unloadable', detail: String(error) });
  }
  const isConfined = await confine([place.engineDir, place.backupDir, dirname(place.configFile)]);
  process.send?.({ kind: 'loaded', isConfined } satisfies EngineMessage);
  process.on('SIGTERM', endInput);
  leave(await runEngine(['clickhouse', '--config-file', place.configFile, '--path', place.engineDir, '--query', STARTUP_STATEMENTS]));
}

/** Runs the program to its end in a thread of its own, so that signals are still answered here. */
async function runEngine(args: readonly string[]): Promise<EngineLastWords> {
  const result = await load({
    library: 'engine',
    funcName: 'chdb_query_cmdline',
    retType: DataType.External,
    paramsType: [DataType.I32, DataType.StringArray],
    paramsValue: [args.length, args],
    runInNewThread: true,
  });
  const error = { library: 'engine', funcName: 'chdb_result_error', paramsType: [DataType.External], paramsValue: [result] };
  // First as a number: read as a string, the NULL of a clean end would be dereferenced.
  if (load({ ...error, retType: DataType.I64 }) === 0) return { kind: 'ended', errorCode: 0, detail: '' };
  const detail = load({ ...error, retType: DataType.String });
  // The library hands errors over as text only; "Code: N." is the fixed start of it.
  return { kind: 'ended', errorCode: Number(/^Code: (\d+)\./.exec(detail)?.[1] ?? -1), detail };
}

/** EOF on stdin, which is what the program waits for: it then ends in order. */
function endInput(): void {
  load({
    library: 'c',
    funcName: 'shutdown',
    retType: DataType.I32,
    paramsType: [DataType.I32, DataType.I32],
    paramsValue: [STDIN_FD, SHUT_RDWR],
  });
}

function leave(message: EngineLastWords): void {
  const exitCode = message.kind === 'ended' && message.errorCode === 0 ? 0 : 1;
  if (process.send === undefined || !process.connected) process.exit(exitCode);
  process.send(message, () => process.exit(exitCode));
}

const [libraryPath, configFile, engineDir, backupDir] = process.argv.slice(2);
if (libraryPath === undefined || configFile === undefined || engineDir === undefined || backupDir === undefined) {
  throw new RangeError('child: expected four arguments: library path, configuration file, engine folder, backup folder');
}
await main({ libraryPath, configFile, engineDir, backupDir });
