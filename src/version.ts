// The version of this package, from its package.json.

import {readFileSync} from 'node:fs';

/** Compiled, this file is dist/src/version.js. */
const manifest = new URL('../../package.json', import.meta.url);

export const VERSION: string = (JSON.parse(readFileSync(manifest, 'utf8')) as {version: string}).version;
