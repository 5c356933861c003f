// What a message of a command is to look like.

import type {ExecutionContext} from 'ava';
import type {Result} from './rig.js';

export function oneMessage(t: ExecutionContext, {stderr}: Result, says: RegExp): void {
  t.regex(stderr, says);
  t.is(stderr.match(/^jug: /gm)?.length, 1, stderr);
  t.notRegex(stderr, /(?:dist|lib)\/(?:src|workers)|node:internal|This is a bug/);
}
