import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { StoreAddress } from '../store/index.ts';

/** Everything the process is told from outside. Command-line options win over the environment; only this file reads `process.env`. */
export type ServiceConfig = {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** An outside ClickHouse; null starts the embedded one in `dataDir`. */
  readonly clickhouse: StoreAddress | null;
  /** The first admin token when the operator gives it; null makes one in `<dataDir>/admin-token`. */
  readonly adminToken: string | null;
  /** OTLP/HTTP endpoint for the service's own traces, without `/v1/traces`; null traces nothing. */
  readonly otlpEndpoint: string | null;
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** Address users reach the service under, for report links; null derives it from host and port. */
  readonly publicUrl: string | null;
};

export type StartOptions = {
  readonly data?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly clickhouseUrl?: string | undefined;
  readonly clickhouseUser?: string | undefined;
  readonly clickhousePassword?: string | undefined;
  readonly clickhouseDatabase?: string | undefined;
  readonly publicUrl?: string | undefined;
};

export type Environ = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
const ADMIN_TOKEN_CHARACTERS = 32;

/** A setting is wrong; the message says which and what it may be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const filled = (text: string | undefined): string | undefined => (text === undefined || text === '' ? undefined : text);

/** `<XDG_DATA_HOME or ~/.local/share>/plumbline`. */
export function defaultDataDir(environ: Environ): string {
  return join(filled(environ['XDG_DATA_HOME']) ?? join(filled(environ['HOME']) ?? homedir(), '.local', 'share'), 'plumbline');
}

function readPort(text: string | undefined): number {
  const port = Number(text ?? '8420');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new ConfigError(`the port must be a number from 0 to 65535, not ${text}`);
  return port;
}

function readAdminToken(text: string | undefined): string | null {
  const token = filled(text);
  if (token === undefined) return null;
  if (token.length < ADMIN_TOKEN_CHARACTERS || /\s/.test(token)) {
    throw new ConfigError(`PLUMBLINE_ADMIN_TOKEN must have at least ${ADMIN_TOKEN_CHARACTERS} characters without blanks`);
  }
  return token;
}

/** Headers a proxy in front of ClickHouse asks for: `Name: value`, one a line. */
function readHeaders(text: string | undefined): Readonly<Record<string, string>> {
  const lines = (text ?? '').split('\n').filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line.trim()) ?? [];
      if (name === undefined || value === undefined) throw new ConfigError('PLUMBLINE_CLICKHOUSE_HEADERS must hold lines of `Name: value`');
      return [name, value];
    }),
  );
}

/**
 * The configuration of `plumbline start`.
 * @throws ConfigError naming the setting
 */
export function readConfig(options: StartOptions = {}, environ: Environ = process.env): ServiceConfig {
  const clickhouseUrl = filled(options.clickhouseUrl) ?? filled(environ['PLUMBLINE_CLICKHOUSE_URL']);
  if (clickhouseUrl !== undefined && !URL.canParse(clickhouseUrl))
    throw new ConfigError(`the ClickHouse address is not a URL: ${clickhouseUrl}`);
  return {
    dataDir: resolve(filled(options.data) ?? filled(environ['PLUMBLINE_DATA']) ?? defaultDataDir(environ)),
    host: filled(options.host) ?? filled(environ['PLUMBLINE_HOST']) ?? '127.0.0.1',
    port: readPort(filled(options.port) ?? filled(environ['PLUMBLINE_PORT'])),
    clickhouse:
      clickhouseUrl === undefined
        ? null
        : {
            url: clickhouseUrl,
            username: filled(options.clickhouseUser) ?? filled(environ['PLUMBLINE_CLICKHOUSE_USER']) ?? 'default',
            password: options.clickhousePassword ?? environ['PLUMBLINE_CLICKHOUSE_PASSWORD'] ?? '',
            database: filled(options.clickhouseDatabase) ?? filled(environ['PLUMBLINE_CLICKHOUSE_DATABASE']) ?? 'plumbline',
            httpHeaders: readHeaders(environ['PLUMBLINE_CLICKHOUSE_HEADERS']),
          },
    adminToken: readAdminToken(environ['PLUMBLINE_ADMIN_TOKEN']),
    otlpEndpoint: filled(environ['OTEL_EXPORTER_OTLP_ENDPOINT']) ?? null,
    logLevel: LOG_LEVELS.find((level) => level === environ['PLUMBLINE_LOG']) ?? 'warn',
    publicUrl: filled(options.publicUrl) ?? filled(environ['PLUMBLINE_PUBLIC_URL']) ?? null,
  };
}

/** Where a client finds the service and its token: PLUMBLINE_URL, PLUMBLINE_TOKEN, else the admin token file of the data folder. */
export function readClientConfig(environ: Environ = process.env): {
  readonly url: string;
  readonly token: string | null;
  readonly adminTokenFile: string;
  readonly noColor: boolean;
} {
  return {
    url: (filled(environ['PLUMBLINE_URL']) ?? 'http://127.0.0.1:8420').replace(/\/+$/, ''),
    token: filled(environ['PLUMBLINE_TOKEN']) ?? null,
    adminTokenFile: join(resolve(filled(environ['PLUMBLINE_DATA']) ?? defaultDataDir(environ)), 'admin-token'),
    noColor: filled(environ['NO_COLOR']) !== undefined,
  };
}
