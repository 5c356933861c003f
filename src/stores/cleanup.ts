// A store that is opened to be read, and to be written only when something in it is first to be changed: what `init`
// hands out where it could not be opened to be written, since most scripts only read. Knows no kind of store.

import {forwarding} from './forwarding.js';
import {guard} from './lifecycle.js';
import type {Access, Store} from './store.js';

/** Never open twice: there are databases that a process may open but in one way. */
export async function openedToChange(open: (access: Access) => Promise<Store>): Promise<Store> {
  let current = await open('read');
  let mayChange = false;
  let turning: Promise<void> | undefined;
  const underWay = new Set<Promise<unknown>>();
  const {kind, location, interval} = current;
  const state = guard(location);

  async function turn(): Promise<void> {
    await Promise.allSettled(underWay);
    await current.close();
    try {
      current = await open('write');
      mayChange = true;
    } catch (error) {
      current = await open('read');
      throw error;
    }
  }

  async function call<T>(ask: (store: Store) => Promise<T>): Promise<T> {
    // Who wanted to change something is told why that cannot be.
    while (turning !== undefined) await turning.catch(() => {});
    state.check();
    const answer = ask(current);
    underWay.add(answer);
    return answer.finally(() => underWay.delete(answer));
  }

  async function change<T>(ask: (store: Store) => Promise<T>): Promise<T> {
    state.check();
    if (!mayChange) {
      turning ??= turn().finally(() => {
        turning = undefined;
      });
      await turning;
    }
    return call(ask);
  }

  return {
    kind,
    location,
    interval,
    ...forwarding({
      call,
      // As a whole, before the first is handed out: who goes through it may change something meanwhile.
      async *list(ask) {
        yield* await call(store => gathered(ask(store)));
      },
    }),
    save: saving => change(store => store.save(saving)),
    remove: hashes => change(store => store.remove(hashes)),
    removeFailures: hashes => change(store => store.removeFailures(hashes)),
    setAside: hashes => change(store => store.setAside(hashes)),
    acquire: hashes => change(store => store.acquire(hashes)),
    release: hashes => change(store => store.release(hashes)),
    breakLocks: everyone => change(store => store.breakLocks(everyone)),
    pack: () => change(store => store.pack()),
    async close() {
      await turning?.catch(() => {});
      await state.close(() => current.close());
    },
  };
}

async function gathered<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of list) all.push(one);
  return all;
}
