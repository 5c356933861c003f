// Which task a piece of code runs for, however late: a promise or a timer that a task left behind is still its own.

import {AsyncLocalStorage} from 'node:async_hooks';
import type {Batch} from '../src/run/protocol.js';
import type {Flushed, OutcomeWriter} from './outcome-writer.js';

export interface Channel {
  progress(flushed: Flushed): Promise<void>;
  warn(message: string): void;
}

export interface Running {
  readonly batch: Batch;
  readonly place: number;
  readonly writer: OutcomeWriter;
  readonly channel: Channel;
}

/** Nothing for what the jugfile itself does. */
export const running = new AsyncLocalStorage<Running>();
