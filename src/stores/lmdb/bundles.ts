// The small results of an LMDB store that were saved together, in bundles: numbered values, and for each thread an index of
// which hash is in which, which follows the commits. A bundle never changes; of one of which something is removed, the rest
// goes into a new one, and no number is given twice. So an index has only to learn what is new. Knows neither locks nor the
// other results.

import {beginningOf} from '../../values/hash-index.js';
import type {TaskHash} from '../../values/task-hash.js';
import {HASH_BYTES, writeHash} from '../hash-bytes.js';
import {Bundle, type Entry, encodeBundle} from './bundle.js';
import {ABSENT, BundleIndex} from './bundle-index.js';
import type {Environment, Table} from './environment.js';
import type {Growth} from './safety/free-space.js';

/** Bytes of the records in one: a value of this size finds room among the pages that others have left. */
const MOST_BYTES = 64 * 1024;
const MOST_ENTRIES = 1024;
/** The key, among the numbers of the store, of the two that say which bundles there are. */
const NUMBERING = '01';
const EMPTY: Numbering = {next: 0, count: 0};
/** An index begins anew when it has twice as many entries as there are results, and so many more. */
const MOST_GONE = 1024;

/** What is in which bundle: number → places. */
export type Places = ReadonlyMap<number, ReadonlySet<number>>;

interface Numbering {
  /** The number of the next bundle. */
  readonly next: number;
  /** Results in all bundles; more, where one was damaged. */
  readonly count: number;
}

/** `at`: the place among the hashes that were asked for. The bundle is a view that is valid until the next read. */
type Seen = (at: number, bundle: Bundle, place: number, number: number) => void;

export interface Bundles {
  /** At the beginning of every transaction, with the number of commits that it sees. */
  catchUp(commits: number): void;
  isThere(hash: TaskHash): boolean;
  has(hashes: readonly TaskHash[]): boolean[];
  /** In memory of their own. */
  load(hashes: readonly TaskHash[]): (Uint8Array | undefined)[];
  /** Of what is not there, each hash once; answers with how many bundles that makes. In a transaction that writes, as `rewrite`. */
  add(entries: readonly Entry[]): number;
  /** Apart, and first, the bundles of which nothing would be left: to remove those takes no room. */
  locate(hashes: readonly TaskHash[]): readonly Places[];
  /** What `rewrite` would come to. */
  growthOf(places: Places): Growth;
  /** Removes what is at `places`. */
  rewrite(places: Places): void;
  /** Of those that are there, from `first` on. */
  numbers(first: number): number[];
  /** How many cannot be read. */
  damaged(): number;
  /** A view, valid until the next read; `undefined`: it was removed, or is damaged. */
  at(number: number): Bundle | undefined;
}

export function openBundles(environment: Environment): Bundles {
  const table = environment.table('bundles');
  const meta = environment.table('meta');
  const asked = Buffer.alloc(HASH_BYTES);
  let seen = -1;
  /** Has all that is there, and what was there before. */
  let index = new BundleIndex();
  /** What the index is of. */
  let indexed: Numbering & {readonly commits: number} = {...EMPTY, commits: -1};

  function at(number: number): Bundle | undefined {
    const value = table.getBinaryFast(keyOf(number));
    // `length` is lmdb's word for how much of the view is meant.
    return value && Bundle.open(Buffer.from(value.buffer, value.byteOffset, value.length));
  }

  function currentIndex(): BundleIndex {
    if (indexed.commits === seen) return index;
    const numbering = readNumbering(meta);
    const isMostlyGone = index.size > numbering.count * 2 + MOST_GONE;
    if (isMostlyGone) index = new BundleIndex();
    const first = isMostlyGone ? 0 : indexed.next;
    const added = first === numbering.next ? [] : numbers(first);
    index.reserve(Math.min(numbering.count, index.size + added.length * MOST_ENTRIES));
    for (const number of added) {
      const bundle = at(number);
      for (let place = 0; place < (bundle?.count ?? 0); place++)
        index.add(bundle!.beginning(place), number, place);
    }
    indexed = {...numbering, commits: seen};
    return index;
  }

  /** Bundle by bundle, and not in the order of the hashes. */
  function visit(hashes: readonly TaskHash[], see: Seen, isFirstEnough = true): void {
    const index = currentIndex();
    /** The candidate for each hash; by bundle, those that have one in it. */
    const slots = new Int32Array(hashes.length);
    let open = new Map<number, number[]>();
    // What was saved together is mostly asked for together: the list of the last one is asked for first.
    let last = ABSENT;
    let list: number[] = [];
    const note = (at: number, slot: number): void => {
      slots[at] = slot;
      if (slot === ABSENT) return;
      const number = index.bundleAt(slot);
      if (number !== last) {
        list = open.get(number) ?? [];
        if (list.length === 0) open.set(number, list);
        last = number;
      }
      list.push(at);
    };
    for (let at = 0; at < hashes.length; at++) note(at, index.find(beginningOf(hashes[at]!)));
    while (open.size > 0) {
      const candidates = open;
      open = new Map();
      last = ABSENT;
      for (const [number, list] of candidates) {
        const bundle = at(number);
        for (const at of list) {
          const hash = hashes[at]!;
          const place = index.placeAt(slots[at]!);
          writeHash(asked, hash, 0);
          const isIt = bundle?.isAt(place, asked) ?? false;
          if (isIt) see(at, bundle!, place, number);
          // Damage may have put it into two places.
          if (!(isIt && isFirstEnough)) note(at, index.find(beginningOf(hash), slots[at]));
        }
      }
    }
  }

  function has(hashes: readonly TaskHash[]): boolean[] {
    const there = new Array<boolean>(hashes.length).fill(false);
    visit(hashes, at => {
      there[at] = true;
    });
    return there;
  }

  function numbers(first: number): number[] {
    return [...table.getKeys({start: keyOf(first)})].map(key => Number.parseInt(key, 16));
  }

  function add(entries: readonly Entry[]): number {
    if (entries.length === 0) return 0;
    const numbering = readNumbering(meta);
    let {next} = numbering;
    for (let from = 0; from < entries.length; next++) {
      const to = endOfBundle(entries, from);
      table.putSync(keyOf(next), encodeBundle(entries.slice(from, to)));
      from = to;
    }
    writeNumbering(meta, {next, count: numbering.count + entries.length});
    return next - numbering.next;
  }

  return {
    at,
    has,
    catchUp(commits) {
      seen = commits;
    },
    isThere: hash => currentIndex().find(beginningOf(hash)) !== ABSENT && has([hash])[0]!,
    load(hashes) {
      const records = new Array<Uint8Array | undefined>(hashes.length).fill(undefined);
      visit(hashes, (at, bundle, place) => {
        records[at] = bundle.copy(place);
      });
      return records;
    },
    add,
    locate(hashes) {
      const places = new Map<number, Set<number>>();
      const note: Seen = (_at, _bundle, place, number) => {
        const found = places.get(number);
        if (found === undefined) places.set(number, new Set([place]));
        else found.add(place);
      };
      visit(hashes, note, false);
      const all = [...places];
      const isWhole = all.map(([number, {size}]) => at(number)?.count === size);
      return [true, false].map(whole => new Map(all.filter((_, i) => isWhole[i] === whole)));
    },
    growthOf(places) {
      let records = 0;
      let bytes = 0;
      for (const [number, removed] of places) {
        const bundle = at(number);
        if (bundle === undefined || bundle.count === removed.size) continue;
        records++;
        bytes += bundle.bytes;
      }
      return {records, bytes};
    },
    rewrite(places) {
      const left: Entry[] = [];
      let gone = 0;
      for (const [number, removed] of places) {
        const bundle = at(number);
        gone += bundle?.count ?? 0;
        for (const entry of entriesOf(bundle, removed)) left.push(entry);
        table.removeSync(keyOf(number));
      }
      const {next, count} = readNumbering(meta);
      writeNumbering(meta, {next, count: Math.max(0, count - gone)});
      add(left);
    },
    numbers,
    damaged: () => numbers(0).filter(number => at(number) === undefined).length,
  };
}

/** What is to stay, in memory of its own. What is unsound is taken along as that: it is not lost without a word. */
function entriesOf(bundle: Bundle | undefined, removed: ReadonlySet<number>): Entry[] {
  const entries: Entry[] = [];
  for (let place = 0; place < (bundle?.count ?? 0); place++) {
    if (!removed.has(place)) entries.push([bundle!.hash(place), bundle!.copy(place)]);
  }
  return entries;
}

function endOfBundle(entries: readonly Entry[], from: number): number {
  let to = from;
  for (let bytes = 0; to < entries.length && to - from < MOST_ENTRIES && bytes < MOST_BYTES; to++)
    bytes += entries[to]![1].length;
  return to;
}

function keyOf(number: number): string {
  return number.toString(16).padStart(8, '0');
}

function readNumbering(meta: Table): Numbering {
  const value = meta.getBinary(NUMBERING);
  if (value === undefined) return EMPTY;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return {next: bytes.readUInt32LE(0), count: bytes.readUInt32LE(4)};
}

function writeNumbering(meta: Table, {next, count}: Numbering): void {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(next, 0);
  bytes.writeUInt32LE(count, 4);
  meta.putSync(NUMBERING, bytes);
}
