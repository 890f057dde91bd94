import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json: two steps up in a checkout's service/, three in dist/service/. */
export function locatePackage(from: string = fileURLToPath(import.meta.url)): string {
  let folder = dirname(from);
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${from}`);
    folder = parent;
  }
  return folder;
}

const manifest: { readonly version: string } = JSON.parse(readFileSync(join(locatePackage(), 'package.json'), 'utf8'));

/** Version of this package. */
export const VERSION = manifest.version;
