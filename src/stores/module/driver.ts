// A store of the user's own: a module that opens one. Loads it, and stands between it and jug: what it lacks is told
// when it is opened, what it throws becomes an error for the user, and what it answers is looked at.
// docs/own-store.md says what such a module has to do.

import {JugError, StoreError, shown} from '../../core/errors.js';
import {asOwn} from '../../core/open-handles.js';
import {awaiting} from '../../core/pending-awaits.js';
import type {TaskHash} from '../../values/task-hash.js';
import {damagedOf} from '../quarantine.js';
import type {Access, Store, StoreOptions} from '../store.js';
import {type Flaw, LOOKS, METHODS, type Method} from './answers.js';

/** What the module's function is called with. */
export interface OwnStoreOptions {
  /** What follows `#` in `module:./my-store.js#results.json`; empty if nothing does. */
  readonly location: string;
  readonly access: Access;
  /** Milliseconds after which an owner on another host that has not been heard of counts as dead. */
  readonly lease: number;
}

/** The module's `openStore`, or its default export. */
export type OpenOwnStore = (options: OwnStoreOptions) => Store | Promise<Store>;

/** Those that yield arrays, one after the other. */
const YIELDING: ReadonlySet<Method> = new Set(['hashes', 'heads', 'failures']);

/** `rest`: a path that begins with a dot or a slash, or the name of a package, and perhaps `#location`. */
export async function openModule(
  rest: string,
  access: Access,
  options: Pick<StoreOptions, 'lease'>,
): Promise<Store> {
  const mark = rest.indexOf('#');
  const specifier = mark === -1 ? rest : rest.slice(0, mark);
  const location = mark === -1 ? '' : rest.slice(mark + 1);
  const {lease} = options;
  const store = await asOwn(async (): Promise<unknown> => {
    const open = await openerIn(specifier);
    try {
      return await answerOf(specifier, 'openStore', open({location, access, lease}));
    } catch (error) {
      throw told(specifier, 'openStore', error);
    }
  });
  return checked(specifier, `module:${rest}`, store);
}

async function openerIn(specifier: string): Promise<OpenOwnStore> {
  const {importFrom} = await import('./import.js');
  const exported = await importFrom(specifier);
  const open = exported.openStore ?? exported.default;
  if (typeof open === 'function') return open as OpenOwnStore;
  const names = Object.keys(exported);
  throw new JugError(
    `Expected the module ${specifier} to export a function openStore, or one as its default; found ${names.length === 0 ? 'no exports' : names.join(', ')}.`,
  );
}

function checked(specifier: string, location: string, store: unknown): Store {
  if (typeof store !== 'object' || store === null) {
    throw new JugError(
      `Expected openStore of the module ${specifier} to answer with a store, found ${store}.`,
    );
  }
  const given = store as Store;
  const missing = METHODS.filter(name => typeof given[name] !== 'function');
  if (missing.length > 0) {
    throw new JugError(
      `Expected the store of the module ${specifier} to have every method of a store, found none named ${missing.join(', ')}.`,
    );
  }
  const {kind, interval} = given;
  if (typeof kind !== 'string' || typeof interval !== 'number' || !(interval > 0)) {
    throw new JugError(
      `Expected the store of the module ${specifier} to have a text \`kind\` and a number of milliseconds \`interval\`, found ${JSON.stringify({kind, interval})}.`,
    );
  }
  const wrapped: Record<string, unknown> = {kind, interval, location};
  for (const name of METHODS) {
    wrapped[name] = YIELDING.has(name)
      ? () => each(specifier, given, name)
      : (...args: readonly unknown[]) => call(specifier, given, name, args);
  }
  const checked = wrapped as unknown as Store;
  return {
    ...checked,
    setAside: async hashes => setAside(specifier, given, hashes, await checked.load(hashes)),
  };
}

/** Which ones are damaged need not be known to the module; how soon after this look it takes them, is its own affair. */
async function setAside(
  specifier: string,
  store: Store,
  hashes: readonly TaskHash[],
  records: readonly (Uint8Array | undefined)[],
): Promise<TaskHash[]> {
  const damaged = damagedOf(hashes, records).map(([hash]) => hash);
  if (damaged.length === 0) return [];
  return (await call(specifier, store, 'setAside', [damaged])) as TaskHash[];
}

async function call(
  specifier: string,
  store: Store,
  name: Method,
  args: readonly unknown[],
): Promise<unknown> {
  let answer: unknown;
  try {
    const asked = (store[name] as (...args: readonly unknown[]) => unknown).apply(store, [...args]);
    answer = await answerOf(specifier, name, asked);
  } catch (error) {
    throw told(specifier, name, error);
  }
  const asked = (args[0] as readonly unknown[] | undefined)?.length ?? 0;
  return looked(specifier, name, answer, asked);
}

async function* each(specifier: string, store: Store, name: Method): AsyncGenerator<unknown> {
  let list: AsyncIterator<unknown> | undefined;
  try {
    const answer = (store[name] as () => AsyncIterable<unknown>).call(store);
    if (typeof (answer as Partial<typeof answer> | undefined)?.[Symbol.asyncIterator] !== 'function')
      throw wrong(specifier, name, {expected: 'an async iterable of arrays', found: shown(answer)});
    list = answer[Symbol.asyncIterator]();
    for (;;) {
      const {done, value} = await answerOf(specifier, name, list.next());
      if (done) return;
      yield looked(specifier, name, value);
    }
  } catch (error) {
    throw told(specifier, name, error);
  } finally {
    await list?.return?.();
  }
}

function looked<T>(specifier: string, name: Method, answer: T, asked = 0): T {
  const flaw = LOOKS[name](answer, asked);
  if (flaw !== undefined) throw wrong(specifier, name, flaw);
  return answer;
}

async function answerOf<T>(specifier: string, name: string, answer: T | Promise<T>): Promise<T> {
  return awaiting(
    Promise.resolve(answer),
    () =>
      new StoreError(
        `Expected the store of the module ${specifier} to answer in ${name}, found that it awaits something that never comes`,
        true,
        {exitCode: name === 'openStore' ? 2 : 4},
      ),
  );
}

/** A StoreError is passed on as it is: whoever throws one says himself whether to try again. */
function told(specifier: string, name: string, error: unknown): JugError {
  if (error instanceof JugError) return error;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new StoreError(`The store of the module ${specifier} failed in ${name}: ${text}`, false, {
    cause: error,
  });
}

function wrong(specifier: string, name: Method, {expected, found}: Flaw): StoreError {
  return new StoreError(
    `Expected ${name} of the store of the module ${specifier} to answer with ${expected}; found ${found}`,
    true,
  );
}
