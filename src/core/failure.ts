// What a task threw, as data: taken down in the worker, stored, and shown by whoever asks later. Taking it down never
// throws, whatever was thrown, and is bounded in size. Knows nothing of tasks or stores.

import {fileURLToPath} from 'node:url';
import {inspect, types} from 'node:util';
import {ownFolders, packageFolder} from './package-files.js';

export interface Thrown {
  /** Of an error, its name; of anything else, its type: `null`, `string`, `Proxy`. */
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string | number;
  readonly cause?: Thrown;
  /** Of an AggregateError. */
  readonly errors?: readonly Thrown[];
  /** Only if it is not an Error: what it looks like. */
  readonly text?: string;
}

export interface Failure {
  readonly function: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly started: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly host: string;
  readonly pid: number;
  readonly worker: number;
  readonly error: Thrown;
}

/** Characters of a message, a stack, a text. */
const LONGEST = 2 ** 16;
/** Causes of causes. */
const DEEPEST = 8;
/** Errors in one AggregateError, and in everything that hangs together. */
const MOST_ERRORS = 32;

/** What another thread threw, as it described it. */
export class ThrownElsewhere {
  constructor(readonly thrown: Thrown) {}
}

export function describeThrown(reason: unknown): Thrown {
  return new Description().of(reason, 0);
}

class Description {
  #left = MOST_ERRORS;

  of(reason: unknown, depth: number): Thrown {
    this.#left--;
    try {
      if (reason instanceof ThrownElsewhere) return reason.thrown;
      if (typeof reason === 'object' && reason !== null && isError(reason)) return this.#error(reason, depth);
    } catch {
      // A prototype that cannot be asked: described from outside, like all that is not an error.
    }
    const name = typeOf(reason);
    const article = /^[aeiou]/i.test(name) ? 'an' : 'a';
    const what = reason === null || reason === undefined ? name : `${article} ${name}`;
    return {name, message: `threw ${what}, which is not an Error`, text: textOf(reason)};
  }

  #error(error: object, depth: number): Thrown {
    const code = read(error, 'code');
    const stack = read(error, 'stack');
    const cause = read(error, 'cause');
    const errors = read(error, 'errors');
    return {
      name: nameOf(error),
      message: textIn(error, 'message'),
      ...(typeof stack === 'string' && {stack: bounded(stack)}),
      ...(typeof code === 'string' && {code: bounded(code)}),
      // JSON, in which it is stored, has no other numbers, and no -0.
      ...(Number.isFinite(code) && {code: (code as number) + 0}),
      ...(cause !== undefined && this.#mayGoOn(depth) && {cause: this.of(cause, depth + 1)}),
      ...(isArray(errors) && this.#mayGoOn(depth) && {errors: this.#all(errors, depth + 1)}),
    };
  }

  #all(errors: readonly unknown[], depth: number): Thrown[] {
    const all: Thrown[] = [];
    try {
      for (let i = 0; i < errors.length && this.#left > 0; i++) all.push(this.of(errors[i], depth));
    } catch {
      // What has been read so far is what there is.
    }
    return all;
  }

  #mayGoOn(depth: number): boolean {
    return depth < DEEPEST && this.#left > 0;
  }
}

/** `RangeError: message`, the frames of the user's own code, and the same of what caused it, indented. */
export function formatThrown(thrown: Thrown): string {
  const lines = [headlineOf(thrown)];
  const frames = thrown.stack === undefined ? '' : framesIn(userFrames(thrown.stack));
  if (frames !== '') lines.push(frames);
  if (thrown.cause !== undefined) lines.push(indented(`caused by: ${formatThrown(thrown.cause)}`));
  thrown.errors?.forEach((error, i) => {
    lines.push(indented(`[${i}] ${formatThrown(error)}`));
  });
  return lines.join('\n');
}

/** The stack without the frames of node, of jug and of the pool that calls jug. */
export function userFrames(stack: string): string {
  const lines = stack
    .split('\n')
    .filter(line => !FRAME.test(line) || !FOREIGN.some(place => line.includes(place)));
  // What is left below the user's frames was called by those that are gone: `at new Promise (<anonymous>)`.
  while (lines.length > 1 && FRAME.test(lines.at(-1)!) && lines.at(-1)!.endsWith('(<anonymous>)'))
    lines.pop();
  return lines.join('\n');
}

const FRAME = /^\s+at /;
/** As compiled, and as source maps show it; as file URL and as path. */
const FOREIGN = [
  '(node:',
  ' node:',
  ...[...ownFolders, ...['src/', 'workers/'].map(folder => new URL(folder, packageFolder))].flatMap(url => [
    url.href,
    fileURLToPath(url),
  ]),
  ...['/node_modules/piscina/', '/node_modules/comlink/', '/node_modules/commander/'],
];

/** `RangeError: message`, in one line if the message is. */
export function headlineOf({name, message, text, code}: Thrown): string {
  if (text !== undefined) return text === name ? message : `${message}: ${text}`;
  const known = code === undefined || message.includes(String(code)) ? '' : ` [${code}]`;
  return message === '' ? `${name}${known}` : `${name}${known}: ${message}`;
}

function framesIn(stack: string): string {
  return stack
    .split('\n')
    .filter(line => FRAME.test(line))
    .join('\n');
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}

function isError(object: object): boolean {
  return types.isNativeError(object) || object instanceof Error;
}

function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

function read(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** A class that gives its errors no name of their own has one itself: `class TooLarge extends Error {}`. */
function nameOf(error: object): string {
  const name = textIn(error, 'name');
  if (name !== 'Error') return name || 'Error';
  const Class = Object.hasOwn(error, 'name') ? undefined : read(error, 'constructor');
  return typeof Class === 'function' ? textIn(Class, 'name') || name : name;
}

function textIn(error: object, key: string): string {
  const value = read(error, key);
  if (value === undefined) return '';
  return bounded(typeof value === 'string' ? value : textOf(value));
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (types.isProxy(value)) return 'Proxy';
  try {
    const Class = (value as {constructor?: {name?: unknown}}).constructor;
    return typeof Class?.name === 'string' && Class.name !== '' ? Class.name.slice(0, 200) : 'object';
  } catch {
    return 'object';
  }
}

function textOf(value: unknown): string {
  try {
    return bounded(inspect(value, {depth: 4, maxArrayLength: 50, maxStringLength: 10_000}));
  } catch {
    return '(it cannot be shown)';
  }
}

function bounded(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}

export function isFailure(value: unknown): value is Failure {
  if (typeof value !== 'object' || value === null) return false;
  const {
    function: name,
    attempt,
    started,
    duration,
    host,
    pid,
    worker,
    error,
  } = value as Record<string, unknown>;
  return (
    [name, host].every(text => typeof text === 'string') &&
    [attempt, started, duration, pid, worker].every(number => typeof number === 'number') &&
    isThrown(error)
  );
}

function isThrown(value: unknown): value is Thrown {
  if (typeof value !== 'object' || value === null) return false;
  const {name, message, cause, errors} = value as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    typeof message === 'string' &&
    (cause === undefined || isThrown(cause)) &&
    (errors === undefined || (Array.isArray(errors) && errors.every(isThrown)))
  );
}
