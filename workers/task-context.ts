// Which task a piece of code runs for, however late: a promise or a timer that a task left behind is still its own.

import {AsyncLocalStorage} from 'node:async_hooks';
import {userFrame} from '../src/core/call-site.js';
import {JugError} from '../src/core/errors.js';
import type {Batch} from '../src/run/protocol.js';
import type {Flushed, OutcomeWriter} from './outcome-writer.js';

export interface Channel {
  /** The number of the request. */
  readonly request: number;
  progress(flushed: Flushed): Promise<void>;
  warn(message: string): void;
}

export class Running {
  /** Tasks that it has made, which it may not. */
  made = 0;
  hasPrinted = false;

  constructor(
    readonly batch: Batch,
    readonly place: number,
    readonly writer: OutcomeWriter,
    readonly channel: Channel,
  ) {}

  /** Counts one more, and answers with what is to be thrown. */
  madeTask(): JugError {
    this.made++;
    return new JugError(
      `Expected only the jugfile to make tasks; found the task function ${this.batch.function} making one (${userFrame().site}).\n` +
        'Nobody would compute it. Call the function itself, as in double.f(x), or make the tasks in the jugfile or in a CompoundTask.',
    );
  }
}

const contexts = new AsyncLocalStorage<Running | 'jugfile'>();

export const running = {
  run: <T>(task: Running, body: () => T): T => contexts.run(task, body),
  /** Nothing for what the jugfile itself does. */
  getStore(): Running | undefined {
    const context = contexts.getStore();
    return context === 'jugfile' ? undefined : context;
  },
};

/** Whatever comes of `body`, however late, is the jugfile's own. */
export function asJugfile<T>(body: () => T): T {
  return contexts.run('jugfile', body);
}

/** Whether it is the jugfile that goes on here, and no task. */
export function isJugfile(): boolean {
  return contexts.getStore() === 'jugfile';
}
