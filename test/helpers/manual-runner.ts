// A runner that runs nothing until the test says so: `await runner.finish('a')`. A task's name is its first argument. As a worker does, it starts the tasks
// of a batch one after the other, and nothing that was recalled.

import {type Thrown, ThrownElsewhere} from '../../src/core/failure.js';
import type {Batch, Outcome, Outcomes} from '../../src/run/protocol.js';
import type {BatchEnd, Runner} from '../../src/run/runner.js';
import {unpack} from '../../src/tasks/wire-arguments.js';
import {encode} from '../../src/values/codec.js';
import {recordOf} from '../../src/values/record.js';
import type {TaskHash} from '../../src/values/task-hash.js';

interface Current {
  readonly batch: Batch;
  readonly place: number;
  readonly report: (outcomes: Outcomes) => void;
  readonly end: (end: BatchEnd) => void;
}

export class ManualRunner implements Runner {
  /** Names of tasks in the order in which they were started, and of those that are running. */
  readonly started: string[] = [];
  readonly #running = new Map<string, Current>();
  readonly #awaited = new Map<string, (() => void)[]>();
  /** Why workers die before they start anything, if they do. */
  stillborn: Thrown | undefined;
  stillbornBatches = Infinity;
  batches = 0;
  /** Milliseconds that every task seems to have taken: at 1000, batches are of one. */
  elapsed = 1000;
  /** Sees every task at the moment it is started. */
  onStart: (name: string, batch: Batch, place: number) => void = () => {};

  constructor(readonly size: number) {}

  prepare(): void {}

  get running(): string[] {
    return [...this.#running.keys()];
  }

  run(batch: Batch, report: (outcomes: Outcomes) => void): Promise<BatchEnd> {
    this.batches++;
    if (this.stillborn !== undefined && this.batches <= this.stillbornBatches)
      return Promise.resolve({kind: 'died', error: this.stillborn});
    return new Promise(end => this.#startNext(batch, report, end));
  }

  async kill(): Promise<void> {
    for (const {end} of this.#running.values()) end({kind: 'killed'});
    this.#running.clear();
  }

  /** Settles when the task runs. */
  async start(name: string): Promise<void> {
    if (this.#running.has(name)) return;
    await new Promise<void>(resolve =>
      this.#awaited.set(name, [...(this.#awaited.get(name) ?? []), resolve]),
    );
  }

  async finish(name: string, result: unknown = name): Promise<void> {
    const {batch, place, report, end} = await this.#take(name);
    const fields = {worker: 0, attempt: batch.attempts[place]!, started: 0, duration: 0};
    report(this.#outcomes(place, new Uint8Array(recordOf(encode(result), fields, batch.origin))));
    this.#startNext(batch, report, end);
  }

  async fail(name: string, message = `${name} failed`): Promise<void> {
    const {batch, place, report, end} = await this.#take(name);
    const error: Thrown = {name: 'Error', message};
    report(this.#outcomes(place, new Uint8Array(0), {kind: 'failure', error, started: 0, duration: 0}));
    if (batch.stopAtFailure) end({kind: 'done'});
    else this.#startNext(batch, report, end);
  }

  /** The task could not load what `hashes` name. */
  async miss(name: string, hashes: readonly TaskHash[]): Promise<void> {
    const {batch, place, report, end} = await this.#take(name);
    report(
      this.#outcomes(place, new Uint8Array(0), {kind: 'missing', hashes, reason: 'checksum of the payload'}),
    );
    if (batch.stopAtFailure) end({kind: 'done'});
    else this.#startNext(batch, report, end);
  }

  /** The worker that runs the task ends with it. */
  async die(name: string, message = 'out of memory'): Promise<void> {
    (await this.#take(name)).end({kind: 'died', error: {name: 'OutOfMemory', message}});
  }

  /** The worker finds that it can run nothing. */
  async refuse(name: string, error: Thrown): Promise<void> {
    (await this.#take(name)).end({kind: 'unusable', error: new ThrownElsewhere(error)});
  }

  async #take(name: string): Promise<Current> {
    await this.start(name);
    const current = this.#running.get(name)!;
    this.#running.delete(name);
    return current;
  }

  #startNext(batch: Batch, report: Current['report'], end: Current['end']): void {
    const place = Atomics.add(batch.cursor, 0, 1);
    if (place >= batch.args.length) {
      end({kind: 'done'});
      return;
    }
    const name = unpack(batch.args[place]!)[0] as string;
    if (this.#running.has(name)) throw new Error(`${name} runs twice at the same time`);
    this.started.push(name);
    this.#running.set(name, {batch, place, report, end});
    this.onStart(name, batch, place);
    for (const resolve of this.#awaited.get(name) ?? []) resolve();
    this.#awaited.delete(name);
  }

  #outcomes(first: number, bytes: Uint8Array<ArrayBuffer>, other?: Outcome): Outcomes {
    const others = other === undefined ? [] : [[first, other] as const];
    return {first, bytes, ends: Uint32Array.of(bytes.length), others, elapsed: this.elapsed};
  }
}
