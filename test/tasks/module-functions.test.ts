// Functions are named after the file they are defined in: golden names by kind, and the same ones in any order of use.

import {mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import test from 'ava';
import fc from 'fast-check';
import {modulesFrom} from '../../src/core/module-exports.js';
import {hashOne} from '../../src/tasks/function-names.js';
import {type AnyFunction, FunctionRegistry} from '../../src/tasks/functions.js';

type Namespace = Readonly<Record<string, AnyFunction>>;
type Folder = (file: string, query?: string) => Promise<Namespace>;
type Take = (fn: AnyFunction) => unknown;

/** Has functions of every kind. Its text is used several times, so that nothing but the place tells which is which. */
const KINDS = `
export function declared(x) { return x; }
export async function* generator(x) { yield x; }
export const arrow = x => x;
export const slow = async x => x;
export class Class { static fixed(x) { return x; } method(x) { return x; } static #hidden = x => x; static hidden() { return Class.#hidden; } }
const object = {short(x) { return x; }, get own() { return 1; }, ['computed' + 1]: function (x) { return x; }};
export const {fixed} = Class, {method} = Class.prototype, {short, computed1} = object;
export const getter = Object.getOwnPropertyDescriptor(object, 'own').get;
export const make = n => function made(x) { return x + n; };
export const made = make(1);
export const bound = Object.defineProperty(declared.bind(null), 'name', {value: 'tied'});
export const proxied = new Proxy(function behind(x) { return x; }, {});
export default function (x) { return x; }
`;

const COMMON = `
exports.common = function common(x) { return x; };
exports.evaluated = eval('(function evaluated(x) { return x; })');
exports.constructed = new Function('x', 'return x');
`;

/** Uses what it is given, and has a function of its own that looks like others'. */
const USER = `
export function use(take, fn) { return take(fn); }
export function declared(x) { return x; }
`;

const FILES: Readonly<Record<string, string>> = {
  'kinds.mjs': KINDS,
  'lib/deep/copy.mjs': KINDS,
  'moved.mjs': `// Lines before.\n\n${KINDS}`,
  'common.cjs': COMMON,
  'lib/copy.cjs': COMMON,
  'one.mjs': USER,
  'lib/two.mjs': USER,
  'node_modules/pack/dist/index.mjs': KINDS,
  'node_modules/outer/node_modules/@inner/pack/main.cjs': COMMON,
};

/** Of exports of KINDS and of COMMON: what they are called behind the name of their module. */
const IN_KINDS = {
  declared: 'declared',
  generator: 'generator',
  arrow: 'arrow',
  slow: 'slow',
  Class: 'Class',
  fixed: 'fixed',
  method: 'method',
  short: 'short',
  computed1: 'computed1',
  getter: 'get own',
  make: 'make',
  made: 'made',
  bound: 'tied',
  proxied: 'behind',
  default: 'default',
};

/** File, export, golden name. */
const GOLDEN: readonly (readonly [file: string, key: string, name: string])[] = [
  ...Object.entries({
    'kinds.mjs': 'kinds',
    'lib/deep/copy.mjs': 'lib.deep.copy',
    'moved.mjs': 'moved',
    'node_modules/pack/dist/index.mjs': 'node_modules.pack.dist.index',
  }).flatMap(([file, module]) =>
    Object.entries(IN_KINDS).map(([key, name]) => [file, key, `${module}.${name}`] as const),
  ),
  ['common.cjs', 'common', 'common.common'],
  ['lib/copy.cjs', 'common', 'lib.copy.common'],
  ['node_modules/outer/node_modules/@inner/pack/main.cjs', 'common', 'node_modules.@inner.pack.main.common'],
  ['common.cjs', 'evaluated', 'jugfile.evaluated'],
  ['common.cjs', 'constructed', 'jugfile.anonymous'],
  ['one.mjs', 'declared', 'one.declared'],
  ['lib/two.mjs', 'declared', 'lib.two.declared'],
];

/** A folder of modules that nobody has asked about yet: what is known of a module is remembered as long as the process. */
async function inFolder<R>(body: (load: Folder, folder: string) => Promise<R>): Promise<R> {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'jug-names ü%-'));
  try {
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(path.dirname(path.join(folder, file)), {recursive: true});
      writeFileSync(path.join(folder, file), text);
    }
    return await body(
      async (file, query = '') => import(pathToFileURL(path.join(folder, file)).href + query),
      folder,
    );
  } finally {
    modulesFrom({isComplete: false, urls: () => [], textOf: () => undefined});
    rmSync(folder, {recursive: true, force: true});
  }
}

for (const [file, user] of [
  ['the file that uses them', undefined],
  ['a file beside the jugfile', 'one.mjs'],
  ['a file below', 'lib/two.mjs'],
] as const) {
  test.serial(`whatever kind of function is used by ${file}, it has its golden name`, t =>
    inFolder(async (load, folder) => {
      const functions = new FunctionRegistry(folder);
      const used = user === undefined ? undefined : (await load(user)).use!;
      const names = await Promise.all(
        GOLDEN.map(async ([file, key]) => {
          const fn = (await load(file))[key]!;
          const take = (given: AnyFunction) => functions.add(given).name;
          return [file, key, (used?.(take, fn) ?? take(fn)) as string];
        }),
      );
      t.deepEqual(names, [...GOLDEN]);
    }),
  );
}

test.serial(
  'in whatever order and by whatever file functions are used, their names are the golden ones',
  async t => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...GOLDEN], {minLength: GOLDEN.length}),
        fc.infiniteStream(fc.constantFrom('one.mjs', 'lib/two.mjs', 'kinds.mjs')),
        fc.infiniteStream(fc.constantFrom('add', 'nameable', 'known name')),
        fc.boolean(),
        (golden, users, ways, isComplete) =>
          inFolder(async (load, folder) => {
            modulesFrom({
              isComplete,
              urls: () => Object.keys(FILES).map(file => pathToFileURL(path.join(folder, file)).href),
              textOf: () => undefined,
            });
            const functions = new FunctionRegistry(folder);
            const takes: Readonly<Record<string, Take>> = {
              add: fn => functions.add(fn).name,
              nameable: fn => functions.nameable(fn)!.name,
              'known name': fn => functions.add(fn, {version: undefined}).name,
            };
            for (const [file, key, name] of golden) {
              const fn = (await load(file))[key]!;
              const take = takes[ways.next().value]!;
              const {use = (by: Take, given: AnyFunction) => by(given)} = await load(users.next().value);
              if (use(take, fn) !== name) return false;
            }
            return true;
          }),
      ),
      {numRuns: 15},
    );
    t.pass();
  },
);

test.serial('a tasklet’s function without a name is known by the file it is defined in, too', t =>
  inFolder(async (load, folder) => {
    const {use} = await load('lib/two.mjs');
    const {Class} = (await load('kinds.mjs')) as unknown as {Class: {hidden(): AnyFunction}};
    const functions = new FunctionRegistry(folder);
    const name = use!((fn: AnyFunction) => functions.addBySource(fn).name, Class.hidden());
    t.regex(name as string, /^kinds\.<[0-9a-f]{12}>$/);
  }),
);

test.serial(
  'functions of Node and of the language are Node’s, whoever uses them, and those of jug are jug’s',
  t => {
    const functions = new FunctionRegistry(path.dirname(fileURLToPath(import.meta.url)));
    t.is(functions.add(Math.max).name, 'node.max');
    t.is(functions.add(path.basename).name, 'node.basename');
    t.is(functions.add(createRequire).name, 'node.createRequire');
    t.is(functions.add(hashOne).name, 'jug.hashOne');
  },
);

test.serial(
  'where a module stands above the jugfile’s folder does not matter, and neither does what asks for it again',
  t =>
    inFolder(async (load, folder) => {
      const functions = new FunctionRegistry(path.join(folder, 'lib', 'deep'));
      t.is(functions.add((await load('kinds.mjs')).arrow!).name, 'kinds.arrow');
      t.is(functions.add((await load('lib/two.mjs')).declared!).name, 'two.declared');
      const again = new FunctionRegistry(folder);
      t.is(again.add((await load('kinds.mjs', '?jug=2')).arrow!).name, 'kinds.arrow');
      t.is(again.add((await load('lib/two.mjs', '?jug=2')).declared!).name, 'lib.two.declared');
    }),
);

test.serial('looking where a function is defined calls nothing of it, and leaves nothing behind', t => {
  const before = Reflect.ownKeys(globalThis);
  const watched = new Proxy(function watched() {}, {
    get(target, key, receiver) {
      // Its name, and what a task generator has, are asked for by others.
      if (key === 'name' || typeof key === 'symbol') return Reflect.get(target, key, receiver);
      throw new Error(`was asked for ${key}`);
    },
    ownKeys() {
      throw new Error('was asked for its keys');
    },
    apply() {
      throw new Error('was called');
    },
  });
  t.is(
    new FunctionRegistry(path.dirname(fileURLToPath(import.meta.url))).add(watched).name,
    'module-functions.test.watched',
  );
  t.deepEqual(Reflect.ownKeys(globalThis), before);
});
