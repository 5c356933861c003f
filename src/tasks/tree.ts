// Walking a value that may hold tasks anywhere inside: which tasks, and the same value with their results in place.
// Arrays, plain objects, Map and Set are walked; anything else is a leaf. Knows tasks only by the symbols below.

import {shown} from '../errors.js';
import type {TaskHash} from '../hash.js';
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

export interface TaskLike {
  readonly [TASK]: true;
  readonly hash: TaskHash;
}

/** A method: the hashes of tasks; the object stands for the array of their results. */
export const HASHES: unique symbol = Symbol('jug.hashes') as never;

export interface Resolvable {
  [RESOLVE](resolve: (tree: unknown) => unknown): unknown;
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

/** Calls `visit` for every task, and every list of hashes, in `tree`. */
export function visitTasks(tree: unknown, visit: (node: object) => void, met = new Set<object>()): void {
  if (typeof tree !== 'object' || tree === null) {
    if (typeof tree === 'function' && DEPENDENCIES in tree) visitTasks(call(tree, DEPENDENCIES), visit, met);
    return;
  }
  if (!Array.isArray(tree) && (TASK in tree || HASHES in tree)) {
    visit(tree);
    return;
  }
  // `value` may be given what refers back to itself.
  if (met.has(tree)) return;
  met.add(tree);
  for (const part of partsOf(tree)) if (!isPrimitive(part)) visitTasks(part, visit, met);
}

/** Every function in `tree`, also behind what stands for another value; not those that tasks in it have. */
export function visitFunctions(
  tree: unknown,
  visit: (fn: object) => void,
  met: Set<object> = new Set<object>(),
): void {
  if (typeof tree === 'function') visit(tree);
  if (typeof tree !== 'object' || tree === null) return;
  if ((!Array.isArray(tree) && (TASK in tree || HASHES in tree)) || met.has(tree)) return;
  met.add(tree);
  for (const part of partsOf(tree)) if (!isPrimitive(part)) visitFunctions(part, visit, met);
}

function partsOf(node: object): Iterable<unknown> {
  if (Array.isArray(node)) return node;
  if (DEPENDENCIES in node) return [call(node, DEPENDENCIES)];
  if (VALUE in node) return [call(node, VALUE)];
  if (node instanceof Map) return [...node].flat();
  if (node instanceof Set) return node;
  if (!isPlain(node)) return [];
  if (SPREAD in node) throw cannotSpread(shown(node[SPREAD]));
  return Object.values(node);
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

/** `tree` with tasks replaced by what `resultOf` says, and lists by what `listOf` does. What holds neither is not copied. */
export function replaceTasks(
  tree: unknown,
  resultOf: (task: TaskLike) => unknown,
  listOf: (node: object) => unknown = () => undefined,
): unknown {
  const done = new Map<object, unknown>();
  const resolve = (node: unknown): unknown => {
    if (typeof node !== 'object' || node === null) return node;
    if (TASK in node) return resultOf(node as TaskLike);
    // A node met again, above itself or beside, is the same node in the answer.
    if (done.has(node)) return done.get(node);
    done.set(node, node);
    const resolved = listOf(node) ?? resolveNode(node, resolve);
    done.set(node, resolved);
    return resolved;
  };
  return resolve(tree);
}

function resolveNode(node: object, resolve: (tree: unknown) => unknown): unknown {
  if (Array.isArray(node)) {
    let copy: unknown[] | undefined;
    for (let i = 0; i < node.length; i++) {
      const member = resolve(node[i]);
      if (member !== node[i]) {
        copy ??= node.slice();
        copy[i] = member;
      }
    }
    return copy ?? node;
  }
  if (RESOLVE in node) return (node as Resolvable)[RESOLVE](resolve);
  if (VALUE in node) return resolve(call(node, VALUE));
  if (node instanceof Map) {
    const entries = [...node];
    const resolved = entries.map(([key, member]) => [resolve(key), resolve(member)] as const);
    return resolved.every((entry, i) => areSame(entry, entries[i]!)) ? node : new Map(resolved);
  }
  if (node instanceof Set) {
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
