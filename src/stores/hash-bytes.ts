// Hashes as stores keep them: 32 bytes each, one behind the other.

import type {TaskHash} from '../values/task-hash.js';

export const HASH_BYTES = 32;

/** What `write` with an encoding comes to, without its look at the arguments: it is called for every task. */
type HexBuffer = Buffer & {hexWrite(text: string, offset: number, bytes: number): number};

export function hashAt(bytes: Buffer, at = 0): TaskHash {
  return bytes.toString('hex', at, at + HASH_BYTES) as TaskHash;
}

/** Answers where the next one goes. */
export function writeHash(bytes: Buffer, hash: TaskHash, at: number): number {
  (bytes as HexBuffer).hexWrite(hash, at, HASH_BYTES);
  return at + HASH_BYTES;
}
