// The threads of the pool as they end: each by itself, as soon as nothing that its tasks have left open is open any more;
// then by word; then by force; and one that does not end even so is left behind. Knows nothing of batches and results.

import {finished} from 'node:stream/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import type {MessagePort, Worker} from 'node:worker_threads';
import {endDescendants} from './child-processes.js';
import type {PrintRing} from './print-ring.js';
import type {Remains} from './unended-work.js';

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
  /** By which it sends what it prints. */
  readonly prints: {readonly port: MessagePort; readonly ring: PrintRing};
  /** 1 from its first batch on. */
  readonly begun: Int32Array<SharedArrayBuffer>;
}

/** What a worker says of work that tasks have left behind. */
export type Word =
  /** After a batch, if there is some. */
  | {readonly left: readonly string[]}
  /** Before it ends: it is cut off. */
  | {readonly open: readonly string[]};

/** Milliseconds for a thread that has run nothing, and for one that is to leave. */
const IDLE = 250;
const LEAVING = 1000;
/** Milliseconds for one that is to leave though it may have a task. */
const BREAKING_OFF = 300;
/** Milliseconds for what it has printed to reach whoever reads it. */
const FLOWING = 5000;
/** Milliseconds after which it is said what is waited for. */
const PATIENCE = 1000;
/** Milliseconds for one that is ended by force: native code ends when it likes. */
const FORCED = 1000;

export function isGreeting(message: unknown): message is Greeting {
  return typeof message === 'object' && message !== null && (message as Partial<Greeting>).from === 'jug';
}

/** A thread that has greeted, and lives. */
interface Known extends Greeting {
  /** Tasks that have left work behind in it. */
  left: readonly string[];
  /** It was told to end. */
  isEnding: boolean;
}

export class Threads {
  readonly #known = new Map<number, Known>();
  readonly #open = new Set<string>();
  /** Of those whose output has not come to its end. */
  readonly #output = new Map<Worker, Promise<void>>();
  readonly #warn: (message: string) => void;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** `printed` settles when all that it prints is written. */
  greeted(greeting: Greeting, worker: Worker, printed: Promise<void>): void {
    const output = Promise.all([endOfOutput(worker), printed]).then(() => void this.#output.delete(worker));
    this.#output.set(worker, output);
    const known: Known = {...greeting, left: [], isEnding: false};
    this.#known.set(known.thread, known);
    known.control.on('message', (word: Word) => {
      if ('left' in word) known.left = word.left;
      else {
        known.left = known.isEnding ? [] : word.open;
        if (known.isEnding) for (const one of word.open) this.#open.add(one);
      }
    });
    known.control.on('close', () => this.#gone(known));
    known.control.unref();
  }

  #gone({thread, isEnding, left}: Known): void {
    const isNew = this.#known.delete(thread);
    if (!isNew || isEnding || left.length === 0) return;
    this.#warn(
      `A thread has ended in the middle of the run, and with it work that tasks had left behind: ${left.join('; ')}. Await it in the task.`,
    );
  }

  /** A thread that does not live any more, or has not greeted yet, hears nothing. */
  #tell(threadId: number, ending: Ending): Known | undefined {
    const known = this.#known.get(threadId);
    if (known !== undefined) {
      known.isEnding = true;
      known.control.postMessage(ending);
    }
    return known;
  }

  /** Waits up to `grace` milliseconds, or until `cut`, for what tasks have left open. */
  async finish(workers: readonly Worker[], grace: number, cut: Promise<unknown>): Promise<Remains> {
    const idle: Worker[] = [];
    const busy: Worker[] = [];
    const living = new Set(workers.map(({threadId}) => threadId));
    for (const known of this.#known.values()) if (!living.has(known.thread)) this.#gone(known);
    for (const worker of workers) {
      const known = this.#tell(worker.threadId, 'finish');
      if (known === undefined) void worker.terminate();
      (known?.begun[0] === 1 ? busy : idle).push(worker);
    }
    const telling = setTimeout(() => {
      if (grace <= PATIENCE) return;
      this.#warn(
        `The run is over, and waits up to ${grace / 1000} s (--grace) for what tasks have left open.`,
      );
    }, PATIENCE);
    await Promise.all([
      endedWithin(idle, IDLE, cut).then(rest => rest.map(worker => worker.terminate())),
      endedWithin(busy, grace, cut),
    ]);
    clearTimeout(telling);
    return this.#leave(workers, LEAVING);
  }

  /** Ends them, with what their tasks have started. */
  async end(workers: readonly Worker[]): Promise<Remains> {
    // Looked for before a thread ends any of them: whose parent has ended is nobody's child.
    let left: () => void = () => {};
    const programs = endDescendants(
      process.pid,
      new Promise<void>(resolve => {
        left = resolve;
      }),
    );
    const ending = this.#leave(workers, BREAKING_OFF).finally(left);
    await programs;
    const {stuck} = await ending;
    return {open: [], stuck};
  }

  /** What threads have printed that have ended is here by then, and goes on its way to whoever reads it. */
  async #printed(stuck: readonly Worker[]): Promise<void> {
    const output = [...this.#output].filter(([worker]) => !stuck.includes(worker)).map(([, end]) => end);
    const timer = new AbortController();
    await Promise.race([
      Promise.all(output),
      sleep(FLOWING, undefined, {signal: timer.signal}).catch(() => {}),
    ]);
    timer.abort();
  }

  async #leave(workers: readonly Worker[], milliseconds: number): Promise<Remains> {
    const living = alive(workers);
    for (const {threadId} of living) this.#tell(threadId, 'leave');
    const rest = await endedWithin(living, milliseconds);
    for (const worker of rest) {
      // It does not answer: what is known of it is what it has said before.
      for (const one of this.#known.get(worker.threadId)?.left ?? []) this.#open.add(one);
      void worker.terminate();
    }
    const stuck = await endedWithin(rest, FORCED);
    await this.#printed(stuck);
    return {open: [...this.#open], stuck: stuck.length};
  }
}

/** What was printed before the way of jug was there, to its end. */
async function endOfOutput({stdout, stderr}: Worker): Promise<void> {
  for (const stream of [stdout, stderr]) await finished(stream, {writable: false}).catch(() => {});
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
