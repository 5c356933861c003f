// Looks into the store while it is written, and remembers every result that it has seen there: what was seen once
// stays, byte for byte. Of two results of one task the bytes differ, since a record says when it was made.

import {createHash} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {openStore} from '../../src/stores/registry.js';
import type {Store} from '../../src/stores/store.js';
import {openRecord} from '../../src/values/record.js';
import type {TaskHash} from '../../src/values/task-hash.js';

/** Milliseconds between two looks. */
const INTERVAL = 150;

export class Watcher {
  readonly #seen = new Map<TaskHash, string>();
  readonly #jugdir: string;
  #stopped = false;
  readonly #watching: Promise<void>;

  constructor(jugdir: string) {
    this.#jugdir = jugdir;
    this.#watching = this.#watch();
  }

  get size(): number {
    return this.#seen.size;
  }

  /** Ends looking, and answers with what is not as it was seen. */
  async verify(): Promise<string[]> {
    this.#stopped = true;
    await this.#watching;
    const store = await openStore(this.#jugdir, 'read');
    try {
      const hashes = [...this.#seen.keys()];
      const records = await store.load(hashes);
      return hashes.flatMap((hash, place) => {
        const record = records[place];
        if (record === undefined) return [`the result ${hash} was there, and is not any more`];
        if (!openRecord(record).ok) return [`the result ${hash} is damaged`];
        return digestOf(record) === this.#seen.get(hash)
          ? []
          : [`the result ${hash} was replaced by another`];
      });
    } finally {
      await store.close();
    }
  }

  async #watch(): Promise<void> {
    let store: Store | undefined;
    while (!this.#stopped) {
      try {
        store ??= await openStore(this.#jugdir, 'read');
        await this.#look(store);
      } catch {
        // The store is away, and that is what the scenario is about.
        await store?.close().catch(() => {});
        store = undefined;
      }
      await sleep(INTERVAL);
    }
    await store?.close().catch(() => {});
  }

  async #look(store: Store): Promise<void> {
    for await (const chunk of store.hashes()) {
      const fresh = chunk.filter(hash => !this.#seen.has(hash));
      if (fresh.length === 0) continue;
      const records = await store.load(fresh);
      for (const [place, hash] of fresh.entries()) {
        const record = records[place];
        if (record !== undefined) this.#seen.set(hash, digestOf(record));
      }
    }
  }
}

function digestOf(record: Uint8Array): string {
  return createHash('sha1').update(record).digest('base64');
}
