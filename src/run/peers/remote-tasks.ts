// Tasks whose lock another process holds: looked at when something has changed in the store, so that their end is
// noticed at once, and now and then anyway, because an owner that died changes nothing. Takes no locks itself: what
// is free again is for the run loop to start like anything else that is ready.

import type {TaskId} from '../../graph/graph.js';
import type {Store} from '../../stores/store.js';
import type {TaskHash} from '../../values/task-hash.js';
import type {Deaths} from './crash-counter.js';
import {ANYWAY, Pace} from './poll-interval.js';

/** At most so many are asked for at a time: the others' turn comes, and a look stays cheap. */
const AT_ONCE = 2048;

export interface News {
  readonly finished: readonly TaskId[];
  /** Not finished, and in nobody's hands. */
  readonly free: readonly TaskId[];
}

const NONE: News = {finished: [], free: []};

export class Elsewhere {
  readonly #store: Store;
  readonly #deaths: Deaths;
  readonly #held = new Map<TaskId, TaskHash>();
  /** Those of them whose holder a look has met. */
  readonly #met = new Set<TaskId>();
  /**
   * Found to be in nobody's hands, though no look had met whose hands they had been in. If they turn out to be held all
   * the same, nothing has moved: a store that never says who holds them would keep a run waiting for ever.
   */
  readonly #unmet = new Set<TaskId>();
  readonly #pace: Pace;
  #changes: number | undefined;
  /** How many are still to be asked for since the last change. */
  #left = 0;
  #looked = Number.NEGATIVE_INFINITY;
  #lastNews = performance.now();

  /** `wake`: called when it may be time to look again. */
  constructor(store: Store, deaths: Deaths, wake: () => void) {
    this.#store = store;
    this.#deaths = deaths;
    this.#pace = new Pace(store, wake);
  }

  get size(): number {
    return this.#held.size;
  }

  /** Milliseconds since anything moved. */
  get waited(): number {
    return performance.now() - this.#lastNews;
  }

  add(id: TaskId, hash: TaskHash): void {
    if (this.#held.size === 0 && !this.#unmet.has(id)) this.#lastNews = performance.now();
    this.#held.set(id, hash);
  }

  /** Milliseconds until the next look. */
  restsFor(): number {
    return this.#held.size === 0 ? Infinity : this.#pace.dueIn();
  }

  /** `busy`: this process has tasks of its own running, and does not wait yet. */
  async look(busy = false): Promise<News> {
    if (busy) this.#lastNews = performance.now();
    if (this.restsFor() > 0) return NONE;
    const looking = this.#pace.begin();
    const before = this.#changes;
    const news = await this.#news(looking.at);
    if (this.#hasMoved(news)) this.#lastNews = performance.now();
    // Others finish in about the order in which we met their locks: where some are finished, the next ones may be.
    const goesOn = this.#left > 0 && news.finished.length > 0;
    this.#pace.end(looking, {changed: this.#changes !== before, goesOn});
    if (this.#held.size === 0) this.#pace.stop();
    return news;
  }

  /** There will be no look any more. */
  stop(): void {
    this.#pace.stop();
  }

  #hasMoved({finished, free}: News): boolean {
    for (const id of finished) this.#forget(id);
    let any = finished.length > 0;
    for (const id of free) {
      const isMet = this.#met.has(id);
      this.#forget(id);
      if (isMet) any = true;
      else this.#unmet.add(id);
    }
    return any;
  }

  #forget(id: TaskId): void {
    this.#met.delete(id);
    this.#unmet.delete(id);
  }

  async #news(now: number): Promise<News> {
    // Taken before the look: what changes during it is seen by the next.
    const changes = await this.#store.changes();
    if (changes !== this.#changes || now - this.#looked >= ANYWAY) this.#left = this.#held.size;
    this.#changes = changes;
    if (this.#left <= 0) return NONE;
    this.#looked = now;
    const ids = [...this.#held.keys()].slice(0, AT_ONCE);
    this.#left -= ids.length;
    const there = await this.#store.has(ids.map(id => this.#held.get(id)!));
    const finished = ids.filter((_, place) => there[place]);
    const open = ids.filter((_, place) => !there[place]);
    const locked = open.length === 0 ? new Set<TaskHash>() : await this.#deaths.look();
    const free: TaskId[] = [];
    for (const id of open) {
      if (locked.has(this.#held.get(id)!)) this.#met.add(id);
      else free.push(id);
    }
    for (const id of [...finished, ...free]) this.#held.delete(id);
    // Those that were looked at go to the end of the line.
    for (const id of this.#held.size > AT_ONCE ? open : []) {
      const hash = this.#held.get(id);
      if (hash === undefined) continue;
      this.#held.delete(id);
      this.#held.set(id, hash);
    }
    return {finished, free};
  }
}
