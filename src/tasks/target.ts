// Which functions `--target` means: a bare name, `module.function`, or a `/regular expression/`.

import {JugError} from '../core/errors.js';
import {type AnyFunction, TaskFunction} from './functions.js';
import {currentHost, HOST} from './host.js';
import {Task} from './task.js';
import {isPrimitive, visitCalled} from './traverse.js';

export interface Target {
  readonly text: string;
  /** A function of jug's own is meant too when one of the user's that it calls is: `jug.map(primes.isPrime)`. */
  matches(fn: TaskFunction): boolean;
}

/**
 * Whether a task depends on a function that is meant: by being a call of it, by being given it, at any depth, or a tasklet that
 * calls it.
 */
export function isMeant(target: Target, task: Task): boolean {
  if (target.matches(task.function)) return true;
  const given = Task.given(task);
  if (given.every(isPrimitive)) return false;
  let isFound = false;
  visitCalled(given, called => {
    const known =
      called instanceof TaskFunction
        ? called
        : (task[HOST] ?? currentHost()).functions.known(called as AnyFunction);
    isFound ||= known !== undefined && target.matches(known);
  });
  return isFound;
}

/** Errors: a JugError if the regular expression is none. */
export function parseTarget(text: string): Target {
  const pattern = /^\/(.*)\/([dgimsuvy]*)$/s.exec(text);
  if (pattern !== null) {
    const expression = compile(pattern[1]!, pattern[2]!.replace(/[gy]/g, ''), text);
    return {text, matches: matcher(name => expression.test(name))};
  }
  return {text, matches: matcher(name => name === text || name.endsWith(`.${text}`))};
}

function matcher(meant: (name: string) => boolean): Target['matches'] {
  return function matches(fn) {
    return meant(fn.name) || fn.parts.some(matches);
  };
}

function compile(source: string, flags: string, text: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new JugError(
      `Expected a function's name or a /regular expression/ for --target, found ${text}: ${(error as Error).message}.`,
    );
  }
}
