// A run as the full screen sees it, whose clock, states and times are the test's.

import type {Failure} from '../../src/core/failure.js';
import {TaskGraph, type TaskId} from '../../src/graph/graph.js';
import type {HeldTask} from '../../src/graph/held-tasks.js';
import {TaskColumns} from '../../src/graph/task-columns.js';
import type {TaskState} from '../../src/graph/task-states.js';
import type {Task} from '../../src/tasks/task.js';
import {RunModel, type Shown} from '../../src/ui/model.js';
import type {AtWork, Source} from '../../src/ui/screen/source.js';
import {ABOUT, failureOf, functionProgress, progressOf} from './shown-run.js';

/** 2026-11-21 13:00:00, UTC. */
export const NOON_MS = Date.UTC(2026, 10, 21, 13);
export const HERE = {host: 'node7', pid: 4711};

export class TestSource implements Source {
  readonly graph = new TaskGraph();
  readonly columns = new TaskColumns(this.graph);
  readonly failures = new Map<TaskId, Failure>();
  held: HeldTask[] = [];
  version = 0;
  looking: number | undefined;
  working: AtWork[] = [];

  add(task: Task): TaskId {
    const id = this.graph.add(task)!;
    this.columns.takeIn(1);
    return id;
  }

  /** As computed by a worker, in so many milliseconds, before noon. */
  finish(id: TaskId, before: number, duration: number, {worker = 1, bytes = 8} = {}): void {
    this.#set(id, 'finished');
    const process = this.columns.processNumber(HERE);
    this.columns.measure(id, {started: NOON_MS - before, duration, bytes, worker}, process);
  }

  fail(id: TaskId, message: string, before: number, site?: string): void {
    this.#set(id, 'failed');
    const failure = failureOf(message, site);
    const fn = this.graph.task(id).name;
    this.failures.set(id, {
      ...failure,
      ...HERE,
      function: fn,
      started: NOON_MS - before,
      duration: 40,
      worker: 2,
    });
  }

  /** As another process holds it. */
  hold(id: TaskId, before: number): void {
    this.#set(id, 'running');
    const owner = {host: 'node8', pid: 815, bootId: 'boot', startTime: 1, token: 'other'};
    this.held.push({id, since: NOON_MS - before, owner});
  }

  leave(id: TaskId, state: TaskState): void {
    this.#set(id, state);
  }

  output(): undefined {}

  here() {
    return HERE;
  }

  atWork(): readonly AtWork[] {
    return this.working;
  }

  people(): string {
    return '2 processes on 2 hosts';
  }

  shown(): Shown {
    const functions = this.columns.functions.map(({name, counts}) => functionProgress(name, counts));
    const tasks = this.held.map(({id, since}) => {
      const task = this.graph.task(id);
      return {
        hash: task.hash,
        task: String(task),
        function: task.name,
        age: NOON_MS - since,
        worker: undefined,
      };
    });
    return new RunModel(() => ABOUT, 0).shown(progressOf(functions, {tasks}), 60_000);
  }

  #set(id: TaskId, state: TaskState): void {
    this.columns.setState(id, state);
    this.version++;
  }
}
