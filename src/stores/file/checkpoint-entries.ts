// The entries of an index of packed results (checkpoint.ts): sorted by hash, in buckets, each with a checksum of its own.
// Knows how they are laid out, looked up and mended; knows no files.
//
// Entry, little-endian: 32 bytes of hash, f64 offset, u32 length, u32 file, u32 CRC-32 of all that.

import {crc32} from 'node:zlib';
import {HASH_BYTES} from '../hash-bytes.js';
import type {Location} from './locations.js';

/** Bytes of one. */
export const ENTRY = 52;
/** Where the bytes are that tell the hashes of one bucket apart: a bucket is chosen by two bytes at the most. */
const TELLING = 2;
export const ABSENT = -1;

/** What goes into an index: keys of 32 bytes one after the other, and as many locations. */
export interface Entries {
  readonly keys: Buffer;
  readonly locations: readonly Location[];
}

/** Where the entry of `key` begins. By its bytes after those that choose the bucket first: they tell nearly all apart. */
export function search(entries: Buffer, from: number, to: number, key: Buffer): number {
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

/** Whether none is damaged. */
export function areSound(entries: Buffer): boolean {
  for (let at = 0; at < entries.length; at += ENTRY) if (locationAt(entries, at) === undefined) return false;
  return true;
}

/** Takes from `other`, a copy, what is damaged. */
export function mend(entries: Buffer, other: Buffer): void {
  for (let at = 0; at < entries.length; at += ENTRY) {
    if (locationAt(entries, at) === undefined && locationAt(other, at) !== undefined)
      other.copy(entries, at, at, at + ENTRY);
  }
}

export function bucketOf(bytes: Buffer, at: number, bits: number): number {
  return bits === 0 ? 0 : bytes.readUInt16BE(at) >>> (16 - bits);
}

export function encodeEntries({keys, locations}: Entries): {
  readonly bits: number;
  readonly fanout: Buffer;
  readonly entries: Buffer;
} {
  const count = locations.length;
  // Some sixteen entries a bucket.
  const bits = Math.max(0, Math.min(16, Math.ceil(Math.log2(Math.max(1, count / 16)))));
  const order = sortedOrder(keys, count, bits);
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
  return {bits, fanout, entries};
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
