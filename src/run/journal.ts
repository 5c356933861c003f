// What main's evaluation of a jugfile has asked, and what it was answered: workers evaluate the jugfile, too, and follow
// this instead of the world. Knows no task and no store; of a question, it knows the place and what came of it.

import {type Frame, siteOf} from '../core/call-site.js';
import type {TaskHash} from '../values/task-hash.js';
import type {
  AnswerOutcome,
  Chunk,
  Environment,
  Epoch,
  JournalEntry,
  JournalWords,
  QuestionKind,
} from './protocol.js';

/** Between the parts of a place. The path of a file, which may hold it, stands last. */
const SEPARATOR = '|';

/** Where something is asked, the same in every evaluation. `scope`: of the compound task whose function asks. */
export function placeOf(scope: string, kind: QuestionKind, frame: Frame): string {
  return `${scope}${SEPARATOR}${kind}${SEPARATOR}${frame.place}`;
}

/** `bvalue at primes.ts:12` */
export function placeText(place: string): string {
  const [, kind, ...position] = place.split(SEPARATOR);
  return `${kind} at ${siteOf(position.join(SEPARATOR))}`;
}

/** The first word of an entry, and what follows it. */
const QUESTION = 0; // place's number, content
const ANSWER = 1; // question's id, turn, outcome
const RESULT = 2; // question's id, turn, hash, bytes of its record or undefined: the usual answer, without an object
const END = 3;

export class Journal {
  readonly #words: unknown[] = [];
  readonly #places: string[] = [];
  readonly #placeNumbers = new Map<string, number>();
  /** By the question's id, the number of its place. */
  readonly #asked: number[] = [];
  #made = 0;
  #turn = 0;
  #isTurning = false;
  #waiting: (() => void)[] = [];

  get epoch(): Epoch {
    return {words: this.#words.length, questions: this.#asked.length, made: this.#made};
  }

  /** The jugfile has made a task. */
  made(): void {
    this.#made++;
  }

  /** Answers with the question's id: questions are numbered from 0. */
  ask(place: string, content: string | undefined): number {
    let number = this.#placeNumbers.get(place);
    if (number === undefined) {
      number = this.#places.push(place) - 1;
      this.#placeNumbers.set(place, number);
    }
    this.#words.push(QUESTION, number, content);
    this.#wake();
    return this.#asked.push(number) - 1;
  }

  answer(id: number, outcome: AnswerOutcome): void {
    this.#nextTurn();
    if (outcome.kind === 'result') {
      const [record] = outcome.records;
      this.#words.push(RESULT, id, this.#turn, outcome.hash, record?.[1]);
    } else {
      this.#words.push(ANSWER, id, this.#turn, outcome);
    }
    this.#wake();
  }

  /** The jugfile has come to its end. */
  end(): void {
    this.#words.push(END);
    this.#wake();
  }

  sites(ids: readonly number[]): string[] {
    return ids.map(id => placeText(this.#places[this.#asked[id]!]!));
  }

  /** For one worker. */
  reader(): JournalReader {
    return new JournalReader(this.#words, this.#places, () => this.#more());
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #more(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  #nextTurn(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    this.#turn++;
    setImmediate(() => {
      this.#isTurning = false;
    });
  }
}

/** Reads a journal for one worker, together with what has changed in the environment. */
export class JournalReader {
  readonly #words: JournalWords;
  readonly #places: readonly string[];
  readonly #more: () => Promise<void>;
  #readWords = 0;
  #readPlaces = 0;
  #env: Readonly<Record<string, string | undefined>> = {};

  constructor(words: JournalWords, places: readonly string[], more: () => Promise<void>) {
    this.#words = words;
    this.#places = places;
    this.#more = more;
  }

  /** The environment as it is. */
  environment(): Environment {
    return this.#changedEnvironment() ?? {};
  }

  async next(): Promise<Chunk> {
    if (this.#words.length <= this.#readWords) await this.#more();
    // What the jugfile does in one go after an answer is over by then: what it sets in the environment goes along.
    await new Promise(resolve => setImmediate(resolve));
    const words = this.#words.slice(this.#readWords);
    const places = this.#places.slice(this.#readPlaces);
    this.#readWords += words.length;
    this.#readPlaces += places.length;
    return {words, places, env: this.#changedEnvironment()};
  }

  #changedEnvironment(): Environment | undefined {
    const now = {...process.env};
    const changed: Record<string, string | null> = {};
    let any = false;
    for (const name of new Set([...Object.keys(now), ...Object.keys(this.#env)])) {
      if (now[name] === this.#env[name]) continue;
      changed[name] = now[name] ?? null;
      any = true;
    }
    this.#env = now;
    return any ? changed : undefined;
  }
}

/** The other half: the entries in the words of chunks, one chunk after the other. */
export class JournalDecoder {
  readonly #places: string[] = [];
  #questions = 0;
  #words = 0;

  /** How many words there were. */
  get length(): number {
    return this.#words;
  }

  *entries({words, places}: Pick<Chunk, 'words' | 'places'>): Generator<JournalEntry> {
    this.#places.push(...places);
    this.#words += words.length;
    for (let at = 0; at < words.length; ) {
      switch (words[at]) {
        case QUESTION: {
          const [place, content] = [words[at + 1] as number, words[at + 2] as string | undefined];
          yield {type: 'question', id: this.#questions++, place: this.#places[place]!, content};
          at += 3;
          break;
        }
        case RESULT: {
          const hash = words[at + 3] as TaskHash;
          const bytes = words[at + 4] as string | undefined;
          const outcome: AnswerOutcome = {
            kind: 'result',
            hash,
            records: bytes === undefined ? [] : [[hash, bytes]],
          };
          yield {type: 'answer', id: words[at + 1] as number, turn: words[at + 2] as number, outcome};
          at += 5;
          break;
        }
        case ANSWER: {
          const outcome = words[at + 3] as AnswerOutcome;
          yield {type: 'answer', id: words[at + 1] as number, turn: words[at + 2] as number, outcome};
          at += 4;
          break;
        }
        default:
          yield {type: 'end'};
          at++;
      }
    }
  }
}
