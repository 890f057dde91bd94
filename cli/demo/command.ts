import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { readConfig, serve } from '../../service/index.ts';
import { CommandError, EXIT } from '../exit.ts';
import { addExample } from '../help.ts';
import type { Session } from '../session.ts';

type Options = { readonly keep?: true; readonly data?: string };

/** A folder of its own, unless the caller names one; that one is never removed. */
async function openFolder(data: string | undefined, keep: boolean): Promise<{ readonly dataDir: string; readonly isKept: boolean }> {
  if (data !== undefined) return { dataDir: resolve(data), isKept: true };
  return { dataDir: await mkdtemp(join(tmpdir(), 'plumbline-demo-')), isKept: keep };
}

async function demo(session: Session, options: Options): Promise<void> {
  const { dataDir, isKept } = await openFolder(options.data, options.keep === true);
  let cleaning: Promise<void> | undefined;
  let stop = async () => {};
  const clean = () =>
    (cleaning ??= (async () => {
      await stop();
      if (!isKept) await rm(dataDir, { recursive: true, force: true });
    })());
  const unsubscribe = session.onSignal((signal) => {
    const code = signal === 'SIGINT' ? 130 : 143;
    if (cleaning !== undefined) session.exitNow(code);
    clean().then(
      () => session.exitNow(code),
      () => session.exitNow(code),
    );
  });
  try {
    const { walkDemo } = await import('./play.ts');
    const startedMs = session.nowMs();
    // Nothing from the environment: the demo must not listen on, write to or report to what the user configured.
    const service = await serve(readConfig({ data: dataDir, host: '127.0.0.1', port: '0' }, { PLUMBLINE_LOG: 'silent' })).catch(
      (error: unknown) => {
        throw new CommandError(
          EXIT.unavailable,
          `the demo's service did not start: ${error instanceof Error ? error.message : String(error)}`,
          { cause: error },
        );
      },
    );
    stop = service.stop;
    await walkDemo(session, { service, dataDir, isKept, startedMs });
  } finally {
    await clean();
    unsubscribe();
  }
}

/** `plumbline demo`. */
export function addDemo(program: Command, session: Session): void {
  const command = program
    .command('demo')
    .description('Walk from captured tool output to a release decision, with a service and a store of its own; about 20 seconds.')
    .option('--keep', 'keep the data folder, to look at it with the other commands')
    .option('--data <folder>', 'use this folder, and keep it')
    .action(async (options: Options) => await demo(session, options));
  addExample(command, 'plumbline demo --keep');
}
