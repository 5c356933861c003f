// The results of an LMDB store that have a key each: large ones, whose payload is a file, and what was saved with few
// others. Knows what is surely not there without asking the database.

import {beginningOf} from '../../values/hash-index.js';
import {HEAD_BYTES, type Head, headOfPayloadElsewhere, readHead} from '../../values/record.js';
import type {TaskHash} from '../../values/task-hash.js';
import {ABSENT, HashPlaces} from '../hash-places.js';
import {Presence} from './absence-filter.js';
import {type Environment, keyChunks, readCounter, scanKeys, writeCounter} from './environment.js';

/** From so many hashes on, it may be cheaper to read all keys there are. */
const MANY = 512;
/** So many keys are read in the time in which one is asked for. */
const SCANNED = 4;
/** Bytes. */
const SMALL = 512;
/** The key of the number of transactions that put something here. */
const PUTS = '02';

/** All but `chunks` and `committed` within a transaction. */
export interface Singles {
  /** At the beginning of every transaction, with the number of commits that it sees. */
  catchUp(commits: number): void;
  isThere(hash: TaskHash): boolean;
  has(hashes: readonly TaskHash[]): boolean[];
  /** The record, or the head of a large one. */
  load(hash: TaskHash): Uint8Array | undefined;
  headOf(hash: TaskHash): Head | undefined;
  /** Of what is not there. */
  put(hash: TaskHash, record: Uint8Array): void;
  /** Of a record whose payload is in a file. */
  putHead(hash: TaskHash, record: Uint8Array): void;
  /** Whether it was there. */
  remove(hash: TaskHash): boolean;
  /** After the transaction. */
  committed(): void;
  /** All that are there. */
  chunks(): Iterable<TaskHash[]>;
}

export function openSingles(environment: Environment): Singles {
  const results = environment.table('results');
  const meta = environment.table('meta');
  const presence = new Presence();
  let seen = -1;
  /** How many transactions have put something, and as of which commit that is known. */
  let puts = 0;
  let putsKnown = -1;
  /** What this transaction has put. */
  let pending: TaskHash[] = [];

  function currentPuts(): number {
    if (putsKnown !== seen) puts = readCounter(meta, PUTS);
    putsKnown = seen;
    return puts;
  }

  function put(hash: TaskHash, value: Uint8Array): void {
    if (pending.length === 0) writeCounter(meta, currentPuts() + 1, PUTS);
    pending.push(hash);
    results.putSync(hash, value);
  }

  /** Reading the keys one after the other costs a fraction of asking for each. */
  function scan(hashes: readonly TaskHash[]): boolean[] {
    const keys = new HashPlaces();
    const scan = presence.startScan(currentPuts());
    scanKeys(results, (bytes, at) => {
      scan.saw(bytes.readInt32BE(at));
      keys.add(bytes, at);
    });
    scan.finish();
    return hashes.map(hash => keys.find(hash) !== ABSENT);
  }

  return {
    catchUp(commits) {
      seen = commits;
      pending = [];
    },
    isThere: hash => !presence.isAbsent(hash, currentPuts()) && results.doesExist(hash),
    has(hashes) {
      const askEach = (): boolean[] => hashes.map(hash => results.doesExist(hash));
      // Not asked for nothing: it makes an object, and where a thread is ended meanwhile that ends the process.
      if (hashes.length < MANY) return askEach();
      const {entryCount} = results.getStats() as {entryCount: number};
      if (entryCount > hashes.length * SCANNED) return askEach();
      if (entryCount > 0) return scan(hashes);
      presence.startScan(currentPuts()).finish();
      return hashes.map(() => false);
    },
    load(hash) {
      const view = results.getBinaryFast(hash);
      if (view === undefined) return undefined;
      const {length} = view;
      if (length > SMALL) return results.getBinary(hash);
      // In node's pool: an ArrayBuffer for each of a hundred thousand costs more than reading them.
      const copy = Buffer.allocUnsafe(length);
      // `length` is lmdb's word for how much of the view is meant; the view itself is longer, so that set() would not do.
      for (let place = 0; place < length; place++) copy[place] = view[place]!;
      return copy;
    },
    headOf(hash) {
      // A view on the database's memory where the value is large: used before anything else happens.
      const record = results.getBinaryFast(hash);
      return record && readHead(record.subarray(0, HEAD_BYTES));
    },
    put,
    putHead: (hash, record) => put(hash, headOfPayloadElsewhere(record)),
    remove: hash => results.removeSync(hash),
    committed() {
      if (pending.length > 0) presence.wrote(puts + 1, pending);
      pending = [];
    },
    *chunks() {
      const scan = presence.startScan(environment.read(() => readCounter(meta, PUTS)));
      for (const keys of keyChunks(environment, results) as Iterable<TaskHash[]>) {
        for (const key of keys) scan.saw(beginningOf(key));
        yield keys;
      }
      scan.finish();
    },
  };
}
