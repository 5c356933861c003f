// A run as a model sees it, whose clock and numbers are the test's.

import type {Failure} from '../../src/core/failure.js';
import type {FunctionProgress, Progress, TaskProgress} from '../../src/graph/events.js';
import {NO_PROGRESS} from '../../src/graph/events.js';
import {type About, RunModel, type Shown} from '../../src/ui/model.js';
import {hashOf} from '../stores/records.js';

export const ABOUT: About = {jugfile: 'primes.ts', jugdir: 'primes.jugdata', workers: 2};

/** What is not said is nothing, and `all` is the sum. */
export function functionProgress(
  name: string,
  numbers: Partial<Omit<FunctionProgress, 'name' | 'all'>>,
): FunctionProgress {
  const {waiting = 0, ready = 0, running = 0, finished = 0, failed = 0, computed = 0, duration = 0} = numbers;
  const all = waiting + ready + running + finished + failed;
  return {name, all, waiting, ready, running, finished, failed, computed, duration};
}

export function taskProgress(
  task: string,
  age: number,
  {worker = 1, number = 1}: {worker?: number | undefined; number?: number} = {},
): TaskProgress {
  return {hash: hashOf(number), task, function: task.slice(0, task.indexOf('(')), age, worker};
}

export function progressOf(functions: readonly FunctionProgress[], others: Partial<Progress> = {}): Progress {
  const sum = (state: 'all' | 'finished' | 'failed' | 'running'): number =>
    functions.reduce((sum, fn) => sum + fn[state], 0);
  return {
    ...NO_PROGRESS,
    all: sum('all'),
    finished: sum('finished'),
    failed: sum('failed'),
    running: sum('running'),
    functions,
    isOpen: false,
    ...others,
  };
}

/** What a new model shows at `now` of a run that began at 0. */
export function shownAt(now: number, progress: Progress): Shown {
  return new RunModel(() => ABOUT, 0).shown(progress, now);
}

export function failureOf(message: string, site = '/home/me/m.ts:3:7'): Failure {
  return {
    function: 'm.f',
    attempt: 1,
    started: 0,
    duration: 0,
    host: 'here',
    pid: 1,
    worker: 0,
    error: {name: 'RangeError', message, stack: `RangeError: ${message}\n    at f (${site})`},
  };
}
