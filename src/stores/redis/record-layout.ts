// How results travel to and from a Redis server: hashes and values packed into one word each, since a word costs far
// more than its bytes. The other side of it are the scripts. Knows bytes; sends nothing.

import {HEAD_BYTES, headOfPayloadElsewhere, readHead} from '../../values/record.js';
import type {TaskHash} from '../../values/task-hash.js';
import {HASH_BYTES, hashAt, writeHash} from '../hash-bytes.js';
import {REFERENCE_BYTES, REFERENCE_NAME, REFERENCE_SIZE} from './write-scripts.js';

/** Hashes in one script: some milliseconds, in which the server does nothing else. */
const MANY = 1000;
/** Bytes of values in one script. */
const MUCH = 2 ** 20;

export type Values = readonly (readonly [TaskHash, Uint8Array])[];

export interface Reference {
  /** Of the key that holds the pieces. */
  readonly name: string;
  /** Of the whole record, in bytes. */
  readonly size: number;
  readonly head: Uint8Array;
}

/** The hash as the server has it. */
export function bytesOf(hash: TaskHash): Buffer {
  return Buffer.from(hash, 'hex');
}

export function packHashes(hashes: readonly TaskHash[]): Buffer {
  const packed = Buffer.allocUnsafe(hashes.length * HASH_BYTES);
  let at = 0;
  for (const hash of hashes) at = writeHash(packed, hash, at);
  return packed;
}

export function unpackHashes(packed: Buffer): TaskHash[] {
  const hashes: TaskHash[] = [];
  for (let at = 0; at < packed.length; at += HASH_BYTES) hashes.push(hashAt(packed, at));
  return hashes;
}

export function packValues(values: Values): Buffer {
  let bytes = 0;
  for (const [, value] of values) bytes += HASH_BYTES + 4 + value.length;
  const packed = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const [hash, value] of values) {
    at = writeHash(packed, hash, at);
    at = packed.writeUInt32LE(value.length, at);
    packed.set(value, at);
    at += value.length;
  }
  return packed;
}

/** In pieces, none of which keeps the server long. */
export function piecesOf<T>(items: readonly T[], sizeOf: (item: T) => number = () => 0): T[][] {
  const pieces: T[][] = [];
  let piece: T[] = [];
  let size = 0;
  for (const item of items) {
    if (piece.length === MANY || (size > 0 && size + sizeOf(item) > MUCH)) {
      pieces.push(piece);
      piece = [];
      size = 0;
    }
    piece.push(item);
    size += sizeOf(item);
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces;
}

export function shardOf(hash: TaskHash): string {
  return hash.slice(0, 3);
}

export function writeReference(record: Uint8Array, name: string): Buffer {
  const size = record.length.toString(36).padStart(REFERENCE_BYTES - REFERENCE_SIZE, '0');
  return Buffer.concat([headOfPayloadElsewhere(record), Buffer.from(name + size, 'latin1')]);
}

/** `undefined`: it is a record itself. */
export function readReference(value: Buffer): Reference | undefined {
  if (value.length !== REFERENCE_BYTES) return undefined;
  if (!readHead(value)?.elsewhere) return undefined;
  return {
    name: value.toString('latin1', REFERENCE_NAME, REFERENCE_SIZE),
    size: Number.parseInt(value.toString('latin1', REFERENCE_SIZE, REFERENCE_BYTES), 36),
    head: value.subarray(0, HEAD_BYTES),
  };
}
