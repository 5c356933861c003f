// What is in a file store, as the log of results and the last pack tell it: for each hash, in which file it is and where.
// Moved along by the log (log.ts) entry by entry; looks things up, and changes nothing on the disk.

import {join} from 'node:path';
import {StoreError} from '../../core/errors.js';
import type {Origin, OriginId} from '../../values/record.js';
import type {TaskHash} from '../../values/task-hash.js';
import {hashAt} from '../hash-bytes.js';
import {openIndex, type PackIndex, unusable} from './checkpoint.js';
import {ABSENT, locationAt} from './checkpoint-entries.js';
import {bytesNeeded, decodeSegment, type Segment, visit} from './commit.js';
import {isGone, namesIn, readStart} from './disk.js';
import {HashTable, type Location} from './locations.js';
import type {Follower} from './log.js';
import type {Place} from './log-position.js';
import type {Range} from './read-ranges.js';

/** Bytes that are read of an entry before it is known how long its index is. */
const FIRST_READ = 2 ** 16;
const NOWHERE: Location = {file: 0, offset: 0, length: 0};

export interface Layout {
  /** The store's folder. */
  readonly folder: string;
  /** A name in the folder of each log by which the store is told from another one at the same path. */
  readonly identity: string;
}

export class FileContents implements Follower {
  /** One listing of a folder tells what is new, and must stay short. */
  readonly slots = 512;
  readonly durable = true;
  readonly #folder: string;
  #table = new HashTable();
  /** Entries of the log; their place here is the number of the file in the table. */
  #files: string[] = [];
  #places: Place[] = [];
  #failures = new Map<TaskHash, Range>();
  #origins = new Map<OriginId, Origin>();
  #damaged: string[] = [];
  #pack: PackIndex | undefined;
  #packNumber = 0;
  #bytes = 0;
  #changes = 0;

  constructor({folder}: Layout) {
    this.#folder = folder;
  }

  /** Of what is not packed, and the marks of what was removed since. */
  get table(): HashTable {
    return this.#table;
  }

  /** Paths of the entries that are not packed. */
  get files(): readonly string[] {
    return this.#files;
  }

  get failures(): ReadonlyMap<TaskHash, Range> {
    return this.#failures;
  }

  get origins(): ReadonlyMap<OriginId, Origin> {
    return this.#origins;
  }

  /** Entries that could not be read. */
  get damaged(): readonly string[] {
    return this.#damaged;
  }

  get pack(): PackIndex | undefined {
    return this.#pack;
  }

  /** 0: nothing was ever packed. */
  get packNumber(): number {
    return this.#packNumber;
  }

  get bytes(): number {
    return this.#bytes + (this.#pack?.header.bytes ?? 0);
  }

  /** Counts up with every entry that this process has seen. */
  get changes(): number {
    return this.#changes;
  }

  /** Errors, of this and the next: those of a file that is gone, if somebody has packed meanwhile. */
  async has(hashes: readonly TaskHash[]): Promise<boolean[]> {
    const {table, pack} = this;
    const known = table.isEmpty ? undefined : hashes.map(hash => table.get(hash));
    const packed = await pack?.find(hashes);
    return hashes.map((_, place) => {
      const location = known?.[place];
      return location === undefined
        ? packed !== undefined && packed.at[place] !== ABSENT
        : location !== 'removed';
    });
  }

  async locate(hashes: readonly TaskHash[]): Promise<(Range | undefined)[]> {
    const found: (Range | undefined)[] = [];
    const open: number[] = [];
    for (const hash of hashes) {
      const location = this.#table.get(hash);
      if (location === undefined && this.#pack !== undefined) open.push(found.length);
      found.push(typeof location === 'object' ? this.rangeOf(location) : undefined);
    }
    if (open.length === 0) return found;
    const pack = this.#pack!;
    const {entries, at} = await pack.find(open.map(place => hashes[place]!));
    for (const [i, place] of open.entries()) {
      if (at[i] === ABSENT) continue;
      // An entry that is damaged leads nowhere: what is read there is no record, which is told as any damage is.
      found[place] = this.packedRangeOf(pack, locationAt(entries, at[i]!) ?? NOWHERE);
    }
    return found;
  }

  rangeOf({file, offset, length}: Location): Range {
    return {path: this.#files[file]!, offset, length};
  }

  packedRangeOf(pack: PackIndex, {file, offset, length}: Location): Range {
    return {path: join(this.#folder, 'data', pack.header.files[file] ?? ''), offset, length};
  }

  /** Of the entry that a result is in, if it is not packed. */
  placeOf({path}: Range): Place | undefined {
    return this.#places[this.#files.lastIndexOf(path)];
  }

  async restart(names: readonly string[]): Promise<number> {
    this.#table = new HashTable();
    this.#files = [];
    this.#places = [];
    this.#failures = new Map();
    this.#origins = new Map();
    this.#damaged = [];
    this.#bytes = 0;
    this.#changes++;
    await this.base(names);
    await this.#findLost();
    const pack = this.#pack;
    for (const [id, origin] of pack?.header.origins ?? []) this.#origins.set(id, origin);
    for (const [hash, location] of pack?.header.failures ?? []) {
      this.#failures.set(hash, this.packedRangeOf(pack!, location));
    }
    return this.#base;
  }

  /** What follows the pack. */
  async base(names: readonly string[]): Promise<number> {
    const number = Math.max(0, ...packsOf(names));
    // Never back to an older one: a listing that was taken while somebody packed may lack the newest.
    if (number > this.#packNumber) await this.#open(number);
    return this.#base;
  }

  get #base(): number {
    return this.#pack === undefined ? 0 : this.#pack.header.covers + 1;
  }

  async #open(number: number): Promise<void> {
    const copy = join(this.#folder, 'data', copyName(number));
    try {
      this.#pack = await openIndex(join(this.#folder, 'results', packName(number)), copy);
      this.#packNumber = number;
    } catch (error) {
      // Who has packed since has taken away the copy.
      const newest = Math.max(0, ...packsOf(await this.#names()));
      if (!(error instanceof StoreError) || newest <= number) throw error;
      await this.#open(newest);
    }
  }

  async #names(): Promise<string[]> {
    return (await namesIn(join(this.#folder, 'results'))) ?? [];
  }

  /** Takes the copy of an index that is not there any more. Errors: what is packed is there, and no index of it. */
  async #findLost(): Promise<void> {
    const data = (await namesIn(join(this.#folder, 'data'))) ?? [];
    const newest = Math.max(0, ...data.map(numberOf));
    if (newest <= this.#packNumber) return;
    await this.base(await this.#names());
    const copied = Math.max(0, ...data.filter(name => name === copyName(numberOf(name))).map(numberOf));
    if (copied > this.#packNumber) {
      await this.#open(copied).catch(error => {
        if (!isGone(error) && !(error instanceof StoreError)) throw error;
      });
    }
    // A packer that is at work, or died, leaves the same; but what it packs is in the log until its index is there.
    const names = await this.#names();
    const base = await this.base(names);
    if (newest <= this.#packNumber || names.includes(String(base))) return;
    throw unusable(`in ${join(this.#folder, 'results')} is not there, though what it leads to is in data`);
  }

  async read(path: string, place: Place): Promise<{readonly seals: boolean}> {
    let bytes = await readStart(path, FIRST_READ);
    const needed = bytesNeeded(bytes);
    if (needed !== undefined && needed > bytes.length) bytes = await readStart(path, needed);
    const segment = decodeSegment(bytes);
    if (segment === undefined) {
      this.#damaged.push(path);
      return {seals: false};
    }
    this.take(path, place, segment);
    return segment;
  }

  /** An entry, read or written. */
  take(path: string, place: Place, segment: Segment): void {
    const file = this.#files.push(path) - 1;
    this.#places.push(place);
    this.#changes++;
    const {index} = segment;
    const anyFailure = this.#failures.size > 0;
    for (const [id, origin] of segment.origins) if (!this.#origins.has(id)) this.#origins.set(id, origin);
    visit(segment, {
      removed: at => this.#table.remove(index, at),
      removedFailure: at => this.#failures.delete(hashAt(index, at)),
      result: (at, offset, length) => {
        this.#table.set(index, at, file, offset, length);
        this.#bytes += length;
        if (anyFailure) this.#failures.delete(hashAt(index, at));
      },
      failure: (at, offset, length) => this.#failures.set(hashAt(index, at), {path, offset, length}),
    });
  }
}

const PACK = /^pack-(\d+)$/;

export function packName(number: number): string {
  return `pack-${number}`;
}

/** Of the second copy of an index, in the folder for data. It comes after the first, of whose maker there is only one. */
export function copyName(number: number): string {
  return `${number}-index`;
}

/** For which pack a file in the folder for data was made. */
export function numberOf(name: string): number {
  return /^\d+-/.test(name) ? Number.parseInt(name, 10) : 0;
}

export function packsOf(names: readonly string[]): number[] {
  return names.flatMap(name => PACK.exec(name)?.slice(1) ?? []).map(Number);
}
