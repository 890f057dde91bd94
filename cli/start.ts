import { join } from 'node:path';
import type { Command } from 'commander';
import { defaultDataDir, readConfig, type ServiceConfig, type StartOptions, serve } from '../service/index.ts';
import { CommandError, EXIT } from './exit.ts';
import { addExample } from './help.ts';
import type { Session } from './session.ts';

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);

/** Other terminals do not know what this one exported, so every setting that is not the usual one is named. */
function describeToken(config: ServiceConfig, url: string): readonly string[] {
  if (config.adminToken !== null) return ['admin token: the one in PLUMBLINE_ADMIN_TOKEN'];
  const settings = [
    ...(url === 'http://127.0.0.1:8420' ? [] : [`PLUMBLINE_URL=${url}`]),
    ...(config.dataDir === defaultDataDir({}) ? [] : [`PLUMBLINE_DATA=${config.dataDir}`]),
  ];
  return [
    `admin token: in ${join(config.dataDir, 'admin-token')}`,
    ...(settings.length === 0 ? [] : [`in other terminals: export ${settings.join(' ')}`]),
  ];
}

/** Why the service did not start, by the error's code. */
function refuseStart(error: unknown, config: ServiceConfig): never {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    throw new CommandError(EXIT.unavailable, `port ${config.port} of ${config.host} is in use`, {
      lines: ['choose another with --port; 0 takes a free one'],
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL')
    throw new CommandError(EXIT.badInput, `the service cannot listen on ${config.host}:${config.port} (${code})`, { cause: error });
  throw new CommandError(EXIT.unavailable, `the service did not start: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}

/** Resolves at the first signal; a second one ends the process at once. */
function waitForSignal(session: Session): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    session.onSignal((signal) => {
      if (asked) session.exitNow(signal === 'SIGINT' ? 130 : 143);
      asked = true;
      resolve();
    });
  });
}

async function start(session: Session, options: StartOptions): Promise<void> {
  const config = readConfig(options, session.environ);
  if (!isLoopback(config.host))
    session.writeError(
      `plumbline: listening on ${config.host}: whoever reaches it needs a token, and the connection is not encrypted; put TLS in front\n`,
    );
  const stopped = waitForSignal(session);
  const service = await serve(config).catch((error: unknown) => refuseStart(error, config));
  session.print({ url: service.url, pid: process.pid, dataDir: config.dataDir }, () =>
    [`Plumbline listens on ${service.url}`, ...describeToken(config, service.url), `data: ${config.dataDir}`, 'Ctrl-C stops it', ''].join(
      '\n',
    ),
  );
  await stopped;
  session.progress('stopping; a second signal ends it at once');
  await service.stop();
}

/** `plumbline start`: the service, with the embedded store unless told otherwise. */
export function addStart(program: Command, session: Session): void {
  const command = program
    .command('start')
    .description('Start the service and its store, and run until SIGINT or SIGTERM.')
    .option('--data <folder>', `where everything is kept; ${defaultDataDir({ HOME: '~' })} without it`)
    .option('--port <number>', 'port to listen on, 0 for a free one; 8420 without it')
    .option('--host <address>', 'address to listen on; 127.0.0.1 without it')
    .option('--public-url <url>', 'where users reach the service, for links in reports')
    .option('--clickhouse-url <url>', 'use this ClickHouse instead of the embedded one')
    .option('--clickhouse-user <name>', 'its user')
    .option('--clickhouse-password <password>', 'its password; better in PLUMBLINE_CLICKHOUSE_PASSWORD, which others cannot list')
    .option('--clickhouse-database <name>', 'its database')
    .action(async (options: StartOptions) => await start(session, options));
  addExample(command, 'plumbline start --data ./data --port 8420');
}
