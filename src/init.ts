// For scripts that read what a jugfile computed.

import {defaultJugdir, findJugfile, look, type Namespace} from './jugfile.js';
import {openStore} from './stores/open.js';
import type {Store} from './stores/store.js';
import {currentHost} from './task.js';

export interface Initialized {
  /** Close it at the end: `await store.close()`. */
  readonly store: Store;
  /** The jugfile's exports: its tasks, for `value`. Empty if the jugfile waits for what is not finished. */
  readonly jugspace: Namespace;
}

/**
 * Evaluates the jugfile, running nothing, and opens its results: afterwards `await value(jugspace.total)` works.
 * `jugdir` is `<jugfile>.jugdata` if not given. Errors: JugError.
 */
export async function init(
  jugfile?: string,
  jugdir?: string,
  args: readonly string[] = [],
): Promise<Initialized> {
  const file = findJugfile(jugfile);
  const {argv} = process;
  const store = await openStore(jugdir ?? defaultJugdir(file), 'write');
  try {
    const {exports} = await look(file, args, async () => store);
    return {store, jugspace: exports};
  } catch (error) {
    await store.close();
    throw error;
  } finally {
    process.argv = argv;
  }
}

/** Whether jug evaluates this program, and not node alone. */
export function isJugRunning(): boolean {
  return currentHost().running;
}
