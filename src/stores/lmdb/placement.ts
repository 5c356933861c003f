// What a saving comes to in an LMDB store: which results share a bundle, which get a key each, and how much room they take.

import type {TaskHash} from '../../values/task-hash.js';
import type {Saving} from '../store.js';
import {type Entry, LEAST_RECORD, ROW} from './bundle.js';
import {LARGE} from './large-files.js';
import type {Growth} from './safety/free-space.js';

/** Bytes of a record. */
const SMALL = 2048;
/** From so many small results on, they share a bundle. */
const TOGETHER = 16;

export interface Division {
  readonly together: readonly Entry[];
  readonly single: readonly Entry[];
}

/** By hash; of two with one hash the first. */
export function firstOfEach(results: Saving['results']): Map<TaskHash, Uint8Array> {
  const first = new Map<TaskHash, Uint8Array>();
  for (const [hash, record] of results) if (!first.has(hash)) first.set(hash, record);
  return first;
}

export function divide(results: Iterable<Entry>): Division {
  const together: Entry[] = [];
  const single: Entry[] = [];
  for (const entry of results) {
    const {length} = entry[1];
    (length <= SMALL && length >= LEAST_RECORD ? together : single).push(entry);
  }
  return together.length >= TOGETHER ? {together, single} : {together: [], single: [...results]};
}

export function growthBy({together, single}: Division, others: readonly {readonly length: number}[]): Growth {
  let bytes = 0;
  for (const [, record] of together) bytes += ROW + record.length;
  for (const [, {length}] of single) if (length <= LARGE) bytes += length;
  for (const {length} of others) bytes += length;
  const several = together.length === 0 ? 0 : 1;
  return {records: several + single.length + others.length, bytes};
}
