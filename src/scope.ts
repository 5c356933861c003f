// Which compound task's function the jugfile is in. Barriers are counted within it: where the function is not called,
// because the result is there, no count of what comes after it may differ.

import {AsyncLocalStorage} from 'node:async_hooks';

const scopes = new AsyncLocalStorage<string>();

export function inScope<T>(name: string, run: () => T): T {
  return scopes.run(name, run);
}

/** Empty outside of compound tasks. */
export function currentScope(): string {
  return scopes.getStore() ?? '';
}
