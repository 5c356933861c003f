// A store that may go away for a while: a server that is restarted, a disk that is full. A call that fails in a way
// that may pass is made again until it succeeds, or patience ends; every store keeps the law that this may be done.
// Knows no particular store.

import {StoreError} from '../core/errors.js';
import {forwarding} from './forwarding.js';
import {saveWhatFits} from './partial-save.js';
import type {Store} from './store.js';

export interface Patience {
  /** For how long in all a store may be away. */
  readonly milliseconds: number;
  /** The store is away, for the first time or again; called once an outage. */
  readonly onAway: (error: StoreError) => void;
  /** It answers again, after so many milliseconds. */
  readonly onBack: (away: number) => void;
}

export interface PatientStore extends Store {
  /**
   * No call is made again from now on: who waits, is told the error. One that is under way, or is made later, gets so
   * many milliseconds.
   */
  giveUp(milliseconds: number): void;
  /** Calls under way have not been answered for so long: `error` is what they would end with. */
  silent(error: StoreError, milliseconds: number): void;
}

/** Milliseconds between two tries: at first, and at most. */
const FIRST_REST = 50;
const MOST_REST = 1000;

/** Milliseconds that a call which is under way when patience ends may still take, and closing after it. */
const LAST_CALL = 1000;
const GOODBYE = 500;
/** Milliseconds: a timer knows no longer time. */
const MOST_TIMER = 2 ** 31 - 1;

interface Outage {
  readonly since: number;
  readonly error: StoreError;
}

export function patient(store: Store, patience: Patience): PatientStore {
  return insistent(store, insistence(patience));
}

/** The same for a store that may be away already when it is opened. */
export async function openPatiently(open: () => Promise<Store>, patience: Patience): Promise<PatientStore> {
  const made = insistence(patience);
  return insistent(await made.insist(open), made);
}

interface Insistence extends Pick<PatientStore, 'giveUp' | 'silent'> {
  insist<T>(call: () => Promise<T>): Promise<T>;
  /** Waits for the end of a store, though not long for one that was not heard of. */
  part(store: Pick<Store, 'flush' | 'close'>): Promise<void>;
}

function insistence({milliseconds, onAway, onBack}: Patience): Insistence {
  let outage: Outage | undefined;
  let isLost = false;
  let givenUp: {readonly at: number; readonly moment: number} | undefined;
  const wakers = new Set<() => void>();
  /** Of the calls under way: what to do when they may take more, or less, than before. */
  const clocks = new Set<() => void>();

  function away(error: StoreError, since = performance.now()): Outage {
    if (outage === undefined) {
      outage = {since, error};
      onAway(error);
      for (const set of clocks) set();
    }
    return outage;
  }

  function back(): void {
    isLost = false;
    if (outage === undefined) return;
    const {since} = outage;
    outage = undefined;
    onBack(performance.now() - since);
    for (const set of clocks) set();
  }

  /** Until when a call that began at `begun` is waited for. */
  function endOf(begun: number): number {
    if (givenUp !== undefined) return Math.max(begun, givenUp.at) + givenUp.moment;
    return outage === undefined ? Infinity : outage.since + milliseconds + LAST_CALL;
  }

  function rest(duration: number): Promise<void> {
    return new Promise(resolve => {
      const wake = (): void => {
        clearTimeout(timer);
        wakers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, duration);
      wakers.add(wake);
    });
  }

  async function attempt<T>(call: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    let timer: NodeJS.Timeout | undefined;
    let set = (): void => {};
    const late = new Promise<never>((_, reject) => {
      const leave = (): void => reject(outage?.error ?? new StoreError('The store does not answer', false));
      set = () => {
        clearTimeout(timer);
        const left = endOf(begun) - performance.now();
        if (left !== Infinity) timer = setTimeout(leave, Math.min(left, MOST_TIMER));
      };
    });
    clocks.add(set);
    set();
    try {
      return await Promise.race([call(), late]);
    } finally {
      clocks.delete(set);
      clearTimeout(timer);
    }
  }

  /** `once`: how each call is made. */
  async function insist<T>(call: () => Promise<T>, once: typeof attempt<T> = attempt): Promise<T> {
    for (let next = FIRST_REST; ; next = Math.min(next * 1.5, MOST_REST)) {
      try {
        const answer = await once(call);
        back();
        return answer;
      } catch (error) {
        if (!(error instanceof StoreError) || error.fatal || milliseconds === 0) throw error;
        const gaveUp = givenUp !== undefined;
        const left = gaveUp ? 0 : away(error).since + milliseconds - performance.now();
        if (left <= 0) {
          isLost = true;
          throw ended(error, milliseconds, gaveUp);
        }
        await rest(Math.min(next, left));
      }
    }
  }

  return {
    insist,
    giveUp(moment) {
      givenUp ??= {at: performance.now(), moment};
      for (const set of clocks) set();
      for (const wake of wakers) wake();
    },
    silent(error, quiet) {
      // What is asked besides, to renew a lease, is nothing that anybody waits for.
      if (clocks.size > 0 && givenUp === undefined && milliseconds > 0)
        away(error, performance.now() - quiet);
    },
    async part(store) {
      let unsaved: unknown;
      const {flush} = store;
      // A disk may take long to write much: only the waiting for one that refuses it has an end.
      if (flush !== undefined) await insist(flush, call => call()).catch(error => (unsaved = error));
      // That tries it a last time: if it succeeds, nothing is lost.
      const closed = store.close().catch(error => {
        throw unsaved ?? error;
      });
      if (!isLost || flush !== undefined) return closed;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>(resolve => {
        timer = setTimeout(resolve, GOODBYE);
      });
      await Promise.race([closed, late]).finally(() => clearTimeout(timer));
    },
  };
}

function insistent(store: Store, {insist, part, giveUp, silent}: Insistence): PatientStore {
  /** Its first chunk is waited for. What was handed out of a list cannot be taken back: later, its error is passed on. */
  async function* list<T>(ask: (store: Store) => AsyncIterable<T>): AsyncGenerator<T> {
    let rest: AsyncIterator<T> | undefined;
    const first = await insist(() => {
      rest = ask(store)[Symbol.asyncIterator]();
      return rest.next();
    });
    for (let next = first; next.done !== true; next = await rest!.next()) yield next.value;
  }

  return {
    get kind() {
      return store.kind;
    },
    get location() {
      return store.location;
    },
    get interval() {
      return store.interval;
    },
    watch: onChange => store.watch?.(onChange),
    ...forwarding({call: ask => insist(() => ask(store)), list}),
    save: saving => insist(() => saveWhatFits(store, saving)),
    close: () => part(store),
    giveUp,
    silent,
  };
}

function ended(error: StoreError, milliseconds: number, gaveUp: boolean): StoreError {
  const how = gaveUp ? 'It was no longer waited for' : `It did not come back within ${seconds(milliseconds)}`;
  const unsaved = error.unsaved && {unsaved: error.unsaved};
  return new StoreError(`${error.message}\n${how}.`, true, {cause: error, ...unsaved});
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
