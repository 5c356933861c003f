// The host of a run, in the main thread: as every host that holds the graph, and it writes down what the jugfile asks and
// what it is answered, for workers to follow. Knows nothing of how they do.

import {type Frame, userFrame} from '../core/call-site.js';
import {digest} from '../core/checksums.js';
import {describeThrown} from '../core/failure.js';
import type {Resolved} from '../core/types.js';
import {GraphHost, tasksIn} from '../evaluation/graph-host.js';
import {currentScope} from '../tasks/compound-scope.js';
import type {Entered} from '../tasks/host.js';
import {MissingResults, type TellLoaded} from '../tasks/read-results.js';
import {Task} from '../tasks/task.js';
import {pack} from '../tasks/wire-arguments.js';
import type {TaskHash} from '../values/task-hash.js';
import {Journal, placeOf} from './journal.js';
import type {AnswerOutcome, QuestionKind, Records} from './protocol.js';

/** Results of so many bytes in all are sent to workers with the answer; larger ones they read from the store. */
const MOST_SENT_BYTES = 2048;
/** Of the tasks that are asked for at one line, so many are compared. */
const MOST_COMPARED = 64;

/** Those that tell apart what is asked at one place: the first and the last ones. */
export function compared<T>(tasks: readonly T[]): readonly T[] {
  if (tasks.length <= MOST_COMPARED) return tasks;
  return [...tasks.slice(0, MOST_COMPARED / 2), ...tasks.slice(-MOST_COMPARED / 2)];
}

/** Tells apart what is asked at one place: where it is little, the same in whatever order the tasks stand, and however often. */
export function contentOf(tasks: readonly {readonly hash: TaskHash}[]): string {
  if (tasks.length === 1) return tasks[0]!.hash;
  const hashes = [...new Set(compared(tasks).map(({hash}) => hash))].sort();
  const others = tasks.length > MOST_COMPARED ? `,${tasks.length}` : '';
  return digest('sha256', hashes.join() + others, 'hex');
}

export class RunHost extends GraphHost {
  readonly journal = new Journal();

  override define(task: Task): void {
    this.journal.made();
    super.define(task);
  }

  override settled(tasks: readonly Task[] | undefined): Promise<void> {
    const frame = userFrame();
    return this.#told('barrier', frame, tasks ?? [], () => this.waitFor(tasks, frame), done);
  }

  override settledValue<T>(tree: T): Promise<Resolved<T>> {
    const frame = userFrame();
    const tasks = tasksIn(tree);
    return this.#toldValue('bvalue', frame, tree, tasks, tell => this.readSettled(tree, tasks, frame, tell));
  }

  override value<T>(tree: T): Promise<Resolved<T>> {
    return this.#toldValue('value', userFrame(), tree, tasksIn(tree), tell => this.read(tree, tell));
  }

  override has(tasks: readonly Task[]): Promise<boolean[]> {
    return this.#told('has', userFrame(), tasks, () => super.has(tasks), flags);
  }

  /** The scope is that of the question, so that workers need not know the hash of the compound task. */
  override async enter(compound: Task): Promise<Entered> {
    let scope = '';
    const {isFinished} = await this.#told(
      'compound',
      userFrame(),
      [compound],
      id => {
        scope = String(id);
        return super.enter(compound);
      },
      entered => flags([entered.isFinished]),
    );
    return {isFinished, scope};
  }

  override run<R>(task: Task): Promise<R> {
    return this.#told(
      'run',
      userFrame(),
      [task],
      () => super.run(task),
      () => ({kind: 'result', hash: task.hash, records: []}),
    );
  }

  override invalidate(task: Task): Promise<void> {
    return this.#told('invalidate', userFrame(), [task], () => super.invalidate(task), done);
  }

  override isLocked(task: Task): Promise<boolean> {
    return this.#told(
      'isLocked',
      userFrame(),
      [task],
      () => super.isLocked(task),
      flag => flags([flag]),
    );
  }

  override isFailed(task: Task): Promise<boolean> {
    return this.#told(
      'isFailed',
      userFrame(),
      [task],
      () => super.isFailed(task),
      flag => flags([flag]),
    );
  }

  #toldValue<T>(
    kind: QuestionKind,
    frame: Frame,
    tree: T,
    tasks: readonly Task[],
    read: (tell: TellLoaded) => Promise<Resolved<T>>,
  ): Promise<Resolved<T>> {
    let records: Records = [];
    const tell: TellLoaded = (hashes, loaded) => {
      records = sentAlong(hashes, loaded);
    };
    return this.#told(
      kind,
      frame,
      tasks,
      () => read(tell),
      () => valueOutcome(tree, tasks, records),
    );
  }

  /** The answer stands in the journal before the jugfile has it. */
  async #told<T>(
    kind: QuestionKind,
    frame: Frame,
    tasks: readonly Task[],
    ask: (id: number) => Promise<T>,
    outcomeOf: (answer: T) => AnswerOutcome,
  ): Promise<T> {
    const id = this.journal.ask(placeOf(currentScope(), kind, frame), contentOf(tasks));
    let answer: T;
    try {
      answer = await ask(id);
    } catch (error) {
      this.journal.answer(id, refusal(error));
      throw error;
    }
    this.journal.answer(id, outcomeOf(answer));
    return answer;
  }
}

function done(): AnswerOutcome {
  return {kind: 'done'};
}

function flags(all: readonly boolean[]): AnswerOutcome {
  return {kind: 'flags', flags: all};
}

function refusal(error: unknown): AnswerOutcome {
  if (!(error instanceof MissingResults)) return {kind: 'threw', error: describeThrown(error)};
  const {hashes, reason, message} = error;
  return {kind: 'missing', missing: {hashes, reason}, message};
}

/** As `value` sees it now: the jugfile may change it once it has the answer. */
function valueOutcome(tree: unknown, tasks: readonly Task[], records: Records): AnswerOutcome {
  if (tree instanceof Task) return {kind: 'result', hash: tree.hash, records};
  try {
    return {kind: 'tree', tree: pack([tree]), records};
  } catch {
    return {kind: 'places', hashes: tasks.map(({hash}) => hash), records};
  }
}

/** Results that are so small that they travel with an answer. */
function sentAlong(hashes: readonly TaskHash[], records: readonly (Uint8Array | undefined)[]): Records {
  let bytes = 0;
  for (const record of records) bytes += record?.length ?? 0;
  if (bytes > MOST_SENT_BYTES) return [];
  return records.flatMap((record, place) => (record === undefined ? [] : [[hashes[place]!, text(record)]]));
}

function text({buffer, byteOffset, length}: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}
