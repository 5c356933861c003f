// The tasks of a list in their order: those that a filter lets pass, sorted. Made anew when something has changed, in pieces,
// so that a key is answered meanwhile; what stood there before is shown until it is done.

import type {TaskId} from '../../graph/graph.js';
import {CODE, type TaskColumns} from '../../graph/task-columns.js';
import {Filter, NO_FILTER} from './filter.js';
import {sorted} from './order.js';
import type {Source} from './source.js';

export interface SortKey {
  readonly title: string;
  readonly isDescending: boolean;
  /** `undefined`: the order of definition. */
  readonly keyOf?: (source: Source, id: TaskId) => number;
}

/** So that what is of most interest comes first. */
const STATE_RANK: readonly number[] = (() => {
  const ranks = new Array<number>(6).fill(5);
  for (const [rank, state] of (['failed', 'running', 'ready', 'waiting', 'finished'] as const).entries())
    ranks[CODE[state]] = rank;
  return ranks;
})();

export const SORT_KEYS: readonly SortKey[] = [
  {title: 'definition', isDescending: false},
  {title: 'time', isDescending: true, keyOf: (source, id) => timeOf(source, id)},
  {title: 'size', isDescending: true, keyOf: ({columns}, id) => columns.bytesOf(id) ?? -1},
  {title: 'state', isDescending: false, keyOf: ({columns}, id) => STATE_RANK[columns.codeOf(id)]!},
  {title: 'start', isDescending: true, keyOf: (source, id) => startOf(source, id)},
];

/** By when it ended: what did not is none. */
export const BY_END: SortKey = {
  title: 'end',
  isDescending: true,
  keyOf: ({columns, failures}, id) => {
    const failure = failures.get(id);
    return failure === undefined
      ? columns.startedOf(id)! + columns.durationOf(id)!
      : failure.started + failure.duration;
  },
};

function timeOf({columns, failures}: Source, id: TaskId): number {
  return columns.durationOf(id) ?? failures.get(id)?.duration ?? -1;
}

function startOf({columns, failures}: Source, id: TaskId): number {
  return columns.startedOf(id) ?? failures.get(id)?.started ?? 0;
}

/** Tasks whose words are read in one piece, and those of which only numbers are. */
const SLOW_PIECE = 1024;
const PIECE = 65_536;

export class Arranged {
  readonly #source: Source;
  /** Which tasks there are at all, before the filter. */
  readonly #isIn: ((source: Source, id: TaskId) => boolean) | undefined;
  #filter = NO_FILTER;
  #sort: SortKey;
  #isReversed = false;
  /** `undefined`: all, in the order of definition. */
  #ids: Uint32Array<ArrayBuffer> | undefined;
  #work: Generator<undefined, Uint32Array<ArrayBuffer> | undefined> | undefined;
  /** Of the source, when the last arrangement was begun; `undefined`: something else has changed since. */
  #version: number | undefined;

  constructor(source: Source, sort: SortKey, isIn?: (source: Source, id: TaskId) => boolean) {
    this.#source = source;
    this.#sort = sort;
    this.#isIn = isIn;
    if (isIn !== undefined) this.#ids = new Uint32Array();
  }

  get length(): number {
    return this.#ids?.length ?? this.#source.columns.size;
  }

  at(place: number): TaskId | undefined {
    if (place >= this.length) return undefined;
    return (this.#ids === undefined ? place : this.#ids[place]) as TaskId | undefined;
  }

  /** Where it stands; -1: nowhere. */
  placeOf(id: TaskId): number {
    if (this.#ids === undefined) return id < this.length ? id : -1;
    return this.#ids.indexOf(id);
  }

  get filter(): Filter {
    return this.#filter;
  }

  get sort(): SortKey {
    return this.#sort;
  }

  get isDescending(): boolean {
    return this.#sort.isDescending !== this.#isReversed;
  }

  /** Whether what is shown is not the last word. */
  get isAtWork(): boolean {
    return this.#work !== undefined || this.#version !== this.#source.version;
  }

  filterBy(text: string): void {
    if (text === this.#filter.text) return;
    this.#filter = text.trim() === '' ? NO_FILTER : new Filter(text, this.#filter);
    this.#again();
  }

  sortBy(sort: SortKey): void {
    this.#sort = sort;
    this.#isReversed = false;
    this.#again();
  }

  reverse(): void {
    this.#isReversed = !this.#isReversed;
    this.#again();
  }

  /** Works for so many milliseconds at most; answers whether the list is another now. */
  work(milliseconds: number, now: () => number): boolean {
    const end = now() + milliseconds;
    while (now() < end) {
      if (this.#work === undefined) {
        if (this.#version === this.#source.version) return false;
        this.#version = this.#source.version;
        this.#work = this.#arrange();
      }
      const {done, value} = this.#work.next();
      if (done !== true) continue;
      this.#work = undefined;
      this.#ids = value;
      return true;
    }
    return false;
  }

  #again(): void {
    this.#version = undefined;
    this.#work = undefined;
  }

  *#arrange(): Generator<undefined, Uint32Array<ArrayBuffer> | undefined> {
    const {keyOf} = this.#sort;
    const isPlain = keyOf === undefined && !this.isDescending;
    if (isPlain && this.#filter.isEmpty && this.#isIn === undefined) return undefined;
    const {columns} = this.#source;
    const ids = yield* this.#passing(columns);
    if (keyOf === undefined) return this.isDescending ? ids.reverse() : ids;
    const keys = new Float64Array(ids.length);
    for (let place = 0; place < ids.length; place++) {
      keys[place] = keyOf(this.#source, ids[place] as TaskId);
      if (place % PIECE === PIECE - 1) yield;
    }
    return yield* sorted(ids, keys, this.isDescending);
  }

  *#passing(columns: TaskColumns): Generator<undefined, Uint32Array<ArrayBuffer>> {
    const {size} = columns;
    const ids = new Uint32Array(size);
    const piece = this.#filter.isSlow ? SLOW_PIECE : PIECE;
    let count = 0;
    for (let place = 0; place < size; place++) {
      const id = place as TaskId;
      if (this.#isIn?.(this.#source, id) !== false && this.#filter.fits(columns, id)) ids[count++] = id;
      if (place % piece === piece - 1) yield;
    }
    return ids.slice(0, count);
  }
}
