// Processes that died while they held tasks. Who they were is kept in the store with each of these tasks, so that one
// that ends every process it runs in fails at last, like a poisonous message in a queue, and is not passed on for ever.
// What ended a process it does not know, and so it blames nobody before many have.

import type {Thrown} from '../../core/failure.js';
import {encodeTrouble, type Trouble, troublesIn} from '../../stores/failure-record.js';
import {heldByLiving} from '../../stores/living-locks.js';
import type {LockInfo, Store} from '../../stores/store.js';
import type {TaskHash} from '../../values/task-hash.js';

/** So many processes, and the task fails. That many, because processes are ended for many reasons. */
const MOST = 10;
/** After so many, a task is run apart from others: what is held beside one that ends its process is suspected, too. */
const APART = 8;

/** What a task failed with that is not tried any more. */
export const DEADLY: Thrown = {
  name: 'Deadly',
  message:
    `${MOST} processes have ended while they held this task. It may be what ends them: by native code that crashes, by more ` +
    'memory than there is, or by more time than a job is given.\nNeither this run nor others that are under way try it. ' +
    'The first jug execute after them tries it once more, unless with --keep-failed.',
};

export class Deaths {
  readonly #store: Store;
  /** Tokens of the dead owners whose tasks are taken down. */
  readonly #noticed = new Set<string>();
  readonly #ended = new Map<TaskHash, readonly string[]>();
  readonly #deadly = new Set<TaskHash>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** What is stored of a task. */
  recall(hash: TaskHash, {ended}: Trouble): void {
    if (ended.length > 0) this.#ended.set(hash, ended);
  }

  /** The processes that ended while they held it. */
  endedBy(hash: TaskHash): readonly string[] {
    return this.#ended.get(hash) ?? [];
  }

  /** Whether anything is suspected at all. */
  get any(): boolean {
    return this.#ended.size > 0;
  }

  /** Whether it may be what ended them, so that nothing else should be held by a process beside it. */
  isSuspect(hash: TaskHash): boolean {
    return this.endedBy(hash).length >= APART;
  }

  /** Whether this run is to leave it alone. */
  isDeadly(hash: TaskHash): boolean {
    return this.#deadly.has(hash);
  }

  /** Looks at all locks: takes down who has died, and answers with what any process that is alive holds, this one included. */
  async look(): Promise<Set<TaskHash>> {
    const locks = await this.#store.locks();
    const living = heldByLiving(locks);
    const dead = locks.filter(({owner, alive}) => !alive && !this.#noticed.has(owner.token));
    if (dead.length > 0) await this.#takeDown(dead, living);
    for (const {owner} of dead) this.#noticed.add(owner.token);
    return living;
  }

  async #takeDown(dead: readonly LockInfo[], living: ReadonlySet<TaskHash>): Promise<void> {
    const holders = new Map<TaskHash, string[]>();
    for (const {owner, hashes} of dead) {
      for (const hash of hashes) holders.set(hash, [...(holders.get(hash) ?? []), owner.token]);
    }
    const troubles = new Map<TaskHash, Trouble | undefined>();
    for await (const chunk of troublesIn(this.#store)) {
      for (const [hash, trouble] of chunk) if (holders.has(hash)) troubles.set(hash, trouble);
    }
    const hashes = [...holders.keys()];
    const there = await this.#store.has(hashes);
    const failures: (readonly [TaskHash, Uint8Array])[] = [];
    for (const [place, hash] of hashes.entries()) {
      if (there[place]) continue;
      const before: Trouble = troubles.get(hash) ?? {kind: 'suspicion', ended: []};
      const tokens = holders.get(hash)!.filter(token => !before.ended.includes(token));
      const ended = [...before.ended, ...tokens].slice(-MOST);
      this.#ended.set(hash, ended);
      if (tokens.length > 0) failures.push([hash, encodeTrouble({...before, ended})]);
      // Another run has told of this death already. If that has ended, and nobody else is at work, it is tried again.
      const isOver = tokens.length === 0 && before.kind === 'failure' && living.size === 0;
      if (ended.length === MOST && !isOver && !living.has(hash)) this.#deadly.add(hash);
    }
    if (failures.length > 0) await this.#store.save({results: [], failures, origins: [], release: []});
  }
}
