// Ready tasks on their way to a worker: which are next, how many at a time, and whose lock is ours. Knows the store's
// locks; does not know what becomes of a batch.

import type {TaskGraph, TaskId} from '../graph/graph.js';
import type {TaskStates} from '../graph/task-states.js';
import type {Store} from '../stores/store.js';
import type {TaskFunction} from '../tasks/functions.js';
import type {TaskHash} from '../values/task-hash.js';
import {Batching} from './batch-size.js';
import {chainFrom} from './chain.js';
import {Ordered} from './id-heap.js';
import type {Returned} from './in-flight.js';
import type {Deaths} from './peers/crash-counter.js';
import {type Lane, Lanes} from './ready-queues.js';

/** So many tasks of others are passed over at a time. */
const MOST_PASSED_OVER = 8192;

/** Tasks of one function, locked by this process. */
export interface Taken {
  readonly fn: TaskFunction;
  readonly ids: readonly TaskId[];
  /** Each but the first needs the one before it. */
  readonly isChain: boolean;
  /** It may end this process: what is computed is to be stored before it starts. */
  readonly isSuspect: boolean;
}

/** Is told what turns out to be in the hands of others. */
export interface Others {
  /** There is a result already. */
  finished(id: TaskId): void;
  held(id: TaskId): void;
  /** It ended too many processes, and is not to be tried. */
  deadly(id: TaskId): void;
}

/** Whether this run is to run it. */
type Wanted = (id: TaskId) => boolean;

export class Queue {
  readonly #graph: TaskGraph;
  readonly #states: TaskStates;
  readonly #store: Store;
  readonly #deaths: Deaths;
  readonly #others: Others;
  readonly #wants: Wanted;
  readonly #lanes = new Lanes();
  readonly #batching = new Batching();
  /** Taken back from workers; our locks on them are still there. */
  #unstarted: TaskId[] = [];
  /** Ready tasks that may end this process; and the one of them that was given out. */
  readonly #suspects = new Ordered();
  #suspect: TaskId | undefined;

  constructor(
    graph: TaskGraph,
    states: TaskStates,
    store: Store,
    deaths: Deaths,
    others: Others,
    wants: Wanted,
  ) {
    this.#graph = graph;
    this.#states = states;
    this.#store = store;
    this.#deaths = deaths;
    this.#others = others;
    this.#wants = wants;
  }

  /** How many could be taken now, as far as this process knows. */
  get length(): number {
    return this.#lanes.length + (this.#isSuspectRunning ? 0 : this.#suspects.length);
  }

  /** At most `count` of them, from all along the queue. Some may have ceased to be ready. */
  some(count: number): TaskId[] {
    return this.#lanes.some(count);
  }

  all(): TaskId[] {
    return this.#lanes.all();
  }

  /** `count` tasks of `fn` took `elapsed` milliseconds. */
  observe(fn: TaskFunction, count: number, elapsed: number): void {
    this.#batching.observe(fn, count, elapsed);
  }

  /** What others held may have come to wait meanwhile, for a result that was lost. */
  push(id: TaskId): void {
    const isReady = this.#graph.isReady(id);
    this.#states.set(id, isReady ? 'ready' : 'waiting');
    if (isReady) this.#lanes.of(this.#graph.task(id).function).push(id);
  }

  /** Those of `ids` that are ready wait again. */
  suspend(ids: Iterable<TaskId>): void {
    for (const id of ids) if (this.#states.of(id) === 'ready') this.#states.set(id, 'waiting');
  }

  /** Takes in what was locked, and perhaps given to a worker, and not run; answers whether that is anything: it is to be started or given up. */
  putBack(returned: Iterable<Returned>): boolean {
    let any = false;
    for (const [fn, ids] of returned) {
      if (ids.length === 0) continue;
      any = true;
      this.#unstarted.push(...ids);
      if (ids.some(id => id === this.#suspect)) this.#suspect = undefined;
      const left = ids.filter(id => this.#states.of(id) !== 'failed');
      const ready = left.filter(id => this.#graph.isReady(id));
      for (const id of left) this.#states.set(id, this.#graph.isReady(id) ? 'ready' : 'waiting');
      for (const id of ready) this.#lanes.of(fn).push(id);
    }
    return any;
  }

  /** The next batch for one of `workers`, locked; `undefined` if nothing is left that is ours to run. */
  async next(workers: number): Promise<Taken | undefined> {
    let collided: Lane | undefined;
    for (let lane = this.#lanes.next(); lane !== undefined; lane = this.#lanes.next()) {
      const {fn} = lane;
      const taken = this.#stillReady(lane.take(this.#batching.size(fn, lane.length, workers)));
      if (this.#deaths.any && (await this.#refuse(taken))) {
        for (const id of this.#stillReady(taken)) lane.push(id);
        return undefined;
      }
      const ready = this.#deaths.any ? this.#unsuspected(taken) : taken;
      const chain = ready.length === 1 ? this.#chainFrom(ready[0]!, fn) : ready;
      const isChain = chain.length > ready.length;
      const locked = await this.#lock(chain);
      const ids = isChain ? this.#unbroken(chain, locked) : locked;
      if (ids.length > 0) return {fn, ids, isChain, isSuspect: false};
      // Others are at work here. They go from the beginning to the end, too: so elsewhere there may be nobody yet.
      if (lane === collided) await this.#passOver(lane);
      else lane.turn();
      collided = lane;
    }
    return this.#nextSuspect();
  }

  #chainFrom(first: TaskId, fn: TaskFunction): TaskId[] {
    const mayFollow = (id: TaskId): boolean =>
      this.#states.of(id) === 'waiting' && this.#wants(id) && !this.#isSuspect(id);
    return chainFrom(first, this.#graph, this.#batching.most(fn), mayFollow);
  }

  /** Up to the first that is not ours; the locks behind it are given back. */
  #unbroken(chain: readonly TaskId[], locked: readonly TaskId[]): TaskId[] {
    const end = chain.findIndex((id, place) => locked[place] !== id);
    if (end < 0) return [...locked];
    this.#unstarted.push(...locked.slice(end));
    return locked.slice(0, end);
  }

  /** What was taken back and not started again at once is free for other processes to run. */
  async giveUp(): Promise<void> {
    const ids = this.#unstarted.filter(id => !this.#states.isTaken(id));
    this.#unstarted = [];
    if (ids.length > 0) await this.#store.release(this.#hashesOf(ids));
  }

  async #lock(ids: readonly TaskId[]): Promise<TaskId[]> {
    const claims = await this.#store.acquire(this.#hashesOf(ids));
    const locked: TaskId[] = [];
    for (const [place, id] of ids.entries()) {
      if (claims[place] === 'acquired') locked.push(id);
      else if (claims[place] === 'finished') this.#others.finished(id);
      // The rest of a chain has not come to its turn: it waits for what is before it, and not for others.
      else if (this.#graph.isReady(id)) this.#others.held(id);
    }
    return locked;
  }

  /** Where others are at work, or were, many tasks may be theirs in a row: those are not asked for one by one. */
  async #passOver(lane: Lane): Promise<void> {
    if (lane.length === 0) return;
    const ids = this.#stillReady(lane.take(MOST_PASSED_OVER));
    for (const id of await this.#notOthers(ids)) lane.push(id);
  }

  /** Tells of those that others have finished or hold, and answers with the rest. */
  async #notOthers(ids: readonly TaskId[]): Promise<TaskId[]> {
    // Or our own locks would be taken for those of others.
    await this.giveUp();
    const hashes = this.#hashesOf(ids);
    const there = await this.#store.has(hashes);
    const held = await this.#deaths.look();
    const left: TaskId[] = [];
    for (const [place, id] of ids.entries()) {
      if (there[place]) this.#others.finished(id);
      else if (held.has(hashes[place]!)) this.#others.held(id);
      else left.push(id);
    }
    return left;
  }

  /** Answers whether any of `ids` is deadly, and failed: before more is started, that may be reason to stop. */
  async #refuse(ids: readonly TaskId[]): Promise<boolean> {
    const deadly = ids.filter(id => this.#deaths.isDeadly(this.#graph.task(id).hash));
    const refused = deadly.length === 0 ? deadly : await this.#notOthers(deadly);
    for (const id of refused) {
      this.#states.set(id, 'failed');
      this.#others.deadly(id);
    }
    return refused.length > 0;
  }

  /** Sets those apart that may end this process: what is held beside such a one would be suspected with it. */
  #unsuspected(ids: readonly TaskId[]): TaskId[] {
    const others: TaskId[] = [];
    for (const id of this.#stillReady(ids)) {
      (this.#isSuspect(id) ? this.#suspects : others).push(id);
    }
    return others;
  }

  /** One at a time, and when there is nothing else. A lock that was left by the dead would be taken without a word. */
  async #nextSuspect(): Promise<Taken | undefined> {
    while (this.#suspects.length > 0 && !this.#isSuspectRunning) {
      const next = await this.#notOthers(this.#stillReady(this.#suspects.take(1)));
      if (await this.#refuse(next)) return undefined;
      const [id] = await this.#lock(this.#stillReady(next));
      if (id === undefined) continue;
      this.#suspect = id;
      return {fn: this.#graph.task(id).function, ids: [id], isChain: false, isSuspect: true};
    }
    return undefined;
  }

  #isSuspect(id: TaskId): boolean {
    return this.#deaths.any && this.#deaths.isSuspect(this.#graph.task(id).hash);
  }

  /** Until what became of it is stored. */
  get #isSuspectRunning(): boolean {
    return this.#suspect !== undefined && this.#states.isTaken(this.#suspect);
  }

  /** What stands in a lane may have come to wait for a lost result since; and if that is there again, it stands in it twice. */
  #stillReady(ids: readonly TaskId[]): TaskId[] {
    return [...new Set(ids)].filter(id => this.#states.of(id) === 'ready');
  }

  #hashesOf(ids: readonly TaskId[]): TaskHash[] {
    return ids.map(id => this.#graph.task(id).hash);
  }
}
