// Brings together what this evaluation of the jugfile asks, and what main's evaluation has asked and was answered. A
// question is known by its place, and where one place is come to several times, by what is asked or else by its turn. Knows
// neither tasks nor stores, and not what an answer is good for.

import type {Answer, AnswerOutcome, JournalEntry, Question} from '../src/run/protocol.js';

/** What this evaluation asks. */
export interface Asked {
  readonly place: string;
  /** As of a Question; `undefined`, too, if it would cost too much to tell. */
  readonly content: string | undefined;
  /** `id`: main's of this question. */
  answer(outcome: AnswerOutcome, id: number): void;
}

/** In the order in which they came, and by what they are about, which nearly always tells them apart. */
class Line<T extends {readonly content: string | undefined}> {
  readonly #all = new Set<T>();
  readonly #first = new Map<string | undefined, T>();
  /** The others about the same. */
  readonly #more = new Map<string | undefined, Set<T>>();

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#all.values();
  }

  add(item: T): void {
    const {content} = item;
    this.#all.add(item);
    if (!this.#first.has(content)) this.#first.set(content, item);
    else if (this.#more.has(content)) this.#more.get(content)!.add(item);
    else this.#more.set(content, new Set([item]));
  }

  remove(item: T): void {
    const {content} = item;
    this.#all.delete(item);
    const more = this.#more.get(content);
    if (this.#first.get(content) !== item) more!.delete(item);
    else if (more === undefined) this.#first.delete(content);
    else {
      const [next] = more as Set<T>;
      more.delete(next!);
      this.#first.set(content, next!);
    }
    if (more?.size === 0) this.#more.delete(content);
  }

  first(): T | undefined {
    for (const item of this.#all) return item;
    return undefined;
  }

  firstAbout(content: string | undefined): T | undefined {
    return this.#first.get(content);
  }
}

/** What was asked at one place, and has no counterpart yet. */
class Place {
  readonly ours = new Line<Asked>();
  readonly mains = new Line<Question>();

  /** Main's that `asked` stands for. Where it cannot be told what is asked, the order has to do. */
  questionOf({content}: Asked): Question | undefined {
    return content === undefined ? this.mains.first() : this.mains.firstAbout(content);
  }

  /** The reverse. */
  askedOf({content}: Question): Asked | undefined {
    const about = content === undefined ? undefined : this.ours.firstAbout(content);
    return about ?? this.ours.firstAbout(undefined);
  }
}

export class Replay {
  readonly #changed: () => void;
  readonly #places = new Map<string, Place>();
  readonly #waiting = new Map<number, Asked>();
  /** Answers to what this evaluation has not asked yet. */
  readonly #early = new Map<number, AnswerOutcome>();
  #queue: readonly JournalEntry[] = [];
  #isDelivering = false;
  #hasMainEnded = false;
  /** How many there are in all places. */
  #strays = 0;
  #unclaimed = 0;

  /** `changed` is called when something was answered. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Whether all that has arrived was handed on. */
  get isDelivered(): boolean {
    return !this.#isDelivering;
  }

  get hasMainEnded(): boolean {
    return this.#hasMainEnded;
  }

  /** Whether this evaluation waits for an answer. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0 || this.#strays > 0;
  }

  /** Whether it waits for what main has not asked. */
  get hasStrays(): boolean {
    return this.#strays > 0;
  }

  /** Whether main has asked what this evaluation has not. */
  get hasUnclaimed(): boolean {
    return this.#unclaimed > 0;
  }

  /** Places at which this evaluation waits, and main was not. */
  strays(): string[] {
    return [...this.#places].filter(([, {ours}]) => ours.size > 0).map(([place]) => place);
  }

  /** Main's questions that this evaluation has not come to. */
  unclaimed(): number[] {
    return [...this.#places.values()]
      .flatMap(({mains}) => [...mains].map(({id}) => id))
      .sort((a, b) => a - b);
  }

  ask(asked: Asked): void {
    const place = this.#place(asked.place);
    const question = place.questionOf(asked);
    if (question === undefined) {
      place.ours.add(asked);
      this.#strays++;
    } else {
      place.mains.remove(question);
      this.#unclaimed--;
      this.#match(asked, question);
    }
  }

  /** What main has asked and was answered since the last time. */
  take(entries: readonly JournalEntry[]): void {
    this.#queue = this.#queue.length === 0 ? entries : [...this.#queue, ...entries];
    if (!this.#isDelivering) void this.#deliver();
  }

  /** Takes questions for the same that were asked at one place, in their order. Answers whether there were any. */
  pairByOrder(): boolean {
    let any = false;
    for (const place of this.#places.values()) {
      for (const asked of [...place.ours]) {
        const question = place.mains.first();
        if (question === undefined) break;
        place.ours.remove(asked);
        place.mains.remove(question);
        this.#strays--;
        this.#unclaimed--;
        any = true;
        this.#match(asked, question);
      }
    }
    return any;
  }

  /**
   * What main's evaluation was given in one turn of the event loop is given here in one, so that what goes on side by side
   * goes on in the same order.
   */
  async #deliver(): Promise<void> {
    this.#isDelivering = true;
    for (let at = 0; at < this.#queue.length; ) {
      let turn: number | undefined;
      for (; at < this.#queue.length; at++) {
        const entry = this.#queue[at]!;
        if (entry.type === 'question') this.#meet(entry);
        else if (entry.type === 'end') this.#hasMainEnded = true;
        else {
          turn ??= entry.turn;
          if (entry.turn !== turn) break;
          this.#answer(entry);
        }
      }
      // More may come meanwhile.
      await new Promise(resolve => setImmediate(resolve));
    }
    this.#queue = [];
    this.#isDelivering = false;
    this.#changed();
  }

  #meet(question: Question): void {
    const place = this.#place(question.place);
    const asked = place.askedOf(question);
    if (asked === undefined) {
      place.mains.add(question);
      this.#unclaimed++;
      return;
    }
    place.ours.remove(asked);
    this.#strays--;
    this.#match(asked, question);
  }

  #answer({id, outcome}: Answer): void {
    const asked = this.#waiting.get(id);
    if (asked === undefined) {
      this.#early.set(id, outcome);
      return;
    }
    this.#waiting.delete(id);
    asked.answer(outcome, id);
  }

  #match(asked: Asked, {id}: Question): void {
    const outcome = this.#early.get(id);
    if (outcome === undefined) {
      this.#waiting.set(id, asked);
      return;
    }
    this.#early.delete(id);
    asked.answer(outcome, id);
  }

  #place(name: string): Place {
    let place = this.#places.get(name);
    if (place === undefined) {
      place = new Place();
      this.#places.set(name, place);
    }
    return place;
  }
}
