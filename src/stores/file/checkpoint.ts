// The index of what `jug pack` has folded: one sorted file for all results, so that one of a million is found with one
// short read, and all of them are read at once where all are asked for. Knows the layout, and how to look things up.
//
// little-endian  0 'jugp'  4 u32 bytes of the header  8 u32 entries  12 u32 bits  16 u32 CRC-32 of header and fanout
//               20 header, JSON; fanout; entries
// Fanout: 2^bits + 1 u32, the number of the first entry whose hash begins with these bits.
// Entries: checkpoint-entries.ts. Each has a checksum of its own, since a damaged offset might lead to a sound record of another
// task.
//
// There are two copies, the same byte for byte. Where one is damaged the other is read, entry by entry if need be.

import {open} from 'node:fs/promises';
import {crc32} from 'node:zlib';
import {StoreError} from '../../core/errors.js';
import type {Origin, OriginId} from '../../values/record.js';
import type {TaskHash} from '../../values/task-hash.js';
import {HASH_BYTES} from '../hash-bytes.js';
import {
  ABSENT,
  areSound,
  bucketOf,
  ENTRY,
  type Entries,
  encodeEntries,
  locationAt,
  mend,
  search,
} from './checkpoint-entries.js';
import {isGone, readFully, readStart, sizeOf} from './disk.js';
import type {Location} from './locations.js';

const MAGIC = 0x7067756a;
const HEAD_BYTES = 20;
/** From so many asked for at once, the entries are read whole, and kept. */
const MANY = 256;

/** For each hash that was asked for, where its entry begins, or ABSENT. */
export interface Matches {
  readonly entries: Buffer;
  readonly at: Int32Array;
}

export interface PackHeader {
  /** Folders of the log up to this one are folded into it. */
  readonly covers: number;
  /** In the store's folder for data; their place in this list is their number. */
  readonly files: readonly string[];
  readonly origins: readonly (readonly [OriginId, Origin])[];
  readonly failures: readonly (readonly [TaskHash, Location])[];
  /** Bytes of all results. */
  readonly bytes: number;
  /** CRC-32 of all entries. Packs from before there were copies have none. */
  readonly entries?: number;
}

type Span = readonly [from: number, to: number];
/** `mended`: the other copy has what one lacks. `lost`: none has. */
type Damage = 'mended' | 'lost';

export class PackIndex {
  /** Of the copies; the first is the one to read. */
  readonly #paths: readonly string[];
  /** What a file begins with that is a copy of this index. */
  readonly #head: Buffer;
  readonly #bits: number;
  readonly #fanout: Buffer;
  readonly #start: number;
  #all: Buffer | undefined;
  #damage: Damage | undefined;

  constructor(
    readonly header: PackHeader,
    readonly count: number,
    layout: {
      readonly paths: readonly string[];
      readonly head: Buffer;
      readonly bits: number;
      readonly fanout: Buffer;
      readonly start: number;
    },
    damage?: Damage,
  ) {
    this.#damage = damage;
    this.#paths = layout.paths;
    this.#head = layout.head;
    this.#bits = layout.bits;
    this.#fanout = layout.fanout;
    this.#start = layout.start;
  }

  /** Errors: those of a file that is gone, if somebody has packed since. */
  async find(hashes: readonly TaskHash[]): Promise<Matches> {
    if (this.#all === undefined && hashes.length >= MANY) await this.readAll();
    const at = new Int32Array(hashes.length).fill(ABSENT);
    const key = Buffer.alloc(HASH_BYTES);
    if (this.#all !== undefined) {
      for (const [i, hash] of hashes.entries()) {
        key.write(hash, 'hex');
        at[i] = search(this.#all, ...this.#range(key), key);
      }
      return {entries: this.#all, at};
    }
    const spans = hashes.map(hash => {
      key.write(hash, 'hex');
      return this.#range(key);
    });
    const buckets = await this.#read(spans, bucket => areSound(bucket));
    let bytes = 0;
    for (const [i, hash] of hashes.entries()) {
      const bucket = buckets[i]!;
      key.write(hash, 'hex');
      const found = search(bucket, 0, bucket.length / ENTRY, key);
      if (found !== ABSENT) at[i] = bytes + found;
      bytes += bucket.length;
    }
    return {entries: Buffer.concat(buckets), at};
  }

  /** All entries, damaged ones left out. The key is valid for one step. */
  async entries(): Promise<Iterable<{readonly key: Buffer; readonly location: Location}>> {
    await this.readAll();
    return this.#entries();
  }

  *#entries(): Generator<{readonly key: Buffer; readonly location: Location}> {
    for (let i = 0; i < this.count; i++) {
      const at = i * ENTRY;
      const location = locationAt(this.#all!, at);
      if (location !== undefined) yield {key: this.#all!.subarray(at, at + HASH_BYTES), location};
    }
  }

  async readAll(): Promise<void> {
    if (this.#all !== undefined) return;
    const {entries} = this.header;
    [this.#all] = await this.#read([[0, this.count]], all => entries === undefined || crc32(all) === entries);
  }

  /** What is known to be damaged by now: all that is, once everything was read. */
  get damage(): Damage | undefined {
    return this.#damage;
  }

  /** Whether both copies are there and whole. */
  async isWhole(): Promise<boolean> {
    for (const path of this.#paths) {
      const copy = await openOne([path]).catch(() => undefined);
      await copy?.readAll();
      if (copy === undefined || copy.damage !== undefined || !copy.#head.equals(this.#head)) return false;
    }
    return true;
  }

  /** The entries of each span; damaged ones as another copy has them, if it does. */
  async #read(spans: readonly Span[], isSound: (entries: Buffer) => boolean): Promise<Buffer[]> {
    let best: Buffer[] | undefined;
    let gone: unknown;
    for (const path of this.#paths) {
      try {
        const found = await this.#readCopy(path, spans);
        if (best === undefined) best = found;
        else for (const [i, entries] of found?.entries() ?? []) mend(best[i]!, entries);
      } catch (error) {
        if (!isGone(error)) throw error;
        gone ??= error;
      }
      if (best?.every(isSound)) return best;
      if (best !== undefined) this.#damage ??= 'mended';
    }
    if (best === undefined) throw gone;
    this.#damage = 'lost';
    return best;
  }

  /** `undefined`: the file is no copy of this index. */
  async #readCopy(path: string, spans: readonly Span[]): Promise<Buffer[] | undefined> {
    const file = await open(path, 'r');
    try {
      if (path !== this.#paths[0]) {
        const head = Buffer.alloc(HEAD_BYTES);
        await readFully(file, head, 0);
        if (!head.equals(this.#head)) return undefined;
      }
      const found: Buffer[] = [];
      for (const [from, to] of spans) {
        const entries = Buffer.alloc((to - from) * ENTRY);
        await readFully(file, entries, this.#start + from * ENTRY);
        found.push(entries);
      }
      return found;
    } finally {
      await file.close();
    }
  }

  #range(bytes: Buffer): [from: number, to: number] {
    const bucket = bucketOf(bytes, 0, this.#bits);
    return [this.#fanout.readUInt32LE(bucket * 4), this.#fanout.readUInt32LE(bucket * 4 + 4)];
  }
}

export function encodeIndex(header: Omit<PackHeader, 'entries'>, what: Entries): Uint8Array[] {
  const {bits, fanout, entries} = encodeEntries(what);
  const text = Buffer.from(JSON.stringify({...header, entries: crc32(entries)} satisfies PackHeader));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(MAGIC, 0);
  head.writeUInt32LE(text.length, 4);
  head.writeUInt32LE(entries.length / ENTRY, 8);
  head.writeUInt32LE(bits, 12);
  head.writeUInt32LE(crc32(fanout, crc32(text)), 16);
  return [head, text, fanout, entries];
}

/** Errors: StoreError, if both copies are damaged; those of a file that is gone. */
export async function openIndex(path: string, copy: string): Promise<PackIndex> {
  try {
    return await openOne([path, copy]);
  } catch (error) {
    if (!(error instanceof StoreError) && !isGone(error)) throw error;
    const index = await openOne([copy, path], 'mended').catch(() => undefined);
    if (index === undefined) throw error;
    return index;
  }
}

/** The first of `paths`. */
async function openOne(paths: readonly string[], damage?: Damage): Promise<PackIndex> {
  const path = paths[0]!;
  const head = await readStart(path, HEAD_BYTES);
  if (head.length < HEAD_BYTES || head.readUInt32LE(0) !== MAGIC) throw damaged(path, 'is not an index');
  const headerBytes = head.readUInt32LE(4);
  const count = head.readUInt32LE(8);
  const bits = head.readUInt32LE(12);
  const start = HEAD_BYTES + headerBytes + (2 ** bits + 1) * 4;
  const expected = start + count * ENTRY;
  const size = await sizeOf(path);
  if (bits > 16 || size !== expected) throw damaged(path, `has ${size} bytes and should have ${expected}`);
  const rest = (await readStart(path, start)).subarray(HEAD_BYTES);
  if (crc32(rest) !== head.readUInt32LE(16)) throw damaged(path, 'has a wrong checksum');
  const header = JSON.parse(rest.toString('utf8', 0, headerBytes)) as PackHeader;
  const layout = {paths, head, bits, fanout: rest.subarray(headerBytes), start};
  return new PackIndex(header, count, layout, damage);
}

function damaged(path: string, what: string): StoreError {
  return unusable(`${path} is damaged: it ${what}`);
}

/** `index`: which one, and what is the matter with it. */
export function unusable(index: string): StoreError {
  const advice = 'Restore it from a copy, or remove the whole store to compute everything again';
  return new StoreError(`The index of packed results ${index}. ${advice}`, true);
}
