// Goes through every record of a store and checks it, holding only so many bytes of them at a time. What is done with
// them, `jug copy` and `jug store --verify` know.

import {type Damage, damageOf, type Head, MAX_PAYLOAD, type OriginId, originIdOf} from '../values/record.js';
import type {TaskHash} from '../values/task-hash.js';
import type {Store} from './store.js';

/** Of records that are loaded together. One by itself may have more. */
const MOST_BYTES = 32 * 2 ** 20;
const MOST_RECORDS = 1024;

export interface Swept {
  readonly hash: TaskHash;
  /** Undefined if the head is damaged. */
  readonly head: Head | undefined;
  /** Undefined if the result was removed meanwhile. */
  readonly record: Uint8Array | undefined;
  readonly damage: Damage | undefined;
}

/** `wants` chooses among hashes before anything of them is loaded. Errors: StoreError. */
export async function* sweep(
  store: Store,
  wants: (hashes: readonly TaskHash[]) => Promise<readonly boolean[]> = async hashes =>
    hashes.map(() => true),
): AsyncGenerator<readonly Swept[]> {
  for await (const chunk of store.heads()) {
    const wanted = await wants(chunk.map(([hash]) => hash));
    for (const group of groupsOf(chunk.filter((_, place) => wanted[place]))) {
      const records = await store.load(group.map(([hash]) => hash));
      yield group.map(([hash, head], place) => {
        const record = records[place];
        return {hash, head, record, damage: record && damageOf(record)};
      });
    }
  }
}

type Listed = readonly [TaskHash, Head | undefined];

function* groupsOf(listed: readonly Listed[]): Generator<readonly Listed[]> {
  let group: Listed[] = [];
  let bytes = 0;
  for (const entry of listed) {
    // A damaged head does not say how much there is.
    const size = Math.min(entry[1]?.payloadBytes ?? MOST_BYTES, MAX_PAYLOAD);
    if (group.length > 0 && (bytes + size > MOST_BYTES || group.length === MOST_RECORDS)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(entry);
    bytes += size;
  }
  if (group.length > 0) yield group;
}

/** Which function made a result, as far as the store still knows. */
export class Makers {
  readonly #store: Store;
  readonly #names = new Map<OriginId, string | undefined>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** `primes.isPrime 4f2a…`, with the whole hash. */
  async told({hash, head}: Pick<Swept, 'hash' | 'head'>): Promise<string> {
    return `${(await this.of(head)) ?? '(unknown function)'} ${hash}`;
  }

  async of(head: Head | undefined): Promise<string | undefined> {
    if (head === undefined) return undefined;
    if (!this.#names.has(head.origin)) {
      const origin = await this.#store.origin(head.origin);
      // Its name is a hash of it: what is damaged is not told as if it were so.
      const isSound = origin !== undefined && originIdOf(origin) === head.origin;
      this.#names.set(head.origin, isSound ? origin.function : undefined);
    }
    return this.#names.get(head.origin);
  }
}
