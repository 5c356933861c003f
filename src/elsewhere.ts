// Tasks whose lock another process holds: looked at often enough that their end is noticed within a tenth of a
// second, and taken over when their owner is gone.

import type {TaskId} from './graph.js';
import type {TaskHash} from './hash.js';
import type {Store} from './stores/store.js';

/** Milliseconds between two looks. */
const INTERVAL = 30;
/** At most so many are asked for at a time: the others' turn comes, and a look stays cheap. */
const AT_ONCE = 2048;
/** Every so many looks the locks are asked for too: an owner that died or gave up leaves no result to see. */
const LOOKS_PER_CLAIM = 4;

export class Elsewhere {
  readonly #store: Store;
  readonly #held = new Map<TaskId, TaskHash>();
  #looks = 0;
  #next = 0;
  #lastNews = performance.now();

  constructor(store: Store) {
    this.#store = store;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Milliseconds since anything moved. */
  get waited(): number {
    return performance.now() - this.#lastNews;
  }

  add(id: TaskId, hash: TaskHash): void {
    if (this.#held.size === 0) this.#lastNews = performance.now();
    this.#held.set(id, hash);
  }

  /** Milliseconds until the next look. */
  restsFor(): number {
    return this.#held.size === 0 ? Infinity : this.#next - performance.now();
  }

  /**
   * Those that are finished now, and those that are free for us to run. `busy`: this process has tasks of its own
   * running, and does not wait yet.
   */
  async look(
    busy = false,
  ): Promise<{readonly finished: readonly TaskId[]; readonly free: readonly TaskId[]}> {
    if (busy) this.#lastNews = performance.now();
    if (this.restsFor() > 0) return {finished: [], free: []};
    this.#next = performance.now() + INTERVAL;
    const ids = [...this.#held.keys()].slice(0, AT_ONCE);
    const hashes = ids.map(id => this.#held.get(id)!);
    const there = await this.#store.has(hashes);
    const finished = ids.filter((_, place) => there[place]);
    const open = ids.filter((_, place) => !there[place]);
    const free = ++this.#looks % LOOKS_PER_CLAIM === 0 ? await this.#free(open) : [];
    for (const id of [...finished, ...free]) this.#held.delete(id);
    // Those that were looked at go to the end of the line.
    for (const id of open) {
      const hash = this.#held.get(id);
      if (hash !== undefined && this.#held.size > AT_ONCE) {
        this.#held.delete(id);
        this.#held.set(id, hash);
      }
    }
    if (finished.length + free.length > 0) this.#lastNews = performance.now();
    return {finished, free};
  }

  async #free(ids: readonly TaskId[]): Promise<TaskId[]> {
    const claims = await this.#store.acquire(ids.map(id => this.#held.get(id)!));
    return ids.filter((_, place) => claims[place] !== 'held');
  }
}
