// The embedded store's part of the data folder. Everything else in it belongs to others and is left alone:
// `store.lock` (lock.ts), `store/` (the engine's own files), `store-config/` (rewritten at each start), `backups/`.

import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PRIVATE_FILE_MODE = 0o600;
const PRIVATE_DIR_MODE = 0o700;

/** Absolute paths inside one data folder. */
export interface DataFolder {
  readonly dataDir: string;
  readonly lockFile: string;
  readonly engineDir: string;
  readonly configDir: string;
  readonly configFile: string;
  readonly usersFile: string;
  readonly backupDir: string;
}

/**
 * The paths of a data folder; touches nothing.
 * @param dataDir absolute, or relative to the working directory
 */
export function toDataFolder(dataDir: string): DataFolder {
  const root = resolve(dataDir);
  const configDir = join(root, 'store-config');
  return {
    dataDir: root,
    lockFile: join(root, 'store.lock'),
    engineDir: join(root, 'store'),
    configDir,
    configFile: join(configDir, 'config.xml'),
    usersFile: join(configDir, 'users.xml'),
    backupDir: join(root, 'backups'),
  };
}

/** Creates the store's folders that do not exist yet, private to this user. Call with the lock held. */
export function createFolders(folder: DataFolder): void {
  for (const path of [folder.engineDir, folder.configDir, folder.backupDir]) mkdirSync(path, { recursive: true, mode: PRIVATE_DIR_MODE });
  chmodSync(folder.configDir, PRIVATE_DIR_MODE);
}

/**
 * Writes a file only this user can read, in place of what was there: an existing file would keep its mode, a link would be followed.
 * @param path absolute
 * @param text its whole content
 */
export function writePrivateFile(path: string, text: string): void {
  rmSync(path, { force: true });
  writeFileSync(path, text, { mode: PRIVATE_FILE_MODE, flag: 'wx' });
}
