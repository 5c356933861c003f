// A store of the user's own: a module that opens one. Loads it, and stands between it and jug: what it lacks is told
// when it is opened, what it throws becomes an error for the user, and what it answers is looked at.
// docs/own-store.md says what such a module has to do.

import {awaiting} from '../../awaited.js';
import {JugError, StoreError} from '../../errors.js';
import type {TaskHash} from '../../hash.js';
import {damagedOf} from '../damaged.js';
import type {Access, Store, StoreOptions} from '../store.js';

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

type Method = Exclude<keyof Store, 'kind' | 'location' | 'interval' | 'watch'>;

/** What is looked at in the answer of each method; `per hash`: an array with a place for each hash asked for. */
const ANSWERS: Readonly<Record<Method, 'per hash' | 'array' | 'chunks' | 'anything' | 'nothing'>> = {
  has: 'per hash',
  load: 'per hash',
  acquire: 'per hash',
  remove: 'array',
  setAside: 'array',
  locks: 'array',
  hashes: 'chunks',
  heads: 'chunks',
  failures: 'chunks',
  save: 'anything',
  removeFailures: 'anything',
  origin: 'anything',
  release: 'anything',
  breakLocks: 'anything',
  changes: 'anything',
  describe: 'anything',
  pack: 'anything',
  close: 'nothing',
};
const METHODS = Object.keys(ANSWERS) as Method[];

/** `rest`: a path that begins with a dot or a slash, or the name of a package, and perhaps `#location`. */
export async function openModule(
  rest: string,
  access: Access,
  options: Pick<StoreOptions, 'lease'>,
): Promise<Store> {
  const mark = rest.indexOf('#');
  const specifier = mark === -1 ? rest : rest.slice(0, mark);
  const location = mark === -1 ? '' : rest.slice(mark + 1);
  const open = await openerIn(specifier);
  const {lease} = options;
  let store: unknown;
  try {
    store = await answerOf(specifier, 'openStore', open({location, access, lease}));
  } catch (error) {
    throw told(specifier, 'openStore', error);
  }
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
    wrapped[name] =
      ANSWERS[name] === 'chunks'
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
  const expected = ANSWERS[name];
  if (expected === 'nothing') return undefined;
  if (expected === 'anything') return answer;
  if (!Array.isArray(answer)) throw wrong(specifier, name, 'an array', answer);
  const asked = (args[0] as readonly unknown[] | undefined)?.length;
  if (expected === 'per hash' && answer.length !== asked)
    throw wrong(specifier, name, `${asked} answers, one a hash`, `${answer.length}`);
  return answer;
}

async function* each(specifier: string, store: Store, name: Method): AsyncGenerator<unknown> {
  let list: AsyncIterator<unknown> | undefined;
  try {
    list = (store[name] as () => AsyncIterable<unknown>).call(store)[Symbol.asyncIterator]();
    for (;;) {
      const {done, value} = await answerOf(specifier, name, list.next());
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw told(specifier, name, error);
  } finally {
    await list?.return?.();
  }
}

async function answerOf<T>(specifier: string, name: string, answer: T | Promise<T>): Promise<T> {
  return awaiting(
    Promise.resolve(answer),
    () =>
      new StoreError(
        `Expected the store of the module ${specifier} to answer in ${name}, found that it awaits something that never comes`,
        true,
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

function wrong(specifier: string, name: string, expected: string, found: unknown): StoreError {
  return new StoreError(
    `Expected ${name} of the store of the module ${specifier} to answer with ${expected}, found ${Array.isArray(found) ? 'an array' : String(found)}`,
    true,
  );
}
