// Sends what is printed in this thread to main, with the task that prints it: by memory that both share, so that it is there
// at once, also while a task is in a loop. Where main cannot take it as quickly, it waits here.

import {MessageChannel, type MessagePort} from 'node:worker_threads';
import {openRing, type Print, type PrintRing, type PrintStream, RingWriter} from '../src/run/print-ring.js';
import {type Running, running} from './task-context.js';
import {wrap} from './wrap-method.js';

const NOTHING = new Uint8Array();

class Printing {
  readonly ring: PrintRing = openRing();
  readonly #port: MessagePort;
  readonly mainPort: MessagePort;
  readonly #writer: RingWriter;
  /** From `next` on, what there was no room for. */
  #waiting: Print[] = [];
  #next = 0;
  #isExiting = false;
  #onSent: (() => void)[] = [];

  constructor() {
    const {port1, port2} = new MessageChannel();
    this.#port = port1;
    this.mainPort = port2;
    this.#writer = new RingWriter(this.ring, () => port1.postMessage([]));
    port1.on('message', () => this.#send());
    port1.unref();
  }

  /** Whether something has no room yet. */
  get isWaiting(): boolean {
    return this.#next < this.#waiting.length;
  }

  print(stream: PrintStream, bytes: Uint8Array, task: Running | undefined = running.getStore()): void {
    if (task !== undefined) task.hasPrinted = true;
    const request = task?.channel.request ?? -1;
    const place = task?.place ?? 0;
    this.#waiting.push({request, place, stream, bytes});
    this.#send();
    if (!this.isWaiting) return;
    // Who has printed it may change it.
    const last = this.#waiting.pop()!;
    this.#waiting.push({...last, bytes: new Uint8Array(last.bytes)});
  }

  /** Its last line is whole, though it has no end. */
  over(task: Running): void {
    if (task.hasPrinted) this.print('over', NOTHING, task);
  }

  /** Settles when main has, or can read, all that was printed until now; `undefined`: it can already. */
  sent(): Promise<void> | undefined {
    return this.isWaiting ? new Promise(resolve => void this.#onSent.push(resolve)) : undefined;
  }

  exit(): void {
    this.#isExiting = true;
    this.#send();
  }

  #send(): void {
    for (; this.isWaiting; this.#next++) {
      const rest = this.#writer.put(this.#waiting[this.#next]!);
      if (rest === undefined) continue;
      this.#waiting[this.#next] = rest;
      break;
    }
    if (this.isWaiting && !this.#isExiting) {
      this.#port.ref();
      return;
    }
    if (this.isWaiting) this.#port.postMessage(this.#waiting.slice(this.#next));
    this.#waiting = [];
    this.#next = 0;
    this.#port.unref();
    for (const sent of this.#onSent.splice(0)) sent();
  }
}

export const printing = new Printing();

/** From now on, what is written to the two streams of this thread goes that way. */
export function sendPrints(): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = process[name];
    const put = (chunk: string | Uint8Array, encoding: BufferEncoding): void =>
      printing.print(name, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    stream._write = (chunk, encoding, done) => {
      put(chunk, encoding);
      done();
    };
    stream._writev = (chunks, done) => {
      for (const {chunk, encoding} of chunks) put(chunk as string | Uint8Array, encoding);
      done();
    };
    let isFull = false;
    wrap(stream, 'write', original => {
      return function write(this: unknown, ...args: unknown[]) {
        const isTaken = original.apply(this, args) as boolean;
        const sent = printing.sent();
        if (sent === undefined) return isTaken;
        if (!isFull) {
          isFull = true;
          void sent.then(() => {
            isFull = false;
            stream.emit('drain');
          });
        }
        return false;
      };
    });
  }
  process.on('exit', () => printing.exit());
}
