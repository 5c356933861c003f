// Which state every task is in, and how many of each function are in each. One map task → state; every transition
// goes through `set`, so the counts cannot disagree with it. Shared by the scheduler and by `jug status`.

import type {TaskGraph, TaskId} from './graph.js';

/**
 * waiting: a dependency is unfinished · ready: nothing is in the way · running: a worker has begun it, or another process
 * holds its lock · finished: its result is stored · failed: it threw. In the order of the columns of every table.
 */
export const STATES = ['failed', 'waiting', 'ready', 'finished', 'running'] as const;
export type TaskState = (typeof STATES)[number];
export type Counts = {readonly [S in TaskState]: number};

/** sent: ready still, for whoever counts, and in a batch that is on its way to a worker, or waits there for its turn. */
export type Standing = TaskState | 'sent';

const STANDINGS: readonly Standing[] = [...STATES, 'sent'];
const CODE: {readonly [S in Standing]: number} = {
  failed: 1,
  waiting: 2,
  ready: 3,
  finished: 4,
  running: 5,
  sent: 6,
};
const UNKNOWN = 0;

export class TaskStates {
  readonly #graph: TaskGraph;
  #state = new Uint8Array(1024);
  /** In the order in which the functions were met, which is definition order. */
  readonly #byFunction = new Map<string, number[]>();
  /** The row that was asked for last: what goes on in a run goes on batch by batch. */
  #last: readonly [name: string, row: number[]] | undefined;
  readonly #total = emptyRow();
  /** Called with each task that is finished from now on. */
  onFinished: (id: TaskId) => void = () => {};

  constructor(graph: TaskGraph) {
    this.#graph = graph;
  }

  of(id: TaskId): Standing | undefined {
    const code = this.#state[id] ?? UNKNOWN;
    return code === UNKNOWN ? undefined : STANDINGS[code - 1];
  }

  /** Whether it is in somebody's hands: begun, or to be begun, or another process's. */
  isTaken(id: TaskId): boolean {
    const code = this.#state[id];
    return code === CODE.running || code === CODE.sent;
  }

  set(id: TaskId, state: Standing): void {
    if (id >= this.#state.length) this.#grow(id);
    const before = this.#state[id]!;
    const after = CODE[state];
    if (before === after) return;
    const row = this.#row(this.#graph.task(id).name);
    if (before !== UNKNOWN) {
      row[before]!--;
      this.#total[before]!--;
    }
    row[after]!++;
    this.#total[after]!++;
    this.#state[id] = after;
    if (state === 'finished') this.onFinished(id);
  }

  get summary(): {readonly all: number; readonly finished: number; readonly failed: number} {
    const {finished, failed} = this.total;
    return {all: this.#total.reduce((sum, count) => sum + count, 0), finished, failed};
  }

  get total(): Counts {
    return countsOf(this.#total);
  }

  get rows(): (readonly [name: string, counts: Counts])[] {
    return [...this.#byFunction].map(([name, row]) => [name, countsOf(row)]);
  }

  #row(name: string): number[] {
    if (name === this.#last?.[0]) return this.#last[1];
    let row = this.#byFunction.get(name);
    if (row === undefined) {
      row = emptyRow();
      this.#byFunction.set(name, row);
    }
    this.#last = [name, row];
    return row;
  }

  #grow(id: number): void {
    const larger = new Uint8Array(Math.max(id + 1, this.#state.length * 2));
    larger.set(this.#state);
    this.#state = larger;
  }
}

function emptyRow(): number[] {
  return new Array(STANDINGS.length + 1).fill(0);
}

function countsOf(row: readonly number[]): Counts {
  return {failed: row[1]!, waiting: row[2]!, ready: row[3]! + row[6]!, finished: row[4]!, running: row[5]!};
}
