// What happened, as the tasks themselves and the nemesis wrote it down, and whether it may happen so: no task is run
// by two at a time, none is run again without a reason, and each comes to the value that it must come to.

/** One line of a history, in the order in which it happened; `at` in milliseconds. */
export type Line =
  | {readonly kind: 'start'; readonly pid: number; readonly at: number; readonly task: number}
  | {
      readonly kind: 'end';
      readonly pid: number;
      readonly at: number;
      readonly task: number;
      readonly value: number;
    }
  | {readonly kind: Disturbance; readonly pid: number; readonly at: number};

/**
 * killed: from here on the process is dead; written before it is killed · crashed: it has died by itself, some time
 * before this was noticed and written · lapsed: it stands still, for longer than its lease · woken: and goes on.
 */
export type Disturbance = 'killed' | 'crashed' | 'lapsed' | 'woken';

export interface Judgement {
  readonly executions: number;
  /** Starts of tasks that had been started before. */
  readonly repeated: number;
  /** What was under way, or perhaps not stored, when processes were disturbed: more repetitions there may not be. */
  readonly bound: number;
  readonly violations: readonly string[];
}

/** `within`: milliseconds after which what a process has computed is stored, and what it holds is started. */
export function judge(lines: readonly Line[], values: readonly number[], within: number): Judgement {
  return new Judge(lines, values, within).judgement();
}

interface Execution {
  readonly pid: number;
  readonly started: number;
  ended: number | undefined;
}

/** While a process may have lost what it held. */
interface Absence {
  readonly from: number;
  to: number;
}

class Judge {
  readonly #values: readonly number[];
  readonly #within: number;
  readonly #executions = new Map<number, Execution[]>();
  readonly #absences = new Map<number, Absence[]>();
  readonly #violations: string[] = [];
  #repeated = 0;
  #bound = 0;

  constructor(lines: readonly Line[], values: readonly number[], within: number) {
    this.#values = values;
    this.#within = within;
    for (const {kind, pid, at} of lines) if (kind === 'crashed') this.#absent(pid, at);
    for (const line of lines) {
      if (line.kind === 'start') this.#start(line.pid, line.task, line.at);
      else if (line.kind === 'end') this.#end(line.pid, line.task, line.at, line.value);
      else this.#disturb(line.kind, line.pid, line.at);
    }
  }

  judgement(): Judgement {
    const executions = [...this.#executions.values()].reduce((sum, of) => sum + of.length, 0);
    return {executions, repeated: this.#repeated, bound: this.#bound, violations: this.#violations};
  }

  #start(pid: number, task: number, at: number): void {
    const before = this.#executions.get(task) ?? [];
    if (before.length > 0) this.#repeated++;
    const isLate = this.#isLate(pid, at);
    if (before.length > 0 && (isLate || before.some(other => this.#isLate(other.pid, other.started))))
      this.#bound++;
    for (const other of before) {
      if (isLate || this.#of(other.pid).some(absence => this.#mayBeLost(other, absence))) continue;
      const when =
        other.ended === undefined ? 'while it ran' : `${Math.round(at - other.ended)} ms after it had ended`;
      this.#violations.push(`task ${task} was started in ${pid} ${when} in ${other.pid}`);
    }
    this.#executions.set(task, [...before, {pid, started: at, ended: undefined}]);
  }

  #end(pid: number, task: number, at: number, value: number): void {
    const one = this.#executions.get(task)?.findLast(of => of.pid === pid && of.ended === undefined);
    if (one === undefined) this.#violations.push(`task ${task} ended in ${pid}, where it was not started`);
    else one.ended = at;
    if (value !== this.#values[task])
      this.#violations.push(`task ${task} came to ${value} in ${pid}, and not to ${this.#values[task]}`);
  }

  #disturb(kind: Disturbance, pid: number, at: number): void {
    if (kind === 'woken') {
      const last = this.#of(pid).at(-1);
      if (last !== undefined) last.to = at;
      return;
    }
    const absence = kind === 'crashed' ? this.#of(pid).at(-1)! : this.#absent(pid, at);
    for (const of of this.#executions.values())
      if (of.some(one => one.pid === pid && this.#mayBeLost(one, absence))) this.#bound++;
  }

  /** It has locks from before it stood still, and cannot know that they are lost. */
  #isLate(pid: number, at: number): boolean {
    return this.#of(pid).some(({from, to}) => from <= at && at <= to + this.#within);
  }

  #of(pid: number): readonly Absence[] {
    return this.#absences.get(pid) ?? [];
  }

  #absent(pid: number, from: number): Absence {
    const absence = {from, to: Infinity};
    this.#absences.set(pid, [...this.#of(pid), absence]);
    return absence;
  }

  #mayBeLost({started, ended}: Execution, {from, to}: Absence): boolean {
    return started <= to + this.#within && (ended === undefined || ended > from - this.#within);
  }
}
