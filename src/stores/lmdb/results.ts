// The durable half of an LMDB store: results, failures, origins. Puts together the results that are saved in bundles
// (bundles.ts), those that have a key each (keyed-records.ts), and the files of large ones (large-files.ts). Knows no locks; whoever
// writes holds the gate.

import {StoreError} from '../../core/errors.js';
import {
  HEAD_BYTES,
  type Head,
  type Origin,
  type OriginId,
  readHead,
  readOrigin,
} from '../../values/record.js';
import type {TaskHash} from '../../values/task-hash.js';
import type {Saving} from '../store.js';
import type {Bundle, Entry} from './bundle.js';
import {openBundles, type Places} from './bundles.js';
import {type Environment, keyChunks, readCounter, writeCounter} from './environment.js';
import {openSingles} from './keyed-records.js';
import {type Draft, LARGE, type LargeFiles} from './large-files.js';
import {divide, firstOfEach, growthBy} from './placement.js';
import type {Growth} from './safety/free-space.js';

export const RESULT_TABLES = ['results', 'bundles', 'failures', 'origins', 'meta'] as const;

/** How many results there are now in how many bundles more. */
export interface Packed {
  readonly results: number;
  readonly bundles: number;
}

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
  /** Those that have a key each. */
  singles(): Iterable<readonly TaskHash[]>;
  /** Puts the small ones of these, which have a key each, into bundles. */
  pack(hashes: readonly TaskHash[]): Packed;
  /** How many bundles cannot be read. */
  damaged(): number;
  /** How many commits there were, by all processes together. */
  commits(): number;
  /** A test for one hash after the other, seeing everything that was committed before this call. */
  finishedTest(): (hash: TaskHash) => boolean;
}

/** Bundles that one transaction writes anew: the more they are, the more room there has to be on the disk. */
const PORTION = 16;
const FIRST_STAYS = {noOverwrite: true};
/** Of what removes: to be done on a full disk, too. */
const NO_GROWTH: Growth = {records: 0, bytes: 0};

export function openResults(environment: Environment, large: LargeFiles): Results {
  const bundles = openBundles(environment);
  const singles = openSingles(environment);
  const failures = environment.table('failures');
  const origins = environment.table('origins');
  const meta = environment.table('meta');
  /** Removed by calls that were refused half way: the one that is made again answers with them, too. */
  const unanswered = new Set<TaskHash>();

  function catchUp(): number {
    const commits = readCounter(meta);
    bundles.catchUp(commits);
    singles.catchUp(commits);
    return commits;
  }

  function read<T>(fn: () => T): T {
    return environment.read(() => {
      catchUp();
      return fn();
    });
  }

  function change(growth: Growth, fn: () => void): void {
    environment.write(growth, () => {
      const commits = catchUp();
      fn();
      writeCounter(meta, commits + 1);
    });
    singles.committed();
  }

  /** Those that are made meanwhile too: what they hold may have been in one that came later, and is gone. */
  function* eachBundle<T>(of: (bundle: Bundle, place: number) => T): Generator<T[]> {
    for (let first = 0; ; ) {
      const numbers = read(() => bundles.numbers(first));
      if (numbers.length === 0) return;
      for (const number of numbers) yield read(() => placesIn(bundles.at(number), of));
      first = numbers.at(-1)! + 1;
    }
  }

  function isThere(hash: TaskHash): boolean {
    return bundles.isThere(hash) || singles.isThere(hash);
  }

  function recordsOf(hashes: readonly TaskHash[]): (Uint8Array | undefined)[] {
    return read(() => bundles.load(hashes).map((record, at) => record ?? singles.load(hashes[at]!)));
  }

  async function loadLarge(hash: TaskHash, head: Uint8Array): Promise<Uint8Array | undefined> {
    const record = await large.load(hash);
    if (record !== undefined) return record;
    // Removed meanwhile, or its file is lost: then the head alone is a truncated record, which record.ts tells.
    return read(() => singles.isThere(hash)) ? head : undefined;
  }

  return {
    has: hashes =>
      read(() => {
        const there = bundles.has(hashes);
        const rest = hashes.filter((_, at) => !there[at]);
        const single = rest.length === 0 ? [] : singles.has(rest);
        let next = 0;
        return there.map(is => is || single[next++]!);
      }),
    async load(hashes) {
      const records = recordsOf(hashes);
      for (const [at, record] of records.entries()) {
        if (record?.length !== HEAD_BYTES || !isElsewhere(record)) continue;
        records[at] = await loadLarge(hashes[at]!, record);
      }
      return records;
    },
    stored: hash => recordsOf([hash])[0],
    async draft(saving) {
      const drafts: Draft[] = [];
      try {
        for (const [hash, record] of saving.results) {
          if (record.length <= LARGE || read(() => isThere(hash))) continue;
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
      const results = firstOfEach(saving.results);
      const division = divide(results);
      const {together, single} = division;
      const encoded = saving.origins.map(
        ([id, origin]) => [id, Buffer.from(JSON.stringify(origin))] as const,
      );
      const others = [...saving.failures, ...encoded].map(([, bytes]) => bytes);
      const draftOf = new Map(drafts.map(draft => [draft.hash, draft]));
      change(growthBy(division, others), () => {
        for (const [id, origin] of encoded) origins.putSync(id, origin, FIRST_STAYS);
        bundles.add(together.filter(([hash]) => !isThere(hash)));
        for (const [hash, record] of single) {
          if (isThere(hash)) continue;
          if (record.length <= LARGE) singles.put(hash, record);
          else {
            large.publish(draftFor(hash, draftOf));
            singles.putHead(hash, record);
          }
        }
        if (failures.getKeysCount({start: '', limit: 1}) > 0)
          for (const hash of results.keys()) failures.removeSync(hash);
        for (const [hash, failure] of saving.failures) {
          if (!results.has(hash) && !isThere(hash)) failures.putSync(hash, failure);
        }
      });
    },
    remove(hashes) {
      const bundled = read(() => bundles.has(hashes));
      const removed = new Set(hashes.filter((_, at) => bundled[at]));
      const files: TaskHash[] = [];
      change(NO_GROWTH, () => {
        for (const hash of hashes) {
          failures.removeSync(hash);
          const elsewhere = singles.headOf(hash)?.elsewhere === true;
          if (!singles.remove(hash)) continue;
          removed.add(hash);
          if (elsewhere) files.push(hash);
        }
      });
      large.remove(files);
      try {
        for (const portion of read(() => bundles.locate(hashes)).flatMap(portionsOf)) {
          change(
            read(() => bundles.growthOf(portion)),
            () => bundles.rewrite(portion),
          );
        }
      } catch (error) {
        const left = read(() => bundles.has(hashes));
        for (const [at, hash] of hashes.entries()) if (!left[at] && removed.has(hash)) unanswered.add(hash);
        throw error;
      }
      for (const hash of hashes) if (unanswered.delete(hash)) removed.add(hash);
      return [...removed];
    },
    removeFailures(hashes) {
      environment.write(NO_GROWTH, () => {
        for (const hash of hashes) failures.removeSync(hash);
      });
    },
    async *hashes() {
      yield* singles.chunks();
      yield* eachBundle((bundle, place) => bundle.hash(place));
    },
    async *heads() {
      for (const keys of singles.chunks()) {
        yield read(() => keys.map(hash => [hash, singles.headOf(hash)] as const));
      }
      yield* eachBundle((bundle, place) => [bundle.hash(place), readHead(bundle.asItStands(place))] as const);
    },
    async *failures() {
      for (const keys of keyChunks(environment, failures) as Iterable<TaskHash[]>) {
        const values = environment.read(() => keys.map(hash => failures.getBinary(hash)));
        yield keys.flatMap((hash, i) => (values[i] === undefined ? [] : [[hash, values[i]] as const]));
      }
    },
    origin(id) {
      const value = environment.read(() => origins.getBinary(id));
      return value && readOrigin(value);
    },
    singles: () => singles.chunks(),
    pack(hashes) {
      const records = read(() => hashes.map(hash => singles.load(hash)));
      const entries = hashes.flatMap((hash, at): Entry[] => {
        const record = records[at];
        return record === undefined || isElsewhere(record) ? [] : [[hash, record]];
      });
      const {together} = divide(entries);
      let made = 0;
      if (together.length > 0) {
        change(growthBy({together, single: []}, []), () => {
          made = bundles.add(together);
          for (const [hash] of together) singles.remove(hash);
        });
      }
      return {results: together.length, bundles: made};
    },
    damaged: () => read(() => bundles.damaged()),
    commits: () => environment.read(() => readCounter(meta)),
    finishedTest() {
      read(() => undefined);
      return hash => isThere(hash);
    },
  };
}

/** Errors: StoreError. Without a draft the result was there when its file was to be written. */
function draftFor(hash: TaskHash, drafts: ReadonlyMap<TaskHash, Draft>): Draft {
  const draft = drafts.get(hash);
  if (draft !== undefined) return draft;
  throw new StoreError(
    `The result ${hash} was removed while another process saved it: it has to be saved again`,
    false,
  );
}

function portionsOf(places: Places): Places[] {
  const all = [...places];
  const count = Math.ceil(all.length / PORTION);
  return Array.from({length: count}, (_, i) => new Map(all.slice(i * PORTION, (i + 1) * PORTION)));
}

function placesIn<T>(bundle: Bundle | undefined, of: (bundle: Bundle, place: number) => T): T[] {
  return bundle === undefined ? [] : Array.from({length: bundle.count}, (_, place) => of(bundle, place));
}

function isElsewhere(record: Uint8Array): boolean {
  return readHead(record)?.elsewhere ?? false;
}
