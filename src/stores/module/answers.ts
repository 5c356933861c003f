// What each method of a store of the user's own is to answer, and what is said of an answer that is something else. A word
// that is not known would otherwise be waited on for ever, or taken for a bug of jug's. Knows nothing of modules.

import {shown} from '../../core/errors.js';
import {isTaskHash} from '../../values/task-hash.js';
import type {Store} from '../store.js';

/** An answer that is not as it should be, in words. */
export interface Flaw {
  readonly expected: string;
  readonly found: string;
}

/** `asked`: how many hashes the method was called with. */
type Look = (answer: unknown, asked: number) => Flaw | undefined;
type Test = (value: unknown) => boolean;

type Method = Exclude<keyof Store, 'kind' | 'location' | 'interval' | 'watch' | 'living' | 'flush'>;

const isHash: Test = value => typeof value === 'string' && isTaskHash(value);
const isNumber: Test = value => typeof value === 'number' && !Number.isNaN(value);
const isText: Test = value => typeof value === 'string';
const isBytes: Test = value => value instanceof Uint8Array;
const isBoolean: Test = value => typeof value === 'boolean';

function among(...words: readonly unknown[]): Test {
  return value => words.includes(value);
}

function or(...tests: readonly Test[]): Test {
  return value => tests.some(test => test(value));
}

function arrayOf(test: Test): Test {
  return value => Array.isArray(value) && value.every(test);
}

function pair(first: Test, second: Test): Test {
  return value => Array.isArray(value) && value.length === 2 && first(value[0]) && second(value[1]);
}

/** Other members are nobody's business. */
function members(tests: Readonly<Record<string, Test>>): Test {
  return value =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(tests).every(([name, test]) => test((value as Record<string, unknown>)[name]));
}

const isAbsent = among(undefined);
const isOwner = members({host: isText, bootId: isText, pid: isNumber, startTime: isNumber, token: isText});
const isLock = members({owner: isOwner, hashes: arrayOf(isHash), since: isNumber, alive: isBoolean});
const isNote = members({kind: among('fact', 'warning', 'damage'), text: isText});
const isHead = members({origin: isText, payloadBytes: isNumber, started: isNumber, duration: isNumber});

const anything: Look = () => undefined;

function one(expected: string, test: Test): Look {
  return answer => (test(answer) ? undefined : {expected, found: shown(answer)});
}

/** An array of `each`; of those that are something else the first is shown. */
function list(each: string, test: Test): Look {
  return answer => {
    if (!Array.isArray(answer)) return {expected: `an array of ${each}`, found: shown(answer)};
    const at = answer.findIndex(value => !test(value));
    return at === -1 ? undefined : {expected: `an array of ${each}`, found: `${shown(answer[at])} in it`};
  };
}

/** An array with a place for each hash asked for. */
function perHash(each: string, test: Test): Look {
  return (answer, asked) => {
    if (Array.isArray(answer) && answer.length !== asked)
      return {expected: `${asked} answers, one a hash`, found: `${answer.length}`};
    return list(`${each}, one a hash`, test)(answer, asked);
  };
}

const HASHES = list('hashes', isHash);

/** Of `hashes`, `heads` and `failures`: for each array of those that they yield. */
export const LOOKS: Readonly<Record<Method, Look>> = {
  has: perHash('true or false', isBoolean),
  load: perHash('Uint8Array or undefined', or(isAbsent, isBytes)),
  acquire: perHash("'acquired', 'held' or 'finished'", among('acquired', 'held', 'finished')),
  remove: HASHES,
  setAside: HASHES,
  hashes: HASHES,
  heads: list('[hash, head or undefined]', pair(isHash, or(isAbsent, isHead))),
  failures: list('[hash, Uint8Array]', pair(isHash, isBytes)),
  locks: list('{owner, hashes, since, alive}, each owner with all that thisOwner() has', isLock),
  origin: one('an origin as it was saved, or undefined', or(isAbsent, members({}))),
  breakLocks: one('a number of tasks', isNumber),
  changes: one('a number', isNumber),
  describe: one(
    "{format, bytes, notes}: a number, a number or undefined, and an array of {kind, text} with the kind 'fact', 'warning' or 'damage'",
    members({format: isNumber, bytes: or(isAbsent, isNumber), notes: arrayOf(isNote)}),
  ),
  pack: one(
    "{kind: 'packed', results: a number, into: a text} or {kind: 'nothing', why: a text}",
    or(
      members({kind: among('packed'), results: isNumber, into: isText}),
      members({kind: among('nothing'), why: isText}),
    ),
  ),
  save: anything,
  removeFailures: anything,
  release: anything,
  close: anything,
};

export const METHODS = Object.keys(LOOKS) as Method[];
export type {Method};
