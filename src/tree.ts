// Walking a value that may hold tasks anywhere inside: which tasks, and the same value with their results in place.
// Arrays, plain objects, Map and Set are walked; anything else is a leaf. Knows tasks only by the symbols below.

import type {TaskHash} from './hash.js';

/** An object with a method of this name stands for another value when it is an argument. */
export const VALUE: unique symbol = Symbol.for('jug.value') as never;
/** An object with a method of this name says itself what holds the tasks it needs. */
export const DEPENDENCIES: unique symbol = Symbol.for('jug.dependencies') as never;
/** Marks a task. */
export const TASK: unique symbol = Symbol('jug.task') as never;
/** A method: the value, given how to resolve what it is made from. */
export const RESOLVE: unique symbol = Symbol('jug.resolve') as never;

export interface TaskLike {
  readonly [TASK]: true;
  readonly hash: TaskHash;
}

/** A method: the hashes of the tasks whose results it is made from, where there are no tasks. */
export const HASHES: unique symbol = Symbol('jug.hashes') as never;

export interface Resolvable {
  [RESOLVE](resolve: (tree: unknown) => unknown, results: ReadonlyMap<TaskHash, unknown>): unknown;
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

/** Adds the hash of every task in `tree` to `into`. */
export function collectHashes(tree: unknown, into: Set<TaskHash>): void {
  visitTasks(tree, node => {
    if (TASK in node) into.add((node as TaskLike).hash);
    else for (const hash of (node as {[HASHES](): readonly TaskHash[]})[HASHES]()) into.add(hash);
  });
}

function visitTasks(tree: unknown, visit: (node: object) => void): void {
  if (typeof tree !== 'object' || tree === null) {
    if (typeof tree === 'function' && DEPENDENCIES in tree) visitTasks(call(tree, DEPENDENCIES), visit);
    return;
  }
  if (Array.isArray(tree)) {
    for (let i = 0; i < tree.length; i++) visitTasks(tree[i], visit);
  } else if (TASK in tree || HASHES in tree) {
    visit(tree);
  } else if (DEPENDENCIES in tree) {
    visitTasks(call(tree, DEPENDENCIES), visit);
  } else if (VALUE in tree) {
    visitTasks(call(tree, VALUE), visit);
  } else if (tree instanceof Map) {
    for (const [key, member] of tree) {
      visitTasks(key, visit);
      visitTasks(member, visit);
    }
  } else if (tree instanceof Set) {
    for (const member of tree) visitTasks(member, visit);
  } else if (isPlain(tree)) {
    for (const key of Object.keys(tree)) visitTasks((tree as Record<string, unknown>)[key], visit);
  }
}

/** `tree` with tasks replaced by `results`. What holds no task is returned as it is, not copied. */
export function resolveTree(tree: unknown, results: ReadonlyMap<TaskHash, unknown>): unknown {
  const done = new Map<object, unknown>();
  const resolve = (node: unknown): unknown => {
    if (typeof node !== 'object' || node === null) return node;
    if (TASK in node) return results.get((node as TaskLike).hash);
    // A node met again, above itself or beside, is the same node in the answer.
    if (done.has(node)) return done.get(node);
    done.set(node, node);
    const resolved = resolveNode(node, resolve, results);
    done.set(node, resolved);
    return resolved;
  };
  return resolve(tree);
}

function resolveNode(
  node: object,
  resolve: (tree: unknown) => unknown,
  results: ReadonlyMap<TaskHash, unknown>,
): unknown {
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
  if (RESOLVE in node) return (node as Resolvable)[RESOLVE](resolve, results);
  if (VALUE in node) return resolve(call(node, VALUE));
  if (node instanceof Map) {
    const entries = [...node].map(([key, member]) => [resolve(key), resolve(member)] as const);
    return entries.every(([key, member]) => node.has(key) && node.get(key) === member)
      ? node
      : new Map(entries);
  }
  if (node instanceof Set) {
    const members = [...node].map(resolve);
    return members.every(member => node.has(member)) ? node : new Set(members);
  }
  if (!isPlain(node)) return node;
  let copy: Record<string, unknown> | undefined;
  for (const [key, member] of Object.entries(node)) {
    const resolved = resolve(member);
    if (resolved !== member) {
      copy ??= {...node};
      copy[key] = resolved;
    }
  }
  return copy ?? node;
}

export function isPlain(object: object): boolean {
  const prototype = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
}

function call(object: object, method: symbol): unknown {
  return (object as Record<symbol, () => unknown>)[method]!();
}
