// Saves where there is no room for all: what fits of it, in pieces. Small results go first, and none before those that it was
// made from; what is left over, the error says. Costs nothing as long as there is room. Knows no kind of store.

import {NoRoom} from '../core/errors.js';
import type {TaskHash} from '../values/task-hash.js';
import type {Saving, Store} from './store.js';

type Result = Saving['results'][number];

/** As `store.save`. Errors: those of the store; NoRoom says which results are not stored, and all locks are still held. */
export async function saveWhatFits(store: Store, saving: Saving): Promise<void> {
  if ((await refusalOf(store.save(saving))) === undefined) return;
  const left = await missingOf(store, saving);
  const isMissing = (hash: TaskHash): boolean => left.has(hash);
  const needs = (hash: TaskHash): readonly TaskHash[] => saving.needs?.(hash) ?? [];
  const isFree = ([hash]: Result): boolean => !needs(hash).some(isMissing);
  const free = [...left].filter(isFree).sort(([, one], [, other]) => one.length - other.length);
  const rest = [...left].filter(result => !isFree(result));
  const refusals = [await saveInOrder(store, saving, free, left)];
  // In the order in which they were made: what needs one that is left over is left over, too.
  const over = new Set(free.map(([hash]) => hash).filter(isMissing));
  for (const [hash] of rest) if (needs(hash).some(needed => over.has(needed))) over.add(hash);
  const open = rest.filter(([hash]) => !over.has(hash));
  refusals.push(await saveInOrder(store, saving, open, left));
  refusals.push(await saveOthers(store, saving, left.size === 0));
  const refusal = refusals.find(refusal => refusal !== undefined);
  if (refusal !== undefined) throw new NoRoom(refusal.message, new Set(left.keys()), {cause: refusal});
}

/** Those that are not there, of two with one hash the first. */
async function missingOf(store: Store, {results}: Saving): Promise<Map<TaskHash, Uint8Array>> {
  const there = await store.has(results.map(([hash]) => hash));
  const missing = new Map<TaskHash, Uint8Array>();
  for (const [at, [hash, record]] of results.entries())
    if (!there[at] && !missing.has(hash)) missing.set(hash, record);
  return missing;
}

/** Up to the first that finds no room by itself; what is saved is taken out of `left`. */
async function saveInOrder(
  store: Store,
  {origins}: Saving,
  results: readonly Result[],
  left: Map<TaskHash, Uint8Array>,
): Promise<NoRoom | undefined> {
  let size = Math.ceil(results.length / 2);
  for (let from = 0; from < results.length; ) {
    const piece = results.slice(from, from + size);
    const refusal = await refusalOf(store.save({results: piece, failures: [], origins, release: []}));
    if (refusal === undefined) {
      for (const [hash] of piece) left.delete(hash);
      from += piece.length;
    } else if (piece.length === 1) return refusal;
    else size = Math.ceil(piece.length / 2);
  }
  return undefined;
}

/** No lock is given back before all results are there: this saving is tried again as a whole. */
async function saveOthers(
  store: Store,
  {failures, origins, release}: Saving,
  isComplete: boolean,
): Promise<NoRoom | undefined> {
  if (failures.length === 0 && !isComplete) return undefined;
  return refusalOf(store.save({results: [], failures, origins, release: isComplete ? release : []}));
}

async function refusalOf(saved: Promise<void>): Promise<NoRoom | undefined> {
  try {
    await saved;
    return undefined;
  } catch (error) {
    if (error instanceof NoRoom) return error;
    throw error;
  }
}
