// What a function carries besides its code: what stands in its properties, and in variables of the call that made it. Its name
// tells nothing of either. What its module has at the top level is the module's, and no part of it. Knows no task.

import {types} from 'node:util';
import {JugError} from '../core/errors.js';
import {exportedByPackage} from '../core/module-exports.js';
import {type AnyFunction, STANDS_FOR} from './functions.js';
import {inspected, internalsOf} from './inspector.js';
import {type Scope, type Surroundings, surroundingsOf} from './lexical-scopes.js';
import {isPlain} from './traverse.js';
import {usedNames} from './used-names.js';

/** Of functions without properties: what was found in their surroundings. */
const found = new WeakMap<AnyFunction, string | undefined>();

/** In words, the first thing that is found; `undefined`: its code says all. */
export function carriedBy(fn: AnyFunction): string | undefined {
  if (found.has(fn) && Object.keys(fn).length === 0) return found.get(fn);
  const carried = look(fn, new Set());
  found.set(fn, carried);
  return carried;
}

/** `above`: functions that are being looked at. */
function look(fn: AnyFunction, above: Set<AnyFunction>): string | undefined {
  if (above.has(fn)) return undefined;
  above.add(fn);
  if (STANDS_FOR in fn || exportedByPackage(fn)) return undefined;
  if (types.isProxy(fn)) return 'it is a Proxy';
  return inProperties(fn, above) ?? inSurroundings(fn, above);
}

function inProperties(fn: AnyFunction, above: Set<AnyFunction>): string | undefined {
  // Those of a class stand in its code.
  if (isClass(fn)) return undefined;
  for (const key of Object.keys(fn)) {
    const {value} = Object.getOwnPropertyDescriptor(fn, key)!;
    if (typeof value !== 'function' || look(value as AnyFunction, above) !== undefined)
      return `its property ${key}`;
  }
  return undefined;
}

function inSurroundings(fn: AnyFunction, above: Set<AnyFunction>): string | undefined {
  let around: Surroundings;
  try {
    if (isBound(fn)) return 'what was bound to it';
    around = surroundingsOf(fn);
  } catch (error) {
    // Where there is no inspector, nobody can tell.
    if (error instanceof JugError) return undefined;
    throw error;
  }
  const {names, hasThis} = usedNames(fn, namesIn(around.scopes));
  if (hasThis) return 'the object that was `this` where it was made';
  for (const name of names) {
    const place = around.scopes.findIndex(({variables}) => Object.hasOwn(variables, name));
    const scope = around.scopes[place]!;
    const value = scope.variables[name];
    const depth = around.scopes.length - place;
    if (value === fn || isCode(value, {...around, depth}, above)) continue;
    return `the variable ${name} of ${ownerOf(scope)}`;
  }
  return undefined;
}

/** A function as it was found, and how deep the scope lies whose variable is looked at, counted from outside. */
interface Seen extends Surroundings {
  readonly depth: number;
}

/** Nothing yet, or a function that stands in the same call, so that the code there says it; and objects of such. */
function isCode(value: unknown, seen: Seen, above: Set<AnyFunction>): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'function') {
    const fn = value as AnyFunction;
    return above.has(fn) || (isMadeThere(fn, seen) && look(fn, above) === undefined);
  }
  if (typeof value !== 'object' || !isPlain(value)) return false;
  const members = Object.values(value);
  return (
    members.length > 0 && members.every(member => typeof member === 'function' && isCode(member, seen, above))
  );
}

/** Two calls of one function have variables of the same names, but not all of the same values. */
function isMadeThere(fn: AnyFunction, {script, scopes, depth}: Seen): boolean {
  if (types.isProxy(fn) || isBound(fn)) return false;
  const other = surroundingsOf(fn);
  const [here, there] = [scopes.at(-depth)!, other.scopes.at(-depth)];
  if (other.script !== script || there === undefined || here.of !== there.of) return false;
  const names = Object.keys(here.variables);
  return (
    names.length === Object.keys(there.variables).length &&
    names.every(name => Object.is(here.variables[name], there.variables[name]))
  );
}

function namesIn(scopes: readonly Scope[]): string[] {
  return [...new Set(scopes.flatMap(({variables}) => Object.keys(variables)))];
}

function ownerOf({kind, of}: Scope): string {
  if (kind !== 'Closure') return 'a block around it';
  return of === undefined ? 'a function around it' : `${of}, which made it`;
}

/** One of Node that is bound to nothing a user has, such as `console.log`, has a name of its own. */
function isBound(fn: AnyFunction): boolean {
  if (fn.name.startsWith('bound ')) return true;
  if (!/\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(fn))) return false;
  return inspected(fn, objectId => {
    const target = internalsOf(objectId).get('[[TargetFunction]]')?.objectId;
    return target !== undefined && internalsOf(target).has('[[FunctionLocation]]');
  });
}

export function isClass(fn: AnyFunction): boolean {
  return /^class\b/.test(Function.prototype.toString.call(fn));
}
