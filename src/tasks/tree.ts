// Walking a value that may hold tasks anywhere inside: which tasks, and the same value with their results in place.
// Arrays, plain objects, Map and Set are walked; anything else is a leaf. Knows tasks only by the symbols below.

import {shown} from '../errors.js';
import {OWN, type TaskHash} from '../hash.js';
import {classOf} from '../values/classes.js';
import {put} from '../values/flat.js';
import {extraKeys} from '../values/survey.js';
import {cannotSpread} from './misuse.js';

/** An object with a method of this name stands for another value when it is an argument. */
export const VALUE: unique symbol = Symbol.for('jug.value') as never;
/** An object with a method of this name says itself what holds the tasks it needs. */
export const DEPENDENCIES: unique symbol = Symbol.for('jug.dependencies') as never;
/** Marks a task. */
export const TASK: unique symbol = Symbol('jug.task') as never;
/**
 * Names the one own property that is copied where such an object is spread into another, or assigned to it. What stands
 * there is shown as what was spread.
 */
export const SPREAD: unique symbol = Symbol('jug.spread') as never;
/** A method: the value, given how to resolve what it is made from. */
export const RESOLVE: unique symbol = Symbol('jug.resolve') as never;

/** A method: the task functions that an object calls, or stands for the calls of. */
export const CALLS: unique symbol = Symbol('jug.calls') as never;

export interface TaskLike {
  readonly [TASK]: true;
  readonly hash: TaskHash;
}

/** A method: the hashes of tasks; the object stands for the array of their results. */
export const HASHES: unique symbol = Symbol('jug.hashes') as never;

/** Whether others in the same tree are given the same. */
export type IsShared = (node: object) => boolean;

export interface Resolvable {
  [RESOLVE](resolve: (tree: unknown) => unknown, isShared: IsShared): unknown;
}

/** Which results a tree needs: `hashes`, and where among them those of each task and of each list begin. */
export interface Needed {
  readonly hashes: TaskHash[];
  readonly tasks: Map<TaskHash, number>;
  readonly lists: Map<object, number>;
}

export function isPrimitive(value: unknown): boolean {
  return (typeof value !== 'object' || value === null) && typeof value !== 'function';
}

/** Adds every task in `tree` to `into`. */
export function collectTasks<T extends TaskLike>(tree: unknown, into: Set<T>): void {
  visitTasks(tree, node => {
    if (TASK in node) into.add(node as unknown as T);
  });
}

/** A list may be of a hundred thousand: its hashes are taken as they come, without asking which came before. */
export function neededBy(tree: unknown): Needed {
  const needed: Needed = {hashes: [], tasks: new Map(), lists: new Map()};
  visitTasks(tree, node => {
    const place = needed.hashes.length;
    if (HASHES in node) {
      needed.lists.set(node, place);
      for (const hash of hashesOf(node)) needed.hashes.push(hash);
    } else {
      const {hash} = node as TaskLike;
      if (needed.tasks.has(hash)) return;
      needed.tasks.set(hash, place);
      needed.hashes.push(hash);
    }
  });
  return needed;
}

function hashesOf(node: object): readonly TaskHash[] {
  return (node as {[HASHES](): readonly TaskHash[]})[HASHES]();
}

/** Calls `visit` for every task, and every list of hashes, in `tree`, in their order. How deep it is does not matter. */
export function visitTasks(tree: unknown, visit: (node: object) => void): void {
  walk(tree, node => {
    if (typeof node === 'function') return DEPENDENCIES in node ? [call(node, DEPENDENCIES)] : [];
    if (isArrayOr(node)) return partsOf(node);
    visit(node);
    return NOTHING;
  });
}

/** Every function in `tree`, also in instances and behind what stands for another value; not those that tasks in it have. */
export function visitFunctions(
  tree: unknown,
  visit: (fn: object) => void,
  met: Set<object> = new Set<object>(),
): void {
  walk(
    tree,
    node => {
      if (typeof node !== 'function') return isArrayOr(node) ? allPartsOf(node) : NOTHING;
      visit(node);
      return NOTHING;
    },
    met,
  );
}

/** Every function in `tree`, as `visitFunctions`, and the task functions that something in it calls, as a tasklet does. */
export function visitCalled(tree: unknown, visit: (called: object) => void): void {
  walk(tree, node => {
    if (typeof node === 'function') visit(node);
    else if (isArrayOr(node)) {
      if (CALLS in node) for (const called of call(node, CALLS) as readonly object[]) visit(called);
      return allPartsOf(node);
    }
    return NOTHING;
  });
}

/** Whether something is to be looked into, and not a task or a list of hashes. */
function isArrayOr(node: object): boolean {
  return Array.isArray(node) || !(TASK in node || HASHES in node);
}

const NOTHING: readonly unknown[] = [];
/** What is being looked into, and how far. */
type Look = {readonly parts: readonly unknown[]; next: number};

/** Looks at every object and function in `tree` once, in their order: `partsOf` says what is in it; in a task is nothing. */
function walk(
  tree: unknown,
  partsOf: (node: object) => readonly unknown[],
  met: Set<object> = new Set<object>(),
): void {
  // The innermost last.
  const way: Look[] = [{parts: [tree], next: 0}];
  while (way.length > 0) {
    const node = nextObject(way[way.length - 1]!);
    if (node === undefined) way.pop();
    // A task is told to whoever looks as often as it stands there; `value` may be given what refers back to itself.
    else if (!isArrayOr(node)) partsOf(node);
    else if (!met.has(node)) {
      met.add(node);
      const parts = partsOf(node);
      if (parts.length > 0) way.push({parts, next: 0});
    }
  }
}

/** Past numbers and texts, of which there may be a million. */
function nextObject(look: Look): object | undefined {
  const {parts} = look;
  while (look.next < parts.length) {
    const part = parts[look.next++];
    if ((typeof part === 'object' && part !== null) || typeof part === 'function') return part;
  }
  return undefined;
}

function partsOf(node: object): readonly unknown[] {
  if (Array.isArray(node)) {
    const extras = extraKeys(node);
    return extras.length === 0 ? node : [...node, ...extras.map(key => node[key as unknown as number])];
  }
  if (DEPENDENCIES in node) return [call(node, DEPENDENCIES)];
  if (VALUE in node) return [call(node, VALUE)];
  if (isMap(node)) return [...node].flat();
  if (isSet(node)) return [...node];
  if (!isPlain(node)) return NOTHING;
  if (SPREAD in node) throw cannotSpread(shown(node[SPREAD]));
  return Object.values(node);
}

/** Also of an instance, which may hold a function, but no task. */
function allPartsOf(node: object): readonly unknown[] {
  const stored = isPlain(node) || OWN in node ? undefined : classOf(Object.getPrototypeOf(node));
  if (stored === undefined || VALUE in node || DEPENDENCIES in node) return partsOf(node);
  if (stored.kind !== 'custom') return Object.values(node);
  try {
    return [stored.encode(node)];
  } catch {
    // The hash says what was thrown, and where.
    return NOTHING;
  }
}

/** `tree` with tasks replaced by `results`, which are those of `needed.hashes`. What holds no task is not copied. */
export function resolveTree(tree: unknown, needed: Needed, results: readonly unknown[]): unknown {
  return replaceTasks(
    tree,
    ({hash}) => results[needed.tasks.get(hash)!],
    node => {
      const first = needed.lists.get(node);
      return first === undefined ? undefined : results.slice(first, first + hashesOf(node).length);
    },
  );
}

/** Levels of a tree that are resolved one inside the other; what is deeper is resolved from its ends. */
const MOST_LEVELS = 200;
const TOO_DEEP = Symbol('too deep');
const NOT_YET = Symbol('not yet');

/**
 * `tree` with tasks replaced by what `resultOf` says, and lists by what `listOf` does. What holds neither is not copied. A
 * promise, where it is deep, or a tasklet's function answers with one.
 */
export function replaceTasks(
  tree: unknown,
  resultOf: (task: TaskLike) => unknown,
  listOf: (node: object) => unknown = () => undefined,
): unknown {
  const resolver = new Resolver(tree, resultOf, listOf);
  try {
    return resolver.resolve(tree);
  } catch (error) {
    if (error === TOO_DEEP || error === NOT_YET) return resolver.resolvePatiently();
    throw error;
  }
}

/** What is in `tree`, members before their owners, so far as there is no cycle. */
function endsFirst(tree: unknown): object[] {
  const nodes: object[] = [];
  walk(tree, node => {
    nodes.push(node);
    return typeof node === 'function' || !isArrayOr(node) ? [] : partsOf(node).toReversed();
  });
  return nodes.reverse();
}

class Resolver {
  readonly #tree: unknown;
  readonly #done = new Map<object, unknown>();
  readonly #resultOf: (task: TaskLike) => unknown;
  readonly #listOf: (node: object) => unknown;
  #uses: ReadonlyMap<unknown, number> | undefined;
  #level = 0;
  /** What is to be known before anything else can be, and of what it is the value. */
  #awaited: {readonly node: object; readonly value: PromiseLike<unknown>} | undefined;

  constructor(tree: unknown, resultOf: (task: TaskLike) => unknown, listOf: (node: object) => unknown) {
    this.#tree = tree;
    this.#resultOf = resultOf;
    this.#listOf = listOf;
  }

  readonly resolve = (node: unknown): unknown => {
    if (typeof node !== 'object' || node === null) return node;
    if (TASK in node) return this.#resultOf(node as TaskLike);
    // A node met again, above itself or beside, is the same node in the answer.
    if (this.#done.has(node)) return this.#done.get(node);
    if (this.#level > MOST_LEVELS) throw TOO_DEEP;
    this.#done.set(node, node);
    this.#level++;
    let isKnown = false;
    try {
      const resolved = this.#listOf(node) ?? resolveNode(node, this.resolve, this.#isShared);
      if (RESOLVE in node && isThenable(resolved)) {
        this.#awaited = {node, value: resolved};
        throw NOT_YET;
      }
      this.#done.set(node, resolved);
      isKnown = true;
      return resolved;
    } finally {
      this.#level--;
      if (!isKnown) this.#done.delete(node);
    }
  };

  /** Goes on with what is known already, so that no tasklet's function is called twice. */
  async resolvePatiently(): Promise<unknown> {
    await this.#arrived();
    for (const node of endsFirst(this.#tree)) {
      try {
        this.resolve(node);
      } catch (error) {
        if (error !== NOT_YET) throw error;
        await this.#arrived();
      }
    }
    return this.resolve(this.#tree);
  }

  async #arrived(): Promise<void> {
    if (this.#awaited === undefined) return;
    const {node, value} = this.#awaited;
    this.#awaited = undefined;
    this.#done.set(node, await value);
  }

  readonly #isShared: IsShared = node => {
    this.#uses ??= usesIn(this.#tree);
    return this.#uses.get(TASK in node ? (node as TaskLike).hash : node) !== 1;
  };
}

/** How often each object is mentioned, and each task, by its hash: two of one hash have one result. */
function usesIn(tree: unknown): ReadonlyMap<unknown, number> {
  const uses = new Map<unknown, number>();
  walk(tree, node => {
    if (typeof node !== 'function' && !isArrayOr(node)) return NOTHING;
    const parts = typeof node === 'function' ? [] : partsOf(node);
    for (const part of parts) {
      if (typeof part !== 'object' || part === null) continue;
      const key = TASK in part ? (part as TaskLike).hash : part;
      uses.set(key, (uses.get(key) ?? 0) + 1);
    }
    return parts;
  });
  return uses;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as {then?: unknown}).then === 'function'
  );
}

function resolveNode(node: object, resolve: (tree: unknown) => unknown, isShared: IsShared): unknown {
  if (Array.isArray(node)) return resolveArray(node, resolve);
  if (RESOLVE in node) return (node as Resolvable)[RESOLVE](resolve, isShared);
  if (VALUE in node) return resolve(call(node, VALUE));
  if (isMap(node)) {
    const entries = [...node];
    const resolved = entries.map(([key, member]) => [resolve(key), resolve(member)] as const);
    return resolved.every((entry, i) => areSame(entry, entries[i]!)) ? node : new Map(resolved);
  }
  if (isSet(node)) {
    const members = [...node];
    const resolved = members.map(resolve);
    return areSame(resolved, members) ? node : new Set(resolved);
  }
  if (!isPlain(node)) return node;
  let copy: Record<string, unknown> | undefined;
  for (const [key, member] of Object.entries(node)) {
    const resolved = resolve(member);
    if (resolved !== member) {
      copy ??= copyOf(node as Record<string, unknown>);
      copy[key] = resolved;
    }
  }
  return copy ?? node;
}

function resolveArray(array: readonly unknown[], resolve: (tree: unknown) => unknown): unknown {
  let copy: unknown[] | undefined;
  const copied = (): unknown[] => {
    if (copy === undefined) {
      copy = array.slice();
      // Not assigned: one may be named `__proto__`.
      for (const key of extras) put(copy, key, array[key as never]);
    }
    return copy;
  };
  const extras = extraKeys(array);
  for (let i = 0; i < array.length; i++) {
    const member = resolve(array[i]);
    if (member !== array[i]) copied()[i] = member;
  }
  for (const key of extras) {
    const member = resolve(array[key as never]);
    if (member !== array[key as never]) copied()[key as never] = member as never;
  }
  return copy ?? array;
}

/** Of a class of one's own, only its codec knows what is in it. */
export function isMap(node: object): node is Map<unknown, unknown> {
  return node instanceof Map && Object.getPrototypeOf(node) === Map.prototype;
}

export function isSet(node: object): node is Set<unknown> {
  return node instanceof Set && Object.getPrototypeOf(node) === Set.prototype;
}

/** One by one: a result may be equal to a member that was there already. */
function areSame(resolved: readonly unknown[], originals: readonly unknown[]): boolean {
  return resolved.every((member, i) => Object.is(member, originals[i]));
}

/** Of a plain object; one without a prototype stays without. */
export function copyOf(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.getPrototypeOf(object) === null
    ? Object.assign(Object.create(null) as Record<string, unknown>, object)
    : {...object};
}

export function isPlain(object: object): boolean {
  const prototype = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
}

function call(object: object, method: symbol): unknown {
  return (object as Record<symbol, () => unknown>)[method]!();
}
