// Hashes and records for the tests of stores: the same number always gives the same ones.

import {createHash} from 'node:crypto';
import type {Saving} from '../../src/stores/store.js';
import {HEAD_BYTES, type OriginId, writeHead} from '../../src/values/record.js';
import type {TaskHash} from '../../src/values/task-hash.js';

export const ORIGIN = '0123456789abcdef' as OriginId;

export function hashOf(seed: number | string): TaskHash {
  return createHash('sha256').update(`task ${seed}`).digest('hex') as TaskHash;
}

export function hashesOf(count: number, prefix = ''): TaskHash[] {
  return Array.from({length: count}, (_, i) => hashOf(`${prefix}${i}`));
}

export function recordOf(payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload);
  const record = Buffer.alloc(HEAD_BYTES + bytes.length);
  bytes.copy(record, HEAD_BYTES);
  const fields = {codec: 1, worker: 0, attempt: 1, started: 1_700_000_000_000, duration: 5};
  writeHead(record, 0, bytes.length, fields, Buffer.from(ORIGIN, 'hex'));
  return record;
}

export function saving(parts: Partial<Saving>): Saving {
  return {results: [], failures: [], origins: [], release: [], ...parts};
}

export async function collect<T>(chunks: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const chunk of chunks) all.push(...chunk);
  return all;
}
