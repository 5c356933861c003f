// The functions a jugfile runs, known by name: what a hash, a worker and a table call them. One registry for one
// evaluation of a jugfile. Knows nothing of tasks. A function is named after the file in which its source stands, never after
// who uses it: which part of a jugfile comes first is another thing in each evaluation, and in each thread.

import {realpathSync} from 'node:fs';
import path from 'node:path';
import {type Frame, isOwn, userFrame} from '../core/call-site.js';
import {digest} from '../core/checksums.js';
import {INSPECT, JugError} from '../core/errors.js';
import type {UnhashableError} from '../values/task-hash.js';
import {definedIn} from './module-functions.js';

// biome-ignore lint/suspicious/noExplicitAny: any function may be a task function; what it takes is checked where it is called.
export type AnyFunction = (...args: any[]) => unknown;

/** A function under its name. Made only by FunctionRegistry. */
export class TaskFunction {
  #fingerprint: string | undefined;
  readonly #frame: Frame | undefined;

  constructor(
    /** Module path relative to the jugfile's folder, a dot, the function's own name: `lib.features.compute`. */
    readonly name: string,
    readonly fn: AnyFunction,
    readonly version: string | undefined,
    frame?: Frame,
    /** The user's functions that this one of jug's own calls. */
    readonly parts: readonly TaskFunction[] = [],
    /** The file in which it is defined, if it is one of the user's. */
    readonly file?: string,
  ) {
    this.#frame = frame;
  }

  /** Whether its source stands for a name of its own, as a tasklet's may. */
  get isKnownBySource(): boolean {
    return /\.<[0-9a-f]{12}>$/.test(this.name);
  }

  /** Where it was first met, for messages: `primes.ts:4`. */
  get site(): string {
    return this.#frame?.site ?? 'jug';
  }

  /** The same by the way to it from a folder: `lib/features.ts:4`. */
  siteFrom(folder: string): string {
    return this.#frame?.siteFrom(folder) ?? 'jug';
  }

  /** 16 hex digits of the hash of the function's source text: changes when its code does. */
  get fingerprint(): string {
    const source =
      this.parts.length > 0 ? this.parts.map(part => part.fingerprint).join() : this.fn.toString();
    this.#fingerprint ??= digest('sha256', source, 'hex').slice(0, 16);
    return this.#fingerprint;
  }

  /** As a call of it is shown where nothing is known of the arguments. */
  [INSPECT](): string {
    return `Task ${this.name}(…)`;
  }
}

/** What stands for a tasklet's function in a hash: its version only if there is one. */
export function called({name, version}: TaskFunction): object {
  return version === undefined ? {call: name} : {call: name, version};
}

export interface FunctionOptions {
  /** Stands for the function's own name. */
  readonly name?: string | undefined;
  /** Enters the hash: changing it makes every task of the function a new one. */
  readonly version?: string | undefined;
}

/** A function's name, and its version. */
export type Versioned = readonly [name: string, version: string];

/** A callable that stands for a function of the registry: what TaskGenerator returns. */
export const STANDS_FOR: unique symbol = Symbol('jug.standsFor');

/** The folder from which modules are named. Node follows links when it loads a module, and so the jugfile's are followed. */
export function rootOf(jugfile: string): string {
  try {
    return path.dirname(realpathSync(jugfile));
  } catch {
    return path.dirname(path.resolve(jugfile)); // plain node finds files by less than their names
  }
}

export class FunctionRegistry {
  readonly #root: string;
  readonly #byName = new Map<string, TaskFunction>();
  readonly #byFunction = new WeakMap<AnyFunction, TaskFunction>();
  /** Those that are known by what is called inside, too. */
  readonly #derived = new Map<string, TaskFunction>();
  readonly #met = new Set<TaskFunction>();
  #size = 0;
  #hasVersions = false;

  /** `root`: that of `rootOf`. */
  constructor(root: string) {
    this.#root = root;
  }

  /** How many functions of the user's there are. */
  get size(): number {
    return this.#size;
  }

  /** Those that results may be of, in the order in which they were met: also jug's own that are made of them, or used. */
  get met(): ReadonlySet<TaskFunction> {
    return this.#met;
  }

  /** A task is made of it, be it one of jug's own, or of a module that was evaluated for another jugfile. */
  meet(fn: TaskFunction): void {
    this.#met.add(fn);
  }

  /** Whether any of them has a version. */
  get hasVersions(): boolean {
    return this.#hasVersions;
  }

  named(name: string): TaskFunction | undefined {
    return this.#byName.get(name) ?? builtIns.get(name);
  }

  /** For a worker: the function that main knows by that name. Errors: a JugError if the jugfile did not define it here. */
  demand(name: string): TaskFunction {
    const entry = this.named(name);
    if (entry !== undefined) return entry;
    throw new JugError(
      `Expected the jugfile to define the function ${name} in a worker as it did in the main thread, found none.\n` +
        'Does the jugfile decide by the time, chance, or the thread it runs in what it defines?',
      3,
    );
  }

  /** The function under its name; met for the first time, it is named after the file in which it is defined. */
  add(fn: AnyFunction, options: FunctionOptions = {}): TaskFunction {
    const known = this.known(fn);
    if (known !== undefined && options.name === undefined && options.version === undefined) return known;
    const caller = userFrame();
    refuseOther(fn, caller);
    const own = options.name ?? ownName(fn, caller);
    return this.#enter(definedIn(fn, caller), own, fn, options.version, caller);
  }

  /**
   * A function that needs no name: a tasklet's. It is known by its source; a second object with the same source
   * is refused, because what the two have captured cannot be told apart.
   */
  addBySource(fn: AnyFunction, version?: string): TaskFunction {
    const known = this.known(fn);
    if (known !== undefined && (version === undefined || version === known.version)) return known;
    const caller = userFrame();
    const file = definedIn(fn, caller);
    const own = `<${digest('sha256', fn.toString(), 'hex').slice(0, 12)}>`;
    const twin = this.#byName.get(`${this.#moduleOf(file)}.${own}`);
    if (twin !== undefined && twin.fn !== fn) {
      throw new JugError(
        `Expected a tasklet's function to be one function object, found a second one with the same source at ${caller.siteFrom(this.#root)} ` +
          `(the first: ${twin.siteFrom(this.#root)}).\nWhat the two capture cannot be told apart. Define the function once, outside loops ` +
          'and other functions, and pass what varies through a task.',
      );
    }
    return this.#enter(file, own, fn, version, caller);
  }

  /**
   * A function of jug's own made from the user's: `jug.map(primes.isPrime)`. `kind` is one that `derivation` made; `inside`: what else
   * it calls that has a version.
   */
  derive(kind: string, parts: readonly TaskFunction[], inside: readonly Versioned[] = []): TaskFunction {
    const name = `jug.${kind}(${parts.map(part => part.name).join(', ')})`;
    let entry = this.#byName.get(name);
    if (entry === undefined) {
      entry = new TaskFunction(
        name,
        derivations.get(kind)!(...parts.map(({fn}) => fn)),
        versionOf(parts),
        undefined,
        parts,
      );
      this.#byName.set(name, entry);
      this.#met.add(entry);
    }
    return inside.length === 0 ? entry : this.#versionOf(entry, inside);
  }

  #versionOf({name, fn, version, parts}: TaskFunction, inside: readonly Versioned[]): TaskFunction {
    const all = JSON.stringify([version, inside]);
    const key = `${name} ${all}`;
    const entry = this.#derived.get(key) ?? new TaskFunction(name, fn, all, undefined, parts);
    this.#derived.set(key, entry);
    return entry;
  }

  /** Without registering anything: the name under which `fn` is known. */
  known(fn: AnyFunction): TaskFunction | undefined {
    const standsFor = (fn as {[STANDS_FOR]?: TaskFunction} | null | undefined)?.[STANDS_FOR];
    return standsFor ?? this.#byFunction.get(fn) ?? builtInOf.get(fn);
  }

  /** As `add`; undefined if it has no name and was not met before. */
  nameable(fn: AnyFunction): TaskFunction | undefined {
    return this.known(fn) ?? (fn.name === '' ? undefined : this.add(fn));
  }

  /** `file`: as definedIn says. */
  #enter(
    file: string,
    own: string,
    fn: AnyFunction,
    version: string | undefined,
    frame: Frame,
  ): TaskFunction {
    const name = `${this.#moduleOf(file)}.${own}`;
    const twin = this.#byName.get(name);
    if (twin !== undefined) {
      if (twin.fn === fn && twin.version === version) return twin;
      throw twinError(name, twin, {fn, site: frame.siteFrom(this.#root), first: twin.siteFrom(this.#root)});
    }
    const isUsers = path.isAbsolute(file) && !isOwn(file);
    const entry = new TaskFunction(name, fn, version, frame, [], isUsers ? file : undefined);
    this.#byName.set(name, entry);
    this.#met.add(entry);
    this.#byFunction.set(fn, entry);
    this.#size++;
    this.#hasVersions ||= version !== undefined;
    return entry;
  }

  #moduleOf(file: string): string {
    if (file.startsWith('node:')) return 'node';
    if (!path.isAbsolute(file)) return 'jugfile';
    if (isOwn(file)) return 'jug';
    const steps = path
      .relative(this.#root, file)
      .replace(/\.[^./\\]+$/, '')
      .split(path.sep);
    // Installers put a package where they like, below others, too.
    const installed = steps.lastIndexOf('node_modules');
    return (installed < 0 ? steps : steps.slice(installed)).join('.').replace(/^(\.\.\.)+/, '');
  }
}

const derivations = new Map<string, (...parts: AnyFunction[]) => AnyFunction>();

/** Says how the functions of a kind are made, for `FunctionRegistry.derive`. */
export function derivation(kind: string, build: (...parts: AnyFunction[]) => AnyFunction): void {
  derivations.set(kind, build);
}

function versionOf(parts: readonly TaskFunction[]): string | undefined {
  const versions = parts.map(({version}) => version);
  return versions.every(version => version === undefined) ? undefined : JSON.stringify(versions);
}

const builtIns = new Map<string, TaskFunction>();
const builtInOf = new WeakMap<AnyFunction, TaskFunction>();

/** A function of jug's own, the same in every process: `jug.map`. */
export function builtIn(name: string, fn: AnyFunction): TaskFunction {
  const entry = new TaskFunction(`jug.${name}`, fn, undefined);
  builtIns.set(entry.name, entry);
  builtInOf.set(fn, entry);
  return entry;
}

function refuseOther(fn: unknown, frame: Frame): void {
  if (typeof fn === 'function') return;
  throw new JugError(`Expected a function to make tasks of, found ${describe(fn)} (${frame.site}).`);
}

function ownName(fn: AnyFunction, frame: Frame): string {
  if (fn.name !== '' && !fn.name.startsWith('bound ')) return fn.name;
  throw new JugError(
    `Expected a task function with a name, found ${fn.name === '' ? 'one without' : `"${fn.name}"`} (${frame.site}).\n` +
      'jug finds results by the name: write TaskGenerator(function name(…) {…}), or TaskGenerator(fn, {name: "…"}).',
  );
}

function describe(thing: unknown): string {
  return thing === null
    ? 'null'
    : typeof thing === 'object'
      ? 'an object'
      : thing === undefined
        ? 'nothing'
        : `${typeof thing} ${String(thing)}`;
}

/** Which argument of which task, where in it, and at which line of the jugfile. */
export function unhashableArgument(name: string, error: UnhashableError): JugError {
  return new JugError(
    `Expected arguments that can be hashed for the task ${name} (${userFrame().site}); ${placed(error)}.`,
    3,
  );
}

/** Of what was put into an argument after the call, so that no line of the jugfile's is to blame. */
export function unsendableArgument(name: string, error: UnhashableError): JugError {
  return new JugError(
    `Expected arguments that can be sent to a worker for the task ${name}; ${placed(error)}. It was put there after the call.`,
    3,
  );
}

/** `path`: from the array of arguments. */
function placed({path, reason}: UnhashableError): string {
  const [, index, inside] = /^\[(\d+)\](.*)$/s.exec(path) ?? [undefined, '0', path];
  const where = inside === '' ? 'it' : `what is at ${inside} in it`;
  return `of argument ${Number(index) + 1}, ${where} ${reason}`;
}

function twinError(
  name: string,
  twin: TaskFunction,
  {fn, site, first}: {readonly fn: AnyFunction; readonly site: string; readonly first: string},
): JugError {
  const isMadeAgain = twin.fn !== fn && site === first && String(twin.fn) === String(fn);
  if (isMadeAgain) {
    return new JugError(
      `Expected one function under the name ${name}, found that it is made more than once at ${site}, in a loop or by a function that is called again.\n` +
        'Each may see other values of the variables around it, and all would have one result. Make it once, at the top of its module, and ' +
        'hand it what differs as an argument; or name each with TaskGenerator(fn, {name: "…"}).',
    );
  }
  const what = twin.fn === fn ? 'the same function with another version' : 'another function';
  return new JugError(
    `Expected one function under the name ${name}, found ${what} at ${site} (the first: ${first}).\n` +
      'Rename one of them, or name it with TaskGenerator(fn, {name: "…"}).',
  );
}
