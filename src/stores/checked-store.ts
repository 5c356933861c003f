// A store that is asked nothing before something has been looked at: whose results it has. Knows no kind of store, and not what is
// looked at.

import {forwarding} from './forwarding.js';
import type {Store} from './store.js';

/** `check`: called before each question about results; `undefined` if it may be asked at once. Errors: those of `check`, too. */
export function checkedStore(store: Store, check: () => Promise<void> | undefined): Store {
  function after<T>(ask: () => Promise<T>): Promise<T> {
    const checking = check();
    return checking === undefined ? ask() : checking.then(ask);
  }
  return {
    kind: store.kind,
    location: store.location,
    interval: store.interval,
    ...forwarding({call: ask => ask(store), list: ask => ask(store)}),
    has: hashes => after(() => store.has(hashes)),
    load: hashes => after(() => store.load(hashes)),
    acquire: hashes => after(() => store.acquire(hashes)),
    remove: hashes => after(() => store.remove(hashes)),
    watch: onChange => store.watch?.(onChange),
    get flush() {
      return store.flush && (() => store.flush!());
    },
    close: () => store.close(),
  };
}
