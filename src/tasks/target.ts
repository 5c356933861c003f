// Which functions `--target` means: a bare name, `module.function`, or a `/regular expression/`.

import {JugError} from '../errors.js';
import type {TaskFunction} from './functions.js';

export interface Target {
  readonly text: string;
  /** A function of jug's own is meant too when one of the user's that it calls is: `jug.map(primes.isPrime)`. */
  matches(fn: TaskFunction): boolean;
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
