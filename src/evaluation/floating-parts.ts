// Parts of the jugfile that nobody awaits, such as `main()` alone in its last line: whether one may still go on, of
// itself, when the last line is behind it. Node says so by 'beforeExit', which comes when nothing is open any more (what jug itself
// holds open does not keep the process alive); while something is, it is looked at what.

import {OpenEndsWatch} from '../core/open-handles.js';

export interface Patience {
  /** Milliseconds in which what is under way may stand still. */
  readonly still: number;
  /** Milliseconds for what is merely open, from which the jugfile may yet go on. */
  readonly open: number;
  readonly total: number;
}

/** What was not seen to come to its end: only what node would wait for without end is left, or it was waited for in vain. */
export interface Unended {
  readonly kind: 'open' | 'vain';
  /** `a timer, 2 open connections` */
  readonly what: string;
}

/** Milliseconds between two looks, and until it is told what is waited for. */
const LOOK_EVERY = 100;
const TELL_AFTER = 5000;
/** In so many looks in a row nothing is seen, where node does not tell that nothing is left. */
const LOOKS = 5;

/** Calls `settled` once: until then, a part of the jugfile may go on; with `undefined`, if none can. The answer ends the watch. */
export function watchUnawaited(
  {still, open, total}: Patience,
  settled: (unended: Unended | undefined) => void,
  tell: (what: string) => void = () => {},
): () => void {
  const ends = new OpenEndsWatch();
  const begun = performance.now();
  let last = begun;
  let lastMove = begun;
  let wasMoving = false;
  let openFor = 0;
  let emptyLooks = 0;
  let hasTold = false;

  function look(): void {
    const now = performance.now();
    const {isMoving, underWay, open: opened, ownsSome} = ends.look();
    const isUnderWay = isMoving || underWay.length > 0 || opened.length === 0;
    const what = [...underWay, ...opened].join(', ') || 'work of its own';
    // Once may be a sign of life of jug's own.
    if (isMoving && wasMoving) lastMove = now;
    wasMoving = isMoving;
    // Not by the clock alone: a thread that was busy, or a laptop that slept, has not looked.
    if (!isUnderWay) openFor += Math.min(now - last, 2 * LOOK_EVERY);
    last = now;
    emptyLooks = ownsSome && !isMoving && underWay.length + opened.length === 0 ? emptyLooks + 1 : 0;
    if (emptyLooks >= LOOKS) end(undefined);
    else if (openFor >= open) end({kind: 'open', what});
    else if (now - lastMove >= still || now - begun >= total) end({kind: 'vain', what});
    else if (!hasTold && isUnderWay && now - begun >= TELL_AFTER) {
      hasTold = true;
      tell(what);
    }
  }
  const over = (): void => end(undefined);
  function release(): void {
    clearInterval(timer);
    process.off('beforeExit', over);
  }
  function end(unended: Unended | undefined): void {
    release();
    settled(unended);
  }
  // It must not keep alive what is watched.
  const timer = setInterval(look, LOOK_EVERY).unref();
  process.on('beforeExit', over);
  return release;
}

/** A run asks whenever nothing else is left to be done. `mark` differs when the jugfile has gone on. */
export class UnawaitedParts {
  readonly #patience: Patience;
  readonly #mark: () => number;
  readonly #onSettled: () => void;
  readonly #tell: (what: string) => void;
  #watched: number | undefined;
  #settled: number | undefined;
  #unended: Unended | undefined;
  #release: () => void = () => {};

  constructor(
    patience: Patience,
    mark: () => number,
    onSettled: () => void,
    tell: (what: string) => void = () => {},
  ) {
    this.#patience = patience;
    this.#mark = mark;
    this.#onSettled = onSettled;
    this.#tell = tell;
  }

  /** How it ended, for the run that has. */
  get unended(): Unended | undefined {
    return this.#unended;
  }

  /** Whether one may still go on; `onSettled` is called when that is to be asked again. */
  isUnderWay(): boolean {
    const mark = this.#mark();
    if (this.#settled === mark) return false;
    if (this.#watched === mark) return true;
    this.#release();
    this.#watched = mark;
    this.#unended = undefined;
    this.#release = watchUnawaited(
      this.#patience,
      unended => {
        this.#settled = mark;
        this.#unended = unended;
        this.#onSettled();
      },
      this.#tell,
    );
    return true;
  }

  release(): void {
    this.#release();
  }
}
