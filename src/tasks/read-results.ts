// Results read back through a store: the other half of `value`. Checks every record before it is believed.

import {JugError} from '../core/errors.js';
import {type Failure, formatThrown} from '../core/failure.js';
import type {Resolved} from '../core/types.js';
import type {Reading} from '../stores/store.js';
import {decode} from '../values/codec.js';
import {codecOf, type Damage, damageOf, HEAD_BYTES} from '../values/record.js';
import type {TaskHash} from '../values/task-hash.js';
import {resolveTree} from './substitute.js';
import type {Task} from './task.js';
import {collectTasks, isTask, neededBy} from './traverse.js';

/** The reason of a MissingResults that is no damage. */
export const NOT_THERE = 'not there';

/** Results that were asked for and are not there, or not whole. */
export class MissingResults extends JugError {
  constructor(
    readonly hashes: readonly TaskHash[],
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** Records that are at hand and need not be loaded. */
export type AtHand = ReadonlyMap<TaskHash, Uint8Array>;

/** Hands out results that it has kept from before. */
export interface Keeper {
  /** Whether there is no need to load the record. */
  holds(hash: TaskHash): boolean;
  /** `decoded`: checks and decodes the record. Neither is there for what it holds. */
  resultOf(hash: TaskHash, record: Uint8Array | undefined, decoded: () => unknown): unknown;
}

/** Is told which results were read. */
export type TellLoaded = (hashes: readonly TaskHash[], records: readonly (Uint8Array | undefined)[]) => void;

/** As resultsIn, where results may have been kept from before. Errors: MissingResults. */
export async function argumentsIn(
  tree: readonly unknown[],
  store: () => Promise<Pick<Reading, 'load'>>,
  atHand: AtHand | undefined,
  keeper: Keeper,
): Promise<readonly unknown[]> {
  const needed = neededBy(tree);
  const {hashes} = needed;
  const held = hashes.map(hash => keeper.holds(hash));
  const wanted = hashes.filter((_, place) => !held[place]);
  const records = wanted.length === 0 ? [] : await loadRecords(wanted, store, atHand);
  let next = 0;
  const results = hashes.map((hash, place) => {
    if (held[place]) return keeper.resultOf(hash, undefined, nothingToDecode);
    const at = next++;
    if (records[at] === undefined) throw absent(wanted, records, tree);
    return keeper.resultOf(hash, records[at], () => resultOf(at, wanted, records, tree));
  });
  return (await resolveTree(tree, needed, results)) as readonly unknown[];
}

function nothingToDecode(): never {
  throw new Error('This is a bug in jug: a result that was held is held no more');
}

/** `tree` with every task in it replaced by its result. Errors: MissingResults. */
export async function resultsIn<T>(
  tree: T,
  store: () => Promise<Pick<Reading, 'load'>>,
  atHand?: AtHand,
  tell?: TellLoaded,
): Promise<Resolved<T>> {
  // Of one task, as jugfiles wait for it by thousands, without more ado.
  if (isTask(tree)) {
    const hashes = [tree.hash];
    const record = atHand?.get(tree.hash) ?? (await (await store()).load(hashes))[0];
    tell?.(hashes, [record]);
    return resultOf(0, hashes, [record], tree) as Resolved<T>;
  }
  const needed = neededBy(tree);
  const {hashes} = needed;
  const records = hashes.length === 0 ? [] : await loadRecords(hashes, store, atHand);
  tell?.(hashes, records);
  const results = hashes.map((_, place) => resultOf(place, hashes, records, tree));
  return (await resolveTree(tree, needed, results)) as Resolved<T>;
}

function resultOf(
  place: number,
  hashes: readonly TaskHash[],
  records: readonly (Uint8Array | undefined)[],
  tree: unknown,
): unknown {
  const record = records[place];
  if (record === undefined) throw absent(hashes, records, tree);
  const damage = damageOf(record);
  if (damage !== undefined) throw damaged(hashes[place]!, damage, tree);
  return decode(codecOf(record), record, HEAD_BYTES);
}

async function loadRecords(
  hashes: readonly TaskHash[],
  store: () => Promise<Pick<Reading, 'load'>>,
  atHand: AtHand = new Map(),
): Promise<(Uint8Array | undefined)[]> {
  if (atHand.size === 0) return (await store()).load(hashes);
  const records = hashes.map(hash => atHand.get(hash));
  const places = [...hashes.keys()].filter(place => records[place] === undefined);
  if (places.length === 0) return records;
  const loaded = await (await store()).load(places.map(place => hashes[place]!));
  for (const [index, place] of places.entries()) records[place] = loaded[index];
  return records;
}

function absent(
  hashes: readonly TaskHash[],
  records: readonly (Uint8Array | undefined)[],
  tree: unknown,
): MissingResults {
  const missing = hashes.filter((_, place) => records[place] === undefined);
  const others = missing.length > 1 ? `, and ${missing.length - 1} more,` : '';
  const message =
    `Expected the result of ${nameIn(tree, missing[0]!)} to be there; it${others} has not been computed yet.\n` +
    'Run `jug execute` first, or in a jugfile wait for it: await barrier(), or await bvalue(task).';
  return new MissingResults(missing, NOT_THERE, message);
}

/** Of the results that are missing, one whose task failed; or the task of one that it needs. */
export interface Culprit {
  readonly task: Task;
  /** Undefined: it failed, and what is stored of that cannot be read. */
  readonly failure: Failure | undefined;
}

/** `missing`, told as what became of `culprit`. */
export function missingByFailure(
  {hashes, reason}: MissingResults,
  tree: unknown,
  {task, failure}: Culprit,
): MissingResults {
  const isItself = hashes.includes(task.hash);
  const wanted = nameIn(tree, isItself ? task.hash : hashes[0]!);
  const failed = isItself
    ? 'the task failed'
    : `it needs that of ${String(task)} (${task.hash.slice(0, 12)}), which failed`;
  const how =
    failure === undefined
      ? ', and what is stored of that is damaged'
      : `:\n${formatThrown(failure.error).replace(/^/gm, '    ')}`;
  const message = `Expected the result of ${wanted} to be there; ${failed}${how}\n\`jug execute\` tries it again.`;
  return new MissingResults(hashes, reason, message);
}

function damaged(hash: TaskHash, damage: Damage, tree: unknown): MissingResults {
  return new MissingResults(
    [hash],
    damage,
    `Expected a whole result of ${nameIn(tree, hash)}, found a damaged one: ${damage}.\n` +
      'Take it out of the way with `jug store --verify --set-aside`: the next `jug execute` computes it again.',
  );
}

/** The task of this hash in words, if the tree holds it as a task. */
function nameIn(tree: unknown, hash: TaskHash): string {
  const tasks = new Set<Task>();
  collectTasks(tree, tasks);
  const task = [...tasks].find(candidate => candidate.hash === hash);
  return `${String(task ?? 'a task')} (${hash.slice(0, 12)})`;
}
