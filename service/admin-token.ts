import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createToken } from './auth/token-text.ts';

/**
 * The operator's token of a data folder: made at the first start, readable only by its owner, found there by the command line.
 * @returns the token in `<dataDir>/admin-token`
 */
export function ensureAdminToken(dataDir: string): string {
  const path = join(dataDir, 'admin-token');
  if (existsSync(path)) {
    const kept = readFileSync(path, 'utf8').trim();
    if (kept.length > 0) return kept;
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const { token } = createToken();
  const draft = `${path}.${process.pid}`;
  const file = openSync(draft, 'w', 0o600);
  writeSync(file, `${token}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(draft, path);
  return token;
}
