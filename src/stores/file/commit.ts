// One entry of the log of results as bytes: what one `save` or one removal changed, with the records themselves behind.
// Knows the layout; knows neither files nor what the changes mean.
//
// little-endian  0 'jugs'  4 u32 bytes of the header  8 u32 bytes of the index  12 u32 CRC-32 of both
//               16 header, JSON; index; data
// Index: results, then failures, each 32 bytes of hash and u32 length; then removed hashes, then those whose failure was
// removed, of 32 bytes. Data: the records of the results and the failures in the same order.

import {crc32} from 'node:zlib';
import type {Origin, OriginId} from '../../values/record.js';
import type {TaskHash} from '../../values/task-hash.js';
import {HASH_BYTES, writeHash} from '../hash-bytes.js';

const MAGIC = 0x7367756a;
const HEAD_BYTES = 16;
const ROW = HASH_BYTES + 4;

/** What is changed, in this order: removals come before what is saved. */
export interface Change {
  readonly results: readonly (readonly [TaskHash, Uint8Array])[];
  readonly failures: readonly (readonly [TaskHash, Uint8Array])[];
  readonly origins: readonly (readonly [OriginId, Origin])[];
  readonly removed: readonly TaskHash[];
  readonly removedFailures: readonly TaskHash[];
  /** No entry follows in the same folder. */
  readonly seals: boolean;
}

export const NO_CHANGE: Change = {
  results: [],
  failures: [],
  origins: [],
  removed: [],
  removedFailures: [],
  seals: false,
};

interface Header {
  readonly results: number;
  readonly failures: number;
  readonly removed: number;
  readonly removedFailures: number;
  readonly origins: Change['origins'];
  readonly seals: boolean;
}

/** What is read of an entry: all but its data. */
export interface Segment extends Header {
  readonly index: Buffer;
  /** Where in the file the data begins. */
  readonly dataStart: number;
}

export function encodeSegment(change: Change): Uint8Array[] {
  const {results, failures, origins, removed, removedFailures, seals} = change;
  const header: Header = {
    results: results.length,
    failures: failures.length,
    removed: removed.length,
    removedFailures: removedFailures.length,
    origins,
    seals,
  };
  const text = Buffer.from(JSON.stringify(header));
  const indexBytes =
    (results.length + failures.length) * ROW + (removed.length + removedFailures.length) * HASH_BYTES;
  const start = Buffer.alloc(HEAD_BYTES + text.length + indexBytes);
  text.copy(start, HEAD_BYTES);
  let at = HEAD_BYTES + text.length;
  for (const [hash, bytes] of [...results, ...failures]) {
    at = start.writeUInt32LE(bytes.length, writeHash(start, hash, at));
  }
  for (const hash of [...removed, ...removedFailures]) at = writeHash(start, hash, at);
  start.writeUInt32LE(MAGIC, 0);
  start.writeUInt32LE(text.length, 4);
  start.writeUInt32LE(indexBytes, 8);
  start.writeUInt32LE(crc32(start.subarray(HEAD_BYTES)), 12);
  return [start, ...results.map(([, record]) => record), ...failures.map(([, failure]) => failure)];
}

/** How many bytes of the file `decodeSegment` needs; `undefined`: these are not the first of a segment. */
export function bytesNeeded(start: Buffer): number | undefined {
  if (start.length < HEAD_BYTES || start.readUInt32LE(0) !== MAGIC) return undefined;
  return HEAD_BYTES + start.readUInt32LE(4) + start.readUInt32LE(8);
}

/** `undefined`: it is damaged. */
export function decodeSegment(bytes: Buffer): Segment | undefined {
  const needed = bytesNeeded(bytes);
  if (needed === undefined || bytes.length < needed) return undefined;
  const covered = bytes.subarray(HEAD_BYTES, needed);
  if (crc32(covered) !== bytes.readUInt32LE(12)) return undefined;
  const headerBytes = bytes.readUInt32LE(4);
  const header = JSON.parse(covered.toString('utf8', 0, headerBytes)) as Header;
  return {...header, index: covered.subarray(headerBytes), dataStart: needed};
}

/** What is done with each part of an index; hashes are given as the place where they begin in it. */
export interface Visitor {
  removed(at: number): void;
  removedFailure(at: number): void;
  result(at: number, offset: number, length: number): void;
  failure(at: number, offset: number, length: number): void;
}

export function visit(segment: Segment, visitor: Visitor): void {
  const {index, dataStart, results, failures, removed, removedFailures} = segment;
  let at = (results + failures) * ROW;
  for (let i = 0; i < removed; i++, at += HASH_BYTES) visitor.removed(at);
  for (let i = 0; i < removedFailures; i++, at += HASH_BYTES) visitor.removedFailure(at);
  let offset = dataStart;
  for (let i = 0; i < results + failures; i++) {
    const length = index.readUInt32LE(i * ROW + HASH_BYTES);
    if (i < results) visitor.result(i * ROW, offset, length);
    else visitor.failure(i * ROW, offset, length);
    offset += length;
  }
}
