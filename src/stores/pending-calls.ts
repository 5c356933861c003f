// A store that knows whether an answer of it is still to come. A part of the jugfile that nobody awaits (`main()` alone
// in the last line) does not say when it has ended; but one that has asked a store is sure to go on. Knows no kind of store.

import {type Forwarded, forwarding} from './forwarding.js';
import type {Store} from './store.js';

export interface Asked {
  readonly store: Forwarded;
  /** Whether an answer is still to come. */
  isAsked(): boolean;
  /** Settles when no answer is to come, and whoever was given one has gone on without asking again. */
  rest(): Promise<void>;
}

/** `onAnswered`: no answer is to come, for now. */
export function askedStore(store: () => Promise<Store>, onAnswered: () => void = () => {}): Asked {
  let questions = 0;
  const waiting: (() => void)[] = [];

  function answered(): void {
    questions--;
    if (questions > 0) return;
    onAnswered();
    for (const goOn of waiting.splice(0)) goOn();
  }

  return {
    store: forwarding({
      async call(ask) {
        questions++;
        try {
          return await ask(await store());
        } finally {
          answered();
        }
      },
      async *list(ask) {
        questions++;
        try {
          yield* ask(await store());
        } finally {
          answered();
        }
      },
    }),
    isAsked: () => questions > 0,
    async rest() {
      do {
        if (questions > 0) await new Promise<void>(resolve => waiting.push(resolve));
        // All that follows from an answer without another wait is done within this turn of the event loop.
        await new Promise(resolve => setImmediate(resolve));
      } while (questions > 0);
    },
  };
}
