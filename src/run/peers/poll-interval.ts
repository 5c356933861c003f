// When to look next at what other processes do: soon after the store was told of a change, else now and then; and never
// so often that waiting costs more than a hundredth of a core. Does not know what is looked at.

import type {Store} from '../../stores/store.js';

/** Milliseconds after which to look though no change was told of: an owner that died changes nothing. */
export const ANYWAY = 500;
/** In the long run, so many times what looks cost is rested. */
const REST = 100;
/** Milliseconds of looks that may be made without a rest, after a time without. */
const CREDIT = 3;
/** Milliseconds; after a long look, it is not rested for longer. */
const MOST_REST = 250;
/** Milliseconds from a change's first write until it can be seen, as a rule. */
const SETTLE = 6;
/** So many changes in a row that nobody told of: then nobody will. */
const MOST_MISSED = 3;

export interface Looking {
  readonly at: number;
  readonly used: NodeJS.CpuUsage;
  /** The store was listened to, and has told of nothing. */
  readonly isQuiet: boolean;
}

export class Pace {
  readonly #store: Pick<Store, 'interval' | 'watch'>;
  readonly #wake: () => void;
  #ear: 'idle' | 'listening' | 'heard' | 'deaf' = 'idle';
  #stopListening: () => void = () => {};
  #missed = 0;
  /** Milliseconds of looks that are not rested for; and when they were counted. */
  #credit = CREDIT;
  #counted = performance.now();
  /** No look before, for their cost; and when there is a reason for one. */
  #earliest = 0;
  #due = 0;

  /** `wake`: called when the time of the next look has changed. */
  constructor(store: Pick<Store, 'interval' | 'watch'>, wake: () => void) {
    this.#store = store;
    this.#wake = wake;
  }

  /** Milliseconds until the next look. */
  dueIn(): number {
    return Math.max(this.#earliest, this.#due) - performance.now();
  }

  /** Before a look: what changes from now on is a reason for the next. */
  begin(): Looking {
    const isQuiet = this.#ear === 'listening';
    if (this.#ear === 'heard') this.#missed = 0;
    if (this.#ear === 'idle' || this.#ear === 'heard') this.#listen();
    return {at: performance.now(), used: process.cpuUsage(), isQuiet};
  }

  /** `changed`: something was new. `goesOn`: there is more to be looked at. */
  end(
    {at, used, isQuiet}: Looking,
    {changed, goesOn}: {readonly changed: boolean; readonly goesOn: boolean},
  ): void {
    const now = performance.now();
    this.#credit = Math.min(CREDIT, this.#credit + (now - this.#counted) / REST) - costOf(used, now - at);
    this.#counted = now;
    this.#earliest = goesOn ? now : now + Math.min(Math.max(0, -this.#credit) * REST, MOST_REST);
    if (this.#ear === 'heard') return;
    if (isQuiet && changed && ++this.#missed >= MOST_MISSED) {
      this.stop();
      this.#ear = 'deaf';
    }
    this.#due = goesOn ? now : at + (this.#ear === 'listening' ? ANYWAY : this.#store.interval);
  }

  /** There is nothing to look at any more. */
  stop(): void {
    this.#stopListening();
    this.#stopListening = () => {};
    if (this.#ear !== 'deaf') this.#ear = 'idle';
    this.#due = 0;
  }

  #listen(): void {
    const stop = this.#store.watch?.(() => {
      this.#ear = 'heard';
      this.#due = performance.now() + SETTLE;
      this.#wake();
    });
    this.#ear = stop === undefined ? 'deaf' : 'listening';
    if (stop !== undefined) this.#stopListening = stop;
  }
}

/**
 * Milliseconds: not longer than `elapsed`, as other threads of this process may have worked, too; and not longer than
 * they all have worked, as the machine may have been busy with other processes.
 */
function costOf(before: NodeJS.CpuUsage, elapsed: number): number {
  const {user, system} = process.cpuUsage(before);
  return Math.min(elapsed, (user + system) / 1000);
}
