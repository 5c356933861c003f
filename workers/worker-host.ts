// The host of a worker: its evaluation of the jugfile is there to have the functions. What the jugfile asks is answered as
// it was answered in main, so that it goes the way that it went there. The graph and the arguments are main's business.

import {userFrame} from '../src/core/call-site.js';
import {JugError} from '../src/core/errors.js';
import type {Resolved} from '../src/core/types.js';
import {isFailedIn, isLockedIn, tasksIn} from '../src/evaluation/graph-host.js';
import {JournalDecoder, placeOf, placeText} from '../src/run/journal.js';
import type {AnswerOutcome, Chunk, Epoch, Missing, QuestionKind} from '../src/run/protocol.js';
import type {Reading} from '../src/stores/store.js';
import {currentScope} from '../src/tasks/compound-scope.js';
import {FunctionRegistry} from '../src/tasks/functions.js';
import type {Entered, Host} from '../src/tasks/host.js';
import {lightTask} from '../src/tasks/light-task.js';
import {type AtHand, argumentsIn, type Keeper, MissingResults, resultsIn} from '../src/tasks/read-results.js';
import type {Task} from '../src/tasks/task.js';
import {type Asked, Replay} from './answer-replay.js';
import {answerOf} from './answers.js';
import {Contents} from './file-contents.js';
import {type Followed, Reach} from './function-lookup.js';
import {KeptResults} from './result-cache.js';
import {running} from './task-context.js';

/** What is asked of the main thread. */
export interface Main {
  recover(missing: Missing, time: number): Promise<boolean>;
  sites(ids: readonly number[]): Promise<string[]>;
}

type Evaluation = 'evaluating' | 'done' | {readonly error: unknown};

/** Kinds of resources that are open in a worker of which nothing is to be expected. */
const AT_REST: ReadonlySet<string> = new Set(['MessagePort', 'TTYWrap', 'Immediate']);

export class WorkerHost implements Host, Followed {
  readonly running = true;
  readonly lightTask = lightTask;
  readonly isOver = false;
  readonly functions: FunctionRegistry;
  readonly #store: () => Promise<Reading>;
  readonly #main: Main;
  readonly #journal = new JournalDecoder();
  readonly replay = new Replay(() => this.#reach.changed());
  readonly #contents = new Contents();
  /** Results that tasks are given here, again and again. */
  readonly kept = new KeptResults();
  #evaluation: Evaluation = 'evaluating';
  /** Answers whose results are being made again. */
  #recovering = 0;
  /** How many tasks the jugfile has made. */
  made = 0;
  readonly #reach: Reach;
  /** Whether the jugfile minds which thread it runs in: then main may ask what is not asked here. */
  mindsThread: () => boolean = () => false;
  /** The jugfile, or a part of it, has come to its end or to a question. */
  onRest: () => void = () => {};
  /** Whether nothing is open in this thread that the jugfile might go on by. */
  isIdle: () => boolean = () => process.getActiveResourcesInfo().every(kind => AT_REST.has(kind));
  /** Results that the batch under way may need and that are not in the store yet. */
  unsaved: AtHand | undefined;

  constructor(root: string, store: () => Promise<Reading>, main: Main) {
    this.functions = new FunctionRegistry(root);
    this.#store = store;
    this.#main = main;
    this.#reach = new Reach(this);
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
    // The jugfile may have removed a result.
    this.kept.distrust();
    this.replay.take([...this.#journal.entries(chunk)]);
    this.#reach.changed();
  }

  get failure(): {readonly error: unknown} | undefined {
    return typeof this.#evaluation === 'object' ? this.#evaluation : undefined;
  }

  get isDone(): boolean {
    return this.#evaluation === 'done';
  }

  /** Whether the jugfile is at its end, or waits for an answer. */
  get isAtRest(): boolean {
    return this.isDone || this.replay.isWaiting || this.#recovering > 0;
  }

  /** Whether `words` of main's journal have come, and all of their answers were handed over. */
  hasTaken(words: number): boolean {
    // What is made again may need this very thread.
    return this.#journal.length >= words && (this.replay.isDelivered || this.#recovering > 0);
  }

  /** Rejects with what the jugfile threw, or with a JugError if it went another way than main's. */
  reach(epoch: Epoch, functionName?: string): Promise<void> {
    return this.#reach.reach(epoch, functionName);
  }

  async anotherWay(): Promise<JugError> {
    const [here] = this.replay.strays().map(placeText);
    const [there] = await this.#main.sites(this.replay.unclaimed().slice(0, 1));
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
    this.made++;
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

  /** Those of the task under way. */
  arguments(tree: readonly unknown[], keeper: Keeper): Promise<readonly unknown[]> {
    return argumentsIn(tree, this.#store, this.unsaved, keeper);
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
  run<R>(task: Task): Promise<R> {
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
    this.#reach.asks(kind, place, content);
    this.onRest();
    return new Promise((resolve, reject) => {
      const asked: Asked = {
        place,
        content,
        answer: async (outcome, id) => {
          met(id);
          try {
            const answer = await this.#load(outcome, tree);
            return () => resolve(answer);
          } catch (error) {
            return () => reject(error);
          }
        },
      };
      this.replay.ask(asked);
      this.#reach.changed();
    });
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
        this.#recovering++;
        this.#reach.changed();
        try {
          if (!(await this.#main.recover({hashes, reason}, time))) throw error;
        } finally {
          this.#recovering--;
        }
      }
    }
  }

  #evaluationIs(state: Evaluation): void {
    this.#evaluation = state;
    this.onRest();
    this.#reach.changed();
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
