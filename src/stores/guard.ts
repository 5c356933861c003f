// Keeps in mind that a store was closed or broke, and refuses every call from then on. Knows nothing of what a
// store does.

import {StoreError} from '../errors.js';

export interface Guard {
  /** Refuses when the store is closed or broken; notes a fatal error. */
  run<T>(fn: () => T | Promise<T>): Promise<T>;
  check(): void;
  /** Once; whatever happens in it, the store is closed afterwards. */
  close(fn: () => void | Promise<void>): Promise<void>;
}

export function guard(location: string): Guard {
  let fatal: StoreError | undefined;
  let closed = false;

  function check(): void {
    if (fatal !== undefined) throw fatal;
    if (closed) throw new Error(`This is a bug in jug: the store ${location} was used after it was closed`);
  }

  return {
    check,
    async run(fn) {
      check();
      try {
        return await fn();
      } catch (error) {
        if (error instanceof StoreError && error.fatal) fatal = error;
        throw error;
      }
    },
    async close(fn) {
      if (closed) return;
      closed = true;
      try {
        await fn();
      } catch (error) {
        // What broke before was told before.
        if (fatal === undefined) throw error;
      }
    },
  };
}
