import type { EmbeddedStore } from '../../../../store/embedded/index.ts';

/** A second writer of Arrow and Parquet: what ClickHouse makes of a query. */
export async function writeByClickHouse(
  store: EmbeddedStore,
  query: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Buffer> {
  const { url, username, password, database, httpHeaders } = store;
  const parameters = new URLSearchParams({ database, ...settings });
  const response = await fetch(`${url}/?${parameters}`, {
    method: 'POST',
    body: query,
    headers: { ...httpHeaders, 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new RangeError(bytes.toString().slice(0, 500));
  return bytes;
}
