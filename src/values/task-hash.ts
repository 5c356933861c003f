// Identity: what makes two calls the same task. Turns a function's name and its arguments into one canonical
// text (values/canonical-text.ts) and that into a hash. Knows nothing of tasks, stores or threads.
//
// The text format is an API: results on disk are found by it. Any change needs a new FORMAT.

import {digest} from '../core/checksums.js';
import {type Asker, argumentsText, canonicalText, type FunctionNamer} from './canonical-text.js';
import {UnstorableError} from './unstorable.js';

export {type Asker, type FunctionNamer, HASH, type NamedFunction, OWN} from './canonical-text.js';

/** SHA-256 in 64 lower-case hex digits: names a task, its result and its lock. Made only in this file. */
export type TaskHash = string & {readonly __brand: 'TaskHash'};

const FORMAT = 'jug1';

/** An argument that has no canonical form. `path` leads from the argument to the culprit: `.options.onDone`. */
export class UnhashableError extends Error {
  constructor(
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${path || 'the value'} ${reason}`, options);
  }
}

const askItself: Asker = (object, method) => method.call(object);

/** Errors: UnhashableError, for arguments that would not reach the function as they are. */
export function hashCall(
  name: string,
  version: string | undefined,
  args: readonly unknown[],
  nameOf: FunctionNamer,
  ask = askItself,
): TaskHash {
  const head =
    version === undefined ? `${FORMAT}\n${name}\n` : `${FORMAT}\n${name}\n${JSON.stringify(version)}`;
  const text = canonical(() => argumentsText(args, nameOf, ask));
  return digest('sha256', `${head}\n${text}`, 'hex') as TaskHash;
}

/** The hash of any value that could be an argument. */
export function hashValue(value: unknown, nameOf: FunctionNamer = () => undefined): TaskHash {
  const text = canonical(() => canonicalText(value, nameOf, askItself), '[0]');
  return digest('sha256', `${FORMAT}\n${text}`, 'hex') as TaskHash;
}

export function isTaskHash(text: string): text is TaskHash {
  return /^[0-9a-f]{64}$/.test(text);
}

/** `root`: the way to the value, from which its own paths begin. */
function canonical(text: () => string, root = ''): string {
  try {
    return text();
  } catch (error) {
    throw error instanceof UnstorableError ? unhashable(error, root) : error;
  }
}

/** The same of arguments that would not be taken to a worker as they are. */
export function unhashable({path, reason, cause}: UnstorableError, root = ''): UnhashableError {
  return new UnhashableError(path.slice(root.length), reason, cause === undefined ? undefined : {cause});
}
