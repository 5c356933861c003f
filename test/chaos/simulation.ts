// Several processes at one store, in virtual time and by one seed: the real run loop over stores that are slow, fail
// and die in the middle of a call, over processes that stand still until others have taken what they hold. The same
// seed gives the same run.

import {StoreError} from '../../src/core/errors.js';
import {TaskGraph} from '../../src/graph/graph.js';
import type {End} from '../../src/run/run-end.js';
import {Scheduler} from '../../src/run/scheduler.js';
import {patient} from '../../src/stores/retry.js';
import type {Task} from '../../src/tasks/task.js';
import {decode} from '../../src/values/codec.js';
import {codecOf, HEAD_BYTES} from '../../src/values/record.js';
import {Memory} from '../helpers/memory-store.js';
import {functionNamed, randomDependencies, randomNumbers, task} from '../helpers/tasks.js';
import {type Judgement, judge, type Line} from './history.js';
import {mix} from './random-graph.js';
import {
  type SimulatedProcess,
  SimulatedRunner,
  SimulatedStore,
  type Surroundings,
} from './simulated-process.js';
import {VirtualTime} from './virtual-time.js';

/** Virtual milliseconds after which others take what a process holds that stands still. */
const LEASE = 300;
/** Of one simulation, which has some thousand. */
const MOST_EVENTS = 60_000;
const MOST_CRASHES = 12;
/**
 * Virtual milliseconds within which what is computed is stored and what is held is started: a batch that is late, the
 * wait for a commit, and two calls that take as long as calls take.
 */
const STORED_WITHIN = 1200;

const FUNCTIONS = ['test.first', 'test.second'].map(functionNamed);
const OPTIONS = {
  target: undefined,
  keepGoing: false,
  keepFailed: false,
  patience: 60_000,
  debug: false,
  late: 250,
};

export interface SimulationOutcome extends Judgement {
  readonly crashes: number;
  readonly stops: number;
}

export async function simulate(seed: number): Promise<SimulationOutcome> {
  return new Simulation(seed).play();
}

class Simulation {
  readonly #time = new VirtualTime();
  readonly #memory = new Memory();
  readonly #random: () => number;
  readonly #tasks: Task[] = [];
  readonly #needs: readonly (readonly number[])[];
  readonly #values: number[] = [];
  readonly #phases: number;
  readonly #lines: Line[] = [];
  readonly #violations: string[] = [];
  readonly #living = new Set<SimulatedProcess>();
  #planned = 0;
  #pids = 0;
  #crashes = 0;
  #stops = 0;

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
    this.#needs = randomDependencies(this.#random, 2 + Math.floor(this.#random() * 40));
    this.#phases = 1 + Math.floor(this.#random() * 3);
    for (const [n, needed] of this.#needs.entries()) {
      const fn = FUNCTIONS[Math.floor(this.#random() * 2)]!;
      this.#tasks.push(
        task(
          `t${n}`,
          needed.map(other => this.#tasks[other]!),
          fn,
        ),
      );
      this.#values.push(mix([n, ...needed.map(other => this.#values[other]!)]));
    }
  }

  async play(): Promise<SimulationOutcome> {
    const any = this.#random;
    // Of each kind of trouble there is none, some or much.
    const crashes = this.#oneOf([0, 0.01, 0.05]);
    const errors = this.#oneOf([0, 0.01, 0.1]);
    const processes = 1 + Math.floor(any() * 4);
    for (let i = 0; i < processes; i++) this.#planLaunch(any() < 0.5 ? 0 : any() * 300, {crashes, errors});
    const stops = this.#oneOf([0, 1, 4]);
    for (let i = 0; i < stops; i++) this.#time.plan(any() * 1000, () => this.#stop(), 'nobody');
    await this.#untilAllEnded();
    const before = this.#starts;
    this.#planLaunch(0, {crashes: 0, errors: 0});
    await this.#untilAllEnded();
    if (this.#starts > before) this.#violations.push('a process that came after all found something to do');
    this.#checkMemory();
    const judgement = judge(this.#lines, this.#values, STORED_WITHIN);
    if (judgement.repeated > judgement.bound)
      this.#violations.push(`${judgement.repeated} were repeated, at most ${judgement.bound} were under way`);
    const violations = [...this.#violations, ...judgement.violations];
    return {...judgement, violations, crashes: this.#crashes, stops: this.#stops};
  }

  get #starts(): number {
    return this.#lines.filter(({kind}) => kind === 'start').length;
  }

  async #untilAllEnded(): Promise<void> {
    const isOver = (): boolean => this.#living.size === 0 && this.#planned === 0;
    if (await this.#time.run(isOver, MOST_EVENTS)) return;
    this.#violations.push(`${this.#living.size} processes did not come to their end`);
    this.#living.clear();
  }

  #planLaunch(delay: number, trouble: Pick<Surroundings, 'crashes' | 'errors'>): void {
    this.#planned++;
    const launch = (): void => {
      this.#planned--;
      this.#launch(trouble);
    };
    this.#time.plan(delay, launch, 'nobody');
  }

  #launch(trouble: Pick<Surroundings, 'crashes' | 'errors'>): void {
    const one: SimulatedProcess = {pid: ++this.#pids, dead: false, stoppedUntil: 0};
    const {pid} = one;
    const around: Surroundings = {
      ...(this.#crashes < MOST_CRASHES ? trouble : {...trouble, crashes: 0}),
      time: this.#time,
      memory: this.#memory,
      random: this.#random,
      hashes: this.#tasks.map(({hash}) => hash),
      needs: this.#needs,
      note: (kind, pid, task, value) => this.#lines.push({kind, pid, task, value, at: this.#time.now}),
      crash: () => {
        this.#crashes++;
        this.#end(one, 'killed');
        this.#planLaunch(this.#random() * 400, trouble);
      },
      complain: text => this.#violations.push(text),
    };
    const inner = new SimulatedStore(one, around);
    // One that is not waited for ends with the first error of its store, and is started anew.
    const milliseconds = this.#random() < 0.8 ? 60_000 : 0;
    const store = patient(inner, {milliseconds, onAway: () => {}, onBack: () => {}});
    const graph = new TaskGraph();
    const runner = new SimulatedRunner(1 + Math.floor(this.#random() * 3), one, around);
    const scheduler = new Scheduler(graph, store, runner, OPTIONS, () => {});
    this.#living.add(one);
    const begin = (): void => {
      scheduler.run(this.#jugfile(graph, scheduler, one)).then(
        async (end: End) => {
          await store.close();
          if (end.kind !== 'finished') this.#violations.push(`${pid} ended ${JSON.stringify(end)}`);
          this.#living.delete(one);
        },
        async error => {
          if (!(error instanceof StoreError))
            this.#violations.push(`${pid} failed: ${(error as Error).stack}`);
          this.#end(one, 'killed');
          await store.close();
          this.#planLaunch(this.#random() * 400, {...trouble, errors: trouble.errors / 2});
        },
      );
    };
    this.#time.plan(0, begin, one);
  }

  async #jugfile(graph: TaskGraph, scheduler: Scheduler, one: SimulatedProcess): Promise<void> {
    for (let phase = 0; phase < this.#phases; phase++) {
      if (phase > 0) {
        const passing = scheduler.waiters.wait(undefined, {site: 'jugfile.ts:1'});
        scheduler.signal();
        await passing;
      }
      const [from, to] = [phase, phase + 1].map(part =>
        Math.floor((this.#tasks.length * part) / this.#phases),
      );
      for (const defined of this.#tasks.slice(from, to)) {
        graph.add(defined);
        scheduler.signal();
        if (this.#random() < 0.1) await this.#time.sleep(this.#random() * 5, one);
      }
    }
  }

  /** It is gone: its locks are anybody's. */
  #end(one: SimulatedProcess, kind: 'killed'): void {
    one.dead = true;
    this.#living.delete(one);
    this.#memory.dead.add(String(one.pid));
    this.#lines.push({kind, pid: one.pid, at: this.#time.now});
  }

  /** Someone stands still, perhaps for so long that others take what it holds, and then goes on. */
  #stop(): void {
    const upright = [...this.#living].filter(({stoppedUntil}) => stoppedUntil <= this.#time.now);
    const one = upright[Math.floor(this.#random() * upright.length)];
    if (one === undefined) return;
    const {pid} = one;
    const name = String(pid);
    const duration = this.#random() * 3 * LEASE;
    one.stoppedUntil = this.#time.now + duration;
    this.#stops++;
    if (duration < LEASE) return;
    this.#lines.push({kind: 'lapsed', pid, at: this.#time.now});
    this.#time.plan(LEASE, () => this.#memory.dead.add(name), 'nobody');
    const wake = (): void => {
      if (one.dead) return;
      this.#memory.dead.delete(name);
      this.#lines.push({kind: 'woken', pid, at: this.#time.now});
    };
    this.#time.plan(duration, wake, 'nobody');
  }

  #checkMemory(): void {
    const {results, locks, dead} = this.#memory;
    for (const [n, {hash}] of this.#tasks.entries()) {
      const record = results.get(hash);
      if (record === undefined) this.#violations.push(`task ${n} has no result`);
      else if (decode(codecOf(record), record, HEAD_BYTES) !== this.#values[n])
        this.#violations.push(`the result of task ${n} is wrong`);
    }
    const left = [...locks.values()].filter(owner => !dead.has(owner));
    if (left.length > 0) this.#violations.push(`${left.length} locks are left of processes that have ended`);
  }

  #oneOf<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)]!;
  }
}
