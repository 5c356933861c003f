// NoLoad: hands a task to another task without loading its result.

import {INSPECT, shownAs} from '../core/errors.js';
import type {StandIn} from '../values/flatten.js';
import {HASH, OWN} from '../values/task-hash.js';
import {NamedReference, REFERENCE} from './references.js';
import type {Task} from './task.js';
import {DEPENDENCIES, isPrimitive, TASK} from './traverse.js';
import {misused} from './usage-errors.js';

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
    // What has arrived was examined where it was sent.
    if (!arrived && (isPrimitive(base) || !(TASK in base))) {
      throw misused(
        'a task in new NoLoad(...)',
        base,
        'Only a task has a result that can be left unloaded: hand over the task itself, new NoLoad(task), and take the part you want from `await value(noLoad.base)`.',
      );
    }
  }

  [HASH](): unknown {
    return {noLoad: this.base};
  }

  get [OWN](): true {
    return true;
  }

  [REFERENCE](): StandIn {
    return {name: 'jug.NoLoad', encoded: new NamedReference(this.base as Task), isReplaced: true};
  }

  [DEPENDENCIES](): unknown {
    return this.#arrived ? [] : [this.base];
  }

  [INSPECT](depth: number, options: object): string {
    return `new NoLoad(${shownAs(this.base, depth, options)})`;
  }
}
