// map, mapreduce, currymap and reduce: many small calls as few tasks. A task does a block of calls.

import {INSPECT} from '../core/errors.js';
import type {Argument, Deferred, ElementAt, Outcome} from '../core/types.js';
import type {StandIn} from '../values/flatten.js';
import {HASH, OWN} from '../values/task-hash.js';
import {refuseData} from './function-names.js';
import {type AnyFunction, derivation} from './functions.js';
import {currentHost} from './host.js';
import {REFERENCE} from './references.js';
import {placeOf} from './subscript.js';
import {Task, Tasklet} from './task.js';
import type {Generator as TaskGenerator} from './task-generator.js';
import {areThere, valueIn} from './task-hosts.js';
import {DEPENDENCIES, RESOLVE, SPREAD} from './traverse.js';
import {declareMethods, MEMBER, MISSING, NotKnown} from './unknown-result.js';
import {checkNames, hasNoMember, misused} from './usage-errors.js';
import {identity} from './utils.js';

export interface MapOptions {
  /** How many calls of the mapper one task makes. Default 4. */
  readonly mapStep?: number;
}

export interface ReduceOptions {
  /** How many values one task reduces to one. Default 8. */
  readonly reduceStep?: number;
}

/** How small they may be, and how large they are if nobody says. */
const STEPS = {mapStep: {least: 1, usual: 4}, reduceStep: {least: 2, usual: 8}};

/** Tasks can be iterated as far as the compiler sees, since to do so has a message of its own. */
type Sequence<T> =
  | readonly Argument<T>[]
  | MappedTasks<T>
  | (Iterable<Argument<T>> & {readonly __result?: never});

/** A plain function: a generator is one, too, but answers with tasks. */
type Reducer<R> = ((left: R, right: R) => R | PromiseLike<R>) & {readonly f?: never};

/** What to do instead of handing over a function that carries data. */
const ITEMS =
  'Write it at the top level of a module, and put the data into the items, as in mapreduce.currymap(scale, xs.map(x => [factor, x])).';

/** The same, whatever it holds. */
interface Items {
  readonly length: number;
  slice(start: number, end: number): Iterable<unknown>;
}

/** `mapped[i]` is `mapper(sequence[i])`; one task a block of `mapStep`. Mapper: A → B, sync or async. */
export function map<A, B>(
  mapper: (item: A) => B,
  sequence: Sequence<A>,
  options: MapOptions = {},
): MappedTasks<Outcome<B>> {
  return mapped('map', mapper as AnyFunction, sequence, options);
}

/** As `map`, for a mapper of several arguments and a sequence of arrays of them. */
export function currymap<A extends readonly unknown[], B>(
  mapper: (...args: A) => B,
  sequence: Sequence<A>,
  options: MapOptions = {},
): MappedTasks<Outcome<B>> {
  return mapped('currymap', mapper as AnyFunction, sequence, options);
}

/**
 * As `reduce(reducer, map(mapper, inputs))`, in fewer tasks. The reducer must be associative; the order of the
 * inputs is kept. Without inputs the result is `[]`, as in Python's jug.
 */
export function mapreduce<A, B, R = Outcome<B>>(
  reducer: Reducer<R>,
  mapper: (item: A) => B,
  inputs: Sequence<A>,
  options?: MapOptions & ReduceOptions,
): Task<R>;
export function mapreduce<A, B, R = Outcome<B>>(
  reducer: TaskGenerator<readonly [R, R], R | PromiseLike<R>>,
  mapper: (item: A) => B,
  inputs: Sequence<A>,
  options?: MapOptions & ReduceOptions,
): Task<R>;
export function mapreduce<R>(
  reducer: unknown,
  mapper: unknown,
  inputs: unknown,
  options: MapOptions & ReduceOptions = {},
): Task<R> {
  const {mapStep, reduceStep} = stepsOf(options, 'mapreduce', 'mapStep', 'reduceStep');
  const items = itemsOf(inputs, 'mapreduce');
  refuseData(reducer, 'reducer in mapreduce.mapreduce', ITEMS);
  refuseData(mapper, 'mapper in mapreduce.mapreduce', ITEMS);
  const {functions} = currentHost();
  const parts = [functions.add(reducer as AnyFunction), functions.add(mapper as AnyFunction)];
  const entry = functions.derive('mapreduce', parts);
  const blocks = blocksOf(items, mapStep).map(block => Task.of<R>(entry, [block]));
  return reduced(reducer as AnyFunction, blocks, reduceStep);
}

/** All inputs reduced to one, `reduceStep` at a time. */
export function reduce<R>(reducer: Reducer<R>, inputs: Sequence<R>, options?: ReduceOptions): Task<R>;
export function reduce<R>(
  reducer: TaskGenerator<readonly [R, R], R | PromiseLike<R>>,
  inputs: Sequence<R>,
  options?: ReduceOptions,
): Task<R>;
export function reduce<R>(reducer: unknown, inputs: unknown, options: ReduceOptions = {}): Task<R> {
  const {reduceStep} = stepsOf(options, 'reduce', 'reduceStep');
  const items = itemsOf(inputs, 'reduce');
  refuseData(reducer, 'reducer in mapreduce.reduce', ITEMS);
  const {functions} = currentHost();
  const entry = functions.derive('reduce', [functions.add(reducer as AnyFunction)]);
  const blocks = blocksOf(items, reduceStep).map(block => Task.of<R>(entry, [block]));
  return reduced(reducer as AnyFunction, blocks, reduceStep);
}

function mapped<R>(
  kind: 'map' | 'currymap',
  mapper: AnyFunction,
  sequence: unknown,
  options: MapOptions,
): MappedTasks<R> {
  const {mapStep} = stepsOf(options, kind, 'mapStep');
  const items = itemsOf(sequence, kind);
  refuseData(mapper, `mapper in mapreduce.${kind}`, ITEMS);
  const {functions} = currentHost();
  const entry = functions.derive(kind, [functions.add(mapper)]);
  const blocks = blocksOf(items, mapStep).map(block => Task.of<R[]>(entry, [block]));
  return new MappedTasks(blocks, mapStep, 0, items.length);
}

function reduced<R>(reducer: AnyFunction, tasks: Task<R>[], reduceStep: number): Task<R> {
  const {functions} = currentHost();
  const entry = functions.derive('reduce', [functions.add(reducer)]);
  let level = tasks;
  while (level.length > 1) {
    level = blocksOf(level, reduceStep).map(block => Task.of<R>(entry, [block]));
  }
  return level[0] ?? (identity([]) as unknown as Task<R>);
}

/** Errors: a JugError for what has no members to be iterated, or a task, which has none yet. */
function itemsOf(sequence: unknown, call: string): Items {
  if (Array.isArray(sequence) || sequence instanceof MappedTasks) return sequence;
  if (isIterable(sequence)) return [...sequence];
  throw misused(
    `a sequence in mapreduce.${call}`,
    sequence,
    'It may be an array of values or tasks, what mapreduce.map returned, or anything else that can be iterated.',
  );
}

function isIterable(thing: unknown): thing is Iterable<unknown> {
  return thing !== null && thing !== undefined && Symbol.iterator in Object(thing);
}

function stepsOf<Name extends keyof typeof STEPS>(
  options: Readonly<Partial<Record<Name, number>>>,
  call: string,
  ...names: Name[]
): Record<Name, number> {
  checkNames(options, names, `mapreduce.${call}`);
  const entries = names.map(name => {
    const {least, usual} = STEPS[name];
    const step: number = options[name] ?? usual;
    if (Number.isInteger(step) && step >= least) return [name, step] as const;
    throw misused(`${name} to be a whole number of at least ${least}`, step);
  });
  return Object.fromEntries(entries) as Record<Name, number>;
}

function blocksOf(sequence: Items, step: number): unknown[] {
  const blocks: unknown[] = [];
  for (let start = 0; start < sequence.length; start += step) {
    blocks.push([...sequence.slice(start, start + step)]);
  }
  return blocks;
}

async function mapBlock(block: readonly unknown[], call: (item: unknown) => unknown): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const item of block) results.push(await call(item));
  return results;
}

async function reduceBlock(reducer: AnyFunction, block: readonly unknown[]): Promise<unknown> {
  let total = block[0];
  for (const item of block.slice(1)) total = await reducer(total, item);
  return total;
}

derivation('map', mapper => block => mapBlock(block, item => mapper(item)));
derivation('currymap', mapper => block => mapBlock(block, args => mapper(...(args as unknown[]))));
derivation(
  'mapreduce',
  (reducer, mapper) => async block => reduceBlock(reducer, await mapBlock(block, item => mapper(item))),
);
derivation('reduce', reducer => block => reduceBlock(reducer, block));

export interface MappedTasks<R> {
  readonly [index: number]: Tasklet<R>;
}

/**
 * What `map` returns: behaves like an array of tasks (index, slice, length, iteration), and as an argument or under
 * `value` like the array of results. It holds one task a block; a member is a tasklet of its block.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the proxy below the prototype provides the members.
export class MappedTasks<R> extends NotKnown implements Deferred<R[]> {
  declare readonly __result: R[];
  readonly #blocks: readonly Task<R[]>[];
  readonly #step: number;
  readonly #start: number;
  readonly #length: number;
  readonly [SPREAD]: unknown = this;

  constructor(blocks: readonly Task<R[]>[], step: number, start: number, length: number) {
    super();
    this.#blocks = blocks;
    this.#step = step;
    this.#start = start;
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  /** As an array's: negative from the end, and undefined where there is none. */
  at(index: number): Tasklet<R> | undefined {
    const wanted = placeOf(index) as number;
    const place = wanted < 0 ? wanted + this.length : wanted;
    if (!(place >= 0 && place < this.length)) return undefined;
    const absolute = this.#start + place;
    return new Tasklet<R>(this.#blocks[Math.floor(absolute / this.#step)]!, {get: [absolute % this.#step]});
  }

  /** As a task's: what stands at `keys`. Errors: a JugError for a place where nothing is. */
  get<const Keys extends readonly unknown[]>(...keys: Keys): Tasklet<ElementAt<R[], Keys>> {
    const [first, ...rest] = keys;
    if (typeof first !== 'number') return new Tasklet(this, {get: keys});
    const member = Number.isInteger(first) ? this.at(first) : undefined;
    if (member === undefined) throw hasNoMember(String(first), this.length);
    return rest.length === 0 ? (member as never) : (member.get(...rest) as never);
  }

  /** As an array's. */
  slice(start = 0, end = this.length): MappedTasks<R> {
    const clamp = (index: number): number => {
      const place = placeOf(index) as number;
      return Math.min(Math.max(place < 0 ? place + this.length : place, 0), this.length);
    };
    const from = clamp(start);
    return new MappedTasks(this.#blocks, this.#step, this.#start + from, Math.max(0, clamp(end) - from));
  }

  *[Symbol.iterator](): Generator<Tasklet<R>> {
    for (let index = 0; index < this.length; index++) yield this.at(index)!;
  }

  value(): Promise<R[]> {
    return valueIn(this) as Promise<R[]>;
  }

  async canLoad(): Promise<boolean> {
    return areThere(this.#needed());
  }

  [HASH](): unknown {
    return {mapped: this.#needed(), step: this.#step, start: this.#start % this.#step, length: this.length};
  }

  get [OWN](): true {
    return true;
  }

  [REFERENCE](): StandIn {
    const [blocks, ...rest] = this.parts;
    return {name: 'jug.MappedTasks', encoded: [blocks.map(({hash}) => hash), ...rest], isReplaced: true};
  }

  [DEPENDENCIES](): unknown {
    return this.#needed();
  }

  [RESOLVE](resolve: (tree: unknown) => unknown): unknown {
    const results = this.#needed().flatMap(block => resolve(block) as R[]);
    return results.slice(this.#start % this.#step, (this.#start % this.#step) + this.length);
  }

  override toString(): string {
    return `MappedTasks of length ${this.length}`;
  }

  [INSPECT](): string {
    return this.toString();
  }

  override [MEMBER](place: number): unknown {
    return this.get(place);
  }

  override [MISSING](key: string): Error {
    return hasNoMember(key, this.length);
  }

  /** What it is made of, without the blocks that it needs none of: the constructor's arguments. */
  get parts(): readonly [blocks: readonly Task<R[]>[], step: number, skip: number, length: number] {
    return [this.#needed(), this.#step, this.#start % this.#step, this.length];
  }

  #needed(): readonly Task<R[]>[] {
    if (this.length === 0) return [];
    const first = Math.floor(this.#start / this.#step);
    return this.#blocks.slice(first, Math.floor((this.#start + this.length - 1) / this.#step) + 1);
  }
}

declareMethods(MappedTasks.prototype);
