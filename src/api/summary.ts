// What a run came to, and how it is counted up while it goes on.

import type {ExitCode, JugError} from '../core/errors.js';
import type {Failure} from '../core/failure.js';
import type {Barrier} from '../evaluation/graph-host.js';
import type {Event} from '../graph/events.js';
import type {TaskId} from '../graph/graph.js';
import type {Counts} from '../graph/task-states.js';
import type {End} from '../run/run-end.js';
import type {Scheduler} from '../run/scheduler.js';
import type {TaskHash} from '../values/task-hash.js';

export interface FunctionSummary {
  readonly name: string;
  /** Computed by this run. */
  readonly executed: number;
  /** Found finished. */
  readonly loaded: number;
  readonly failed: number;
  /** Milliseconds of all that this run has computed. */
  readonly duration: number;
  /** Of these, the one that took longest. */
  readonly slowest?: {readonly task: string; readonly duration: number};
}

export interface FailureSummary {
  readonly hash: TaskHash;
  readonly task: string;
  readonly failure: Failure;
  /** In another process, while this run went on. */
  readonly elsewhere: boolean;
}

export interface Summary {
  readonly functions: readonly FunctionSummary[];
  readonly failures: readonly FailureSummary[];
  /** How many tasks are in which state at the end. */
  readonly counts: Counts;
  /** Where the jugfile still waits: it has more to define. */
  readonly barriers: readonly Barrier[];
  readonly end:
    | Exclude<End, {readonly kind: 'jugfile'}>
    | {readonly kind: 'jugfile'; readonly error: JugError};
  readonly exitCode: ExitCode;
}

/** What the events add up to. */
export class Tally {
  readonly #functions = new Map<string, {executed: number; loaded: number; failed: number}>();
  readonly #failures: FailureSummary[] = [];

  on(event: Event): void {
    if (event.type === 'finished') this.#of(event.function).executed += event.count;
    if (event.type === 'loaded') this.#of(event.function).loaded += event.count;
    if (event.type === 'failed') {
      this.#of(event.failure.function).failed++;
      const {hash, task, failure, elsewhere} = event;
      this.#failures.push({hash, task, failure, elsewhere});
    }
  }

  /** `named`: a task by its place in the graph. */
  summary(
    {states, waiters, timings}: Scheduler,
    named: (id: TaskId) => string,
  ): Pick<Summary, 'functions' | 'failures' | 'counts' | 'barriers'> {
    const functions = states.rows.map(([name]) => {
      const timing = timings.of(name);
      const {id, duration} = timing?.slowest ?? {};
      return {
        name,
        ...this.#of(name),
        duration: timing?.total ?? 0,
        ...(id !== undefined && {slowest: {task: named(id), duration: duration!}}),
      };
    });
    return {functions, failures: this.#failures, counts: states.total, barriers: waiters.barriers};
  }

  #of(name: string): {executed: number; loaded: number; failed: number} {
    let row = this.#functions.get(name);
    if (row === undefined) {
      row = {executed: 0, loaded: 0, failed: 0};
      this.#functions.set(name, row);
    }
    return row;
  }
}
