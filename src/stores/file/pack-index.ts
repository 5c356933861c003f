// The index of what `jug pack` has folded: one sorted file for all results, so that one of a million is found with one
// short read, and all of them are read at once where all are asked for. Knows the layout, and how to look things up.
//
// little-endian  0 'jugp'  4 u32 bytes of the header  8 u32 entries  12 u32 bits  16 u32 CRC-32 of header and fanout
//               20 header, JSON; fanout; entries
// Fanout: 2^bits + 1 u32, the number of the first entry whose hash begins with these bits.
// Entry: 32 bytes of hash, f64 offset, u32 length, u32 file, u32 CRC-32 of all that. One of its own for each, since a
// damaged offset might lead to a sound record of another task.

import {open} from 'node:fs/promises';
import {crc32} from 'node:zlib';
import {StoreError} from '../../errors.js';
import type {TaskHash} from '../../hash.js';
import type {Origin, OriginId} from '../../values/record.js';
import {HASH_BYTES} from '../hash-bytes.js';
import {readFully, readStart, sizeOf} from './disk.js';
import type {Location} from './table.js';

const MAGIC = 0x7067756a;
const HEAD_BYTES = 20;
const ENTRY = 52;
/** From so many asked for at once, the entries are read whole, and kept. */
const MANY = 256;
/** Where the bytes are that tell the hashes of one bucket apart: a bucket is chosen by two bytes at the most. */
const TELLING = 2;
export const ABSENT = -1;

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
}

/** What goes into an index: keys of 32 bytes one after the other, and as many locations. */
export interface Entries {
  readonly keys: Buffer;
  readonly locations: readonly Location[];
}

export class PackIndex {
  readonly #path: string;
  readonly #bits: number;
  readonly #fanout: Buffer;
  readonly #start: number;
  #all: Buffer | undefined;

  constructor(
    readonly header: PackHeader,
    readonly count: number,
    layout: {readonly path: string; readonly bits: number; readonly fanout: Buffer; readonly start: number},
  ) {
    this.#path = layout.path;
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
    const buckets: Buffer[] = [];
    let bytes = 0;
    const file = await open(this.#path, 'r');
    try {
      for (const [i, hash] of hashes.entries()) {
        key.write(hash, 'hex');
        const [from, to] = this.#range(key);
        const bucket = Buffer.alloc((to - from) * ENTRY);
        await readFully(file, bucket, this.#start + from * ENTRY);
        const found = search(bucket, 0, to - from, key);
        if (found !== ABSENT) at[i] = bytes + found;
        buckets.push(bucket);
        bytes += bucket.length;
      }
    } finally {
      await file.close();
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
    const file = await open(this.#path, 'r');
    try {
      const all = Buffer.alloc(this.count * ENTRY);
      await readFully(file, all, this.#start);
      this.#all = all;
    } finally {
      await file.close();
    }
  }

  #range(bytes: Buffer): [from: number, to: number] {
    const bucket = bucketOf(bytes, 0, this.#bits);
    return [this.#fanout.readUInt32LE(bucket * 4), this.#fanout.readUInt32LE(bucket * 4 + 4)];
  }
}

/** Where the entry of `key` begins. By its bytes after those that choose the bucket first: they tell nearly all apart. */
function search(entries: Buffer, from: number, to: number, key: Buffer): number {
  let low = from;
  let high = to;
  const wanted = key.readUInt32BE(TELLING);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = middle * ENTRY;
    const found = entries.readUInt32BE(at + TELLING);
    const isSame = found === wanted && entries.readUInt16BE(at) === key.readUInt16BE(0);
    const order = isSame
      ? entries.compare(key, 0, HASH_BYTES, at, at + HASH_BYTES)
      : entries.readUInt16BE(at) - key.readUInt16BE(0) || found - wanted;
    if (order === 0) return at;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return ABSENT;
}

/** `undefined`: the entry is damaged. */
export function locationAt(entries: Buffer, at: number): Location | undefined {
  if (crc32(entries.subarray(at, at + ENTRY - 4)) !== entries.readUInt32LE(at + ENTRY - 4)) return undefined;
  return {
    offset: entries.readDoubleLE(at + HASH_BYTES),
    length: entries.readUInt32LE(at + HASH_BYTES + 8),
    file: entries.readUInt32LE(at + HASH_BYTES + 12),
  };
}

function bucketOf(bytes: Buffer, at: number, bits: number): number {
  return bits === 0 ? 0 : bytes.readUInt16BE(at) >>> (16 - bits);
}

export function encodeIndex(header: PackHeader, {keys, locations}: Entries): Uint8Array[] {
  const count = locations.length;
  // Some sixteen entries a bucket.
  const bits = Math.max(0, Math.min(16, Math.ceil(Math.log2(Math.max(1, count / 16)))));
  const order = sortedOrder(keys, count, bits);
  const text = Buffer.from(JSON.stringify(header));
  const fanout = Buffer.alloc((2 ** bits + 1) * 4);
  const entries = Buffer.alloc(count * ENTRY);
  let bucket = 0;
  for (const [place, i] of order.entries()) {
    for (const own = bucketOf(keys, i * HASH_BYTES, bits); bucket < own; )
      fanout.writeUInt32LE(place, ++bucket * 4);
    const at = place * ENTRY;
    const {offset, length, file} = locations[i]!;
    keys.copy(entries, at, i * HASH_BYTES, (i + 1) * HASH_BYTES);
    entries.writeDoubleLE(offset, at + HASH_BYTES);
    entries.writeUInt32LE(length, at + HASH_BYTES + 8);
    entries.writeUInt32LE(file, at + HASH_BYTES + 12);
    entries.writeUInt32LE(crc32(entries.subarray(at, at + ENTRY - 4)), at + ENTRY - 4);
  }
  while (bucket < 2 ** bits) fanout.writeUInt32LE(count, ++bucket * 4);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(MAGIC, 0);
  head.writeUInt32LE(text.length, 4);
  head.writeUInt32LE(count, 8);
  head.writeUInt32LE(bits, 12);
  head.writeUInt32LE(crc32(fanout, crc32(text)), 16);
  return [head, text, fanout, entries];
}

/** The numbers of the keys, sorted: first into buckets, within which there is little left to compare. */
function sortedOrder(keys: Buffer, count: number, bits: number): Uint32Array {
  const starts = new Uint32Array(2 ** bits + 1);
  for (let i = 0; i < count; i++) starts[bucketOf(keys, i * HASH_BYTES, bits) + 1]!++;
  for (let bucket = 0; bucket < 2 ** bits; bucket++) starts[bucket + 1]! += starts[bucket]!;
  const next = starts.slice();
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[next[bucketOf(keys, i * HASH_BYTES, bits)]!++] = i;
  const compare = (a: number, b: number): number =>
    keys.compare(keys, b * HASH_BYTES, (b + 1) * HASH_BYTES, a * HASH_BYTES, (a + 1) * HASH_BYTES);
  for (let bucket = 0; bucket < 2 ** bits; bucket++)
    order.subarray(starts[bucket], starts[bucket + 1]).sort(compare);
  return order;
}

/** Errors: StoreError, if it is damaged; those of a file that is gone. */
export async function openIndex(path: string): Promise<PackIndex> {
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
  return new PackIndex(header, count, {path, bits, fanout: rest.subarray(headerBytes), start});
}

function damaged(path: string, what: string): StoreError {
  return new StoreError(
    `The index of packed results ${path} is damaged: it ${what}. Restore it from a copy, or remove the whole store to compute everything again`,
    true,
  );
}
