// How long it takes to hash what tasks are given: a large array that is handed over as it is, to forty tasks, is hashed forty
// times, by each command. Where that adds up, the user is told once what to write instead. Knows of a call only what it is
// given, and of hashing nothing but how long it takes.

import {isMainThread} from 'node:worker_threads';
import {plainOf} from '../values/plain-copy.js';
import {TASK} from './traverse.js';

/** Milliseconds that one argument may take in all before that is told. */
const MOST_MS = 1000;
/** Milliseconds below which a call is not looked at more closely. */
const LEAST_MS = 1;

interface Call {
  readonly function: {readonly name: string; readonly site: string};
  readonly args: readonly unknown[];
}

interface Tally {
  milliseconds: number;
  tasks: number;
}

export class HashingTime {
  readonly #now: () => number;
  readonly #tell: (message: string) => void;
  /** By function, and by argument: what is another one each time could not be made a task once. */
  readonly #tallies = new Map<string, WeakMap<object, Tally>>();
  readonly #told = new Set<string>();

  constructor(now: () => number, tell: (message: string) => void) {
    this.#now = now;
    this.#tell = tell;
  }

  measure<T>(call: Call, hash: () => T): T {
    if (!call.args.some(isValue)) return hash();
    const begun = this.#now();
    const answer = hash();
    const milliseconds = this.#now() - begun;
    if (milliseconds >= LEAST_MS) this.#add(call, milliseconds);
    return answer;
  }

  #add({function: {name, site}, args}: Call, milliseconds: number): void {
    // Those of jug's own, identity() before all, are what is advised.
    if (this.#told.has(name) || site === 'jug') return;
    const place = largestIn(args);
    const arg = largestPart(args[place] as object);
    let tallies = this.#tallies.get(name);
    if (tallies === undefined) {
      tallies = new WeakMap();
      this.#tallies.set(name, tallies);
    }
    const tally = tallies.get(arg) ?? {milliseconds: 0, tasks: 0};
    tallies.set(arg, tally);
    tally.milliseconds += milliseconds;
    tally.tasks++;
    if (tally.milliseconds <= MOST_MS || tally.tasks < 2) return;
    this.#told.add(name);
    this.#tallies.delete(name);
    const seconds = (tally.milliseconds / 1000).toFixed(1);
    this.#tell(
      `Hashing argument ${place + 1} of ${name} (${sizeText(arg)}) has taken ${seconds} s for ${tally.tasks} tasks, and does so in each ` +
        'command.\nMake it a task once, const shared = identity(data), with identity of jug, and hand that over.',
    );
  }
}

/** A task is known by its hash already. */
function isValue(arg: unknown): boolean {
  return typeof arg === 'object' && arg !== null && !(TASK in arg);
}

function largestIn(args: readonly unknown[]): number {
  const weights = args.map(arg => (isValue(arg) ? 1 + weightOf(arg as object, 1) : 0));
  return weights.indexOf(Math.max(...weights));
}

/** Of an object that may be made for the call, as in `score({i, data})`, what is in it. */
function largestPart(arg: object): object {
  if (ArrayBuffer.isView(arg) || Array.isArray(arg) || arg instanceof Map || arg instanceof Set) return arg;
  const parts = Object.values(arg).filter(isValue) as object[];
  const [largest] = parts.sort((a, b) => weightOf(b, 1) - weightOf(a, 1));
  return largest !== undefined && 2 * weightOf(largest, 1) > weightOf(arg, 1) ? largest : arg;
}

/** Members, and those of members, as far as they can be counted without looking at each. */
function weightOf(object: object, levels: number): number {
  if (ArrayBuffer.isView(object)) return object.byteLength / 8;
  if (Array.isArray(object)) return object.length;
  if (object instanceof Map || object instanceof Set) return object.size;
  let weight = 0;
  for (const member of Object.values(object)) {
    weight++;
    if (levels > 0 && typeof member === 'object' && member !== null) weight += weightOf(member, levels - 1);
  }
  return weight;
}

/** `200,000 numbers, 1.6 MB` */
function sizeText(arg: object): string {
  const bytes = plainOf(arg)?.bytes;
  return bytes === undefined ? countText(arg) : `${countText(arg)}, ${(bytes / 1e6).toFixed(1)} MB`;
}

function countText(arg: object): string {
  if (ArrayBuffer.isView(arg)) return arg.constructor.name;
  if (Array.isArray(arg)) return counted(arg.length, nounFor(arg));
  if (arg instanceof Map) return counted(arg.size, 'entries');
  if (arg instanceof Set) return counted(arg.size, 'members');
  return counted(Object.keys(arg).length, 'properties');
}

function nounFor(array: readonly unknown[]): string {
  const kind = typeof array[0];
  const isOfOne = (kind === 'number' || kind === 'string') && array.every(member => typeof member === kind);
  return isOfOne ? `${kind}s` : 'members';
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}`;
}

let tellUser: (message: string) => void = message => process.emitWarning(message, 'JugWarning');

const time = new HashingTime(
  () => performance.now(),
  message => tellUser(message),
);

/** From now on, `tell` is told what takes long. */
export function tellOfHashing(tell: (message: string) => void): void {
  tellUser = tell;
}

/** `hash`, whose time counts in the main thread: what workers hash, main has hashed, too. */
export function timed<T>(call: Call, hash: () => T): T {
  return isMainThread ? time.measure(call, hash) : hash();
}
