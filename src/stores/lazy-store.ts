// A store that is opened when something is first asked of it: until then the jugfile may still say where results are
// kept. Knows no kind of store; hands every call on as it is.

import {StoreError} from '../core/errors.js';
import {forwarding} from './forwarding.js';
import type {Store} from './store.js';

/** Milliseconds that count until the store itself can be asked. */
const INTERVAL = 30;

export interface LateStore extends Store {
  /** Opens it. Errors: those of opening it, made fatal: a store that is not there at the start is not waited for. */
  ready(): Promise<Store>;
}

export function lateStore(location: string, open: () => Promise<Store>): LateStore {
  let opening: Promise<Store> | undefined;
  let opened: Store | undefined;

  function ready(): Promise<Store> {
    opening ??= open().then(
      store => (opened = store),
      error => {
        throw error instanceof StoreError && !error.fatal
          ? new StoreError(error.message, true, {cause: error, exitCode: error.exitCode})
          : error;
      },
    );
    return opening;
  }

  return {
    get kind() {
      return opened?.kind ?? 'not opened yet';
    },
    get location() {
      return opened?.location ?? location;
    },
    get interval() {
      return opened?.interval ?? INTERVAL;
    },
    ready,
    watch: onChange => opened?.watch?.(onChange),
    ...forwarding({
      call: async ask => ask(await ready()),
      async *list(ask) {
        yield* ask(await ready());
      },
    }),
    get flush() {
      return opened?.flush;
    },
    async close() {
      // What failed to open was told when it did.
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
