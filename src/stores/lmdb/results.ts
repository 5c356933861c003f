// The durable half of an LMDB store: results, failures, origins. Large payloads are files beside the database.
// Knows no locks; whoever writes holds the gate.

import type {TaskHash} from '../../hash.js';
import {beginningOf, Numbering} from '../../numbering.js';
import {
  HEAD_BYTES,
  type Head,
  headOfPayloadElsewhere,
  type Origin,
  type OriginId,
  readHead,
} from '../../values/record.js';
import type {Saving} from '../store.js';
import {COUNTER, type Environment, readCounter, scanKeys} from './environment.js';
import {type Draft, LARGE, type LargeFiles} from './large.js';
import {Presence} from './presence.js';
import type {Growth} from './room.js';

export const RESULT_TABLES = ['results', 'failures', 'origins', 'meta'] as const;

/** From so many hashes on, it may be cheaper to read all keys there are. */
const MANY = 512;
/** So many keys are read in the time in which one is asked for. */
const SCANNED = 4;
/** Bytes. */
const SMALL = 512;

export interface Results {
  has(hashes: readonly TaskHash[]): boolean[];
  load(hashes: readonly TaskHash[]): Promise<(Uint8Array | undefined)[]>;
  /** What stands in the database itself: a record, or the head of a large one. */
  stored(hash: TaskHash): Uint8Array | undefined;
  /** Writes the files of large results, before the gate is taken. */
  draft(saving: Saving): Promise<Draft[]>;
  save(saving: Saving, drafts: readonly Draft[]): void;
  remove(hashes: readonly TaskHash[]): TaskHash[];
  removeFailures(hashes: readonly TaskHash[]): void;
  hashes(): AsyncIterable<readonly TaskHash[]>;
  heads(): AsyncIterable<readonly (readonly [TaskHash, Head | undefined])[]>;
  failures(): AsyncIterable<readonly (readonly [TaskHash, Uint8Array])[]>;
  origin(id: OriginId): Origin | undefined;
  /** How many commits there were, by all processes together. */
  commits(): number;
  /** A test for one hash after the other, seeing everything that was committed before this call. */
  finishedTest(): (hash: TaskHash) => boolean;
}

const CHUNK = 4096;
const FIRST_STAYS = {noOverwrite: true};
/** Of what removes: to be done on a full disk, too. */
const NO_GROWTH: Growth = {records: 0, bytes: 0};

export function openResults(environment: Environment, large: LargeFiles): Results {
  const results = environment.table('results');
  const failures = environment.table('failures');
  const origins = environment.table('origins');
  const meta = environment.table('meta');
  const counter = Buffer.alloc(8);
  const presence = new Presence();

  function change<T>(saved: Saving['results'], growth: Growth, fn: () => T): T {
    const [answer, now] = environment.write(growth, () => {
      const answer = fn();
      const now = readCounter(meta) + 1;
      counter.writeDoubleLE(now);
      meta.putSync(COUNTER, counter);
      return [answer, now] as const;
    });
    presence.wrote(now, saved);
    return answer;
  }

  function* chunks(table: typeof results): Generator<TaskHash[]> {
    for (let start = ''; ; ) {
      const keys = environment.read(() => [
        ...table.getKeys({start, exclusiveStart: start !== '', limit: CHUNK}),
      ]) as TaskHash[];
      if (keys.length > 0) yield keys;
      if (keys.length < CHUNK) return;
      start = keys[CHUNK - 1]!;
    }
  }

  function isThere(hash: TaskHash): boolean {
    return results.doesExist(hash);
  }

  /** In node's pool where it is small: an ArrayBuffer for each of a hundred thousand costs more than reading them. */
  function copyOf(hash: TaskHash): Uint8Array | undefined {
    const view = results.getBinaryFast(hash);
    if (view === undefined) return undefined;
    const {length} = view;
    if (length > SMALL) return results.getBinary(hash);
    const copy = Buffer.allocUnsafe(length);
    // `length` is lmdb's word for how much of the view is meant; the view itself is longer, so that set() would not do.
    for (let place = 0; place < length; place++) copy[place] = view[place]!;
    return copy;
  }

  /** Reading the keys one after the other costs a fraction of asking for each; nothing, while the store is empty. */
  function areThere(hashes: readonly TaskHash[]): boolean[] {
    const {entryCount} = results.getStats() as {entryCount: number};
    if (hashes.length < MANY || entryCount > hashes.length * SCANNED) return hashes.map(isThere);
    const asked = new Numbering();
    for (const hash of hashes) asked.add(hash);
    const there = new Uint8Array(asked.size);
    const scan = presence.startScan(readCounter(meta));
    scanKeys(results, (bytes, at) => {
      scan.saw(bytes.readInt32BE(at));
      const number = asked.findBytes(bytes, at);
      if (number !== undefined) there[number] = 1;
    });
    scan.finish();
    return hashes.map(hash => there[asked.find(hash)!] === 1);
  }

  /** A view on the database's memory where the value is large: to be used before anything else happens. */
  function headOf(hash: TaskHash): Head | undefined {
    const record = results.getBinaryFast(hash);
    return record && readHead(record.subarray(0, HEAD_BYTES));
  }

  async function loadLarge(hash: TaskHash, head: Uint8Array): Promise<Uint8Array | undefined> {
    const record = await large.load(hash);
    if (record !== undefined) return record;
    // Removed meanwhile, or its file is lost: then the head alone is a truncated record, which record.ts tells.
    return environment.read(() => results.doesExist(hash)) ? head : undefined;
  }

  return {
    has: hashes => environment.read(() => areThere(hashes)),
    async load(hashes) {
      const records: (Uint8Array | undefined)[] = environment.read(() => hashes.map(copyOf));
      for (const [place, record] of records.entries()) {
        if (record?.length !== HEAD_BYTES || !isElsewhere(record)) continue;
        records[place] = await loadLarge(hashes[place]!, record);
      }
      return records;
    },
    stored: hash => environment.read(() => results.getBinary(hash)),
    async draft(saving) {
      const drafts: Draft[] = [];
      try {
        for (const [hash, record] of saving.results) {
          if (record.length <= LARGE || environment.read(() => results.doesExist(hash))) continue;
          drafts.push(await large.draft(hash, record));
        }
      } catch (error) {
        for (const draft of drafts) await large.discard(draft);
        throw error;
      }
      return drafts;
    },
    save(saving, drafts) {
      if (saving.results.length + saving.failures.length + saving.origins.length === 0) return;
      change(saving.results, growthBy(saving), () => {
        for (const [id, origin] of saving.origins) {
          origins.putSync(id, Buffer.from(JSON.stringify(origin)), FIRST_STAYS);
        }
        const anyFailure = failures.getKeysCount({start: '', limit: 1}) > 0;
        let next = 0;
        for (const [hash, record] of saving.results) {
          if (record.length <= LARGE) results.putSync(hash, record, FIRST_STAYS);
          else if (!results.doesExist(hash)) {
            while (drafts[next]!.hash !== hash) next++;
            large.publish(drafts[next]!);
            results.putSync(hash, headOfPayloadElsewhere(record));
          }
          if (anyFailure) failures.removeSync(hash);
        }
        for (const [hash, failure] of saving.failures) {
          if (!results.doesExist(hash)) failures.putSync(hash, failure);
        }
      });
    },
    remove(hashes) {
      const files: TaskHash[] = [];
      const removed = change([], NO_GROWTH, () =>
        hashes.filter(hash => {
          const elsewhere = headOf(hash)?.elsewhere === true;
          failures.removeSync(hash);
          const existed = results.removeSync(hash);
          if (existed && elsewhere) files.push(hash);
          return existed;
        }),
      );
      large.remove(files);
      return removed;
    },
    removeFailures(hashes) {
      environment.write(NO_GROWTH, () => {
        for (const hash of hashes) failures.removeSync(hash);
      });
    },
    async *hashes() {
      const scan = presence.startScan(environment.read(() => readCounter(meta)));
      for (const keys of chunks(results)) {
        for (const key of keys) scan.saw(beginningOf(key));
        yield keys;
      }
      scan.finish();
    },
    async *heads() {
      for (const keys of chunks(results)) {
        yield environment.read(() => keys.map(hash => [hash, headOf(hash)] as const));
      }
    },
    async *failures() {
      for (const keys of chunks(failures)) {
        const values = environment.read(() => keys.map(hash => failures.getBinary(hash)));
        yield keys.flatMap((hash, i) => (values[i] === undefined ? [] : [[hash, values[i]] as const]));
      }
    },
    origin(id) {
      const value = environment.read(() => origins.getBinary(id));
      return value === undefined ? undefined : (JSON.parse(Buffer.from(value).toString()) as Origin);
    },
    commits: () => environment.read(() => readCounter(meta)),
    finishedTest() {
      const commits = environment.read(() => readCounter(meta));
      return hash => !presence.isAbsent(hash, commits) && results.doesExist(hash);
    },
  };
}

function growthBy({results, failures, origins}: Saving): Growth {
  let bytes = 0;
  for (const [, record] of results) if (record.length <= LARGE) bytes += record.length;
  for (const [, failure] of failures) bytes += failure.length;
  return {records: results.length + failures.length + origins.length, bytes};
}

function isElsewhere(record: Uint8Array): boolean {
  return readHead(record)?.elsewhere ?? false;
}
