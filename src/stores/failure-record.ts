// What a store keeps, among its failures, of a task that has no result: what it threw, or no more than which processes
// ended while they held it. As bytes, and back. Of stores it knows only how they list them.

import {type Failure, isFailure} from '../core/failure.js';
import type {TaskHash} from '../values/task-hash.js';

/** `ended`: the processes that ended while they held the task, by the tokens of their locks; the newest last. */
export type Trouble =
  | {readonly kind: 'failure'; readonly failure: Failure; readonly ended: readonly string[]}
  /** No failure, and not counted as one: processes end for many reasons. */
  | {readonly kind: 'suspicion'; readonly ended: readonly string[]};

/** As every store lists them, in chunks. */
export interface Troubled {
  failures(): AsyncIterable<readonly (readonly [TaskHash, Uint8Array])[]>;
}

/** A failure is stored as it is, as it was before there were suspicions. */
export function encodeTrouble(trouble: Trouble): Uint8Array {
  const {kind, ended} = trouble;
  if (kind === 'suspicion') return Buffer.from(JSON.stringify({kind, ended}));
  return Buffer.from(JSON.stringify({...trouble.failure, ...(ended.length > 0 && {ended})}));
}

/** Undefined if `bytes` is damaged. */
export function decodeTrouble(bytes: Uint8Array): Trouble | undefined {
  try {
    const stored = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(),
    ) as Record<string, unknown>;
    const {kind, ended = [], ...failure} = stored;
    if (!(Array.isArray(ended) && ended.every(token => typeof token === 'string'))) return undefined;
    if (kind === 'suspicion') return {kind, ended};
    return isFailure(failure) ? {kind: 'failure', failure, ended} : undefined;
  } catch {
    return undefined;
  }
}

/** In chunks; `undefined` for one that is damaged. */
export async function* troublesIn(
  store: Troubled,
): AsyncGenerator<(readonly [TaskHash, Trouble | undefined])[]> {
  for await (const chunk of store.failures())
    yield chunk.map(([hash, bytes]) => [hash, decodeTrouble(bytes)] as const);
}

/** In chunks, the tasks that failed. What cannot be understood counts as a failure. */
export async function* failedIn(store: Troubled): AsyncGenerator<TaskHash[]> {
  for await (const chunk of troublesIn(store)) {
    yield chunk.filter(([, trouble]) => trouble?.kind !== 'suspicion').map(([hash]) => hash);
  }
}
