// The gate: a mutex between all threads of all processes that have one LMDB store open. lmdb-js loses commits
// when an environment is opened while another process commits, so every open and every write transaction is
// made while holding it (docs/architecture.md). Knows nothing of what is done inside.
//
// Each thread has a file of its own that says who it is, by its name alone where the disk has no room for more.
// Holding the gate = that file is linked to the name `held`; link(2) fails if the name exists. Letting go = unlinking
// the name.
//
// A dead holder's link is removed by exactly one breaker, and never a living holder's. The right to remove the
// link of the dead thread V is itself a link, `broken-V-0`; if the one who has that right dies too, `broken-V-1`
// gives it on, and so forth: so at any time at most one living thread may unlink V's gate. V is dead and never
// takes the gate again; so once `held` names another, every right over V is void, and a late breaker, who
// looks at `held` again after having won the right, finds that. Nothing here can get stuck by a kill.

import {linkSync, mkdirSync, readdirSync, unlinkSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {StoreError} from '../../../core/errors.js';
import {isFull, makingRoom, mayPass, reasonOf} from '../../folder.js';
import {thisPlace, thisThread} from '../../owner.js';
import {
  type Holder,
  holderOf,
  isDead,
  nameOf,
  present,
  readHolder,
  readOwn,
  unlinkIfThere,
} from './mutex-holder.js';

export interface Gate {
  /** Runs `fn` while no other thread of any process holds the gate. Blocks the thread; must not be nested. */
  hold<T>(fn: () => T): T;
  /** Removes the files of threads that have ended; refuses a store that is open where pids mean nothing to us. */
  sweep(): void;
  close(): void;
}

/** For a reader that cannot write: its open touches nothing that others see, so it needs no gate. */
export const openGateway: Gate = {hold: fn => fn(), sweep() {}, close() {}};

const HELD = 'held';
/** Milliseconds after which one that waits says so: the holder is alive and does not move on (stopped by a signal?). */
export const PATIENCE = 20_000;
/** The same for who tries again, and has signals to hear and something to show meanwhile: waiting blocks the thread. */
export const PATIENCE_OF_RUNS = 2_000;
const LONGEST_NAP = 1;
/** Milliseconds until it is tried again to give the gate back. */
const RETURN_AGAIN = 500;
/** Gates that this thread could not give back, and so has still, whichever of its `Gate`s for them took them. */
const kept = new Set<string>();
const nap = new Int32Array(new SharedArrayBuffer(4));

/** `store`: what the user knows by a name. */
export function openGate(folder: string, store = dirname(folder), patience = PATIENCE): Gate {
  mkdirSync(folder, {recursive: true});
  const me: Holder = {...thisThread(), ...thisPlace()};
  const gate = join(folder, HELD);
  let holding = false;
  /** It is tried again after a while. */
  let isReturning = false;
  let own = present(folder, me);

  function tryToTake(name: string): boolean {
    try {
      linkSync(own, name);
      return true;
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      if (code !== 'ENOENT') throw failed(store, error);
      return recreate(name);
    }
  }

  /** Our own file is gone. If the folder is there, somebody tidied up; if not, the store was removed under us. */
  function recreate(name: string): boolean {
    try {
      own = present(folder, me);
      linkSync(own, name);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw failed(store, error);
    }
  }

  function giveBack(): void {
    try {
      unlinkSync(gate);
      kept.delete(gate);
    } catch (error) {
      // If it was not there any more, what was written meanwhile is not to be trusted.
      if (!(mayPass(error) || isFull(error))) {
        kept.delete(gate);
        throw failed(store, error);
      }
      // Nobody takes it from one who lives: what was done in it is done.
      kept.add(gate);
      if (!isReturning) setTimeout(tryToGiveBack, RETURN_AGAIN).unref();
      isReturning = true;
    }
  }

  /** Late: the folder may be another one by now, and the gate another's. */
  function giveBackKept(): void {
    const holder = readHolder(gate);
    if (holder !== undefined && !isMe(holder)) {
      kept.delete(gate);
      throw removedMeanwhile(store);
    }
    giveBack();
  }

  function tryToGiveBack(): void {
    isReturning = false;
    try {
      if (kept.has(gate)) giveBackKept();
    } catch {
      // Told to whoever wants to hold it next.
    }
  }

  function take(): void {
    if (tryToTake(gate)) return;
    const start = performance.now();
    let length = 0.05;
    let nextLook = start + 0.5;
    while (!tryToTake(gate)) {
      const now = performance.now();
      if (now >= nextLook) {
        const holder = readHolder(gate);
        const isLeft = holder !== undefined && isDead(holder, gate);
        const other = isLeft ? removeGateOf(holder) : holder;
        if (now - start > patience && (other !== undefined || !isLeft)) throw stuck(other, gate, patience);
        // Looking costs more than trying; a living holder is nearly always gone a moment later.
        nextLook = now + 10;
      }
      Atomics.wait(nap, 0, 0, length);
      length = Math.min(length * 2, LONGEST_NAP);
    }
  }

  /** Answers with the one who lives and is at it already. */
  function removeGateOf(dead: Holder): Holder | undefined {
    for (let turn = 0; ; turn++) {
      const right = rightOver(dead, turn);
      const breaker = tryToTake(right) ? me : readHolder(right);
      // It has just finished.
      if (breaker === undefined) return undefined;
      // It may also be of a time when the system refused the rest.
      if (isMe(breaker)) return useRight(dead, turn);
      if (!isDead(breaker, right)) return breaker;
    }
  }

  function useRight(dead: Holder, turn: number): undefined {
    try {
      const holder = readHolder(gate);
      // Asked again: where a pid is all that tells one from another, the one that was dead may have come back.
      if (holder !== undefined && nameOf(holder) === nameOf(dead) && isDead(holder, gate))
        unlinkIfThere(gate);
    } finally {
      // In this order: while the last one is there, nobody gets past us.
      for (let i = 0; i <= turn; i++) unlinkIfThere(rightOver(dead, i));
    }
  }

  function rightOver(dead: Holder, turn: number): string {
    return join(folder, `broken-${nameOf(dead)}-${turn}`);
  }

  function isMe(holder: Holder): boolean {
    const {bootId, pidNamespace} = holder;
    return nameOf(holder) === nameOf(me) && bootId === me.bootId && pidNamespace === me.pidNamespace;
  }

  return {
    hold(fn) {
      if (holding) throw new Error('This is a bug in jug: the gate is already held by this thread');
      // One that was taken from us meanwhile is told before anything is written, and not behind it.
      if (kept.has(gate)) giveBackKept();
      if (!kept.has(gate)) take();
      holding = true;
      try {
        return fn();
      } finally {
        holding = false;
        giveBack();
      }
    },
    sweep() {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        // While we hold the gate, nobody dead does: every right to break is void.
        if (name.startsWith('broken-')) unlinkIfThere(path);
        else if (name !== HELD && path !== own && isDead(readOwn(path) ?? holderOf(name), path))
          unlinkIfThere(path);
      }
    },
    close() {
      tryToGiveBack();
      if (!kept.has(gate)) removeOwn(own);
    },
  };
}

function stuck(holder: Holder | undefined, gate: string, patience: number): StoreError {
  return new StoreError(
    `Waited ${patience / 1000} s for ${holder === undefined ? 'another process' : `process ${holder.pid}`}, which is writing to this store (${gate}) and does not finish. Is it stopped, or its disk not answering?`,
    false,
  );
}

function failed(store: string, cause: unknown): StoreError {
  const {code} = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return removedMeanwhile(store, cause);
  const why = `${reasonOf(cause)}.`;
  return new StoreError(
    isFull(cause)
      ? `Cannot write to the store in ${store}: ${why} ${makingRoom(store)}`
      : `Cannot write to the store in ${store} now: ${why} Give this user back the right to write there`,
    !(isFull(cause) || mayPass(cause)),
    {cause},
  );
}

export function removedMeanwhile(store: string, cause?: unknown): StoreError {
  return new StoreError(
    `The store ${store} was removed or replaced while this process used it. What it saved before is in the removed files; start again`,
    true,
    {cause},
  );
}

/** A file that is left over is removed by whoever opens the store next. */
function removeOwn(path: string): void {
  try {
    unlinkIfThere(path);
  } catch (error) {
    if (!mayPass(error)) throw error;
  }
}
