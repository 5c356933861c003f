// What is known of each task, in flat columns: a million tasks take some 40 MB, and a look at all of them some milliseconds.
// Filled by whoever reads a store. Pure: no I/O, no time.

import type {TaskGraph, TaskId} from './graph.js';
import {type Counts, STATES, type TaskState} from './task-states.js';

/** A process that has computed results. */
export interface Process {
  readonly host: string;
  readonly pid: number;
}

/** What the head of a result says. */
export interface Measured {
  /** Milliseconds since 1970. */
  readonly started: number;
  /** Milliseconds. */
  readonly duration: number;
  /** Bytes of the result as it is stored. */
  readonly bytes: number;
  readonly worker: number;
}

/** Of a result: numbers of its process, worker and function; milliseconds since 1970, and milliseconds. */
type Visit = (process: number, worker: number, fn: number, started: number, duration: number) => void;

/** The sums of one function. */
export interface FunctionColumns {
  readonly name: string;
  readonly counts: Counts;
  readonly all: number;
  /** Results of which the head was read, the milliseconds of all of them, and the slowest. */
  readonly measured: number;
  readonly total: number;
  readonly slowest: TaskId | undefined;
}

interface Sums {
  readonly name: string;
  /** By code of a state: see `CODE`. */
  readonly counts: number[];
  measured: number;
  total: number;
  slowest: TaskId | undefined;
}

export const UNKNOWN = 0;
/** 0: nobody has looked yet. */
export const CODE: {readonly [S in TaskState]: number} = {
  failed: 1,
  waiting: 2,
  ready: 3,
  finished: 4,
  running: 5,
};

export class TaskColumns {
  readonly #graph: TaskGraph;
  readonly #functions: Sums[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #processes: Process[] = [];
  readonly #processNumbers = new Map<string, number>();
  #size = 0;
  #lastEnd: number | undefined;
  /** By the number of the task. */
  #fn = new Uint32Array(1024);
  #state = new Uint8Array(1024);
  #started = new Float64Array(1024);
  #duration = new Float32Array(1024);
  #bytes = new Uint32Array(1024);
  #process = new Uint32Array(1024);
  #worker = new Uint16Array(1024);

  constructor(graph: TaskGraph) {
    this.#graph = graph;
  }

  /** Tasks that have been taken in. */
  get size(): number {
    return this.#size;
  }

  get graph(): TaskGraph {
    return this.#graph;
  }

  /** Takes in the next tasks of the graph, so many at most; answers whether there are more. */
  takeIn(most: number): boolean {
    const end = Math.min(this.#graph.size, this.#size + most);
    if (end > this.#fn.length) this.#grow(end);
    for (; this.#size < end; this.#size++) {
      const number = this.#functionNumber(this.#graph.task(this.#size as TaskId).name);
      this.#fn[this.#size] = number;
      this.#functions[number]!.counts[UNKNOWN]!++;
    }
    return this.#size < this.#graph.size;
  }

  stateOf(id: TaskId): TaskState | undefined {
    const code = this.codeOf(id);
    return code === UNKNOWN ? undefined : STATES[code - 1];
  }

  /** As `stateOf`, by its code. */
  codeOf(id: TaskId): number {
    return this.#state[id]!;
  }

  setState(id: TaskId, state: TaskState): void {
    const before = this.#state[id]!;
    const after = CODE[state];
    if (before === after) return;
    const {counts} = this.#functions[this.#fn[id]!]!;
    counts[before]!--;
    counts[after]!++;
    this.#state[id] = after;
    if (before === CODE.finished) this.#forget(id);
  }

  functionOf(id: TaskId): number {
    return this.#fn[id]!;
  }

  /** Milliseconds since 1970; `undefined`: the head of a result was not read. */
  startedOf(id: TaskId): number | undefined {
    return this.#started[id] === 0 ? undefined : this.#started[id];
  }

  /** Milliseconds. */
  durationOf(id: TaskId): number | undefined {
    return this.#started[id] === 0 ? undefined : this.#duration[id];
  }

  bytesOf(id: TaskId): number | undefined {
    return this.#started[id] === 0 ? undefined : this.#bytes[id];
  }

  workerOf(id: TaskId): {readonly process: number; readonly worker: number} | undefined {
    return this.#started[id] === 0 ? undefined : {process: this.#process[id]!, worker: this.#worker[id]!};
  }

  /** When the last of them ended, in milliseconds since 1970; `undefined`: none is known. */
  get lastEnd(): number | undefined {
    return this.#lastEnd;
  }

  /**
   * Calls `visit` with each of which it is known that it went on between these moments, in milliseconds since 1970; of the
   * tasks from `first` on, so many at most. Answers where to go on.
   */
  between(begin: number, end: number, visit: Visit, first = 0, most = this.#size): number {
    const last = Math.min(this.#size, first + most);
    for (let id = first; id < last; id++) {
      const started = this.#started[id]!;
      if (started === 0 || started > end || started + this.#duration[id]! < begin) continue;
      visit(this.#process[id]!, this.#worker[id]!, this.#fn[id]!, started, this.#duration[id]!);
    }
    return last;
  }

  /** By their numbers. */
  get processes(): readonly Process[] {
    return this.#processes;
  }

  processNumber(process: Process): number {
    const key = `${process.pid} ${process.host}`;
    const found = this.#processNumbers.get(key);
    if (found !== undefined) return found;
    this.#processNumbers.set(key, this.#processes.length);
    return this.#processes.push(process) - 1;
  }

  measure(id: TaskId, {started, duration, bytes, worker}: Measured, process: number): void {
    if (this.#started[id] !== 0) this.#forget(id);
    this.#started[id] = started;
    this.#duration[id] = duration;
    this.#bytes[id] = bytes;
    this.#process[id] = process;
    this.#worker[id] = worker;
    this.#lastEnd = Math.max(this.#lastEnd ?? 0, started + duration);
    const sums = this.#functions[this.#fn[id]!]!;
    sums.measured++;
    sums.total += this.#duration[id]!;
    if (sums.slowest === undefined || this.#duration[id]! > this.#duration[sums.slowest]!) sums.slowest = id;
  }

  /** In the order in which they were met, which is that of their definition. */
  get functions(): readonly FunctionColumns[] {
    return this.#functions.map(({name, counts, measured, total, slowest}) => ({
      name,
      counts: countsOf(counts),
      all: counts.reduce((sum, count) => sum + count, 0),
      measured,
      total,
      slowest,
    }));
  }

  nameOf(fn: number): string {
    return this.#functions[fn]!.name;
  }

  #forget(id: TaskId): void {
    if (this.#started[id] === 0) return;
    const sums = this.#functions[this.#fn[id]!]!;
    sums.measured--;
    sums.total -= this.#duration[id]!;
    this.#started[id] = 0;
    if (sums.slowest === id) sums.slowest = this.#slowestOf(this.#fn[id]!);
  }

  #slowestOf(fn: number): TaskId | undefined {
    let slowest: TaskId | undefined;
    for (let id = 0; id < this.#size; id++) {
      if (this.#fn[id] !== fn || this.#started[id] === 0) continue;
      if (slowest === undefined || this.#duration[id]! > this.#duration[slowest]!) slowest = id as TaskId;
    }
    return slowest;
  }

  #functionNumber(name: string): number {
    const found = this.#numbers.get(name);
    if (found !== undefined) return found;
    this.#numbers.set(name, this.#functions.length);
    const counts = new Array<number>(STATES.length + 1).fill(0);
    return this.#functions.push({name, counts, measured: 0, total: 0, slowest: undefined}) - 1;
  }

  #grow(least: number): void {
    const length = Math.max(least, this.#fn.length * 2);
    const larger = <A extends Float64Array | Float32Array | Uint32Array | Uint16Array | Uint8Array>(
      from: A,
    ): A => {
      const to = new (from.constructor as new (length: number) => A)(length);
      to.set(from);
      return to;
    };
    this.#fn = larger(this.#fn);
    this.#state = larger(this.#state);
    this.#started = larger(this.#started);
    this.#duration = larger(this.#duration);
    this.#bytes = larger(this.#bytes);
    this.#process = larger(this.#process);
    this.#worker = larger(this.#worker);
  }
}

function countsOf(codes: readonly number[]): Counts {
  const of = (state: TaskState): number => codes[CODE[state]]!;
  return {
    failed: of('failed'),
    waiting: of('waiting'),
    ready: of('ready'),
    finished: of('finished'),
    running: of('running'),
  };
}
