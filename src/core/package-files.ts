// Where the files of this package are that somebody loads by name: threads, Node's hooks, the user's `import 'jug'`. What
// users get is bundled, so that no other file knows where it stands. Knows nothing of what is in them.

import {fileURLToPath} from 'node:url';

/** Of this package: where its package.json is. Compiled or bundled, this code is three folders below. */
export const packageFolder = new URL('../../../', import.meta.url);

/** All compiled code of this package. */
export const ownCode = new URL('../../', import.meta.url);

/** The folders in which it is. */
export const ownFolders = ['src/', 'workers/'].map(folder => new URL(folder, ownCode));

/** An entry, by its way from the folder of all code: `workers/entry.cjs`. Those of the bundle are named in rolldown.config.js. */
export function entryUrl(entry: string): URL {
  return new URL(entry, ownCode);
}

export function entryPath(entry: string): string {
  return fileURLToPath(entryUrl(entry));
}

/** Whether a loader that makes CommonJS of everything has made it of this code: that has not all of `import.meta`. */
export const isCommonJS = typeof import.meta.resolve !== 'function';
