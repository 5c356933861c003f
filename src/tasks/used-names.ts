// Which variables around a function its code uses: V8 is given the same text once more, and keeps in the function around it just
// those variables. Nothing of the text is run. Knows nothing of what the variables are.

import {surroundingsOf} from './lexical-scopes.js';

type Any = (...args: never[]) => unknown;

export interface Used {
  /** Those of the names that are used, in the order of the text. */
  readonly names: readonly string[];
  /** Whether it is an arrow function that uses the `this` around it. */
  readonly hasThis: boolean;
}

/** Stands for `this`, which is no name. */
const THIS = '$jugThis';

/** `names`: of all variables that it could use. */
export function usedNames(fn: Any, names: readonly string[]): Used {
  const source = Function.prototype.toString.call(fn);
  const isArrow = !/^(?:async\s+)?function\b|^class\b/.test(source) && parses(`(${source})`);
  const mayHaveThis = isArrow && /\bthis\b/.test(source);
  if (names.length === 0 && !mayHaveThis) return {names: [], hasThis: false};
  const asked = mayHaveThis ? [...names, THIS] : names;
  const text = mayHaveThis ? source.replace(/\bthis\b/g, THIS) : source;
  const used = keptFor(text, asked) ?? asked.filter(name => isMentioned(name, text));
  const inOrder = used.filter(name => name !== THIS).sort((a, b) => text.indexOf(a) - text.indexOf(b));
  return {names: inOrder, hasThis: used.includes(THIS)};
}

/** `undefined`: the text does not stand by itself. */
function keptFor(source: string, names: readonly string[]): string[] | undefined {
  for (const text of [
    `(${source})`,
    `({${source}})`,
    `(class extends Object {${privates(source)} ${source}})`,
  ]) {
    const around = compiled(`(function (${names.join()}) { return () => { ${text}; }; })`);
    if (around === undefined) continue;
    const [scope] = surroundingsOf(around() as Any, {isScript: true}).scopes;
    return names.filter(name => scope !== undefined && Object.hasOwn(scope.variables, name));
  }
  return undefined;
}

/** Declares the private names of which a method speaks. */
function privates(source: string): string {
  const names = new Set(source.match(/#[\p{ID_Start}$_][\p{ID_Continue}$]*/gu));
  return [...names].map(name => `${name};`).join(' ');
}

function parses(text: string): boolean {
  return compiled(`() => { ${text}; }`) !== undefined;
}

/** `undefined`: it is no expression. */
function compiled(text: string): Any | undefined {
  const vm: typeof import('node:vm') | undefined = process.getBuiltinModule('node:vm');
  try {
    return vm?.runInThisContext(text, {filename: 'jug'}) as Any | undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * As far as can be told without reading JavaScript: also where it stands in a comment. `asKey`: of an object, which may stand
 * behind a dot.
 */
export function isMentioned(name: string, source: string, asKey = false): boolean {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const before = asKey ? '(?<![\\w$])' : '(?<![\\w$]|(?<!\\.\\.)\\.)';
  return new RegExp(`${before}${escaped}(?![\\w$])`).test(source);
}
