// What main's answer to a question of the jugfile is in a worker: the same value, made from the same results. Knows nothing
// of where a question was asked.

import {JugError} from '../src/core/errors.js';
import type {Thrown} from '../src/core/failure.js';
import type {AnswerOutcome, Records} from '../src/run/protocol.js';
import type {Reading} from '../src/stores/store.js';
import {type AtHand, MissingResults, resultsIn} from '../src/tasks/read-results.js';
import {replaceTasks} from '../src/tasks/substitute.js';
import type {Task} from '../src/tasks/task.js';
import {collectTasks} from '../src/tasks/traverse.js';
import {arrivedTask, unpack} from '../src/tasks/wire-arguments.js';
import type {TaskHash} from '../src/values/task-hash.js';

/** `own`: what was asked here, if a value was. Errors: what main was told, and MissingResults. */
export async function answerOf(
  outcome: AnswerOutcome,
  own: unknown,
  store: () => Promise<Pick<Reading, 'load'>>,
): Promise<unknown> {
  switch (outcome.kind) {
    case 'done':
      return undefined;
    case 'flags':
      return outcome.flags;
    case 'result':
      return resultsIn(arrivedTask(outcome.hash), store, recordsOf(outcome.records));
    case 'tree':
      return resultsIn(unpack(outcome.tree)[0], store, recordsOf(outcome.records));
    case 'places':
      return inOwn(own, outcome.hashes, results => resultsIn(results, store, recordsOf(outcome.records)));
    case 'missing':
      throw new MissingResults(outcome.missing.hashes, outcome.missing.reason, outcome.message);
    case 'threw':
      throw errorFrom(outcome.error);
    default:
      return outcome satisfies never;
  }
}

function recordsOf(records: Records): AtHand {
  return new Map(records.map(([hash, bytes]) => [hash, Buffer.from(bytes, 'latin1')]));
}

/** `own`, with the results of `hashes` in the places of its tasks. */
async function inOwn(
  own: unknown,
  hashes: readonly TaskHash[],
  load: (tasks: readonly Task[]) => Promise<unknown>,
): Promise<unknown> {
  const tasks = new Set<Task>();
  collectTasks(own, tasks);
  if (tasks.size !== hashes.length) {
    throw new JugError(
      `Expected the jugfile to ask in a worker for as many results as in the main thread, ${hashes.length}, found ${tasks.size}.\n` +
        'What is asked for has something in it that cannot be sent from thread to thread: ask for the tasks alone.',
      3,
    );
  }
  const results = (await load(hashes.map(hash => arrivedTask(hash)))) as readonly unknown[];
  const resultOf = new Map([...tasks].map((task, place) => [task as object, results[place]]));
  return replaceTasks(own, task => resultOf.get(task));
}

function errorFrom({name, message, code, stack}: Thrown): Error {
  const error = name === 'JugError' ? new JugError(message) : new Error(message);
  return Object.assign(error, {name}, code !== undefined && {code}, stack !== undefined && {stack});
}
