// One stored result as bytes: a fixed head (who, when, how long, checksums) and the payload that codec.ts made.
// Knows the layout and how to tell a damaged record from a good one; knows neither stores nor values.
//
// little-endian  0 'J'  1 format  2 codec  3 flags     4 u32 CRC-32 of bytes 8 to 47    8 u32 CRC-32 of the payload
//               12 u32 payload bytes                  16 u16 worker  18 u16 attempt    20 u32 reserved, 0
//               24 f64 started, ms since 1970         32 f64 duration, ms              40 8 bytes origin id

import {digest, crc32 as nativeChecksum} from '../core/checksums.js';

export const RECORD_FORMAT = 1;
export const HEAD_BYTES = 48;
/** The largest payload that is accepted, in bytes: 1 GiB and a little, so that a value of 1 GiB fits with its type. */
export const MAX_PAYLOAD = 2 ** 30 + 2 ** 16;
const MAGIC = 0x4a;
const ELSEWHERE = 1;
/** Instead of the 'J', on a record that a store has found under a hash that is not its own. */
const MISPLACED = 0x6a;

/** Names an Origin: 16 hex digits of the hash of its content. */
export type OriginId = string & {readonly __brand: 'OriginId'};

/** What the results of one function in one process have in common; stored once, named by each record. */
export interface Origin {
  readonly function: string;
  /** Fingerprint of the function's source, 16 hex digits. */
  readonly fingerprint: string;
  readonly host: string;
  readonly pid: number;
  readonly jugVersion: string;
  /** The path of the jugfile that was executed, with links followed. Absent: a script ran the task by itself. */
  readonly program?: string;
  /** The path of the store at that time: from it, a copy of both is known for a copy. Absent: it has none. */
  readonly jugdir?: string;
  /** Of what a program leaves of itself: the file that defines the function. */
  readonly file?: string;
}

export function originIdOf(origin: Origin): OriginId {
  return digest('sha256', JSON.stringify(origin), 'hex').slice(0, 16) as OriginId;
}

/** Of what a store has kept; `undefined`: that cannot be read any more, and all that is lost is who made some results. */
export function readOrigin(bytes: Uint8Array): Origin | undefined {
  try {
    return JSON.parse(asBuffer(bytes).toString()) as Origin;
  } catch {
    return undefined;
  }
}

export interface Head {
  readonly codec: number;
  readonly worker: number;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly started: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly origin: OriginId;
  readonly payloadBytes: number;
  readonly payloadChecksum: number;
  /** The payload is not behind this head but in a file of its own. */
  readonly elsewhere: boolean;
}

export type Damage =
  | 'truncated'
  | 'not a record'
  | 'under a wrong hash'
  | 'another format'
  | 'checksum of the head'
  | 'checksum of the payload';
export type Opened =
  | {readonly ok: true; readonly head: Head; readonly payload: Uint8Array}
  | {readonly ok: false; readonly damage: Damage};

export type HeadFields = Pick<Head, 'codec' | 'worker' | 'attempt' | 'started' | 'duration'>;

/** Writes a head at `offset` for the payload that already stands behind it. `origin` holds the 8 bytes of the id. */
export function writeHead(
  target: Uint8Array,
  offset: number,
  payloadBytes: number,
  fields: HeadFields,
  origin: Uint8Array,
): void {
  const bytes = asBuffer(target);
  bytes[offset] = MAGIC;
  bytes[offset + 1] = RECORD_FORMAT;
  bytes[offset + 2] = fields.codec;
  bytes[offset + 3] = 0;
  bytes.writeUInt32LE(checksum(bytes, offset + HEAD_BYTES, offset + HEAD_BYTES + payloadBytes), offset + 8);
  bytes.writeUInt32LE(payloadBytes, offset + 12);
  bytes.writeUInt16LE(fields.worker & 0xffff, offset + 16);
  bytes.writeUInt16LE(Math.min(fields.attempt, 0xffff), offset + 18);
  bytes.writeUInt32LE(0, offset + 20);
  bytes.writeDoubleLE(fields.started, offset + 24);
  bytes.writeDoubleLE(fields.duration, offset + 32);
  bytes.set(origin, offset + 40);
  sealHead(bytes, offset);
}

/** One whole record. */
export function recordOf(
  encoded: {readonly codec: number; readonly payload: Uint8Array},
  fields: Omit<HeadFields, 'codec'>,
  origin: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const {codec, payload} = encoded;
  const record = Buffer.allocUnsafeSlow(HEAD_BYTES + payload.length);
  record.set(payload, HEAD_BYTES);
  writeHead(record, 0, payload.length, {codec, ...fields}, origin);
  return record;
}

/** The head alone, marked as having its payload in a file of its own. */
export function headOfPayloadElsewhere(record: Uint8Array): Uint8Array {
  const head = Buffer.from(record.subarray(0, HEAD_BYTES));
  head[3] = head[3]! | ELSEWHERE;
  sealHead(head, 0);
  return head;
}

/** A copy that everybody will tell as damaged, and that has all else as it was, for a person to look at. */
export function misplaced(record: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = Buffer.from(record);
  copy[0] = MISPLACED;
  return copy;
}

/** Its first 48 bytes are enough; `undefined` if they are damaged. */
export function readHead(record: Uint8Array): Head | undefined {
  const bytes = asBuffer(record);
  if (headDamage(bytes) !== undefined) return undefined;
  return {
    codec: bytes[2]!,
    elsewhere: (bytes[3]! & ELSEWHERE) !== 0,
    payloadChecksum: bytes.readUInt32LE(8),
    payloadBytes: bytes.readUInt32LE(12),
    worker: bytes.readUInt16LE(16),
    attempt: bytes.readUInt16LE(18),
    started: bytes.readDoubleLE(24),
    duration: bytes.readDoubleLE(32),
    origin: bytes.toString('hex', 40, 48) as OriginId,
  };
}

/** Checks everything before anything is believed. */
export function damageOf(record: Uint8Array): Damage | undefined {
  const bytes = asBuffer(record);
  const damage = headDamage(bytes);
  if (damage !== undefined) return damage;
  if (record.length !== HEAD_BYTES + bytes.readUInt32LE(12)) return 'truncated';
  if (checksum(bytes, HEAD_BYTES, bytes.length) !== bytes.readUInt32LE(8)) return 'checksum of the payload';
  return undefined;
}

function headDamage(bytes: Buffer): Damage | undefined {
  if (bytes.length < HEAD_BYTES) return 'truncated';
  if (bytes[0] === MISPLACED) return 'under a wrong hash';
  if (bytes[0] !== MAGIC) return 'not a record';
  if (bytes[1] !== RECORD_FORMAT) return 'another format';
  return bytes.readUInt32LE(4) === headChecksum(bytes, 0) ? undefined : 'checksum of the head';
}

/** Of a sound record. */
export function codecOf(record: Uint8Array): number {
  return record[2]!;
}

/** Of a sound record: milliseconds that the task took. */
export function durationOf(record: Uint8Array): number {
  return record.length < HEAD_BYTES ? 0 : asBuffer(record).readDoubleLE(32);
}

/** Everything about a record, its payload as a view on it. */
export function openRecord(record: Uint8Array): Opened {
  const damage = damageOf(record);
  if (damage !== undefined) return {ok: false, damage};
  return {ok: true, head: readHead(record)!, payload: record.subarray(HEAD_BYTES)};
}

function sealHead(target: Buffer, offset: number): void {
  target.writeUInt32LE(headChecksum(target, offset), offset + 4);
}

/** Covers codec and flags too: a flipped codec byte would decode a sound payload to another value. */
function headChecksum(bytes: Buffer, offset: number): number {
  return checksum(bytes, offset + 8, offset + HEAD_BYTES, (bytes[offset + 2]! << 8) | bytes[offset + 3]!);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Up to so many bytes, a table is faster than a view and a call out of JavaScript. */
const SHORT = 128;
const TABLE = Uint32Array.from({length: 256}, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/** CRC-32 of `bytes` from `start` to `end`. */
function checksum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  if (end - start > SHORT) return nativeChecksum(bytes.subarray(start, end), initial);
  let rest = ~initial;
  for (let place = start; place < end; place++) rest = TABLE[(rest ^ bytes[place]!) & 0xff]! ^ (rest >>> 8);
  return ~rest >>> 0;
}
