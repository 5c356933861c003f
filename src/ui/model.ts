// What is shown of a run, whoever shows it: a fold over its events, and what it tells of itself when it is looked at.
// Every view, from plain lines to a full screen, draws what `shown` answers. Draws nothing, and has no clock of its own.

import type {Event, FunctionProgress, Progress, TaskProgress} from '../graph/events.js';
import {Recent} from './recent-rates.js';
import {type FunctionLeft, type TimeLeft, timeLeft} from './time-left.js';

/** What is known of a run when it begins. */
export interface About {
  readonly jugfile: string;
  readonly jugdir: string;
  readonly workers: number;
}

export interface ShownFunction extends FunctionProgress {
  /** Milliseconds of one task: of those that were measured in this run and before; `undefined` if none was. */
  readonly mean: number | undefined;
}

export interface ShownTask extends TaskProgress {
  /** Milliseconds that tasks of its function take, as a rule. */
  readonly mean: number | undefined;
  /** It takes far longer than they do. */
  readonly isSlow: boolean;
}

/** One picture of a run. Numbers of tasks, and milliseconds. */
export interface Shown {
  readonly about: About;
  /** Since the run began. */
  readonly elapsed: number;
  readonly phase: 'loading' | 'running' | 'stopping';
  readonly all: number;
  readonly finished: number;
  readonly failed: number;
  readonly running: number;
  readonly ready: number;
  readonly waiting: number;
  /** Held by other processes. */
  readonly elsewhere: number;
  /** Finished before this run. */
  readonly loaded: number;
  /** By this run. */
  readonly computed: number;
  readonly functions: readonly ShownFunction[];
  /** Those that run here, the oldest first. */
  readonly tasks: readonly ShownTask[];
  /** Tasks that this run has computed in a second, lately. */
  readonly rate: number;
  /** Not before it means something. */
  readonly left: TimeLeft | undefined;
  /** How many tasks were defined lately, after others were finished: as many as make the percentage fall. */
  readonly grown: number;
  /** The jugfile may define more. */
  readonly isOpen: boolean;
  readonly barriers: readonly string[];
  /** Why the store is waited for, if it is, and for how long it has been. */
  readonly away: {readonly reason: string; readonly since: number} | undefined;
}

/** Milliseconds over which speeds are taken, and between two samples. */
const LATELY = 30_000;
const STEP = 500;
/** Milliseconds for which it is told that there are more tasks. */
const NEWS = 10_000;
/** So many measured tasks, or so much of the whole, and the time that is left means something. */
const ENOUGH = 20;
const ENOUGH_SHARE = 0.05;
/** Or so many of each function of which tasks are left. */
const FEW = 5;
/** Milliseconds of looking on, before the workers' speed is taken from what they did. */
const LEAST_SPAN = 2000;
/** What counts of earlier runs, whose machine may have been another: as many measurements, at most. */
const MOST_EARLIER = 20;
/** Milliseconds that the quickest task is taken to need. */
const LEAST_DURATION = 0.001;
/** So many times as long as others of its function, and at least so many milliseconds more: a task that stands out. */
const SLOW_TIMES = 4;
const SLOW_LEAST = 2000;

const NO_SPEEDS = {speeds: [0, 0], over: 0};

interface Measured {
  readonly count: number;
  readonly total: number;
}

export class RunModel {
  readonly #about: () => About;
  readonly #begun: number;
  readonly #recent = new Recent(LATELY, STEP);
  readonly #earlier = new Map<string, Measured>();
  #computed = 0;
  #loaded = 0;
  /** Milliseconds that tasks took which other processes have finished meanwhile, by what such tasks take. */
  readonly #elsewhere = new Map<string, number>();
  #isStopping = false;
  #away: {readonly reason: string; readonly at: number} | undefined;
  #all = 0;
  #growth: {readonly at: number; readonly count: number}[] = [];

  /** `about` is asked whenever it is shown: where results are, the jugfile may say late. */
  constructor(about: () => About, begun: number) {
    this.#about = about;
    this.#begun = begun;
  }

  on(event: Event, now: number): void {
    if (event.type === 'finished') this.#computed += event.count;
    if (event.type === 'loaded') this.#onLoaded(event);
    if (event.type === 'stopping') this.#isStopping = true;
    if (event.type === 'away') this.#away = {reason: event.reason, at: now};
    if (event.type === 'back') this.#away = undefined;
  }

  /** What tasks of these functions took in earlier runs. */
  recall(earlier: ReadonlyMap<string, Measured>): void {
    for (const [name, {count, total}] of earlier) {
      const most = Math.min(count, MOST_EARLIER);
      this.#earlier.set(name, {count: most, total: (total / count) * most});
    }
  }

  elapsed(now: number): number {
    return now - this.#begun;
  }

  shown(progress: Progress, now: number): Shown {
    const {all, finished, failed, running, elsewhere, isOpen, barriers} = progress;
    const functions = progress.functions.map(fn => ({...fn, mean: this.#meanOf(fn)}));
    const means = new Map(functions.map(({name, mean}) => [name, mean]));
    const tasks = [...progress.tasks]
      .sort((a, b) => b.age - a.age)
      .map(task => standing(task, means.get(task.function)));
    const sums = [this.#computed, this.#workDone(functions, tasks)];
    // The time in which nothing could be done yet says nothing.
    const {speeds, over} = sums[1] === 0 ? NO_SPEEDS : this.#recent.speeds(sums, now);
    const sum = (state: 'ready' | 'waiting'): number => functions.reduce((sum, fn) => sum + fn[state], 0);
    return {
      about: this.#about(),
      elapsed: now - this.#begun,
      phase: this.#isStopping ? 'stopping' : all === 0 ? 'loading' : 'running',
      all,
      finished,
      failed,
      running,
      ready: sum('ready'),
      waiting: sum('waiting'),
      elsewhere,
      loaded: this.#loaded,
      computed: this.#computed,
      functions,
      tasks,
      rate: speeds[0]! * 1000,
      left: this.#left(functions, tasks, isOpen, over >= LEAST_SPAN ? speeds[1]! : undefined),
      grown: this.#grown(all, finished, now),
      isOpen,
      barriers,
      away: this.#away && {reason: this.#away.reason, since: now - this.#away.at},
    };
  }

  #onLoaded({function: name, count, elsewhere}: Event & {readonly type: 'loaded'}): void {
    if (elsewhere === true) this.#elsewhere.set(name, (this.#elsewhere.get(name) ?? 0) + count);
    else this.#loaded += count;
  }

  #meanOf({name, computed, duration}: FunctionProgress): number | undefined {
    const earlier = computed >= MOST_EARLIER ? undefined : this.#earlier.get(name);
    const count = computed + (earlier?.count ?? 0);
    if (count === 0) return undefined;
    return Math.max(LEAST_DURATION, (duration + (earlier?.total ?? 0)) / count);
  }

  /** Milliseconds of tasks, begun ones included as far as they are, and those of other processes by what is usual. */
  #workDone(functions: readonly ShownFunction[], tasks: readonly ShownTask[]): number {
    let work = 0;
    for (const {name, computed, duration, mean = 0} of functions) {
      work += Math.max(duration, computed * LEAST_DURATION) + (this.#elsewhere.get(name) ?? 0) * mean;
    }
    for (const {age} of tasks) work += age;
    return work;
  }

  #left(
    functions: readonly ShownFunction[],
    tasks: readonly ShownTask[],
    isOpen: boolean,
    speed = this.#about().workers,
  ): TimeLeft | undefined {
    const open = functions.filter(({waiting, ready, running}) => waiting + ready + running > 0);
    const measured = functions.reduce((sum, {computed}) => sum + computed, 0);
    const all = functions.reduce((sum, fn) => sum + fn.all, 0);
    const isKnown = open.every(({name, computed}) => computed >= FEW || this.#earlier.has(name));
    if (measured < ENOUGH && measured < all * ENOUGH_SHARE && !isKnown) return undefined;
    const left = open.map(
      ({name, waiting, ready, running, mean}): FunctionLeft => ({
        left: waiting + ready + running,
        mean,
        ages: tasks.filter(task => task.function === name).map(({age}) => age),
      }),
    );
    return timeLeft(left, speed, isOpen);
  }

  /** What is defined before anything is finished makes no percentage fall. */
  #grown(all: number, finished: number, now: number): number {
    if (all > this.#all && this.#all > 0 && finished > 0)
      this.#growth.push({at: now, count: all - this.#all});
    this.#all = all;
    this.#growth = this.#growth.filter(({at}) => now - at < NEWS);
    return this.#growth.reduce((sum, {count}) => sum + count, 0);
  }
}

function standing(task: TaskProgress, mean: number | undefined): ShownTask {
  const {hash, function: name, age, worker} = task;
  const isSlow = mean !== undefined && age > mean * SLOW_TIMES && age - mean > SLOW_LEAST;
  return {
    hash,
    get task() {
      return task.task;
    },
    function: name,
    age,
    worker,
    mean,
    isSlow,
  };
}
