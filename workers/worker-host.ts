// The host of a worker: its evaluation of the jugfile is there to have the functions. What the jugfile asks is answered as
// it was answered in main, so that it goes the way that it went there. The graph and the arguments are main's business.

import {JugError} from '../src/errors.js';
import {userFrame} from '../src/frame.js';
import {isFailedIn, isLockedIn, tasksIn} from '../src/hosts.js';
import {JournalDecoder, placeOf, placeText} from '../src/journal.js';
import type {AnswerOutcome, Chunk, Missing, QuestionKind} from '../src/run/protocol.js';
import type {Reading} from '../src/stores/store.js';
import {FunctionRegistry} from '../src/tasks/functions.js';
import type {Entered, Host} from '../src/tasks/host.js';
import {lightTask} from '../src/tasks/light-task.js';
import {type AtHand, MissingResults, resultsIn} from '../src/tasks/results.js';
import {currentScope} from '../src/tasks/scope.js';
import type {Task} from '../src/tasks/task.js';
import type {Resolved} from '../src/types.js';
import {answerOf} from './answers.js';
import {Contents} from './contents.js';
import {type Asked, Replay} from './replay.js';
import {running} from './running-task.js';

/** What is asked of the main thread. */
export interface Main {
  recover(missing: Missing, time: number): Promise<boolean>;
  sites(ids: readonly number[]): Promise<string[]>;
}

type Evaluation = 'evaluating' | 'done' | {readonly error: unknown};

/** Milliseconds. Patience is counted in ticks, not by the clock: while the jugfile computes, the thread has none. */
const TICK_MS = 50;
/** Ticks for which a jugfile is waited for that neither ends nor waits for an answer. */
const PATIENCE_TICKS = 200;
/** The same of one that asks again and again whether a result is there: most likely it waits for it. */
const POLLED_TICKS = 10;
/** Ticks without news after which nothing more is expected of a jugfile that waits for what main has not asked. */
const QUIET_TICKS = 20;
/** Kinds of resources that are open in a worker of which nothing is to be expected. */
const AT_REST: ReadonlySet<string> = new Set(['MessagePort', 'TTYWrap', 'Immediate']);

export class WorkerHost implements Host {
  readonly running = true;
  readonly lightTask = lightTask;
  readonly isOver = false;
  readonly functions: FunctionRegistry;
  readonly #store: () => Promise<Reading>;
  readonly #main: Main;
  readonly #journal = new JournalDecoder();
  readonly #replay = new Replay(() => this.#wake());
  readonly #contents = new Contents();
  #evaluation: Evaluation = 'evaluating';
  /** Answers whose results are being loaded. */
  #loading = 0;
  /** How often something has happened that the evaluation may go on by, or has ended. */
  #changes = 0;
  /** How often it was something else than to be told once more, at the same place, that a result is not there. */
  #news = 0;
  /** The place where it was told that last, and whether it has asked again. */
  #polled = {place: '', again: false};
  #notify: (() => void) | undefined;
  /** The number of news at which the evaluation was no longer waited for. */
  #gaveUpAt: number | undefined;
  /** Whether the jugfile minds which thread it runs in: then main may ask what is not asked here. */
  mindsThread: () => boolean = () => false;
  /** Whether nothing is open in this thread that the jugfile might go on by. */
  isIdle: () => boolean = () => process.getActiveResourcesInfo().every(kind => AT_REST.has(kind));
  /** Results that the batch under way may need and that are not in the store yet. */
  unsaved: AtHand | undefined;

  constructor(root: string, store: () => Promise<Reading>, main: Main) {
    this.functions = new FunctionRegistry(root);
    this.#store = store;
    this.#main = main;
  }

  follow(evaluation: Promise<unknown>): void {
    evaluation.then(
      () => this.#evaluationIs('done'),
      error => this.#evaluationIs({error}),
    );
  }

  /** Of the jugfile, where nobody waited for it: as if its evaluation had thrown it. */
  fail(error: unknown): void {
    this.#evaluationIs({error});
  }

  /** What main's evaluation has asked and was answered since the last time. */
  take(chunk: Pick<Chunk, 'words' | 'places'>): void {
    this.#replay.take([...this.#journal.entries(chunk)]);
    this.#wake();
  }

  /** Whether the jugfile has something to do, and is not waiting or at its end. */
  get isEvaluating(): boolean {
    return this.#evaluation === 'evaluating' && !this.#isAtRest;
  }

  /**
   * Lets the jugfile go on here until it is where main's was when its journal was `epoch` long. Rejects with what the
   * jugfile threw, or with a JugError if it went another way. A function may use what the jugfile defines after it; so
   * its end, or a wait, is waited for, but not for ever: it may itself wait, in a way that nobody sees, for what this very
   * batch computes.
   */
  async reach(epoch: number, functionName?: string): Promise<void> {
    let ticks = 0;
    for (;;) {
      // Taken before anything is looked at: what happens meanwhile is not to be waited for again.
      const [seen, news] = [this.#changes, this.#news];
      if (typeof this.#evaluation === 'object') throw this.#evaluation.error;
      if (this.#journal.length >= epoch && this.#replay.isDelivered && this.#loading === 0) {
        const isKnown = functionName === undefined || this.functions.named(functionName) !== undefined;
        if (this.#isStray(isKnown)) {
          const isQuiet = ticks >= QUIET_TICKS || this.isIdle();
          if (isQuiet && this.#replay.pairByOrder()) continue;
          if (isQuiet) throw await this.#anotherWay();
        } else if (this.#mayRun(isKnown, ticks)) return;
        else if (!isKnown && this.#isGivenUp(ticks)) this.functions.demand(functionName);
      }
      await this.#changeSince(seen);
      ticks = this.#news === news ? ticks + 1 : 0;
    }
  }

  get #isAtRest(): boolean {
    return this.#evaluation === 'done' || this.#replay.isWaiting;
  }

  /** Whether it seems to have gone another way than main's. */
  #isStray(isKnown: boolean): boolean {
    if (!this.#replay.hasStrays) return false;
    if (!isKnown) return this.#replay.hasMainEnded || this.#replay.hasUnclaimed;
    // What main asks behind `isMainThread`, nobody asks here; so who minds the thread may only be ahead of main.
    return this.#replay.hasUnclaimed && !this.mindsThread();
  }

  #mayRun(isKnown: boolean, ticks: number): boolean {
    if (!isKnown) return false;
    if (this.#isAtRest || this.#gaveUpAt === this.#news) return true;
    if (ticks < (this.#polled.again ? POLLED_TICKS : PATIENCE_TICKS)) return false;
    this.#gaveUpAt = this.#news;
    return true;
  }

  /** Parts of the jugfile that it did not wait for may still be under way after its end. */
  #isGivenUp(ticks: number): boolean {
    return ticks >= PATIENCE_TICKS || (this.#evaluation === 'done' && this.isIdle());
  }

  async #anotherWay(): Promise<JugError> {
    const [here] = this.#replay.strays().map(placeText);
    const [there] = await this.#main.sites(this.#replay.unclaimed().slice(0, 1));
    const main =
      there === undefined ? 'the main thread did not come there' : `the main thread came to ${there}`;
    return new JugError(
      `Expected the jugfile to go the same way in a worker thread as in the main thread; found that a worker came to ${here}, and ${main}.\n` +
        'What it decides by is another a moment later, or in another thread: the clock, chance, a folder, a file or a variable ' +
        'that changes. Have a task find it out, and wait for its result with bvalue(): that is the same in every thread.',
      3,
    );
  }

  /** Of what the jugfile defines, the functions are known by now (task.ts): the rest is main's. */
  define(): void {
    const inside = running.getStore();
    if (inside !== undefined) throw inside.madeTask();
  }

  /** Main has heard it. */
  setJugdir(): void {}

  settled(tasks: readonly Task[] | undefined): Promise<void> {
    refuseInside('wait with barrier(), bvalue() or CachedFunction()');
    return this.#ask('barrier', tasks ?? [], undefined) as Promise<void>;
  }

  settledValue<T>(tree: T): Promise<Resolved<T>> {
    refuseInside('wait with barrier(), bvalue() or CachedFunction()');
    return this.#askValue('bvalue', tree);
  }

  value<T>(tree: T): Promise<Resolved<T>> {
    if (running.getStore() !== undefined) return resultsIn(tree, this.#store, this.unsaved);
    return this.#askValue('value', tree);
  }

  async has(tasks: readonly Task[]): Promise<boolean[]> {
    if (running.getStore() !== undefined) return (await this.#store()).has(tasks.map(task => task.hash));
    const flags = (await this.#ask('has', tasks, undefined)) as readonly boolean[];
    if (flags.length === tasks.length) return [...flags];
    return tasks.map(() => flags.every(Boolean));
  }

  async enter(compound: Task): Promise<Entered> {
    refuseInside('make a compound task');
    let scope = '';
    const [isFinished] = (await this.#ask('compound', [compound], undefined, id => {
      scope = String(id);
    })) as readonly boolean[];
    return {isFinished: isFinished!, scope};
  }

  /** Main runs it; here the jugfile waits until it has. */
  run<R>(task: Task<R>): Promise<R> {
    refuseInside(`run ${task.name}`);
    return this.#ask('run', [task], task) as Promise<R>;
  }

  /** Main does it. */
  invalidate(task: Task): Promise<void> {
    refuseInside(`invalidate ${task.name}`);
    return this.#ask('invalidate', [task], undefined) as Promise<void>;
  }

  async isLocked(task: Task): Promise<boolean> {
    if (running.getStore() !== undefined) return isLockedIn(await this.#store(), task.hash);
    const [flag] = (await this.#ask('isLocked', [task], undefined)) as readonly boolean[];
    return flag!;
  }

  async isFailed(task: Task): Promise<boolean> {
    if (running.getStore() !== undefined) return isFailedIn(await this.#store(), task.hash);
    const [flag] = (await this.#ask('isFailed', [task], undefined)) as readonly boolean[];
    return flag!;
  }

  #askValue<T>(kind: QuestionKind, tree: T): Promise<Resolved<T>> {
    return this.#ask(kind, tasksIn(tree), tree) as Promise<Resolved<T>>;
  }

  /** To be called while the jugfile's line is on the stack. `tree`: what the answer is a value of. */
  #ask(
    kind: QuestionKind,
    tasks: readonly Task[],
    tree: unknown,
    met: (id: number) => void = () => {},
  ): Promise<unknown> {
    const place = placeOf(currentScope(), kind, userFrame());
    const content = this.#contents.of(tasks);
    return new Promise((resolve, reject) => {
      const asked: Asked = {
        place,
        content,
        answer: (outcome, id) => {
          met(id);
          this.#noteOutcome(place, outcome);
          this.#loading++;
          this.#load(outcome, tree)
            .then(resolve, reject)
            .finally(() => {
              this.#loading--;
              this.#wake();
            });
        },
      };
      this.#replay.ask(asked);
      this.#wake();
    });
  }

  /** To be told again that a result is not there is no news, but a sign that the jugfile waits for it. */
  #noteOutcome(place: string, outcome: AnswerOutcome): void {
    if (outcome.kind === 'flags' && outcome.flags.includes(false)) {
      if (this.#polled.place === place) {
        this.#polled.again = true;
        return;
      }
      this.#polled = {place, again: false};
    } else {
      this.#polled = {place: '', again: false};
    }
    this.#news++;
  }

  /** What is missing is made again before the jugfile goes on, as in main. */
  async #load(outcome: AnswerOutcome, tree: unknown): Promise<unknown> {
    for (;;) {
      const time = performance.timeOrigin + performance.now();
      try {
        return await answerOf(outcome, tree, this.#store);
      } catch (error) {
        if (!(error instanceof MissingResults) || outcome.kind === 'missing') throw error;
        const {hashes, reason} = error;
        if (!(await this.#main.recover({hashes, reason}, time))) throw error;
      }
    }
  }

  #evaluationIs(state: Evaluation): void {
    this.#evaluation = state;
    this.#changed();
  }

  #changed(): void {
    this.#news++;
    this.#wake();
  }

  #wake(): void {
    this.#changes++;
    this.#notify?.();
    this.#notify = undefined;
  }

  /** Settles when something has changed since `#changes` was `seen`, or a tick has passed. */
  async #changeSince(seen: number): Promise<void> {
    if (this.#changes !== seen) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, TICK_MS);
      this.#notify = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** `what`, which only the jugfile may do, inside a task. */
function refuseInside(what: string): void {
  const inside = running.getStore();
  if (inside === undefined) return;
  throw new JugError(
    `Expected only the jugfile to ${what}; found the task function ${inside.batch.function} doing it ` +
      `(${userFrame().site}).\nInside a task nothing can be waited for: make the other task in the jugfile and ` +
      'pass it as an argument, and its result arrives in its place.',
  );
}
