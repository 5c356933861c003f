// One process of a simulation: a store that is slow, fails and dies in the middle of a call, and workers that compute
// in virtual time. What the run loop does in between is the real thing.

import {StoreError} from '../../src/core/errors.js';
import type {Batch, Outcomes} from '../../src/run/protocol.js';
import type {BatchEnd, Runner} from '../../src/run/runner.js';
import type {Claim, Description, LockInfo, Packing, Saving, Store} from '../../src/stores/store.js';
import {unpack} from '../../src/tasks/wire-arguments.js';
import {decode, encode} from '../../src/values/codec.js';
import {codecOf, HEAD_BYTES, recordOf} from '../../src/values/record.js';
import type {TaskHash} from '../../src/values/task-hash.js';
import {type Memory, MemoryStore} from '../helpers/memory-store.js';
import {mix} from './random-graph.js';
import type {Owner, VirtualTime} from './virtual-time.js';

export interface SimulatedProcess extends Owner {
  readonly pid: number;
}

/** What a process needs of the simulation that it is in. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly memory: Memory;
  readonly random: () => number;
  /** How likely a call makes its process die, and how likely it fails. */
  readonly crashes: number;
  readonly errors: number;
  /** Per task its hash, and the tasks it needs. */
  readonly hashes: readonly TaskHash[];
  readonly needs: readonly (readonly number[])[];
  note(kind: 'start' | 'end', pid: number, task: number, value: number): void;
  crash(process: SimulatedProcess): void;
  complain(text: string): void;
}

/** Milliseconds of a call, now and then a hundred times as long. */
function delayOf(random: () => number): number {
  return random() < 0.02 ? 100 * random() : 2 * random();
}

export class SimulatedStore implements Store {
  readonly kind = 'simulated';
  readonly location = 'simulated:';
  readonly interval = 30;
  readonly #process: SimulatedProcess;
  readonly #around: Surroundings;
  readonly #inner: MemoryStore;

  constructor(process: SimulatedProcess, around: Surroundings) {
    this.#process = process;
    this.#around = around;
    this.#inner = new MemoryStore(around.memory, String(process.pid));
  }

  /** `midway`: what may have come of it when the process dies in it. */
  async #call<T>(apply: () => Promise<T>, midway?: () => Promise<unknown>): Promise<T> {
    const {time, random, crashes, errors} = this.#around;
    await time.sleep(delayOf(random), this.#process);
    const dice = random();
    if (dice < crashes / 2) {
      if (random() < 0.5) await midway?.();
      return this.#die();
    }
    if (dice > 1 - errors / 2) throw new StoreError('It failed, and nothing was done.', false);
    const answer = await apply();
    if (dice < crashes) return this.#die();
    if (dice > 1 - errors) throw new StoreError('It was done, and the answer was lost.', false);
    await time.sleep(delayOf(random), this.#process);
    return answer;
  }

  #die(): Promise<never> {
    this.#around.crash(this.#process);
    return new Promise(() => {});
  }

  has = (hashes: readonly TaskHash[]): Promise<boolean[]> => this.#call(() => this.#inner.has(hashes));
  load: Store['load'] = hashes => this.#call(() => this.#inner.load(hashes));
  remove: Store['remove'] = hashes => this.#call(() => this.#inner.remove(hashes));
  removeFailures: Store['removeFailures'] = hashes => this.#call(() => this.#inner.removeFailures(hashes));
  setAside: Store['setAside'] = hashes => this.#call(() => this.#inner.setAside(hashes));
  release = (hashes: readonly TaskHash[]): Promise<void> => this.#call(() => this.#inner.release(hashes));
  breakLocks = (everyone: boolean): Promise<number> => this.#call(() => this.#inner.breakLocks(everyone));
  changes = (): Promise<number> => this.#call(() => this.#inner.changes());
  origin: Store['origin'] = id => this.#inner.origin(id);
  hashes = (): AsyncIterable<readonly TaskHash[]> => this.#inner.hashes();
  heads: Store['heads'] = () => this.#inner.heads();
  failures: Store['failures'] = () => this.#inner.failures();
  describe = (): Promise<Description> => this.#inner.describe();
  pack = (): Promise<Packing> => this.#inner.pack();
  close = (): Promise<void> => this.#inner.close();

  acquire(hashes: readonly TaskHash[]): Promise<Claim[]> {
    return this.#call(
      () => this.#inner.acquire(hashes),
      () => this.#inner.acquire(this.#some(hashes)),
    );
  }

  save(saving: Saving): Promise<void> {
    // Some of the results, each whole, and no lock given back.
    return this.#call(
      () => this.#inner.save(saving),
      () => this.#inner.save({...saving, results: this.#some(saving.results), failures: [], release: []}),
    );
  }

  /** The others are other processes, for those who ask. */
  locks(): Promise<LockInfo[]> {
    return this.#call(async () =>
      (await this.#inner.locks()).map(info => {
        const isOwn = info.owner.token === String(this.#process.pid);
        return isOwn ? info : {...info, owner: {...info.owner, pid: -1}};
      }),
    );
  }

  #some<T>(all: readonly T[]): T[] {
    return all.filter(() => this.#around.random() < 0.5);
  }
}

export class SimulatedRunner implements Runner {
  readonly #process: SimulatedProcess;
  readonly #around: Surroundings;

  constructor(
    readonly size: number,
    process: SimulatedProcess,
    around: Surroundings,
  ) {
    this.#process = process;
    this.#around = around;
  }

  prepare(): void {}

  async kill(): Promise<void> {}

  async run(batch: Batch, report: (outcomes: Outcomes) => void): Promise<BatchEnd> {
    const {time, random} = this.#around;
    let first = 0;
    let began = time.now;
    let records: Uint8Array[] = [];
    const made = new Map<TaskHash, Uint8Array>(batch.unsaved);
    const flush = (): void => {
      if (records.length > 0) report(outcomesOf(first, records, time.now - began));
      first += records.length;
      began = time.now;
      records = [];
    };
    for (;;) {
      const place = Atomics.add(batch.cursor, 0, 1);
      if (place >= batch.count) break;
      const record = await this.#compute(batch, place, made);
      records.push(record);
      if (batch.chain.length > 0) made.set(batch.chain[place]!, record);
      // The last of them are told when the batch has ended.
      if (random() < 0.3) flush();
    }
    flush();
    await time.sleep(delayOf(random), this.#process);
    return {kind: 'done'};
  }

  async #compute(batch: Batch, place: number, made: ReadonlyMap<TaskHash, Uint8Array>): Promise<Uint8Array> {
    const {time, random, needs, note, complain, hashes, memory} = this.#around;
    const {pid} = this.#process;
    const task = Number((unpack(batch.args[place]!)[0] as string).slice(1));
    note('start', pid, task, 0);
    const needed = needs[task]!.map(other => {
      const hash = hashes[other]!;
      const record = made.get(hash) ?? memory.results.get(hash);
      if (record !== undefined) return decode(codecOf(record), record, HEAD_BYTES) as number;
      complain(`task ${task} was started in ${pid} without the result of ${other}`);
      return 0;
    });
    // Most are quick, and some hold up what is behind them in their batch.
    await time.sleep(random() < 0.05 ? 500 * random() : 20 * random(), this.#process);
    const value = mix([task, ...needed]);
    note('end', pid, task, value);
    const fields = {worker: 0, attempt: batch.attempts[place]!, started: time.now, duration: 0};
    return recordOf(encode(value), fields, batch.origin);
  }
}

function outcomesOf(first: number, records: readonly Uint8Array[], elapsed: number): Outcomes {
  let end = 0;
  const ends = records.map(record => {
    end += record.length;
    return end;
  });
  const bytes = new Uint8Array(end);
  for (const [place, record] of records.entries()) bytes.set(record, ends[place]! - record.length);
  return {first, bytes, ends: Uint32Array.from(ends), others: [], elapsed};
}
