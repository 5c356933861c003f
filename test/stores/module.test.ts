// Stores of the user's own: the one that the documentation shows keeps the law, and what is wrong with one is told.

import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {JugError, StoreError} from '../../src/core/errors.js';
import {openStore} from '../../src/stores/registry.js';
import type {Store} from '../../src/stores/store.js';
import type {OriginId} from '../../src/values/record.js';
import {stepsOf} from '../helpers/transcript.js';
import {testStore} from './conformance.js';
import {collect, hashOf, recordOf, saving} from './records.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'jug-module-'));
test.after.always(() => rmSync(folder, {recursive: true, force: true}));
mkdirSync(join(folder, 'node_modules'));
symlinkSync(ROOT, join(folder, 'node_modules/jug'));
for (const step of stepsOf(readFileSync(join(ROOT, 'docs/own-store.md'), 'utf8')))
  if (step.kind === 'file') writeFileSync(join(folder, step.name), step.text);

testStore(
  'the store of the documentation',
  place => openStore(`module:${folder}/json-store.ts#${join(place, 'results.json')}`, 'write'),
  {handles: 1},
);

let modules = 0;
function moduleOf(source: string): string {
  const file = join(folder, `own-${modules++}.mjs`);
  writeFileSync(file, source);
  return `module:${file}`;
}

/** A store that has every method, of which these are another. */
const whole = (methods: string): string => `
import {StoreError} from 'jug';
const names = ['has', 'load', 'save', 'remove', 'removeFailures', 'setAside', 'origin', 'acquire', 'release', 'locks',
  'breakLocks', 'changes', 'describe', 'pack', 'close'];
const store = {kind: 'own', location: '', interval: 100};
for (const name of names) store[name] = async () => [];
store.origin = async () => undefined;
store.breakLocks = store.changes = async () => 0;
store.describe = async () => ({format: 1, bytes: undefined, notes: []});
store.pack = async () => ({kind: 'nothing', why: 'It is nothing.'});
for (const name of ['hashes', 'heads', 'failures']) store[name] = async function* () {};
export default options => Object.assign(store, {options}, ${methods});
`;

test('what is missing is told by name when the store is opened', async t => {
  const refused = async (source: string, message: RegExp): Promise<void> => {
    const error = await t.throwsAsync(openStore(moduleOf(source), 'write'), {instanceOf: JugError, message});
    t.is((error as JugError).exitCode, 2);
  };
  await refused(
    'export const value = 1;',
    /to export a function openStore, or one as its default; found value\./,
  );
  await refused('export {};', /found no exports/);
  await refused('export default () => 7;', /to answer with a store, found 7/);
  await refused(whole('{setAside: undefined, pack: 3}'), /found none named setAside, pack\./);
  await refused(
    whole('{interval: undefined}'),
    /a number of milliseconds `interval`, found \{"kind":"own"\}/,
  );
  await refused(
    'export default () => { throw new Error("no such bucket"); };',
    /in openStore: .*no such bucket/,
  );
  await refused(
    'import "no-such-package"; export default () => 1;',
    /Cannot find the package 'no-such-package'/,
  );
  await refused('export default () => {', /does not parse|could not be loaded/);
  await refused(
    'throw new Error("at the top");\nexport default 1;',
    /could not be loaded:\n\nError: at the top/,
  );
  await t.throwsAsync(openStore('module:./missing.mjs', 'read'), {
    message: /Expected a module at .*missing\.mjs/,
  });
  await t.throwsAsync(openStore('module:no-such-package', 'read'), {
    message: /Expected a package no-such-package/,
  });
  await t.throwsAsync(openStore('module:', 'read'), {
    message: /Expected the jugdir module: to name a module, as in module:\.\/my-store\.js, found nothing/,
  });
});

test('what the store throws names the module and the method, and may pass unless it says otherwise', async t => {
  const jugdir = moduleOf(
    whole(`{
      has() { throw new TypeError('odd'); },
      async load() { throw 'even'; },
      async save() { throw new StoreError('for good', true); },
      async *hashes() { yield []; throw new Error('later'); },
    }`),
  );
  const store = await openStore(jugdir, 'write');
  const error = await t.throwsAsync(store.has([]), {instanceOf: StoreError});
  t.regex(error!.message, /^The store of the module .*own-\d+\.mjs failed in has: TypeError: odd$/);
  t.false(error!.fatal);
  t.regex((await t.throwsAsync(store.load([])))!.message, /failed in load: even$/);
  t.like(await t.throwsAsync(store.save(saving({})), {instanceOf: StoreError}), {
    message: 'for good',
    fatal: true,
  });
  t.regex((await t.throwsAsync(collect(store.hashes())))!.message, /failed in hashes: Error: later/);
});

const ASKED = [hashOf(1), hashOf(2)];
for (const [name, call, answer, expected, found] of [
  ['has', store => store.has(ASKED), '[true]', '2 answers, one a hash', '1'],
  ['has', store => store.has(ASKED), '[true, 1]', 'an array of true or false, one a hash', '1 in it'],
  ['has', store => store.has(ASKED), 'undefined', 'an array of true or false, one a hash', 'undefined'],
  [
    'load',
    store => store.load(ASKED),
    '[undefined, null]',
    'an array of Uint8Array or undefined, one a hash',
    'null in it',
  ],
  [
    'acquire',
    store => store.acquire(ASKED),
    '["acquired", true]',
    "an array of 'acquired', 'held' or 'finished', one a hash",
    'true in it',
  ],
  ['remove', store => store.remove(ASKED), '["ab"]', 'an array of hashes', "'ab' in it"],
  ['remove', store => store.remove(ASKED), '2', 'an array of hashes', '2'],
  [
    'locks',
    store => store.locks(),
    '[{owner: "me", hashes: [], since: 0, alive: true}]',
    'an array of {owner, hashes, since, alive}, each owner with all that thisOwner() has',
    "{ owner: 'me', hashes: [], since: 0, alive: true } in it",
  ],
  ['breakLocks', store => store.breakLocks(false), 'undefined', 'a number of tasks', 'undefined'],
  ['changes', store => store.changes(), 'NaN', 'a number', 'NaN'],
  [
    'origin',
    store => store.origin('0123456789abcdef' as OriginId),
    'null',
    'an origin as it was saved, or undefined',
    'null',
  ],
  [
    'describe',
    store => store.describe(),
    '{}',
    "{format, bytes, notes}: a number, a number or undefined, and an array of {kind, text} with the kind 'fact', 'warning' or 'damage'",
    '{}',
  ],
  [
    'pack',
    store => store.pack(),
    '{kind: "packed"}',
    "{kind: 'packed', results: a number, into: a text} or {kind: 'nothing', why: a text}",
    "{ kind: 'packed' }",
  ],
] as const satisfies readonly (readonly [string, (store: Store) => Promise<unknown>, ...string[]])[]) {
  test(`${name} of a module's store that answers ${answer} is refused, with what was expected`, async t => {
    const jugdir = moduleOf(whole(`{${name}: async () => (${answer})}`));
    const store = await openStore(jugdir, 'write');
    t.like(await t.throwsAsync(call(store), {instanceOf: StoreError}), {
      fatal: true,
      message: `Expected ${name} of the store of the ${jugdir.replace(':', ' ')} to answer with ${expected}; found ${found}`,
    });
  });
}

for (const [name, answer, expected, found] of [
  ['hashes', 'async function* () { yield ["ab"]; }', 'an array of hashes', "'ab' in it"],
  ['hashes', 'async () => []', 'an async iterable of arrays', 'Promise { [] }'],
  ['heads', 'async function* () { yield 7; }', 'an array of [hash, head or undefined]', '7'],
  [
    'heads',
    `async function* () { yield [["${hashOf(1)}", {}]]; }`,
    'an array of [hash, head or undefined]',
    '[ .*, {} ] in it',
  ],
  ['failures', 'async function* () { yield [[]]; }', 'an array of [hash, Uint8Array]', '[] in it'],
] as const) {
  test(`${name} of a module's store that is ${answer.replace(hashOf(1), '…')} is refused`, async t => {
    const store = await openStore(moduleOf(whole(`{${name}: ${answer}}`)), 'write');
    const {message} = (await t.throwsAsync(collect<unknown>(store[name]()), {instanceOf: StoreError}))!;
    t.true(message.startsWith(`Expected ${name} of the store of the module`), message);
    t.true(message.includes(` to answer with ${expected}; found ${found.split('.*')[0]}`), message);
    t.true(message.endsWith(found.split('.*').at(-1)!), message);
  });
}

test('the module is told what follows #, the access and the lease; a package may be meant by its name', async t => {
  mkdirSync(join(folder, 'node_modules/own-store'));
  writeFileSync(
    join(folder, 'node_modules/own-store/package.json'),
    '{"name": "own-store", "type": "module", "exports": {".": {"import": "./main.js"}}}',
  );
  writeFileSync(
    join(folder, 'node_modules/own-store/main.js'),
    whole('{async origin() { return {...store.options}; }}'),
  );
  const before = process.cwd();
  process.chdir(folder);
  try {
    const store = await openStore('module:own-store#a#b', 'read', {lease: 5000});
    t.deepEqual(await store.origin('x' as never), {location: 'a#b', access: 'read', lease: 5000} as never);
    t.is(store.location, 'module:own-store#a#b');
    t.is(store.kind, 'own');
  } finally {
    process.chdir(before);
  }
});

test('the store of the documentation is for one process at a time, and keeps its results', async t => {
  const jugdir = `module:${folder}/json-store.ts#${join(folder, 'kept.json')}`;
  const store = await openStore(jugdir, 'write');
  await t.throwsAsync(openStore(jugdir, 'write'), {message: /uses the store/});
  await store.save(saving({results: [[hashOf(1), recordOf('one')]]}));
  const reader = await openStore(jugdir, 'read');
  t.deepEqual(await reader.has([hashOf(1)]), [true]);
  await store.close();
});
