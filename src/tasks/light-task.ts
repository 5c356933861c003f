// Tasks of an evaluation that is there for its functions: a million of them may be made and none is ever asked for anything.
// So each is one small object that holds the arguments; its function is in its prototype, and its hash is made when somebody
// asks. To a jugfile they are tasks like all others. Knows no host.

import type {TaskHash} from '../values/task-hash.js';
import {hashOfCall} from './call-hash.js';
import type {TaskFunction} from './functions.js';
import {HOST, type Host} from './host.js';
import {Task} from './task.js';

/** Of those that were asked. */
const hashes = new WeakMap<LightTask, TaskHash>();

/** Has the prototype of Task without what Task holds: whatever would look there is answered here. */
abstract class LightTask {
  abstract get function(): TaskFunction;
  abstract get args(): readonly unknown[];

  get hash(): TaskHash {
    let hash = hashes.get(this);
    if (hash === undefined) {
      hash = hashOfCall(this);
      hashes.set(this, hash);
    }
    return hash;
  }

  /** It goes with whoever evaluates the jugfile. */
  get [HOST](): Host | undefined {
    return undefined;
  }
}
Object.setPrototypeOf(LightTask.prototype, Task.prototype);

/** Spelled out by their number, since an array would take twice the memory of the task. */
abstract class OfOne extends LightTask {
  readonly #first: unknown;

  constructor(first: unknown) {
    super();
    this.#first = first;
  }

  override get args(): readonly unknown[] {
    return [this.#first];
  }
}

abstract class OfTwo extends LightTask {
  readonly #first: unknown;
  readonly #second: unknown;

  constructor(first: unknown, second: unknown) {
    super();
    this.#first = first;
    this.#second = second;
  }

  override get args(): readonly unknown[] {
    return [this.#first, this.#second];
  }
}

abstract class OfAny extends LightTask {
  readonly #args: readonly unknown[];

  constructor(args: readonly unknown[]) {
    super();
    this.#args = args;
  }

  override get args(): readonly unknown[] {
    return this.#args;
  }
}

type Make = (args: readonly unknown[]) => Task;

const makers = new WeakMap<TaskFunction, Make>();

/** What a call of `fn` answers with. */
export function lightTask(fn: TaskFunction, args: readonly unknown[]): Task {
  let make = makers.get(fn);
  if (make === undefined) {
    make = makerOf(fn);
    makers.set(fn, make);
  }
  return make(args);
}

function makerOf(fn: TaskFunction): Make {
  class One extends OfOne {
    get function(): TaskFunction {
      return fn;
    }
  }
  class Two extends OfTwo {
    get function(): TaskFunction {
      return fn;
    }
  }
  class Any extends OfAny {
    get function(): TaskFunction {
      return fn;
    }
  }
  return args => {
    const light =
      args.length === 1 ? new One(args[0]) : args.length === 2 ? new Two(args[0], args[1]) : new Any(args);
    return light as unknown as Task;
  };
}
