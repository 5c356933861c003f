// What stands around a function where it was made: the variables of functions and blocks that its code can see. Asked of
// Node's inspector. Knows nothing of what they are looked at for.

import {inspected, internalsOf, membersOf, objectIn} from './inspector.js';

type Any = (...args: never[]) => unknown;

/** The variables of one call of a function, or of one block, as far as V8 keeps them: those that some function in it uses. */
export interface Scope {
  readonly kind: string;
  /** The name of the function, where it has one. */
  readonly of: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Surroundings {
  /** `undefined`: it has no source in JavaScript. */
  readonly script: string | undefined;
  /** Innermost first, without those of the module and of all modules. */
  readonly scopes: readonly Scope[];
}

interface Place {
  readonly scriptId: string;
}

/** Of everything there is, or of a whole module: their variables may be many, and belong to no call. */
const SHARED: ReadonlySet<string> = new Set(['Global', 'Script', 'Module']);

/** `isScript`: it is known to be in no module. Errors: a JugError where Node has no inspector. */
export function surroundingsOf(fn: Any, {isScript = false} = {}): Surroundings {
  return inspected(fn, objectId => {
    const internal = internalsOf(objectId);
    const script = (internal.get('[[FunctionLocation]]')?.value as Place | undefined)?.scriptId;
    const list = internal.get('[[Scopes]]')?.objectId;
    const all = list === undefined ? [] : membersOf(list).map(scopeOf);
    const scopes = all.filter(({kind}) => !SHARED.has(kind));
    // CommonJS is a function around the module.
    if (!isScript && !all.some(({kind}) => kind === 'Module') && isBare(scopes.at(-1))) scopes.pop();
    return {script, scopes: scopes.filter(scope => !isOfBundledModule(scope))};
  });
}

/** The variables that a function sees of its own module, imports among them. Errors: as of `surroundingsOf`. */
export function moduleVariablesOf(fn: Any): Readonly<Record<string, unknown>> {
  return inspected(fn, objectId => {
    const list = internalsOf(objectId).get('[[Scopes]]')?.objectId;
    const scopes = list === undefined ? [] : membersOf(list);
    const isModules = ({description = ''}: {readonly description?: string}) =>
      description === 'Module' || description === 'Script';
    const found = scopes.filter(isModules).map(({objectId: id}) => objectIn(id!) as object);
    const wrapper = scopes.filter(({description = ''}) => description.startsWith('Closure')).at(-1);
    if (found.length === 0 && wrapper !== undefined) found.push(objectIn(wrapper.objectId!) as object);
    return Object.assign(Object.create(null), ...found.reverse()) as Record<string, unknown>;
  });
}

function scopeOf({
  description = '',
  objectId,
}: {
  readonly description?: string;
  readonly objectId?: string;
}): Scope {
  const [, kind = '', of] = /^(.*?)(?: \((.*)\))?$/s.exec(description) ?? [];
  return {kind, of, variables: SHARED.has(kind) ? {} : (objectIn(objectId!) as Record<string, unknown>)};
}

function isBare(scope: Scope | undefined): boolean {
  return scope?.kind === 'Closure' && scope.of === undefined;
}

/** A bundler wraps modules of CommonJS in functions that it calls by their paths: each is called once. */
function isOfBundledModule({kind, of = ''}: Scope): boolean {
  return kind === 'Closure' && /\.[cm]?[jt]sx?$/.test(of);
}
