import { readConfig, type Service, serve } from '../../service/index.ts';
import type { EmbeddedStore } from '../../store/index.ts';

/** A service whose ClickHouse is reached by URL; an embedded server of another owner serves as the outside one. */
export async function buildTestServices(dataDir: string, outside: EmbeddedStore): Promise<Service> {
  const headers = Object.entries(outside.httpHeaders).map(([name, value]) => `${name}: ${value}`);
  return await serve(
    readConfig(
      {
        data: dataDir,
        port: '0',
        clickhouseUrl: outside.url,
        clickhouseUser: outside.username,
        clickhousePassword: outside.password,
        clickhouseDatabase: outside.database,
      },
      {
        PLUMBLINE_LOG: 'silent',
        PLUMBLINE_CLICKHOUSE_HEADERS: headers.join('\n'),
        PLUMBLINE_ADMIN_TOKEN: 'one-token-for-both-services-of-this-test',
      },
    ),
  );
}
