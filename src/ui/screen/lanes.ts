// What each worker was at through a stretch of time, in cells of equal length. Knows no names, and draws nothing.

export const NOBODY = 0;
export const FAILED_CELL = -1;

export interface Lane {
  readonly process: number;
  /** `undefined`: all that the process holds, as nobody knows by which worker. */
  readonly worker: number | undefined;
  /** Of each cell: the number of the function and one, FAILED_CELL, or NOBODY. */
  readonly cells: Int32Array;
  /** Milliseconds of the longest stay in each. */
  readonly stays: Float64Array;
  /** Milliseconds of all of them. */
  busy: number;
  /** What it is at now. */
  now: string;
}

/** More workers than any process has. */
const MOST_WORKERS = 2 ** 16;

export class Lanes {
  readonly #begin: number;
  readonly #end: number;
  readonly #width: number;
  /** Milliseconds of a cell. */
  readonly #step: number;
  readonly #lanes = new Map<number, Lane>();
  /** That which was asked for last: results come process by process. */
  #last: Lane | undefined;

  /** Milliseconds since 1970, and a number of cells. */
  constructor(begin: number, end: number, width: number) {
    this.#begin = begin;
    this.#end = end;
    this.#width = width;
    this.#step = (end - begin) / width;
  }

  of(process: number, worker: number | undefined): Lane {
    const last = this.#last;
    if (last !== undefined && last.process === process && last.worker === worker) return last;
    const key = process * 2 * MOST_WORKERS + (worker ?? MOST_WORKERS);
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      const [cells, stays] = [new Int32Array(this.#width), new Float64Array(this.#width)];
      lane = {process, worker, cells, stays, busy: 0, now: ''};
      this.#lanes.set(key, lane);
    }
    this.#last = lane;
    return lane;
  }

  stay(lane: Lane, cell: number, from: number, to: number): void {
    const left = from > this.#begin ? from : this.#begin;
    const right = to < this.#end ? to : this.#end;
    if (right < left) return;
    lane.busy += right - left;
    const first = Math.min(this.#width - 1, Math.floor((left - this.#begin) / this.#step));
    const last = Math.min(this.#width - 1, Math.floor((right - this.#begin) / this.#step));
    if (first === last) {
      this.#mark(lane, first, cell, right - left);
      return;
    }
    for (let at = first; at <= last; at++) {
      const start = this.#begin + at * this.#step;
      this.#mark(lane, at, cell, Math.min(right, start + this.#step) - Math.max(left, start));
    }
  }

  /** By process, and its workers. */
  all(): Lane[] {
    return [...this.#lanes.values()].sort(
      (a, b) => a.process - b.process || (a.worker ?? MOST_WORKERS) - (b.worker ?? MOST_WORKERS),
    );
  }

  /** What was there longest is seen; a failure always. */
  #mark({cells, stays}: Lane, at: number, cell: number, stay: number): void {
    if (cell !== FAILED_CELL && cells[at] !== NOBODY && (cells[at] === FAILED_CELL || stay <= stays[at]!))
      return;
    stays[at] = stay;
    cells[at] = cell;
  }
}
