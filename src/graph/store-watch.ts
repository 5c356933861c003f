// Keeps columns up with a store while others change it: which tasks are finished, failed or held, and what the heads of results
// tell. Looks again and again, each time in pieces between which this thread is free. Runs nothing, and draws nothing.

import type {Failure} from '../core/failure.js';
import {troublesIn} from '../stores/failure-record.js';
import type {Store} from '../stores/store.js';
import type {OriginId} from '../values/record.js';
import type {TaskGraph, TaskId} from './graph.js';
import type {HeldTask} from './held-tasks.js';
import {CODE, type TaskColumns} from './task-columns.js';
import type {TaskState} from './task-states.js';

/** Tasks that are looked at before this thread is free for others: some milliseconds. */
const PIECE = 4096;
/** Milliseconds after which all results are looked at again, be it that nothing tells of a change: some may be gone. */
const FULL_LOOK_MS = 10_000;
/** So many times as long as reading all heads took, they are not read again. */
const REST_TIMES = 20;

type Watchable = Pick<Store, 'has' | 'heads' | 'origin' | 'failures' | 'locks' | 'changes'>;

export interface Watching {
  readonly columns: TaskColumns;
  readonly store: () => Promise<Watchable>;
  /** Says where a task of a run in this process stands; what it does not know is asked of the store. */
  readonly standing?: ((id: TaskId) => TaskState | undefined) | undefined;
  /** Is told of tasks that were finished since the first look. */
  readonly onFinished?: (ids: readonly TaskId[]) => void;
}

export class Watched {
  readonly columns: TaskColumns;
  readonly #graph: TaskGraph;
  readonly #watching: Watching;
  /** Tasks that failed, be it that what is stored of it cannot be read. */
  #failed: ReadonlySet<TaskId> = new Set();
  #failures: ReadonlyMap<TaskId, Failure> = new Map();
  #failuresRead = Number.NEGATIVE_INFINITY;
  #held: readonly HeldTask[] = [];
  #looks = 0;
  /** Of the first look, how many tasks it has seen. */
  #seen = 0;
  #changes: number | undefined;
  /** When all results were looked at, and what the store said of changes then. */
  #fullLook = Number.NEGATIVE_INFINITY;
  #fullChanges: number | undefined;
  #measuredFinished = -1;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #measuringTook = 0;
  #version = 0;

  constructor(watching: Watching) {
    this.#watching = watching;
    this.columns = watching.columns;
    this.#graph = watching.columns.graph;
  }

  /** Another number than before, if something may have changed. */
  get version(): number {
    return this.#version;
  }

  /** What failed, of tasks that have no result. */
  get failures(): ReadonlyMap<TaskId, Failure> {
    return this.#failures;
  }

  /** What processes that are alive hold, the longest first. */
  get held(): readonly HeldTask[] {
    return this.#held;
  }

  /** How much of the first look is done, from 0 to 1; `undefined`: all of it. */
  get looking(): number | undefined {
    return this.#looks > 0 ? undefined : this.#seen / Math.max(1, this.#graph.size);
  }

  /** The next look is at all results: some were just removed. */
  expectRemovals(): void {
    this.#fullLook = Number.NEGATIVE_INFINITY;
    this.#fullChanges = undefined;
    this.#failuresRead = Number.NEGATIVE_INFINITY;
    this.#measuredFinished = -1;
  }

  /** One look at everything that may have changed. Errors: StoreError. */
  async look(signal?: AbortSignal): Promise<void> {
    const store = await this.#watching.store();
    const begun = performance.now();
    // Before anything is read: what is saved meanwhile is seen by the next look.
    const changes = await store.changes();
    while (this.columns.takeIn(PIECE)) await pause();
    if (changes !== this.#changes || begun - this.#failuresRead >= FULL_LOOK_MS) {
      [this.#failed, this.#failures] = await this.#readFailures(store);
      this.#failuresRead = begun;
    }
    const held = await this.#readLocks(store);
    const isFull = changes !== this.#fullChanges && begun - this.#fullLook >= FULL_LOOK_MS;
    await this.#lookAt(store, isFull, changes !== this.#changes, held, signal);
    if (signal?.aborted === true) return;
    if (isFull || this.#looks === 0) {
      this.#fullLook = begun;
      this.#fullChanges = changes;
    }
    this.#changes = changes;
    this.#looks++;
    this.#version++;
    await this.#measure(store, signal);
  }

  async #readFailures(store: Watchable): Promise<[ReadonlySet<TaskId>, ReadonlyMap<TaskId, Failure>]> {
    const failed = new Set<TaskId>();
    const told = new Map<TaskId, Failure>();
    for await (const chunk of troublesIn(store)) {
      for (const [hash, trouble] of chunk) {
        const id = this.#graph.find(hash);
        if (id === undefined || trouble?.kind === 'suspicion') continue;
        failed.add(id);
        if (trouble !== undefined) told.set(id, trouble.failure);
      }
    }
    return [failed, told];
  }

  async #readLocks(store: Watchable): Promise<ReadonlyMap<TaskId, HeldTask>> {
    const held = new Map<TaskId, HeldTask>();
    for (const {owner, alive, since, hashes} of await store.locks()) {
      if (!alive) continue;
      for (const hash of hashes) {
        const id = this.#graph.find(hash);
        if (id !== undefined) held.set(id, {id, since, owner});
      }
    }
    return held;
  }

  /** In the order of definition, so that what a task waits for has been looked at. */
  async #lookAt(
    store: Watchable,
    isFull: boolean,
    mayBeFinished: boolean,
    held: ReadonlyMap<TaskId, HeldTask>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const {columns} = this;
    const {standing, onFinished} = this.#watching;
    const isFirst = this.#looks === 0;
    const finished: TaskId[] = [];
    for (let from = 0; from < columns.size; from += PIECE) {
      const end = Math.min(columns.size, from + PIECE);
      const asked: TaskId[] = [];
      for (let id = from; id < end; id++) {
        if (standing?.(id as TaskId) !== undefined) continue;
        if (isFirst || isFull || (mayBeFinished && columns.codeOf(id as TaskId) !== CODE.finished))
          asked.push(id as TaskId);
      }
      const there = asked.length === 0 ? [] : await store.has(asked.map(id => this.#graph.task(id).hash));
      for (const [place, id] of asked.entries()) {
        if (there[place]) {
          if (columns.codeOf(id) !== CODE.finished) finished.push(id);
          columns.setState(id, 'finished');
          if (standing === undefined) this.#graph.finish(id);
        } else if (columns.codeOf(id) === CODE.finished) {
          if (standing === undefined) this.#graph.reopen(id);
          columns.setState(id, 'waiting');
        }
      }
      for (let place = from; place < end; place++) {
        const id = place as TaskId;
        const told = standing?.(id);
        if (told === undefined && columns.codeOf(id) === CODE.finished) continue;
        columns.setState(id, told ?? this.#openState(id, held));
      }
      this.#seen = end;
      if (asked.length > 0 || (from / PIECE) % 16 === 15) await pause();
      if (signal?.aborted === true) return;
    }
    this.#held = [...held.values()]
      .filter(({id}) => columns.codeOf(id) === CODE.running)
      .sort((a, b) => a.since - b.since || a.id - b.id);
    if (!isFirst && finished.length > 0) onFinished?.(finished);
  }

  #openState(id: TaskId, held: ReadonlyMap<TaskId, HeldTask>): TaskState {
    if (held.has(id)) return 'running';
    if (this.#failed.has(id)) return 'failed';
    return this.#graph.isReady(id) ? 'ready' : 'waiting';
  }

  /** Reads the heads of results, where there are new ones, and that does not take too much of the time. */
  async #measure(store: Watchable, signal: AbortSignal | undefined): Promise<void> {
    const {columns} = this;
    const finished = columns.functions.reduce((sum, {counts}) => sum + counts.finished, 0);
    const begun = performance.now();
    if (finished === this.#measuredFinished) return;
    if (begun - this.#measuredAt < this.#measuringTook * REST_TIMES) return;
    const processes = new Map<OriginId, number>();
    let read = 0;
    for await (const chunk of store.heads()) {
      for (const [hash, head] of chunk) {
        const id = this.#graph.find(hash);
        if (id === undefined || head === undefined || id >= columns.size) continue;
        let process = processes.get(head.origin);
        if (process === undefined) {
          const {host = '', pid = 0} = (await store.origin(head.origin)) ?? {};
          process = columns.processNumber({host, pid});
          processes.set(head.origin, process);
        }
        if (columns.codeOf(id) !== CODE.finished) continue;
        const {started, duration, worker, payloadBytes: bytes} = head;
        columns.measure(id, {started, duration, bytes, worker}, process);
      }
      read += chunk.length;
      if (read >= PIECE) {
        read = 0;
        this.#version++;
        await pause();
      }
      if (signal?.aborted === true) return;
    }
    this.#measuredFinished = finished;
    this.#measuredAt = performance.now();
    this.#measuringTook = this.#measuredAt - begun;
    this.#version++;
  }
}

/** Others have a turn. */
function pause(): Promise<void> {
  return new Promise(resolve => void setImmediate(resolve));
}
