// Many small results as one value of the database: thousands of keys, each put at a random place, would cost several
// times as much as all the rest of saving. Knows the layout; knows neither the database nor what a record says.
//
// little-endian  0 'jugb'  4 u32 results  8 rows; records
// Row: 32 bytes of hash; u32 where its record ends, counted from the end of the rows; u32 seal, a digest of the hash XOR
// the checksum that stands at 4 of a record (record.ts). So a damaged row loses one result, or two, and is noticed, and no
// record is taken for that of another task where the disk has lost a page, and the one that was there before is still in
// its place.

import {misplaced} from '../../values/record.js';
import type {TaskHash} from '../../values/task-hash.js';
import {HASH_BYTES, hashAt, writeHash} from '../hash-bytes.js';

const MAGIC = 0x6267756a;
const HEAD_BYTES = 8;
/** Bytes. */
export const ROW = HASH_BYTES + 8;
const CHECKSUM = 4;
/** Bytes; shorter ones are no records, and have no place here. */
export const LEAST_RECORD = 8;
/** Of one that cannot be found: told as a damaged record by whoever reads it. */
const UNSOUND = Buffer.alloc(LEAST_RECORD);

export type Entry = readonly [hash: TaskHash, record: Uint8Array];

export class Bundle {
  readonly #bytes: Buffer;
  /** Where the records begin. */
  readonly #records: number;
  readonly count: number;

  private constructor(bytes: Buffer, count: number) {
    this.#bytes = bytes;
    this.count = count;
    this.#records = HEAD_BYTES + count * ROW;
  }

  /** A view on `bytes`; `undefined`: they are no bundle. */
  static open(bytes: Buffer): Bundle | undefined {
    if (bytes.length < HEAD_BYTES || bytes.readUInt32LE(0) !== MAGIC) return undefined;
    const count = bytes.readUInt32LE(4);
    return bytes.length < HEAD_BYTES + count * ROW ? undefined : new Bundle(bytes, count);
  }

  get bytes(): number {
    return this.#bytes.length;
  }

  /** The first 32 bits of a hash. */
  beginning(place: number): number {
    return this.#bytes.readInt32BE(HEAD_BYTES + place * ROW);
  }

  hash(place: number): TaskHash {
    return hashAt(this.#bytes, HEAD_BYTES + place * ROW);
  }

  /** `hash`: 32 bytes. */
  isAt(place: number, hash: Buffer): boolean {
    const start = HEAD_BYTES + place * ROW;
    // Two of the same beginning differ in the next bytes; a call out of JavaScript costs more than all of them.
    for (let byte = 0; byte < HASH_BYTES; byte++) if (this.#bytes[start + byte] !== hash[byte]) return false;
    return true;
  }

  /** A view; if it is surely not the record that was saved under its hash, a copy that is told as damaged. */
  record(place: number): Uint8Array {
    return this.#isSound(place) ? this.asItStands(place) : this.#unsound(place);
  }

  /** The same in memory of its own. */
  copy(place: number): Uint8Array {
    if (!this.#isSound(place)) return this.#unsound(place);
    const start = this.#start(place);
    const end = this.#end(place);
    // In node's pool: an ArrayBuffer for each of a hundred thousand costs more than reading them.
    const copy = Buffer.allocUnsafe(end - start);
    this.#bytes.copy(copy, 0, start, end);
    return copy;
  }

  /** A view on the record, whosever it is. */
  asItStands(place: number): Buffer {
    const start = this.#start(place);
    const end = this.#end(place);
    return this.#hasRoom(start, end) ? this.#bytes.subarray(start, end) : UNSOUND;
  }

  #unsound(place: number): Uint8Array {
    const found = this.asItStands(place);
    return found === UNSOUND ? Buffer.from(UNSOUND) : misplaced(found);
  }

  #hasRoom(start: number, end: number): boolean {
    return end - start >= LEAST_RECORD && end <= this.#bytes.length;
  }

  #isSound(place: number): boolean {
    const start = this.#start(place);
    if (!this.#hasRoom(start, this.#end(place))) return false;
    const at = HEAD_BYTES + place * ROW;
    return this.#bytes.readUInt32LE(at + HASH_BYTES + 4) === sealOf(this.#bytes, at, start);
  }

  #start(place: number): number {
    return place === 0 ? this.#records : this.#end(place - 1);
  }

  #end(place: number): number {
    return this.#records + this.#bytes.readUInt32LE(HEAD_BYTES + place * ROW + HASH_BYTES);
  }
}

/** Records of LEAST_RECORD bytes or more. */
export function encodeBundle(entries: readonly Entry[]): Buffer {
  let size = HEAD_BYTES + entries.length * ROW;
  for (const [, record] of entries) size += record.length;
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(entries.length, 4);
  const records = HEAD_BYTES + entries.length * ROW;
  let at = HEAD_BYTES;
  let end = 0;
  for (const [hash, record] of entries) {
    const start = end;
    end += record.length;
    bytes.set(record, records + start);
    writeHash(bytes, hash, at);
    bytes.writeUInt32LE(end, at + HASH_BYTES);
    bytes.writeUInt32LE(sealOf(bytes, at, records + start), at + HASH_BYTES + 4);
    at += ROW;
  }
  return bytes;
}

/** `at`: of the row. */
function sealOf(bytes: Buffer, at: number, recordAt: number): number {
  let digest = 0;
  // Each step can be undone, so that a change of a word is a change of the digest.
  for (let word = at; word < at + HASH_BYTES; word += 4)
    digest = Math.imul(digest ^ bytes.readInt32LE(word), 0x9e3779b1);
  return (digest ^ bytes.readInt32LE(recordAt + CHECKSUM)) >>> 0;
}
