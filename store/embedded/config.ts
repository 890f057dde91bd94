// The engine's two configuration files as text, from ports, paths and secrets. Pure: nothing here touches the disk or draws a secret.
//
// Two layers keep strangers out, because the program's own session logs in as `default` without a password from 127.0.0.1, so that user
// cannot have one and anybody on the machine could read files through it:
// 1. the HTTP handlers answer 404 to every request that does not carry the random header of this start;
// 2. `default` may do no more than the two statements of the start-up, and its quota is used up by them (a SELECT without a table is not
//    counted by the engine, hence also confine.ts).

import { createHash } from 'node:crypto';

/** The product's database; the service's user has rights on nothing else. */
export const STORE_DATABASE = 'plumbline';

/** The service's user. */
export const STORE_USERNAME = 'svc';

/** The header every request must carry; its value is new at each start. */
export const TOKEN_HEADER = 'X-Embedded-Token';

/** What the child runs: the first statement opens the HTTP server, the second lasts until stdin closes. */
export const STARTUP_STATEMENTS =
  "SYSTEM START LISTEN HTTP; SELECT count() FROM file('stdin', 'LineAsString', 'l String') FORMAT Null" as const;

/** STARTUP_STATEMENTS holds two; a third by `default` is refused. */
const STARTUP_STATEMENT_COUNT = 2;

/** Intervals are counted from 1970: this one ends in 2033, so that the quota of `default` does not renew. The engine refuses 4e9. */
const QUOTA_INTERVAL_S = 1_000_000_000;

/** Seconds the engine waits at its end for open connections: its own default of 5 would use up all of the time a stop has. */
const SHUTDOWN_WAIT_S = 1;

// Caches are sized for one service on a small machine: the engine's defaults (5 GiB of marks) would let an idle store grow past 400 MB.
const MARK_CACHE_BYTES = 64 * 1024 * 1024;
const INDEX_CACHE_BYTES = 32 * 1024 * 1024;
const SMALL_CACHE_BYTES = 16 * 1024 * 1024;

/** Engines of tables that live in the store's own folder; those that reach files, processes or hosts (File, URL, S3, Executable …) are not here. */
const TABLE_ENGINES = [
  'AggregatingMergeTree',
  'Buffer',
  'CoalescingMergeTree',
  'CollapsingMergeTree',
  'MaterializedView',
  'Memory',
  'Merge',
  'MergeTree',
  'Null',
  'ReplacingMergeTree',
  'SummingMergeTree',
  'VersionedCollapsingMergeTree',
  'View',
] as const;

/**
 * Rights on the product's database, listed because ALL is too much: this engine runs as a local program, where a dictionary made by
 * SQL may name any shell command as its source (a server refuses that), so CREATE DICTIONARY must be missing.
 */
const DATABASE_RIGHTS = [
  'SHOW',
  'SELECT',
  'INSERT',
  'ALTER',
  'CREATE DATABASE',
  'CREATE TABLE',
  'CREATE VIEW',
  'DROP TABLE',
  'DROP VIEW',
  'TRUNCATE',
  'OPTIMIZE',
  'CHECK',
  'BACKUP',
  'SYSTEM MERGES',
  'SYSTEM TTL MERGES',
] as const;

/** System tables the migrations and the upkeep read beside those open to everybody; each shows only what the user may see anyway. */
const SYSTEM_TABLES = [
  'parts',
  'parts_columns',
  'mutations',
  'merges',
  'processes',
  'disks',
  'data_skipping_indices',
  'projections',
] as const;

/** What config.xml is made of. */
export interface EngineConfig {
  /** Loopback port of the HTTP server, 1..65535. */
  readonly httpPort: number;
  /** Absolute path of the users file. */
  readonly usersFile: string;
  /** Absolute path of the only folder BACKUP and RESTORE may use. */
  readonly backupDir: string;
  /** Value of TOKEN_HEADER; hexadecimal. */
  readonly token: string;
  /** Upper limit of the engine's tracked memory, in bytes; soft: the resident size may pass it by a third for moments. */
  readonly memoryLimitBytes: number;
}

/**
 * The engine's config.xml.
 * @param config ports, absolute paths, the header's secret and the memory limit in bytes
 * @returns XML text; holds the secret, so its file must be private
 */
export function toConfigXml(config: EngineConfig): string {
  const guard = `<headers><${TOKEN_HEADER}>${escapeXml(config.token)}</${TOKEN_HEADER}></headers>`;
  return `<clickhouse>
  <!-- level alone switches on every trace line; console_log_level is the filter that works -->
  <logger><level>warning</level><console>true</console><console_log_level>warning</console_log_level></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${config.httpPort}</http_port>
  <http_handlers>
    <rule><url>/ping</url><methods>GET,HEAD</methods>${guard}<handler><type>ping</type></handler></rule>
    <rule><url>/</url><methods>GET,POST,HEAD</methods>${guard}<handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler></rule>
  </http_handlers>
  <users_config>${escapeXml(config.usersFile)}</users_config>
  <access_control_improvements><table_engines_require_grant>true</table_engines_require_grant></access_control_improvements>
  <backups><allowed_path>${escapeXml(config.backupDir)}</allowed_path></backups>
  <shutdown_wait_unfinished>${SHUTDOWN_WAIT_S}</shutdown_wait_unfinished>
  <max_server_memory_usage>${config.memoryLimitBytes}</max_server_memory_usage>
  <mark_cache_size>${MARK_CACHE_BYTES}</mark_cache_size>
  <primary_index_cache_size>${INDEX_CACHE_BYTES}</primary_index_cache_size>
  <index_mark_cache_size>${SMALL_CACHE_BYTES}</index_mark_cache_size>
  <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <compiled_expression_cache_size>${SMALL_CACHE_BYTES}</compiled_expression_cache_size>
  <query_cache><max_size_in_bytes>${SMALL_CACHE_BYTES}</max_size_in_bytes></query_cache>
</clickhouse>
`;
}

/**
 * The engine's users.xml: the crippled `default` of the start-up and the service's user.
 * @param password the service's password; only its SHA-256 is written
 * @returns XML text
 */
export function toUsersXml(password: string): string {
  const statements = [
    `GRANT ${DATABASE_RIGHTS.join(', ')} ON ${STORE_DATABASE}.*`,
    ...TABLE_ENGINES.map((engine) => `GRANT TABLE ENGINE ON ${engine}`),
    ...SYSTEM_TABLES.map((table) => `GRANT SELECT ON system.${table}`),
  ];
  return `<clickhouse>
  <profiles>
    <default/>
    <service>
      <async_insert>0</async_insert>
      <implicit_select>0</implicit_select>
      <allow_introspection_functions>0</allow_introspection_functions>
      <constraints>
        <implicit_select><readonly/></implicit_select>
        <allow_introspection_functions><readonly/></allow_introspection_functions>
      </constraints>
    </service>
  </profiles>
  <quotas>
    <default/>
    <startup><interval><duration>${QUOTA_INTERVAL_S}</duration><queries>${STARTUP_STATEMENT_COUNT}</queries></interval></startup>
  </quotas>
  <users>
    <default>
      <password/>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>startup</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT CREATE TEMPORARY TABLE ON *.*</query>
        <query>GRANT READ ON FILE</query>
      </grants>
    </default>
    <${STORE_USERNAME}>
      <password_sha256_hex>${createHash('sha256').update(password).digest('hex')}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>service</profile>
      <quota>default</quota>
      <grants>${statements.map((statement) => `<query>${statement}</query>`).join('')}</grants>
    </${STORE_USERNAME}>
  </users>
</clickhouse>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
