// The threads of the pool as they end: each by itself, as soon as nothing that its tasks have left open is open any more;
// then by word; then by force; and one that does not end even so is left behind. Knows nothing of batches and results.

import {setTimeout as sleep} from 'node:timers/promises';
import type {MessagePort, Worker} from 'node:worker_threads';
import {endDescendants} from './descendants.js';
import type {Remains} from './remains.js';

/** `finish`: when nothing is left open. `leave`: now, after its output and its exit handlers. */
export type Ending = 'finish' | 'leave';

/** What a worker says of itself at its start. */
export interface Greeting {
  readonly from: 'jug';
  readonly thread: number;
  /** For the services of main. */
  readonly port: MessagePort;
  /** By which it hears how to end. */
  readonly control: MessagePort;
  /** 1 from its first batch on. */
  readonly begun: Int32Array<SharedArrayBuffer>;
}

/** What a worker says before it ends: whose work is cut off. */
export interface Last {
  readonly open: readonly string[];
}

/** Milliseconds for a thread that has run nothing, and for one that is to leave. */
const IDLE = 250;
const LEAVING = 1000;
/** Milliseconds after which it is said what is waited for. */
const PATIENCE = 1000;
/** Milliseconds for one that is ended by force: native code ends when it likes. */
const FORCED = 1000;

export function isGreeting(message: unknown): message is Greeting {
  return typeof message === 'object' && message !== null && (message as Partial<Greeting>).from === 'jug';
}

export class Threads {
  readonly #greetings = new Map<number, Greeting>();
  readonly #open = new Set<string>();
  readonly #warn: (message: string) => void;
  #isEnding = false;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  greeted(greeting: Greeting): void {
    const {control, thread} = greeting;
    this.#greetings.set(thread, greeting);
    control.on('message', ({open}: Last) => {
      if (this.#isEnding) for (const one of open) this.#open.add(one);
      else
        this.#warn(
          `A thread ended while work that tasks had left behind in it was not done: ${open.join('; ')}. Await it in the task.`,
        );
    });
    control.on('close', () => this.#greetings.delete(thread));
    control.unref();
  }

  /** Waits up to `grace` milliseconds, or until `cut`, for what tasks have left open. */
  async finish(workers: readonly Worker[], grace: number, cut: Promise<unknown>): Promise<Remains> {
    this.#isEnding = true;
    const idle: Worker[] = [];
    const busy: Worker[] = [];
    for (const worker of workers) {
      const greeting = this.#greetings.get(worker.threadId);
      if (greeting === undefined) void worker.terminate();
      else greeting.control.postMessage('finish' satisfies Ending);
      (greeting?.begun[0] === 1 ? busy : idle).push(worker);
    }
    const telling = setTimeout(() => {
      this.#warn(
        `The run is over, and waits for what tasks have left open: for up to ${grace / 1000} s (--grace).`,
      );
    }, PATIENCE);
    await Promise.all([
      endedWithin(idle, IDLE, cut).then(rest => rest.map(worker => worker.terminate())),
      endedWithin(busy, grace, cut),
    ]);
    clearTimeout(telling);
    return this.#leave(workers);
  }

  /** Ends them, with what their tasks have started. */
  async end(workers: readonly Worker[]): Promise<Remains> {
    this.#isEnding = true;
    const ending = this.#leave(workers);
    await endDescendants(process.pid, ending);
    const {stuck} = await ending;
    return {open: [], stuck};
  }

  async #leave(workers: readonly Worker[]): Promise<Remains> {
    const living = alive(workers);
    for (const {threadId} of living)
      this.#greetings.get(threadId)?.control.postMessage('leave' satisfies Ending);
    const rest = await endedWithin(living, LEAVING);
    for (const worker of rest) void worker.terminate();
    const stuck = await endedWithin(rest, FORCED);
    return {open: [...this.#open], stuck: stuck.length};
  }
}

function alive(workers: readonly Worker[]): Worker[] {
  // node: the id of a thread that has ended.
  return workers.filter(({threadId}) => threadId !== -1);
}

/** Those that have not ended by then. */
async function endedWithin(
  workers: readonly Worker[],
  milliseconds: number,
  cut: Promise<unknown> = new Promise(() => {}),
): Promise<Worker[]> {
  const living = alive(workers);
  if (living.length === 0) return [];
  const timer = new AbortController();
  const ended = living.map(worker => new Promise<void>(resolve => void worker.once('exit', () => resolve())));
  await Promise.race([
    Promise.all(ended),
    cut,
    sleep(milliseconds, undefined, {signal: timer.signal}).catch(() => {}),
  ]);
  timer.abort();
  return alive(living);
}
