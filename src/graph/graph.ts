// The task graph: which tasks there are, what each waits for, what waits for it. Pure: no I/O, no time, no states.
// A task's number is its place in definition order, which is a topological order. Built for a million tasks:
// numbers and flat arrays, no object a task beside the task itself.

import {HOST} from '../tasks/host.js';
import type {Task} from '../tasks/task.js';
import {adopt} from '../tasks/task-hosts.js';
import {Numbering} from '../values/hash-index.js';
import type {TaskHash} from '../values/task-hash.js';

/** A task's place in definition order. */
export type TaskId = number & {readonly __brand: 'TaskId'};

const NONE = -1;
const NOTHING: readonly TaskId[] = [];

export class TaskGraph {
  readonly #tasks: Task[] = [];
  /** The number of a hash is that of its task. */
  readonly #numbering = new Numbering();
  /** Per task, its first dependent's edge; per edge, the dependent and the next edge of the same dependency. */
  #firstEdge = new Int32Array(1024);
  #edgeTo = new Int32Array(1024);
  #edgeNext = new Int32Array(1024);
  #edges = 0;
  /** Per task, how many of its dependencies are not done. */
  #waitsFor = new Int32Array(1024);
  #done = new Uint8Array(1024);

  get size(): number {
    return this.#tasks.length;
  }

  task(id: TaskId): Task {
    return this.#tasks[id]!;
  }

  /** In definition order. */
  tasks(): Iterable<Task> {
    return this.#tasks;
  }

  ids(): Iterable<TaskId> {
    return this.#tasks.keys() as Iterable<TaskId>;
  }

  find(hash: TaskHash): TaskId | undefined {
    return this.#numbering.find(hash) as TaskId | undefined;
  }

  /** Links a task under its dependencies. An equal task is the same task: answers undefined, and nothing changes. */
  add(task: Task): TaskId | undefined {
    const {hash} = task;
    const dependencies = task.dependencies();
    if (dependencies.length > 0 && this.find(hash) !== undefined) return undefined;
    // A dependency that the graph has not met was made under another host; it is added first.
    const needed =
      dependencies.length === 0
        ? NOTHING
        : dependencies.map(dependency => {
            adopt(dependency, task[HOST]);
            return this.find(dependency.hash) ?? this.add(dependency)!;
          });
    const id = this.#numbering.add(hash) as TaskId | undefined;
    if (id === undefined) return undefined;
    this.#tasks.push(task);
    if (id >= this.#firstEdge.length) this.#grow();
    this.#firstEdge[id] = NONE;
    let open = 0;
    for (const dependency of needed) {
      this.#link(dependency, id);
      if (this.#done[dependency] === 0) open++;
    }
    this.#waitsFor[id] = open;
    return id;
  }

  /** Whether every dependency of `id` is done. */
  isReady(id: TaskId): boolean {
    return this.#waitsFor[id] === 0;
  }

  /** How many of its dependencies are not done. */
  openDependencies(id: TaskId): number {
    return this.#waitsFor[id]!;
  }

  isDone(id: TaskId): boolean {
    return this.#done[id] === 1;
  }

  /** Marks `id` as done and answers the dependents that wait for nothing any more, in the order of their definition. */
  finish(id: TaskId): TaskId[] {
    if (this.#done[id] === 1) return [];
    this.#done[id] = 1;
    const freed: TaskId[] = [];
    // Spelt out, as this is done once a task and a generator costs more than the rest.
    for (let edge = this.#firstEdge[id]!; edge !== NONE; edge = this.#edgeNext[edge]!) {
      const dependent = this.#edgeTo[edge] as TaskId;
      this.#waitsFor[dependent]!--;
      if (this.#waitsFor[dependent] === 0) freed.push(dependent);
    }
    // The newest edge comes first.
    return freed.reverse();
  }

  /** The reverse of `finish`, for a result that was lost: its dependents wait again. */
  reopen(id: TaskId): void {
    if (this.#done[id] === 0) return;
    this.#done[id] = 0;
    for (const dependent of this.dependents(id)) this.#waitsFor[dependent]!++;
  }

  *dependents(id: TaskId): Generator<TaskId> {
    for (let edge = this.#firstEdge[id]!; edge !== NONE; edge = this.#edgeNext[edge]!)
      yield this.#edgeTo[edge] as TaskId;
  }

  dependencies(id: TaskId): TaskId[] {
    return this.task(id)
      .dependencies()
      .map(task => this.find(task.hash)!);
  }

  /** `ids` and everything that depends on them, at any distance. */
  downstream(ids: Iterable<TaskId>): Set<TaskId> {
    return closure(ids, id => this.dependents(id));
  }

  /** `ids` and everything they depend on, at any distance. */
  upstream(ids: Iterable<TaskId>): Set<TaskId> {
    return closure(ids, id => this.dependencies(id));
  }

  #link(dependency: TaskId, dependent: TaskId): void {
    const edge = this.#edges++;
    if (edge >= this.#edgeTo.length) {
      this.#edgeTo = doubled(this.#edgeTo);
      this.#edgeNext = doubled(this.#edgeNext);
    }
    this.#edgeTo[edge] = dependent;
    this.#edgeNext[edge] = this.#firstEdge[dependency]!;
    this.#firstEdge[dependency] = edge;
  }

  #grow(): void {
    this.#firstEdge = doubled(this.#firstEdge);
    this.#waitsFor = doubled(this.#waitsFor);
    const done = new Uint8Array(this.#done.length * 2);
    done.set(this.#done);
    this.#done = done;
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

function closure(start: Iterable<TaskId>, next: (id: TaskId) => Iterable<TaskId>): Set<TaskId> {
  const reached = new Set(start);
  // A Set's iteration reaches what is added while it runs, so this is the whole breadth-first search.
  for (const id of reached) for (const other of next(id)) reached.add(other);
  return reached;
}
