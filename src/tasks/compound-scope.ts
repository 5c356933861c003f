// Which compound task's function the jugfile is in. Barriers are counted within it: where the function is not called,
// because the result is there, no count of what comes after it may differ.

import {AsyncLocalStorage} from 'node:async_hooks';

interface Scope {
  readonly name: string;
  readonly watch: Watch | undefined;
}

/** Of one who runs the function of a compound task only to see what is in it, and in the compound tasks inside it. */
export interface Watch {
  /** Called if what runs cannot go on, and nothing else is to stop because of that. */
  leave(): void;
  /** Called with every task that is made. */
  made(task: object): void;
}

const scopes = new AsyncLocalStorage<Scope>();

/** Without a `watch` of its own, what runs is watched by whoever watches the function that it is called in. */
export function inScope<T>(name: string, run: () => T, watch = scopes.getStore()?.watch): T {
  return scopes.run({name, watch}, run);
}

/** Empty outside of compound tasks. */
export function currentScope(): string {
  return scopes.getStore()?.name ?? '';
}

/** Says that what runs waits in vain; answers whether the rest goes on without it. */
export function leaveScope(): boolean {
  const watch = scopes.getStore()?.watch;
  watch?.leave();
  return watch !== undefined;
}

export function tellScope(made: object): void {
  scopes.getStore()?.watch?.made(made);
}
