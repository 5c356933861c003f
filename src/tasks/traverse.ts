// Walking a value that may hold tasks anywhere inside: which tasks and functions there are. Arrays, plain objects, Map and Set are walked; anything else is a leaf. Knows tasks only by the symbols below.

import {shown} from '../core/errors.js';
import {classOf} from '../values/class-registry.js';
import {extraKeys} from '../values/classify.js';
import {OWN, type TaskHash} from '../values/task-hash.js';
import {cannotAsk, cannotSpread} from './usage-errors.js';

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

/** Which results a tree needs: `hashes`, and where among them those of each task and of each list begin. */
export interface Needed {
  readonly hashes: TaskHash[];
  readonly tasks: Map<TaskHash, number>;
  readonly lists: Map<object, number>;
}

export function isPrimitive(value: unknown): boolean {
  return (typeof value !== 'object' || value === null) && typeof value !== 'function';
}

export function isTask(thing: unknown): thing is TaskLike {
  return typeof thing === 'object' && thing !== null && TASK in thing;
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

export function hashesOf(node: object): readonly TaskHash[] {
  return (node as {[HASHES](): readonly TaskHash[]})[HASHES]();
}

/** Calls `visit` for every task, and every list of hashes, in `tree`, in their order. How deep it is does not matter. */
export function visitTasks(tree: unknown, visit: (node: object) => void): void {
  walk(tree, node => {
    if (typeof node === 'function') return DEPENDENCIES in node ? [call(node, DEPENDENCIES)] : [];
    if (isOpen(node)) return partsOf(node);
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
      if (typeof node !== 'function') return isOpen(node) ? allPartsOf(node) : NOTHING;
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
    else if (isOpen(node)) {
      if (CALLS in node) for (const called of call(node, CALLS) as readonly object[]) visit(called);
      return allPartsOf(node);
    }
    return NOTHING;
  });
}

/** Whether something is to be looked into, and not a task or a list of hashes. */
export function isOpen(node: object): boolean {
  return Array.isArray(node) || !(TASK in node || HASHES in node);
}

export const NOTHING: readonly unknown[] = [];
/** What is being looked into, and how far. */
type Look = {readonly parts: readonly unknown[]; next: number};

/** Looks at every object and function in `tree` once, in their order: `partsOf` says what is in it; in a task is nothing. */
export function walk(
  tree: unknown,
  partsOf: (node: object) => readonly unknown[],
  met: Set<object> = new Set<object>(),
): void {
  try {
    walkThrough(tree, partsOf, met);
  } catch (error) {
    // Such a Proxy answers no question at all; and to ask each object whether it is one would cost more than the rest.
    throw error instanceof TypeError && error.message.includes('has been revoked') ? cannotAsk() : error;
  }
}

function walkThrough(tree: unknown, partsOf: (node: object) => readonly unknown[], met: Set<object>): void {
  // The innermost last.
  const way: Look[] = [{parts: [tree], next: 0}];
  while (way.length > 0) {
    const node = nextObject(way[way.length - 1]!);
    if (node === undefined) way.pop();
    // A task is told to whoever looks as often as it stands there; `value` may be given what refers back to itself.
    else if (!isOpen(node)) partsOf(node);
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

export function partsOf(node: object): readonly unknown[] {
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

/** Of a class of one's own, only its codec knows what is in it. */
export function isMap(node: object): node is Map<unknown, unknown> {
  return node instanceof Map && Object.getPrototypeOf(node) === Map.prototype;
}

export function isSet(node: object): node is Set<unknown> {
  return node instanceof Set && Object.getPrototypeOf(node) === Set.prototype;
}

export function isPlain(object: object): boolean {
  const prototype = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
}

export function call(object: object, method: symbol): unknown {
  return (object as Record<symbol, () => unknown>)[method]!();
}
