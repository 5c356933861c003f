// `jug pack` for a file store: folds the entries of the log into few files and one sorted index, while others go on
// using the store. Small entries are copied into one file, large ones are kept as they are under another name.
//
// Why it holds: first the last folder of the log is sealed by an entry, so that what it and those before hold is settled
// for ever. Then comes the new pack, whole and durable, under the number after that of the pack it was made from; link(2)
// gives that number to one packer only, and the others throw away what they have done. The one makes a second copy of the
// index, in case the first is damaged one day. Only then is anything removed, and only what the new pack does not refer to
// and nobody can refer to any more: every later pack is made from it. Whoever still reads the old files finds them gone,
// looks again, and finds the pack.

import {randomBytes} from 'node:crypto';
import {rmdir} from 'node:fs/promises';
import {basename, join, sep} from 'node:path';
import type {TaskHash} from '../../values/task-hash.js';
import {HASH_BYTES} from '../hash-bytes.js';
import type {Packing} from '../store.js';
import {encodeIndex} from './checkpoint.js';
import {NO_CHANGE} from './commit.js';
import {isGone, linkNew, makeFolder, namesIn, removeFile, sizeOf, syncNames, writeNew} from './disk.js';
import type {Location} from './locations.js';
import type {Log} from './log.js';
import {foldersOf} from './log-position.js';
import {type Gone, type Range, readRanges} from './read-ranges.js';
import type {FileResults} from './results.js';
import {copyName, packName, packsOf} from './snapshot.js';

/** Bytes; entries of this size are files good enough for ever. */
const LARGE = 2 ** 20;
/** A file of an earlier pack is written anew when less than this part of it is still wanted. */
const WANTED = 0.5;
/** Bytes read and written at a time. */
const PORTION = 16 * 2 ** 20;

interface Piece extends Range {
  /** Of a result; a failure's is kept apart. */
  readonly key: Buffer | undefined;
  readonly failure: TaskHash | undefined;
}

/** How often it is begun anew when another packer was quicker and has removed what this one reads. */
const TRIES = 5;

/** Within a turn. */
export function packResults(folder: string, results: FileResults): Promise<Packing> {
  return results.log.retried(gone => packOnce(folder, results, gone), TRIES);
}

async function packOnce(folder: string, results: FileResults, gone: Gone): Promise<Packing> {
  const sealed = await results.append(async () => {
    const {files, pack} = results.contents;
    const isNeeded = files.length > 0 || (pack !== undefined && !(await pack.isWhole()));
    return isNeeded ? {...NO_CHANGE, seals: true} : undefined;
  });
  if (!sealed) return {kind: 'nothing', why: whyNothing(results.contents.damaged)};
  const covers = results.log.place.folder;
  const {pack, packNumber, origins} = results.contents;
  const number = packNumber + 1;
  const pieces = await collectPieces(results);
  const data = join(folder, 'data');
  await makeFolder(data);
  await keepDamagedEntries(folder, results.contents.damaged);
  const log = join(folder, 'results');
  const builder = new Builder(data, number, gone);
  let index: readonly Uint8Array[];
  try {
    await builder.add(pieces);
    const header = {
      covers,
      files: builder.files,
      origins: [...origins],
      failures: builder.failures,
      bytes: builder.bytes,
    };
    index = encodeIndex(header, {keys: builder.keys, locations: builder.locations});
    syncNames(data);
    if (!(await putIndex(results.log, join(log, packName(number)), index))) {
      await builder.discard();
      results.log.forget();
      return {kind: 'nothing', why: 'Another process packed this store at the same time.'};
    }
  } catch (error) {
    await builder.discard().catch(() => {});
    throw error;
  }
  // From here on the pack counts, and what it refers to stays, whatever fails.
  results.log.forget();
  syncNames(log);
  // The number is ours; what bears it is what is left of a pack that was lost.
  await removeFile(join(data, copyName(number)));
  await putIndex(results.log, join(data, copyName(number)), index);
  syncNames(data);
  const wanted = [...builder.files, copyName(number)];
  await clearAway(folder, number, covers, [...builder.files, ...(pack?.header.files ?? [])], wanted);
  const files = builder.files.length;
  return {kind: 'packed', results: builder.locations.length, into: `${files} file${files === 1 ? '' : 's'}`};
}

function whyNothing(damaged: readonly string[]): string {
  return damaged.length === 0
    ? 'All results are packed.'
    : `All results that can be read are packed. ${unreadable(damaged)}`;
}

/** What is said of entries whose index cannot be read. */
export function unreadable(paths: readonly string[]): string {
  return `${paths.length} of its files cannot be read, first ${paths[0]}: the results in them count as not there. \`jug execute\` computes them again, and then \`jug pack\` puts the files into the folder damaged.`;
}

/** Whether nobody was first. */
async function putIndex(log: Log, path: string, index: readonly Uint8Array[]): Promise<boolean> {
  const draft = await log.draft(index);
  try {
    return await linkNew(draft, path);
  } finally {
    await removeFile(draft).catch(() => {});
  }
}

/** Everything that counts, by where it is. */
async function collectPieces({contents}: FileResults): Promise<Map<string, Piece[]>> {
  const {table, failures, pack} = contents;
  const pieces = new Map<string, Piece[]>();
  const add = (piece: Piece): void => {
    const list = pieces.get(piece.path);
    if (list === undefined) pieces.set(piece.path, [piece]);
    else list.push(piece);
  };
  for (const {key, location} of table.entries()) {
    add({...contents.rangeOf(location), key, failure: undefined});
  }
  if (pack !== undefined) {
    for (const {key, location} of await pack.entries()) {
      if (table.getBytes(key, 0) !== undefined) continue;
      add({...contents.packedRangeOf(pack, location), key, failure: undefined});
    }
  }
  for (const [failure, range] of failures) add({...range, key: undefined, failure});
  return pieces;
}

class Builder {
  readonly #data: string;
  readonly #number: number;
  readonly #gone: Gone;
  readonly #token = randomBytes(6).toString('hex');
  readonly #made: string[] = [];
  #copies = 0;
  #keys: Buffer[] = [];
  readonly files: string[] = [];
  readonly locations: Location[] = [];
  readonly failures: (readonly [TaskHash, Location])[] = [];
  bytes = 0;

  constructor(data: string, number: number, gone: Gone) {
    this.#data = data;
    this.#number = number;
    this.#gone = gone;
  }

  get keys(): Buffer {
    return Buffer.concat(this.#keys);
  }

  async add(pieces: ReadonlyMap<string, readonly Piece[]>): Promise<void> {
    const small: Piece[] = [];
    for (const [path, list] of pieces) {
      const wanted = list.reduce((sum, {length}) => sum + length, 0);
      const size = await this.#sizeOf(path);
      if (size >= LARGE && wanted >= size * WANTED) {
        this.#refer(await this.#keep(path), list);
        continue;
      }
      for (const piece of list) small.push(piece);
    }
    let portion: Piece[] = [];
    let bytes = 0;
    for (const piece of byHash(small)) {
      portion.push(piece);
      bytes += piece.length;
      if (bytes < PORTION) continue;
      await this.#copy(portion);
      portion = [];
      bytes = 0;
    }
    await this.#copy(portion);
  }

  async discard(): Promise<void> {
    for (const name of this.#made) await removeFile(join(this.#data, name));
  }

  async #sizeOf(path: string): Promise<number> {
    try {
      return await sizeOf(path);
    } catch (error) {
      if (this.#gone === 'moved' || !isGone(error)) throw error;
      return 0;
    }
  }

  /** A file of an earlier pack stays what it is; one of the log gets a second name, which outlives the log. */
  async #keep(path: string): Promise<number> {
    let name = basename(path);
    if (join(this.#data, name) !== path) {
      name = this.#newName();
      await linkNew(path, join(this.#data, name));
    }
    return this.files.push(name) - 1;
  }

  async #copy(pieces: readonly Piece[]): Promise<void> {
    if (pieces.length === 0) return;
    const parts = (await readRanges(pieces, this.#gone)) as Buffer[];
    const name = this.#newName();
    await writeNew(join(this.#data, name), parts, true);
    const file = this.files.push(name) - 1;
    let offset = 0;
    const moved = pieces.map((piece, i) => {
      // Of a file that is lost, or ends too early, there is less than there should be: what there is stays, and is told as damaged.
      const {length} = parts[i]!;
      offset += length;
      return {...piece, offset: offset - length, length};
    });
    this.#refer(file, moved);
  }

  #refer(file: number, pieces: readonly Piece[]): void {
    for (const {key, failure, offset, length} of pieces) {
      if (failure !== undefined) this.failures.push([failure, {file, offset, length}]);
      if (key === undefined) continue;
      this.#keys.push(key.subarray(0, HASH_BYTES));
      this.locations.push({file, offset, length});
      this.bytes += length;
    }
  }

  #newName(): string {
    const name = `${this.#number}-${this.#token}-${this.#copies++}`;
    this.#made.push(name);
    return name;
  }
}

/** In the order of the index: whoever goes through all of them reads the files from one end to the other. */
function byHash(pieces: readonly Piece[]): Piece[] {
  const starts = Float64Array.from(pieces, ({key}) => key?.readUIntBE(0, 6) ?? 0);
  return [...pieces.keys()].sort((a, b) => starts[a]! - starts[b]!).map(place => pieces[place]!);
}

/** Entries whose index cannot be read, for a person to look at. */
async function keepDamagedEntries(folder: string, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  await makeFolder(join(folder, 'damaged'));
  for (const path of paths) {
    const [slot, of] = path.split(sep).reverse();
    await linkNew(path, join(folder, 'damaged', `results-${of}-${slot}`));
  }
}

/** Best effort: what is left is removed by the next who packs. */
async function clearAway(
  folder: string,
  number: number,
  covers: number,
  known: readonly string[],
  wanted: readonly string[],
): Promise<void> {
  const log = join(folder, 'results');
  const data = join(folder, 'data');
  try {
    const names = (await namesIn(log)) ?? [];
    for (const old of foldersOf(names)) {
      if (old > covers) continue;
      const path = join(log, String(old));
      for (const name of (await namesIn(path)) ?? []) await removeFile(join(path, name));
      await rmdir(path);
    }
    // The one before stays: whoever lists the folder just now may otherwise see neither.
    for (const old of packsOf(names)) if (old < number - 1) await removeFile(join(log, packName(old)));
    const keep = new Set(wanted);
    const removable = new Set(known);
    for (const name of (await namesIn(data)) ?? []) {
      // What a packer that died has left is known by its number: nobody else will use that any more.
      const isSettled = removable.has(name) || Number.parseInt(name, 10) <= number;
      if (isSettled && !keep.has(name)) await removeFile(join(data, name));
    }
  } catch {
    // Others use the store; a file of it may be open.
  }
}
