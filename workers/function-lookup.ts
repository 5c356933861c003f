// Whether this thread's evaluation of the jugfile is where main's was when it sent a batch, so that a task may run. Where main
// has asked, or made tasks, and this one has not, it is behind. What the jugfile does by itself meanwhile (a timer, a file)
// nobody sees; so all waiting has its end. Knows nothing of answers.

import type {Epoch, QuestionKind} from '../src/run/protocol.js';
import type {FunctionRegistry} from '../src/tasks/functions.js';
import type {Replay} from './answer-replay.js';

/** Milliseconds. Patience is counted in ticks, not by the clock: while the jugfile computes, the thread has none. */
const TICK_MS = 50;
/** Ticks for which a jugfile is waited for that neither ends nor waits for an answer. */
const PATIENCE_TICKS = 200;
/** Ticks for which one is waited for that minds its thread and is behind, though nothing is open by which it might go on. */
const IDLE_TICKS = 4;
/** Ticks without news after which nothing more is expected of a jugfile that waits for what main has not asked. */
const QUIET_TICKS = 20;
/** The same where something is open by which it may go on: its parts need not come in main's order. */
const STRAY_TICKS = 1200;
/** Ticks after which a jugfile that asks for the same again and again is taken to wait, and how often it must have asked. */
const POLLING_TICKS = 10;
const POLLS = 2;
/** Milliseconds after which one that does not ask again has gone on. */
const LULL_MS = 1000;

/** What is asked without waiting for a task. */
const POLLING: ReadonlySet<QuestionKind> = new Set(['has', 'value', 'isFailed', 'isLocked']);

/** The evaluation. */
export interface Followed {
  readonly functions: FunctionRegistry;
  readonly replay: Replay;
  readonly failure: {readonly error: unknown} | undefined;
  readonly isDone: boolean;
  readonly isAtRest: boolean;
  readonly made: number;
  hasTaken(words: number): boolean;
  mindsThread(): boolean;
  isIdle(): boolean;
  anotherWay(): Promise<Error>;
}

export class Reach {
  readonly #followed: Followed;
  /** How often something has happened that the evaluation may go on by, or has ended. */
  #changes = 0;
  #notify: (() => void) | undefined;
  /** The number of changes at which the evaluation was no longer waited for. */
  #gaveUpAt: number | undefined;
  /** It is behind, and no longer waited for because of that. */
  #isExcused = false;
  /** So many tasks that main has made are not expected here. */
  #excusedTasks = 0;
  readonly #polled = new Set<string>();
  /** Where the same is asked again and again: how often, does not matter. */
  readonly #polledPlaces = new Set<string>();
  #repeated = 0;
  #isPolling = false;
  #askedAt = 0;

  constructor(followed: Followed) {
    this.#followed = followed;
  }

  changed(): void {
    this.#changes++;
    this.#notify?.();
  }

  /** The jugfile asks something. */
  asks(kind: QuestionKind, place: string, content: string | undefined): void {
    if (!POLLING.has(kind)) {
      // Another part of it may do so, while this one goes on.
      this.#isPolling = false;
      return;
    }
    this.#askedAt = performance.now();
    const asked = `${place} ${content}`;
    if (this.#polled.has(asked)) {
      this.#repeated++;
      this.#polledPlaces.add(place);
    } else this.#polled.add(asked);
  }

  /**
   * Lets the jugfile go on here until it is where main's was. Rejects with what the jugfile threw, or if it went another
   * way. A function may use what the jugfile defines after it; so its end, or a wait, is waited for, but not for ever: it
   * may itself wait, in a way that nobody sees, for what this very batch computes.
   */
  async reach(epoch: Epoch, functionName: string | undefined): Promise<void> {
    const {functions, replay} = this.#followed;
    const ticks = new Ticks(() => this.#notify?.());
    this.#repeated = 0;
    this.#polled.clear();
    this.#polledPlaces.clear();
    try {
      for (;;) {
        // Taken before anything is looked at: what happens meanwhile is not to be waited for again.
        const seen = this.#changes;
        if (this.#followed.failure !== undefined) throw this.#followed.failure.error;
        if (this.#followed.hasTaken(epoch.words)) {
          const isKnown = functionName === undefined || functions.named(functionName) !== undefined;
          if (replay.hasPairs) {
            if (this.#isQuiet(ticks) && (await this.#staysSo(seen)) && replay.pairByOrder()) continue;
          } else if (this.#isStray(isKnown)) {
            if (this.#isLost(ticks)) throw await this.#followed.anotherWay();
          } else if (this.#mayRun(epoch, isKnown, ticks)) return;
          else if (!isKnown && this.#isGivenUp(ticks)) functions.demand(functionName);
        }
        await this.#changeSince(seen, ticks);
        if (this.#changes !== seen) ticks.sinceChange = 0;
      }
    } finally {
      ticks.end();
    }
  }

  /** Whether it seems to have gone another way than main's. */
  #isStray(isKnown: boolean): boolean {
    const {replay} = this.#followed;
    if (!replay.hasStrays) return false;
    if (!isKnown) return replay.hasMainEnded || replay.hasUnclaimed;
    // What main asks behind `isMainThread`, nobody asks here; so who minds the thread may only be ahead of main.
    return replay.hasUnclaimed && !this.#followed.mindsThread();
  }

  /** Another part of it that asks again and again is news without end. */
  #isQuiet(ticks: Ticks): boolean {
    return ticks.sinceChange >= QUIET_TICKS || this.#followed.isIdle() || this.#polls(ticks);
  }

  #isLost({sinceChange, all}: Ticks): boolean {
    return sinceChange >= (this.#followed.isIdle() ? QUIET_TICKS : STRAY_TICKS) || all >= STRAY_TICKS;
  }

  /** The jugfile may be about to go on in a turn of the event loop. */
  async #staysSo(seen: number): Promise<boolean> {
    for (let turns = 0; turns < 3; turns++) await new Promise(resolve => setImmediate(resolve));
    return this.#changes === seen;
  }

  #mayRun(epoch: Epoch, isKnown: boolean, ticks: Ticks): boolean {
    if (!isKnown) return false;
    if (this.#isAtRest(ticks)) return !this.#isBehind(epoch, ticks) || this.#mayStayBehind(epoch, ticks);
    if (this.#gaveUpAt === this.#changes) return true;
    if (ticks.sinceChange < PATIENCE_TICKS) return false;
    this.#gaveUpAt = this.#changes;
    return true;
  }

  #isAtRest(ticks: Ticks): boolean {
    return this.#followed.isAtRest || this.#polls(ticks);
  }

  #polls({all}: Ticks): boolean {
    if (this.#repeated >= POLLS && all >= POLLING_TICKS) this.#isPolling = true;
    return this.#isPolling && performance.now() - this.#askedAt < LULL_MS;
  }

  /** Another part of it may do by itself what main's has done: then it is waited for. */
  #isBehind({questions, made}: Epoch, ticks: Ticks): boolean {
    const {replay} = this.#followed;
    const hasAsked = this.#polls(ticks)
      ? replay.isBeforeBeside(this.#polledPlaces, questions)
      : replay.isBefore(questions);
    const isBehind = hasAsked || this.#followed.made + this.#excusedTasks < made;
    if (!isBehind) this.#isExcused = false;
    return isBehind && !this.#isExcused;
  }

  /** Chance may have it that there are fewer questions or tasks here. */
  #mayStayBehind({made}: Epoch, ticks: Ticks): boolean {
    const {isDone} = this.#followed;
    const ticksOfIdleness = isDone ? 0 : this.#followed.mindsThread() ? IDLE_TICKS : QUIET_TICKS;
    // A module that is being imported cannot be told from nothing.
    const isIdle = ticks.sinceChange >= ticksOfIdleness && this.#followed.isIdle();
    if (!isIdle && ticks.all < PATIENCE_TICKS) return false;
    this.#isExcused = true;
    this.#excusedTasks = Math.max(0, made - this.#followed.made);
    return true;
  }

  /** Parts of the jugfile that it did not wait for may still be under way after its end. */
  #isGivenUp({sinceChange}: Ticks): boolean {
    return sinceChange >= PATIENCE_TICKS || (this.#followed.isDone && this.#followed.isIdle());
  }

  /** Settles when something has changed since `#changes` was `seen`, or a tick has passed. */
  async #changeSince(seen: number, ticks: Ticks): Promise<void> {
    if (this.#changes !== seen) return;
    await new Promise<void>(resolve => {
      ticks.begin();
      this.#notify = resolve;
    });
    this.#notify = undefined;
  }
}

class Ticks {
  readonly #tick: () => void;
  #timer: NodeJS.Timeout | undefined;
  all = 0;
  sinceChange = 0;

  constructor(tick: () => void) {
    this.#tick = tick;
  }

  begin(): void {
    // Node does not count a timer as open that does not hold the event loop.
    this.#timer ??= setInterval(() => {
      this.all++;
      this.sinceChange++;
      this.#tick();
    }, TICK_MS).unref();
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
