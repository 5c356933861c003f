// Which functions a function may call, told from its text without a call: those that it names, those that these name, and so on.
// What a task function names is its own affair. What is reached otherwise (by a computed key, say) is not seen. Knows no task.

import path from 'node:path';
import {types} from 'node:util';
import {isOwn} from '../core/call-site.js';
import {JugError} from '../core/errors.js';
import {
  type AnyFunction,
  type FunctionRegistry,
  STANDS_FOR,
  type TaskFunction,
  type Versioned,
} from './functions.js';
import {moduleVariablesOf, surroundingsOf} from './lexical-scopes.js';
import {fileOf} from './module-functions.js';
import {isMentioned, usedNames} from './used-names.js';

interface Known {
  /** How many functions had a name when they were looked for: those named since may be among them. */
  readonly size: number;
  readonly functions: readonly TaskFunction[];
}

const knownOf = new WeakMap<FunctionRegistry, WeakMap<AnyFunction, Known>>();

/** Those of them that have a version, by name: in the order of their names. */
export function versionsReached(fns: readonly AnyFunction[], registry: FunctionRegistry): Versioned[] {
  if (!registry.hasVersions) return [];
  const versions = new Map<string, string>();
  for (const fn of fns) {
    for (const {name, version} of reachedFrom(fn, registry))
      if (version !== undefined) versions.set(name, version);
  }
  return [...versions].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** All of them that have a name by now, `fn` apart. */
export function reachedFrom(fn: AnyFunction, registry: FunctionRegistry): readonly TaskFunction[] {
  const known = knownOf.get(registry) ?? new WeakMap<AnyFunction, Known>();
  knownOf.set(registry, known);
  const before = known.get(fn);
  if (before?.size === registry.size) return before.functions;
  const search = new Search(registry);
  try {
    search.look(COMPOUND in fn ? registry.known(fn)!.fn : fn);
  } catch (error) {
    // Where there is no inspector, nobody can tell.
    if (!(error instanceof JugError)) throw error;
  }
  const functions = [...search.found];
  known.set(fn, {size: registry.size, functions});
  return functions;
}

/** Objects in objects are looked into so far. */
const MOST_LEVELS = 3;

class Search {
  readonly found = new Set<TaskFunction>();
  readonly #registry: FunctionRegistry;
  readonly #met = new Set<unknown>();

  constructor(registry: FunctionRegistry) {
    this.#registry = registry;
  }

  /** What the text of `fn` names. */
  look(fn: AnyFunction): void {
    if (this.#met.has(fn) || types.isProxy(fn) || !isUsers(fileOf(fn))) return;
    this.#met.add(fn);
    const {scopes} = surroundingsOf(fn);
    const variables: Record<string, unknown> = Object.assign(
      Object.create(null),
      moduleVariablesOf(fn),
      ...scopes.map(scope => scope.variables).reverse(),
    );
    const source = Function.prototype.toString.call(fn);
    for (const name of usedNames(fn, Object.keys(variables)).names) this.#visit(variables[name], source, 0);
  }

  #visit(value: unknown, source: string, level: number): void {
    if (typeof value === 'function') this.#function(value as AnyFunction);
    else if (typeof value === 'object' && value !== null && level < MOST_LEVELS)
      this.#object(value, source, level + 1);
  }

  #function(fn: AnyFunction): void {
    const entry = this.#registry.known(fn);
    if (entry !== undefined) this.found.add(entry);
    if (!(STANDS_FOR in fn)) this.look(fn);
    else if (COMPOUND in fn) this.look(entry!.fn);
  }

  /** Of a class that is the user's, its methods; else members that the text names. */
  #object(object: object, source: string, level: number): void {
    if (types.isProxy(object)) return;
    const made = (Object.getPrototypeOf(object) as {readonly constructor?: unknown} | null)?.constructor;
    if (typeof made === 'function' && made !== Object) this.look(made as AnyFunction);
    for (const key of Object.keys(object)) {
      if (!Array.isArray(object) && !isMentioned(key, source, true)) continue;
      const descriptor = Object.getOwnPropertyDescriptor(object, key);
      this.#visit(descriptor?.value, source, level);
    }
  }
}

/** Marks what makes compound tasks: what its function names is part of it. */
export const COMPOUND: unique symbol = Symbol('jug.compoundGenerator') as never;

function isUsers(file: string): boolean {
  return !file.startsWith('node:') && !isOwn(file) && !file.includes(`${path.sep}node_modules${path.sep}`);
}
