// Which tasks a person asks for, by words: states, parts of a call, or the beginning of a hash; `fold(` is the name of a function
// alone. All of them must fit.

import type {TaskId} from '../../graph/graph.js';
import type {TaskColumns} from '../../graph/task-columns.js';
import {CODE} from '../../graph/task-columns.js';
import {STATES, type TaskState} from '../../graph/task-states.js';

/** Digits of a hash by which a task may be asked for. */
const LEAST_DIGITS = 4;

const UNKNOWN_YET = 0;
const FITS = 1;

export class Filter {
  readonly text: string;
  /** By code. */
  readonly #states: ReadonlySet<number>;
  readonly #words: readonly string[];
  /** Of each task that was looked at: whether its words fit. They never change. */
  #fits = new Uint8Array(1024);
  /** Of each function, which words its name has already. */
  readonly #inName: boolean[][] = [];

  /** What does not fit this one, does not fit either. */
  #wider: Filter | undefined;

  /** `last`: what was asked for before, as somebody types on. */
  constructor(text: string, last?: Filter) {
    this.text = text;
    const words = text.split(/[\s,]+/).filter(word => word !== '');
    const states = words.map(word => stateOf(word));
    this.#states = new Set(states.filter(state => state !== undefined).map(state => CODE[state]));
    this.#words = words.filter((_, place) => states[place] === undefined);
    if (last === undefined || !this.#narrows(last)) return;
    this.#wider = last;
    // One is enough: it knows what those before it knew.
    last.#wider = undefined;
  }

  get isEmpty(): boolean {
    return this.#states.size === 0 && this.#words.length === 0;
  }

  /** Whether it has to read what tasks are called with. */
  get isSlow(): boolean {
    return !this.#words.every(isName);
  }

  /** Whether its words are those of `last`, or the last of them goes on. */
  #narrows(last: Filter): boolean {
    const [words, before] = [this.#words, last.#words];
    const end = before.at(-1);
    if (end === undefined || words.length !== before.length) return false;
    // From some digit on, a word may also be the beginning of a hash.
    if (end.length < LEAST_DIGITS && /^[0-9a-f]*$/i.test(end)) return false;
    return before.every((word, place) =>
      place === words.length - 1 ? words[place]!.startsWith(word) && !isName(word) : words[place] === word,
    );
  }

  fits(columns: TaskColumns, id: TaskId): boolean {
    if (this.#states.size > 0 && !this.#states.has(columns.codeOf(id))) return false;
    if (this.#words.length === 0) return true;
    if (id >= this.#fits.length) this.#grow(columns.size);
    const known = this.#fits[id]!;
    if (known !== UNKNOWN_YET) return known === FITS;
    const fits = this.#wider?.isOut(id) !== true && this.#wordsFit(columns, id);
    this.#fits[id] = fits ? FITS : FITS + 1;
    return fits;
  }

  /** Whether its words are known not to fit. */
  isOut(id: TaskId): boolean {
    return this.#fits[id] === FITS + 1;
  }

  #wordsFit(columns: TaskColumns, id: TaskId): boolean {
    const fn = columns.functionOf(id);
    this.#inName[fn] ??= this.#words.map(word => has(`${columns.nameOf(fn)}(`, word));
    const inName = this.#inName[fn];
    if (inName.every(Boolean)) return true;
    const task = columns.graph.task(id);
    let call: string | undefined;
    return this.#words.every((word, place) => {
      if (inName[place] || isName(word)) return inName[place]!;
      if (word.length >= LEAST_DIGITS && task.hash.startsWith(word.toLowerCase())) return true;
      call ??= callText(task);
      return has(call, word);
    });
  }

  #grow(size: number): void {
    const larger = new Uint8Array(Math.max(size, this.#fits.length * 2));
    larger.set(this.#fits);
    this.#fits = larger;
  }
}

export const NO_FILTER = new Filter('');

/** What is looked for words: as a task is shown, but whole, and made without `inspect` where that takes most of the time. */
function callText(task: {readonly name: string; readonly args: readonly unknown[]}): string {
  const texts: string[] = [];
  for (const arg of task.args) {
    if (typeof arg === 'string') texts.push(`'${arg}'`);
    else if (typeof arg === 'number' || typeof arg === 'boolean') texts.push(String(arg));
    else return String(task);
  }
  return `${task.name}(${texts.join(', ')})`;
}

/** Whether it is about names alone. */
function isName(word: string): boolean {
  return word.endsWith('(');
}

/** A word in small letters fits both. */
function has(text: string, word: string): boolean {
  return word === word.toLowerCase() ? text.toLowerCase().includes(word) : text.includes(word);
}

function stateOf(word: string): TaskState | undefined {
  const name = word.startsWith('state:') ? word.slice('state:'.length) : word;
  return STATES.find(state => state === name);
}
