// Tasks in the order of their definition, whatever the order in which they come. What comes after all that is there, as
// nearly everything does, is appended; what comes late for its place goes to a heap beside. Knows only numbers.

import type {TaskId} from '../graph/graph.js';

/** So many that are taken already are kept: Array.shift is linear. */
const MOST_TAKEN = 4096;

export class Ordered {
  /** Ascending from the place `#head` on. */
  #line: TaskId[];
  #head = 0;
  /** A binary heap: none comes before that at half its place. */
  readonly #heap: TaskId[] = [];

  /** `line`: ascending. */
  constructor(line: TaskId[] = []) {
    this.#line = line;
  }

  get length(): number {
    return this.#line.length - this.#head + this.#heap.length;
  }

  get first(): TaskId | undefined {
    return this.#isNextInLine ? this.#line[this.#head] : this.#heap[0];
  }

  push(id: TaskId): void {
    if (this.#head === this.#line.length || id >= this.#line.at(-1)!) this.#line.push(id);
    else rise(this.#heap, id);
  }

  /** The first ones, `most` at most. */
  take(most: number): TaskId[] {
    let taken: TaskId[];
    if (this.#heap.length === 0) {
      taken = this.#line.slice(this.#head, this.#head + most);
      this.#head += taken.length;
    } else {
      taken = [];
      while (taken.length < most && this.length > 0)
        taken.push(this.#isNextInLine ? this.#line[this.#head++]! : sink(this.#heap));
    }
    if (this.#head === this.#line.length || (this.#head > MOST_TAKEN && this.#head * 2 > this.#line.length)) {
      this.#line = this.#line.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  /** One of them, for each place from 0 on; in no order. */
  at(place: number): TaskId {
    const inLine = this.#line.length - this.#head;
    return (place < inLine ? this.#line[this.#head + place] : this.#heap[place - inLine])!;
  }

  /** All of them, in order. */
  all(): TaskId[] {
    const line = this.#line.slice(this.#head);
    return this.#heap.length === 0 ? line : line.concat(this.#heap).sort((a, b) => a - b);
  }

  get #isNextInLine(): boolean {
    const next = this.#line[this.#head];
    const [other] = this.#heap;
    return other === undefined || (next !== undefined && next <= other);
  }
}

function rise(heap: TaskId[], id: TaskId): void {
  let place = heap.push(id) - 1;
  while (place > 0) {
    const above = (place - 1) >> 1;
    if (heap[above]! <= id) break;
    heap[place] = heap[above]!;
    place = above;
  }
  heap[place] = id;
}

/** Takes the first one out of a heap that has one. */
function sink(heap: TaskId[]): TaskId {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let place = 0;
  for (;;) {
    let below = 2 * place + 1;
    if (below + 1 < heap.length && heap[below + 1]! < heap[below]!) below++;
    if (below >= heap.length || heap[below]! >= last) break;
    heap[place] = heap[below]!;
    place = below;
  }
  heap[place] = last;
  return first;
}
