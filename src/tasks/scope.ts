// Which compound task's function the jugfile is in. Barriers are counted within it: where the function is not called,
// because the result is there, no count of what comes after it may differ.

import {AsyncLocalStorage} from 'node:async_hooks';

interface Scope {
  readonly name: string;
  readonly leave: (() => void) | undefined;
}

const scopes = new AsyncLocalStorage<Scope>();

/** `leave` is called if what `run` does cannot go on, and nothing else is to stop because of that. */
export function inScope<T>(name: string, run: () => T, leave?: () => void): T {
  return scopes.run({name, leave}, run);
}

/** Empty outside of compound tasks. */
export function currentScope(): string {
  return scopes.getStore()?.name ?? '';
}

/** Says that what runs waits in vain; answers whether the rest goes on without it. */
export function leaveScope(): boolean {
  const leave = scopes.getStore()?.leave;
  leave?.();
  return leave !== undefined;
}
