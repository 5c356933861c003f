// The version of this package, from its package.json.

import {readFileSync} from 'node:fs';
import {packageFolder} from './package-files.js';

const manifest = new URL('package.json', packageFolder);

export const VERSION: string = (JSON.parse(readFileSync(manifest, 'utf8')) as {version: string}).version;
