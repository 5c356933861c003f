// The line by which a class is registered, as messages show it: for some classes the whole line can be told from their
// methods, for others what is left to fill in. Knows no registry.

import {type AnyClass, ancestry, constructorAt, hiddenBase, nameOf} from './hidden-state.js';

/** How the classes that come from a built-in one are kept, and how a plain copy of such an instance is made. */
const FOR_BASES: Readonly<Record<string, {encode: string; decode: string; copy: string}>> = {
  Array: {encode: 'Array.from(it)', decode: 'Class.from(kept)', copy: 'Array.from(it)'},
  Map: {encode: '[...it]', decode: 'new Class(kept)', copy: 'new Map(it)'},
  Set: {encode: '[...it]', decode: 'new Class(kept)', copy: 'new Set(it)'},
  Date: {encode: 'it.getTime()', decode: 'new Class(kept)', copy: 'new Date(it)'},
  RegExp: {encode: '[it.source, it.flags]', decode: 'new Class(...kept)', copy: 'new RegExp(it)'},
  URL: {encode: 'it.href', decode: 'new Class(kept)', copy: 'new URL(it)'},
};

/** `registerClass(Money, {encode: money => […], decode: kept => new Money(…)})` */
export function recipeFor(Class: AnyClass, stored = nameOf(Class)): string {
  const name = codeName(Class);
  const it = variable(name);
  const {encode, decode} = wayOf(Class);
  const fill = (text: string): string => text.replaceAll(/\bit\b/g, it).replaceAll(/\bClass\b/g, name);
  const naming = stored === name ? '' : `name: '${stored || '…'}', `;
  return `registerClass(${name}, {${naming}encode: ${it} => ${fill(encode)}, decode: kept => ${fill(decode)}})`;
}

/** For a class whose instances have nothing to be kept. */
export function emptyRecipe(Class: AnyClass): string {
  const name = codeName(Class);
  return `registerClass(${name}, {encode: () => null, decode: () => new ${name}()})`;
}

/** For a class of which its author knows that properties say all. */
export function fieldsRecipe(Class: AnyClass): string {
  const name = codeName(Class);
  const it = variable(name);
  return `registerClass(${name}, {encode: ${it} => ({...${it}}), decode: fields => Object.assign(Object.create(${name}.prototype), fields)})`;
}

/** Of an instance of a class that comes from a built-in one: how it becomes one of that. */
export function plainCopy(prototype: object | null): string | undefined {
  const base = hiddenBase(prototype);
  return base === undefined ? undefined : forBase(base)?.copy;
}

function wayOf(Class: AnyClass): {readonly encode: string; readonly decode: string} {
  const known = forBase(hiddenBase(Class.prototype as object) ?? '');
  if (known !== undefined && constructorAt(Class.prototype as object) !== undefined) return known;
  const has = (method: string): boolean =>
    [...ancestry(Class.prototype as object)].some(({at}) => Object.hasOwn(at, method));
  const makes = (method: string): boolean =>
    typeof Object.getOwnPropertyDescriptor(Class, method)?.value === 'function';
  if (has('toJSON') && makes('fromJSON')) return {encode: 'it.toJSON()', decode: 'Class.fromJSON(kept)'};
  if (has('export') && makes('from')) return {encode: 'it.export()', decode: 'Class.from(kept)'};
  if (has('toString') && makes('from')) return {encode: 'it.toString()', decode: 'Class.from(kept)'};
  return {encode: '[…]', decode: 'new Class(…)'};
}

function forBase(base: string): {encode: string; decode: string; copy: string} | undefined {
  if (!/^(Big)?(Int|Uint|Float)\d+(Clamped)?Array$/.test(base)) return FOR_BASES[base];
  return {encode: `new ${base}(it)`, decode: 'new Class(kept)', copy: `new ${base}(it)`};
}

function codeName(Class: AnyClass): string {
  const name = nameOf(Class);
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : 'Class';
}

/** `plainDate` for PlainDate, `url` for URL; `it` where that would be the class itself, or a word of the language. */
function variable(name: string): string {
  const lower = name
    .replace(/^_+/, '')
    .replace(/^\p{Lu}+(?=\p{Lu}\p{Ll}|\d|$)|^\p{Lu}/u, start => start.toLowerCase());
  return lower === name ||
    lower === '' ||
    /^(class|function|default|new|return|null|enum|import|export|switch|case)$/.test(lower)
    ? 'it'
    : lower;
}
