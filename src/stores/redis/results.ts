// The durable half of a Redis store: results, failures, origins. Knows no locks, and nothing of leases.

import {HEAD_BYTES, type Head, readHead, readOrigin} from '../../values/record.js';
import type {TaskHash} from '../../values/task-hash.js';
import {HASH_BYTES, hashAt} from '../hash-bytes.js';
import {ABSENT, HashPlaces} from '../hash-places.js';
import type {ReadingHalf} from '../lifecycle.js';
import {largeValues} from './chunked-values.js';
import type {Command, Connection, Reply} from './connection.js';
import {COUNT, HAS, HASHES, HEADS} from './read-scripts.js';
import {bytesOf, packHashes, piecesOf, readReference, shardOf, unpackHashes} from './record-layout.js';
import {SHARDS} from './write-scripts.js';

/** Shards asked for at a time by those that list everything, as long as they hold fewer results than CHUNK. */
const MOST_SHARDS = 256;
const CHUNK = 8192;
/** From so many hashes on, it is cheaper to read all there are, if that is not far more: a fifth of asking for each. */
const MANY = 8192;
/** Shards asked for at a time when results are loaded. */
const LOADED_AT_ONCE = 64;
/** Bytes; node takes smaller copies from a pool. */
const SMALL = 4096;

/** Reads only; a store that is not there yet is empty. `prefix` is that of the keys. */
export function readResults(connection: Connection, prefix: string): ReadingHalf {
  const large = largeValues(connection, prefix);
  const key = `${prefix}store`;

  async function load(hashes: readonly TaskHash[]): Promise<(Uint8Array | undefined)[]> {
    const records = new Array<Uint8Array | undefined>(hashes.length).fill(undefined);
    const shards = [...placesByShard(hashes)];
    for (let from = 0; from < shards.length; from += LOADED_AT_ONCE) {
      const some = shards.slice(from, from + LOADED_AT_ONCE);
      const answers = await connection.send(
        some.map(
          ([shard, places]): Command => [
            'HMGET',
            `${prefix}r:${shard}`,
            ...places.map(place => bytesOf(hashes[place]!)),
          ],
        ),
      );
      for (const [at, [, places]] of some.entries()) {
        const values = answers[at] as readonly (Buffer | null)[];
        for (const [i, place] of places.entries()) {
          const value = values[i];
          if (value) records[place] = await whole(hashes[place]!, value);
        }
      }
    }
    return records;
  }

  async function whole(hash: TaskHash, value: Buffer): Promise<Uint8Array | undefined> {
    const reference = readReference(value);
    if (reference === undefined) return copyOf(value);
    const record = await large.load(reference);
    if (record !== undefined) return record;
    // Removed meanwhile, or made anew; or its pieces are lost: then the head alone is a truncated record.
    const [now] = await connection.send([['HGET', `${prefix}r:${shardOf(hash)}`, bytesOf(hash)]]);
    if (!Buffer.isBuffer(now)) return undefined;
    return now.equals(value) ? copyOf(reference.head) : whole(hash, now);
  }

  /** How many results each shard holds. */
  async function sizes(): Promise<readonly number[]> {
    const [counts] = (await connection.run(COUNT, key, [[]])) as [readonly number[]];
    return counts;
  }

  /** The names of shards that hold something, in groups that can be read at once. */
  async function groups(): Promise<string[][]> {
    const counts = await sizes();
    const groups: string[][] = [];
    let held = Infinity;
    for (let shard = 0; shard < SHARDS; shard++) {
      const count = counts[shard]!;
      if (count === 0) continue;
      if (held + count > CHUNK || groups.at(-1)!.length === MOST_SHARDS) {
        groups.push([]);
        held = 0;
      }
      groups.at(-1)!.push(shard.toString(16).padStart(3, '0'));
      held += count;
    }
    return groups;
  }

  /** The next group is under way while this one is looked at. */
  async function* listed<T>(ask: (shards: readonly string[]) => Promise<T>): AsyncGenerator<T> {
    let next: Promise<T> | undefined;
    try {
      for (const shards of await groups()) {
        const now = next;
        next = ask(shards);
        next.catch(() => {});
        if (now !== undefined) yield await now;
      }
      if (next !== undefined) yield await next;
    } finally {
      await next?.catch(() => {});
    }
  }

  /** The hashes of all that is there, one behind the other. */
  function packed(): AsyncGenerator<Buffer> {
    return listed(async shards => (await connection.run(HASHES, key, [shards]))[0] as Buffer);
  }

  return {
    load,
    async has(hashes) {
      const count = hashes.length < MANY ? Infinity : sumOf(await sizes());
      if (count <= hashes.length * 3) {
        const keys = new HashPlaces();
        keys.reserve(count);
        for await (const some of packed())
          for (let at = 0; at < some.length; at += HASH_BYTES) keys.add(some, at);
        return hashes.map(hash => keys.find(hash) !== ABSENT);
      }
      const pieces = piecesOf(hashes);
      const answers = await connection.run(
        HAS,
        key,
        pieces.map(piece => [packHashes(piece)]),
      );
      const there: boolean[] = [];
      for (const answer of answers as Buffer[]) for (const letter of answer) there.push(letter === YES);
      return there;
    },
    async *hashes() {
      for await (const some of packed()) yield unpackHashes(some);
    },
    async *heads() {
      const heads = (shards: readonly string[]): Promise<Reply[]> => connection.run(HEADS, key, [shards]);
      for await (const [answer] of listed(heads)) {
        yield (answer as Buffer[]).map(both => [hashAt(both), headIn(both)] as const);
      }
    },
    async *failures() {
      // Where the server moves its table meanwhile, it may answer with one twice.
      const seen = new Set<TaskHash>();
      for (let cursor = '0'; ; ) {
        const [answer] = await connection.send([['HSCAN', `${prefix}failures`, cursor, 'COUNT', 1000]]);
        const [next, flat] = answer as [Buffer, Buffer[]];
        const chunk: [TaskHash, Uint8Array][] = [];
        for (let i = 0; i < flat.length; i += 2) {
          const hash = hashAt(flat[i]!);
          if (!seen.has(hash)) chunk.push([hash, copyOf(flat[i + 1]!)]);
          seen.add(hash);
        }
        if (chunk.length > 0) yield chunk;
        cursor = String(next);
        if (cursor === '0') return;
      }
    },
    async origin(id) {
      const [text] = await connection.send([['HGET', `${prefix}origins`, id]]);
      return Buffer.isBuffer(text) ? readOrigin(text) : undefined;
    },
  };
}

const YES = 'y'.charCodeAt(0);

/** Those of `hashes` that the letters of an answer say yes to. */
export function chosen(hashes: readonly TaskHash[], letters: Buffer): TaskHash[] {
  return hashes.filter((_, place) => letters[place] === YES);
}

function placesByShard(hashes: readonly TaskHash[]): Map<string, number[]> {
  const shards = new Map<string, number[]>();
  for (const [place, hash] of hashes.entries()) {
    const shard = shardOf(hash);
    const places = shards.get(shard);
    if (places === undefined) shards.set(shard, [place]);
    else places.push(place);
  }
  return shards;
}

/** The bytes of an answer lie in memory that holds other answers too. */
function copyOf(value: Uint8Array): Uint8Array {
  return value.length > SMALL ? new Uint8Array(value) : Buffer.from(value);
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function headIn(both: Buffer): Head | undefined {
  return readHead(both.subarray(HASH_BYTES, HASH_BYTES + HEAD_BYTES));
}
