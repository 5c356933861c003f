// NoLoad: hands a task to another task without loading its result.

import {HASH} from '../hash.js';
import type {Task} from './task.js';
import {DEPENDENCIES} from './tree.js';

/**
 * As an argument: the task is waited for, but its result is not loaded. The task function receives the NoLoad
 * itself, and may `await value(noLoad.base)` if and when it wants the result.
 */
export class NoLoad<R = unknown> {
  readonly #arrived: boolean;

  constructor(
    readonly base: Task<R>,
    /** Set where the task runs: there, nothing is left to wait for. */
    arrived = false,
  ) {
    this.#arrived = arrived;
  }

  [HASH](): unknown {
    return {noLoad: this.base};
  }

  [DEPENDENCIES](): unknown {
    return this.#arrived ? [] : [this.base];
  }
}
