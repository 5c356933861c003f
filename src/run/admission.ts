// New tasks on their way into the run: which are finished already, which may start, which this run leaves alone.

import {StoreError} from '../core/errors.js';
import {type Event, tellCounts} from '../graph/events.js';
import type {TaskGraph, TaskId} from '../graph/graph.js';
import type {TaskStates} from '../graph/task-states.js';
import {troublesIn} from '../stores/failure-record.js';
import type {Store} from '../stores/store.js';
import {isMeant, type Target} from '../tasks/target.js';
import type {TaskHash} from '../values/task-hash.js';
import type {Deaths} from './peers/crash-counter.js';
import {Failures} from './peers/remote-failures.js';

/** How many tasks are asked after at a time: the event loop gets a turn in between. */
const CHUNK = 2 ** 18;

/** So often a result is made again in one run; after that, something is wrong that making it again does not fix. */
const MOST_LOSSES = 5;

export interface IntakeOptions {
  /** Run only these tasks and what they need. */
  readonly target: Target | undefined;
  /** Leave alone what failed in an earlier run. */
  readonly keepFailed: boolean;
}

/** What became of a result that was lost in this run. */
interface Loss {
  readonly times: number;
  /** When it was last there again. */
  restored: number;
  /** When that was in the store. */
  stored: number;
}

export class Intake {
  readonly #graph: TaskGraph;
  readonly #states: TaskStates;
  readonly #store: Store;
  readonly #deaths: Deaths;
  readonly #options: IntakeOptions;
  #next = 0;
  #again: TaskId[] = [];
  readonly #losses = new Map<TaskId, Loss>();
  readonly #wanted = new Set<TaskId>();
  /** Attempts that failed in earlier runs. */
  readonly attempts = new Map<TaskHash, number>();
  readonly failures: Failures;

  constructor(graph: TaskGraph, states: TaskStates, store: Store, deaths: Deaths, options: IntakeOptions) {
    this.#graph = graph;
    this.#states = states;
    this.#store = store;
    this.#deaths = deaths;
    this.#options = options;
    this.failures = new Failures(graph, states, store);
  }

  get isEmpty(): boolean {
    return this.#next === this.#graph.size && this.#again.length === 0;
  }

  /** Whether everything that this run is to do is finished. */
  get isComplete(): boolean {
    if (this.#options.target === undefined) return this.#states.total.finished === this.#graph.size;
    return [...this.#wanted].every(id => this.#states.of(id) === 'finished');
  }

  async begin(): Promise<void> {
    for await (const chunk of troublesIn(this.#store)) {
      for (const [hash, trouble] of chunk) {
        if (trouble !== undefined) {
          this.#deaths.recall(hash, trouble);
          this.failures.recall(hash, trouble);
        }
        if (trouble?.kind !== 'suspicion') this.attempts.set(hash, trouble?.failure.attempt ?? 1);
      }
    }
    await this.#deaths.look();
  }

  /** Whether this run is to run `id`. */
  wants(id: TaskId): boolean {
    if (id >= this.#next) return false;
    if (this.#options.target !== undefined && !this.#wanted.has(id)) return false;
    return !this.#isKeptFailed(id);
  }

  /** A result that was lost on the way: to be looked at anew. Errors: StoreError, if that happens again and again. */
  again(id: TaskId): void {
    const times = (this.#losses.get(id)?.times ?? 0) + 1;
    if (times > MOST_LOSSES) {
      throw new StoreError(
        `The result of ${String(this.#graph.task(id))} was lost or damaged ${times} times since this run began: the store ${this.#store.location} does not keep what it is given`,
        true,
      );
    }
    this.#losses.set(id, {times, restored: Number.POSITIVE_INFINITY, stored: 0});
    this.#again.push(id);
  }

  /** `id` is done. */
  done(id: TaskId): void {
    const loss = this.#losses.size === 0 ? undefined : this.#losses.get(id);
    if (loss !== undefined) loss.restored = performance.now();
  }

  /** `id` is done, and its result stored. */
  stored(id: TaskId): void {
    const loss = this.#losses.size === 0 ? undefined : this.#losses.get(id);
    if (loss !== undefined) loss.stored = performance.now();
  }

  /** Whether this run has its result, or had it and makes it again. */
  wasMade(id: TaskId): boolean {
    const state = this.#states.of(id);
    return state === 'finished' || (state !== 'failed' && this.#losses.has(id));
  }

  /** Whether who looked into the store at `time` and did not find it will not find it now. */
  isMissing(id: TaskId, time: number): boolean {
    return this.#states.of(id) === 'finished' && (this.#losses.get(id)?.stored ?? 0) < time;
  }

  /** Whether who began to read at `time` may have missed a result that is there again. */
  isRestoredSince(id: TaskId, time: number): boolean {
    const loss = this.#losses.get(id);
    return loss !== undefined && loss.restored >= time;
  }

  /** Takes in some tasks, and answers with those that are ready. */
  async next(emit: (event: Event) => void): Promise<TaskId[]> {
    const lost = this.#again;
    this.#again = [];
    if (lost.length > 0) await this.#store.setAside(lost.map(id => this.#graph.task(id).hash));
    const first = this.#next;
    const end = Math.min(this.#graph.size, first + CHUNK);
    const ids = Array.from({length: end - first}, (_, place) => (first + place) as TaskId);
    const there = await this.#store.has(ids.map(id => this.#graph.task(id).hash));
    this.#next = end;
    const late = this.#markWanted(ids);
    const loaded: string[] = [];
    for (const [place, id] of ids.entries()) {
      // Said of every task first, so that tables list functions in definition order.
      this.#states.set(id, 'waiting');
      if (!there[place]) continue;
      loaded.push(this.#graph.task(id).name);
      this.#states.set(id, 'finished');
      this.#graph.finish(id);
    }
    tellCounts('loaded', loaded, emit);
    return [...lost, ...late, ...ids].filter(id => this.#isReady(id));
  }

  #isReady(id: TaskId): boolean {
    if (this.#graph.isDone(id)) return false;
    if (this.#isKeptFailed(id)) {
      this.#states.set(id, 'failed');
      return false;
    }
    if (this.#graph.isReady(id) && this.wants(id)) return true;
    this.#states.set(id, this.#graph.isReady(id) ? 'ready' : 'waiting');
    return false;
  }

  /** Answers with older tasks that are wanted only now, because a new one needs them. */
  #markWanted(ids: readonly TaskId[]): TaskId[] {
    const {target} = this.#options;
    if (target === undefined) return [];
    const matching = ids.filter(id => isMeant(target, this.#graph.task(id)));
    const needed = [...this.#graph.upstream(matching)].filter(id => !this.#wanted.has(id));
    for (const id of needed) this.#wanted.add(id);
    return needed.filter(id => id < (ids[0] ?? 0));
  }

  #isKeptFailed(id: TaskId): boolean {
    return this.#options.keepFailed && this.attempts.has(this.#graph.task(id).hash);
  }
}
