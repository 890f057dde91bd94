// A process that owns an embedded store until it is killed: `node --import tsx embedded-owner.ts FOLDER` prints one line of JSON when the
// store answers (its connection and the engine's pid), or the failure's reason and message.

import { EmbeddedStoreError, startEmbeddedStore } from '../../store/embedded/index.ts';

const dataDir = process.argv[2];
if (dataDir === undefined) throw new RangeError('embedded-owner: expected the data folder');
try {
  const { url, username, password, database, httpHeaders, pid } = await startEmbeddedStore({ dataDir });
  console.log(JSON.stringify({ url, username, password, database, httpHeaders, pid }));
} catch (error) {
  if (!(error instanceof EmbeddedStoreError)) throw error;
  console.log(JSON.stringify({ reason: error.reason, message: error.message }));
}
