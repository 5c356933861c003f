// A value that holds tasks with their results in place: arrays, plain objects, Maps and Sets are copied where something in them
// is replaced, and what stands for a value says itself what it is. Knows tasks only by the symbols of traverse.ts.

import {extraKeys} from '../values/classify.js';
import {put} from '../values/flatten.js';
import {
  call,
  hashesOf,
  isMap,
  isOpen,
  isPlain,
  isSet,
  isTask,
  type Needed,
  NOTHING,
  partsOf,
  RESOLVE,
  type TaskLike,
  VALUE,
  walk,
} from './traverse.js';

/** Whether others in the same tree are given the same. */
export type IsShared = (node: object) => boolean;

export interface Resolvable {
  [RESOLVE](resolve: (tree: unknown) => unknown, isShared: IsShared): unknown;
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
    return typeof node === 'function' || !isOpen(node) ? NOTHING : partsOf(node).toReversed();
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
    if (isTask(node)) return this.#resultOf(node);
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
    return this.#uses.get(isTask(node) ? node.hash : node) !== 1;
  };
}

/** How often each object is mentioned, and each task, by its hash: two of one hash have one result. */
function usesIn(tree: unknown): ReadonlyMap<unknown, number> {
  const uses = new Map<unknown, number>();
  walk(tree, node => {
    if (typeof node !== 'function' && !isOpen(node)) return NOTHING;
    const parts = typeof node === 'function' ? NOTHING : partsOf(node);
    for (const part of parts) {
      if (typeof part !== 'object' || part === null) continue;
      const key = isTask(part) ? part.hash : part;
      uses.set(key, (uses.get(key) ?? 0) + 1);
    }
    return parts;
  });
  return uses;
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
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
