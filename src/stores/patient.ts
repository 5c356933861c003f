// A store that may go away for a while: a server that is restarted, a disk that is full. A call that fails in a way
// that may pass is made again until it succeeds, or patience ends; every store keeps the law that this may be done.
// Knows no particular store.

import {StoreError} from '../errors.js';
import {forwarding} from './forwarding.js';
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
}

/** Milliseconds between two tries: at first, and at most. */
const FIRST_REST = 50;
const MOST_REST = 1000;

interface Outage {
  readonly since: number;
}

export function patient(store: Store, patience: Patience): PatientStore {
  return insistent(store, insistence(patience));
}

/** The same for a store that may be away already when it is opened. */
export async function openPatiently(open: () => Promise<Store>, patience: Patience): Promise<PatientStore> {
  const made = insistence(patience);
  return insistent(await made.insist(open), made);
}

interface Insistence {
  insist<T>(call: () => Promise<T>): Promise<T>;
  giveUp(milliseconds: number): void;
}

function insistence({milliseconds, onAway, onBack}: Patience): Insistence {
  let outage: Outage | undefined;
  /** Milliseconds that a call may take, since it was given up. */
  let moment: number | undefined;
  const wakers = new Set<() => void>();

  function away(error: StoreError): Outage {
    if (outage === undefined) {
      outage = {since: performance.now()};
      onAway(error);
    }
    return outage;
  }

  function back(): void {
    if (outage === undefined) return;
    const {since} = outage;
    outage = undefined;
    onBack(performance.now() - since);
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
    let timer: NodeJS.Timeout | undefined;
    let hurry = (): void => {};
    const late = new Promise<never>((_, reject) => {
      hurry = () => {
        timer = setTimeout(() => reject(new StoreError('The store does not answer', false)), moment);
      };
    });
    wakers.add(hurry);
    if (moment !== undefined) hurry();
    try {
      return await Promise.race([call(), late]);
    } finally {
      wakers.delete(hurry);
      clearTimeout(timer);
    }
  }

  async function insist<T>(call: () => Promise<T>): Promise<T> {
    for (let next = FIRST_REST; ; next = Math.min(next * 1.5, MOST_REST)) {
      try {
        const answer = await attempt(call);
        back();
        return answer;
      } catch (error) {
        if (!(error instanceof StoreError) || error.fatal || milliseconds === 0) throw error;
        const gaveUp = moment !== undefined;
        const left = gaveUp ? 0 : away(error).since + milliseconds - performance.now();
        if (left <= 0) throw ended(error, milliseconds, gaveUp);
        await rest(Math.min(next, left));
      }
    }
  }

  return {
    insist,
    giveUp(given) {
      moment = given;
      for (const wake of wakers) wake();
    },
  };
}

function insistent(store: Store, {insist, giveUp}: Insistence): PatientStore {
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
    close: () => store.close(),
    giveUp,
  };
}

function ended(error: StoreError, milliseconds: number, gaveUp: boolean): StoreError {
  const how = gaveUp ? 'It was no longer waited for' : `It did not come back within ${seconds(milliseconds)}`;
  return new StoreError(`${error.message}\n${how}.`, true, {cause: error});
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
