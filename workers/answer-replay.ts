// Brings together what this evaluation of the jugfile asks, and what main's evaluation has asked and was answered. A
// question is known by its place, and where one place is come to several times, by what is asked or else by its turn. Knows
// neither tasks nor stores, and not what an answer is good for.

import type {Answer, AnswerOutcome, JournalEntry, Question} from '../src/run/protocol.js';

/** What this evaluation asks. */
export interface Asked {
  readonly place: string;
  /** As of a Question; `undefined`, too, if it would cost too much to tell. */
  readonly content: string | undefined;
  /**
   * Makes ready what it is answered; `id`: main's of this question. Settles, once that is at hand, with what hands it
   * over. Never rejects.
   */
  answer(outcome: AnswerOutcome, id: number): Promise<() => void>;
}

/** An answer to what this evaluation has asked. */
interface Due {
  readonly asked: Asked;
  readonly answer: Answer;
  /** Its place among main's answers. */
  readonly place: number;
}

/** An answer, and its place among all. */
type Placed = Omit<Due, 'asked'>;

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
  /** Whether what is asked here has told questions apart, and whether the order had to do instead. */
  hasContent = false;
  hasOrder = false;

  /** Main's that `asked` stands for. Where it cannot be told what is asked, the order has to do. */
  questionOf({content}: Asked): Question | undefined {
    const about =
      content === undefined || this.#goesByOrder ? this.mains.first() : this.mains.firstAbout(content);
    if (about !== undefined && about.content === content && content !== undefined) this.hasContent = true;
    return about;
  }

  /** By chance or the clock, what is asked here is always another than in main: only the order is left. */
  get #goesByOrder(): boolean {
    return this.hasOrder && !this.hasContent;
  }

  /** The reverse. */
  askedOf({content}: Question): Asked | undefined {
    const about = content === undefined ? undefined : this.ours.firstAbout(content);
    if (about !== undefined) this.hasContent = true;
    return about ?? (this.#goesByOrder ? this.ours.first() : this.ours.firstAbout(undefined));
  }
}

export class Replay {
  readonly #changed: () => void;
  readonly #places = new Map<string, Place>();
  readonly #waiting = new Map<number, Asked>();
  /** Answers to what this evaluation has not asked yet. */
  readonly #early = new Map<number, Placed>();
  /** Answers that are to be handed over, by main's turn. */
  readonly #due = new Map<number, Due[]>();
  #answers = 0;
  #queue: readonly JournalEntry[] = [];
  /** So many of the queue have been taken. */
  #taken = 0;
  #isDelivering = false;
  #hasMainEnded = false;
  /** How many there are in all places. */
  #strays = 0;
  /** Main's questions that this evaluation has not come to, in their order. */
  readonly #unclaimed = new Set<number>();

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
    return this.#unclaimed.size > 0;
  }

  /** Places at which this evaluation waits, and main was not. */
  strays(): string[] {
    return [...this.#places].filter(([, {ours}]) => ours.size > 0).map(([place]) => place);
  }

  /** Main's questions that this evaluation has not come to. */
  unclaimed(): number[] {
    return [...this.#unclaimed];
  }

  /** Whether main has asked what this evaluation has not, before its question `id`. */
  isBefore(id: number): boolean {
    for (const first of this.#unclaimed) return first < id;
    return false;
  }

  /** The same, of what main has asked elsewhere than at `places`. */
  isBeforeBeside(places: ReadonlySet<string>, id: number): boolean {
    for (const [name, {mains}] of this.#places) {
      const first = mains.first();
      if (first !== undefined && first.id < id && !places.has(name)) return true;
    }
    return false;
  }

  ask(asked: Asked): void {
    const place = this.#place(asked.place);
    const question = place.questionOf(asked);
    if (question === undefined) {
      place.ours.add(asked);
      this.#strays++;
    } else {
      place.mains.remove(question);
      this.#unclaimed.delete(question.id);
      this.#match(asked, question);
    }
  }

  /** What main has asked and was answered since the last time. */
  take(entries: readonly JournalEntry[]): void {
    this.#queue = this.#hasMore ? [...this.#queue.slice(this.#taken), ...entries] : entries;
    this.#taken = 0;
    if (!this.#isDelivering) void this.#deliver();
  }

  /** Whether there is a place at which both have asked, of different things. */
  get hasPairs(): boolean {
    if (this.#strays === 0 || this.#unclaimed.size === 0) return false;
    for (const {ours, mains} of this.#places.values()) if (ours.size > 0 && mains.size > 0) return true;
    return false;
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
        this.#unclaimed.delete(question.id);
        place.hasOrder ||= asked.content !== question.content;
        any = true;
        this.#match(asked, question);
      }
    }
    return any;
  }

  /**
   * What main's evaluation was given in one turn of the event loop is given here in one, and turn after turn, so that what
   * goes on side by side goes on in the same order. Also where this evaluation comes late, and all the answers are there.
   */
  async #deliver(): Promise<void> {
    this.#isDelivering = true;
    do {
      // What the jugfile does in one go is over by then: all that it asks meanwhile is to be answered in main's order.
      await new Promise(resolve => setImmediate(resolve));
      if (this.#due.size === 0) this.#takeTurn();
      const due = this.#firstDue();
      const hands = await Promise.all(due.map(({asked, answer}) => asked.answer(answer.outcome, answer.id)));
      for (const hand of hands) hand();
      if (!this.#hasMore && this.#due.size === 0) await new Promise(resolve => setImmediate(resolve));
    } while (this.#hasMore || this.#due.size > 0);
    this.#isDelivering = false;
    this.#changed();
  }

  get #hasMore(): boolean {
    return this.#taken < this.#queue.length;
  }

  /** What has arrived, up to the end of the first turn with an answer to what was asked. */
  #takeTurn(): void {
    for (let turn: number | undefined; this.#hasMore; this.#taken++) {
      const entry = this.#queue[this.#taken]!;
      if (entry.type === 'question') this.#meet(entry);
      else if (entry.type === 'end') this.#hasMainEnded = true;
      else {
        if (turn !== undefined && entry.turn !== turn) break;
        if (this.#answer(entry)) turn = entry.turn;
      }
    }
    if (this.#hasMore) return;
    this.#queue = [];
    this.#taken = 0;
  }

  /** The answers of the earliest turn that are due, in main's order. */
  #firstDue(): readonly Due[] {
    if (this.#due.size === 0) return [];
    let first = Number.POSITIVE_INFINITY;
    for (const turn of this.#due.keys()) first = Math.min(first, turn);
    const due = this.#due.get(first)!;
    this.#due.delete(first);
    return due.sort((a, b) => a.place - b.place);
  }

  #meet(question: Question): void {
    const place = this.#place(question.place);
    const asked = place.askedOf(question);
    if (asked === undefined) {
      place.mains.add(question);
      this.#unclaimed.add(question.id);
      return;
    }
    place.ours.remove(asked);
    this.#strays--;
    this.#match(asked, question);
  }

  /** Whether it answers what this evaluation has asked. */
  #answer(answer: Answer): boolean {
    const placed: Placed = {answer, place: this.#answers++};
    const asked = this.#waiting.get(answer.id);
    if (asked === undefined) {
      this.#early.set(answer.id, placed);
      return false;
    }
    this.#waiting.delete(answer.id);
    this.#isDue(asked, placed);
    return true;
  }

  #match(asked: Asked, {id}: Question): void {
    const placed = this.#early.get(id);
    if (placed === undefined) {
      this.#waiting.set(id, asked);
      return;
    }
    this.#early.delete(id);
    this.#isDue(asked, placed);
    if (!this.#isDelivering) void this.#deliver();
  }

  #isDue(asked: Asked, {answer, place}: Placed): void {
    const due = this.#due.get(answer.turn);
    if (due === undefined) this.#due.set(answer.turn, [{asked, answer, place}]);
    else due.push({asked, answer, place});
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
