// A scheduler on a ManualRunner and a store in memory, and a log of what it said.

import type {Event} from '../../src/graph/events.js';
import {TaskGraph, type TaskId} from '../../src/graph/graph.js';
import type {RunOptions} from '../../src/run/in-flight.js';
import type {Batch} from '../../src/run/protocol.js';
import type {End} from '../../src/run/run-end.js';
import {Scheduler} from '../../src/run/scheduler.js';
import type {Store} from '../../src/stores/store.js';
import type {Task} from '../../src/tasks/task.js';
import {unpack} from '../../src/tasks/wire-arguments.js';
import type {TaskHash} from '../../src/values/task-hash.js';
import {ManualRunner} from './manual-runner.js';
import {MemoryStore} from './memory-store.js';
import {task, work} from './tasks.js';

const OPTIONS: RunOptions = {
  target: undefined,
  keepGoing: false,
  keepFailed: false,
  patience: 60_000,
  debug: false,
  // Time passes for no test that does not ask for it.
  late: Infinity,
};

export interface RigOptions extends Partial<RunOptions> {
  readonly workers?: number;
  readonly store?: MemoryStore;
  /** What the scheduler knows of the store. */
  readonly through?: (store: MemoryStore) => Store;
}

export class SchedulerRig {
  readonly graph = new TaskGraph();
  readonly store: MemoryStore;
  readonly runner: ManualRunner;
  readonly scheduler: Scheduler;
  readonly events: Event[] = [];
  readonly #tasks = new Map<string, Task>();

  constructor({
    workers = 2,
    store = new MemoryStore(),
    through = store => store,
    ...options
  }: RigOptions = {}) {
    this.store = store;
    this.runner = new ManualRunner(workers);
    this.scheduler = new Scheduler(this.graph, through(store), this.runner, {...OPTIONS, ...options}, event =>
      this.events.push(event),
    );
  }

  /** Adds a task, as the jugfile does when a generator is called. */
  define(name: string, needs: readonly string[] = [], fn = work): Task {
    const defined = task(
      name,
      needs.map(need => this.#tasks.get(need)!),
      fn,
    );
    this.#tasks.set(name, defined);
    this.graph.add(defined);
    this.scheduler.signal();
    return defined;
  }

  /** Settles when everything before (or `names`) is finished. */
  barrier(names?: readonly string[], site = 'jugfile.ts:1'): Promise<void> {
    const ids = names?.map(name => this.id(name));
    const passing = this.scheduler.waiters.wait(ids, {site});
    this.scheduler.signal();
    return passing;
  }

  run(jugfile: () => unknown = () => {}): Promise<End> {
    return this.scheduler.run((async () => jugfile())());
  }

  id(name: string): TaskId {
    return this.graph.find(this.hash(name))!;
  }

  hash(name: string): TaskHash {
    return this.#tasks.get(name)!.hash;
  }

  /** What is stored as its result is no whole record any more. */
  damage(name: string): void {
    this.store.memory.results.set(this.hash(name), Buffer.from('damaged'));
  }

  state(name: string): string | undefined {
    return this.scheduler.states.of(this.id(name));
  }

  names(...states: readonly string[]): string[] {
    return [...this.#tasks.keys()].filter(name => states.includes(this.state(name)!));
  }

  /** What the events add up to: `finished` of them all. */
  count(type: 'loaded' | 'started' | 'finished'): number {
    return this.events.reduce((sum, event) => (event.type === type ? sum + event.count : sum), 0);
  }
}

/** Lets everything happen that does not wait for the test: some turns of the event loop. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve));
}

/** The names in each batch, in the order in which the batches were sent. */
export function batchesOf(rig: SchedulerRig): () => string[][] {
  const batches = new Map<Batch, string[]>();
  rig.runner.onStart = (_, batch) => {
    if (batches.has(batch)) return;
    batches.set(
      batch,
      batch.args.map(packed => unpack(packed)[0] as string),
    );
  };
  return () => [...batches.values()];
}
