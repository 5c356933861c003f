// What tasks print, as it comes from the threads: in whole lines, and with the task that has printed them. Knows no stream
// that they are shown on.

import type {MessagePort} from 'node:worker_threads';
import type {PrintSink} from '../graph/events.js';
import {LineCutter} from './line-cutter.js';
import {type Print, type PrintRing, RingReader} from './print-ring.js';

/** Requests whose tasks are remembered: a task may print after it has ended. */
const MOST_REQUESTS = 256;

export class Prints {
  readonly #show: PrintSink;
  readonly #names = new Map<number, (place: number) => string>();
  readonly #threads = new Set<ThreadPrints>();

  constructor(show: PrintSink) {
    this.#show = show;
  }

  /** What the tasks of a request are called. */
  named(request: number, names: (place: number) => string): void {
    this.#names.set(request, names);
    if (this.#names.size <= MOST_REQUESTS) return;
    for (const [oldest] of this.#names) {
      this.#names.delete(oldest);
      return;
    }
  }

  /** Settles when the thread has ended and all that it has printed is written. */
  listen(worker: number, port: MessagePort, ring: PrintRing): Promise<void> {
    const nameOf = ({request, place}: Print): string | undefined => this.#names.get(request)?.(place);
    const thread = new ThreadPrints(worker, port, ring, nameOf, this.#show);
    this.#threads.add(thread);
    return thread.ended.finally(() => this.#threads.delete(thread));
  }

  /** Shows what was printed until now: before results are told. */
  flush(): void {
    for (const thread of this.#threads) thread.take();
  }
}

class ThreadPrints {
  /** By task and stream; those of tasks that have printed, and not ended. */
  readonly #cutters = new Map<string, {readonly task: string | undefined; readonly cutter: LineCutter}>();
  readonly #reader: RingReader;
  #underWay = 0;
  #isOver = false;
  #end: () => void = () => {};
  readonly ended = new Promise<void>(resolve => {
    this.#end = resolve;
  });

  constructor(
    readonly worker: number,
    readonly port: MessagePort,
    ring: PrintRing,
    readonly nameOf: (print: Print) => string | undefined,
    readonly show: PrintSink,
  ) {
    this.#reader = new RingReader(ring);
    // What a thread that exits had no room for comes by itself.
    port.on('message', (rest: readonly Print[]) => {
      this.take();
      this.#tell(rest, () => {});
    });
    port.on('close', () => {
      this.take();
      for (const {task, cutter} of this.#cutters.values()) this.#write(task, cutter.end(), () => {});
      this.#isOver = true;
      if (this.#underWay === 0) this.#end();
    });
    port.unref();
  }

  take(): void {
    const {prints, position} = this.#reader.take();
    if (prints.length === 0) return;
    this.#tell(prints, () => {
      if (this.#reader.release(position)) this.port.postMessage('room');
    });
  }

  /** `done`: the last of them is written. */
  #tell(prints: readonly Print[], done: () => void): void {
    let task: string | undefined;
    let lines: string[] = [];
    for (const print of prints) {
      const found = this.#linesOf(print);
      if (found.lines.length === 0) continue;
      if (lines.length > 0 && found.task !== task) {
        this.#write(task, lines, () => {});
        lines = [];
      }
      task = found.task;
      // Not all at once as arguments: there may be many.
      for (const line of found.lines) lines.push(line);
    }
    this.#write(task, lines, done);
  }

  #write(task: string | undefined, lines: readonly string[], done: () => void): void {
    if (lines.length === 0) {
      done();
      return;
    }
    this.#underWay++;
    this.show({task, worker: this.worker, lines}, () => {
      this.#underWay--;
      done();
      if (this.#isOver && this.#underWay === 0) this.#end();
    });
  }

  #linesOf(print: Print): {readonly task: string | undefined; readonly lines: string[]} {
    const owner = `${print.request} ${print.place}`;
    if (print.stream === 'over') {
      const both = ['stdout', 'stderr'].map(stream => `${owner} ${stream}`);
      const open = both.map(key => this.#cutters.get(key)).filter(found => found !== undefined);
      for (const key of both) this.#cutters.delete(key);
      return {task: open[0]?.task, lines: open.flatMap(({cutter}) => cutter.end())};
    }
    const key = `${owner} ${print.stream}`;
    let found = this.#cutters.get(key);
    if (found === undefined) {
      found = {task: this.nameOf(print), cutter: new LineCutter()};
      this.#cutters.set(key, found);
    }
    return {task: found.task, lines: found.cutter.push(print.bytes)};
  }
}
