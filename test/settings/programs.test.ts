// Which program a store belongs to, by what runs have left in it: also those of other machines, and of many places.

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {JugError, StoreError} from '../../src/core/errors.js';
import {entriesOf, isOfOther, ProgramCheck} from '../../src/settings/programs.js';
import {TaskFunction} from '../../src/tasks/functions.js';
import type {Origin} from '../../src/values/record.js';
import {MemoryStore} from '../helpers/memory-store.js';

interface Place {
  readonly folder: string;
  /** The name that this machine has in what is left. */
  readonly host?: string;
  readonly text?: string;
  readonly isShared?: boolean;
}

const NAME = 'lib.load';

function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'jug-programs-'));
  t.teardown(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

/** A run of a program there: its notes. */
async function run(
  store: MemoryStore,
  {folder, text = folder, host, isShared = false}: Place,
): Promise<string[]> {
  const file = path.join(folder, 'lib.ts');
  writeFileSync(file, text);
  const notes: string[] = [];
  const program = {program: path.join(folder, 'jugfile.ts')};
  const before = new Set(store.memory.origins.keys());
  const check = new ProgramCheck(store, {program, isShared, enter: note => void notes.push(note)});
  await check.check({met: new Set([new TaskFunction(NAME, () => 1, undefined, undefined, [], file)])});
  for (const [id, origin] of store.memory.origins)
    if (host !== undefined && !before.has(id)) store.memory.origins.set(id, {...origin, host});
  return notes;
}

test('a program is entered once, and what is entered is asked for no more often than there are functions', async t => {
  const folder = folderOf(t);
  const store = new MemoryStore();
  const file = path.join(folder, 'lib.ts');
  writeFileSync(file, '');
  const met = new Set([new TaskFunction(NAME, () => 1, undefined, undefined, [], file)]);
  const program = {program: path.join(folder, 'jugfile.ts')};
  const check = new ProgramCheck(store, {program, isShared: false, enter: () => {}});
  await Promise.all([check.check({met}), check.check({met})]);
  t.is(check.check({met}), undefined);
  met.add(new TaskFunction('lib.more', () => 1, undefined, undefined, [], file));
  await check.check({met});
  t.deepEqual(
    [...store.memory.origins.values()].map(({function: name}) => name),
    [NAME, 'lib.more'],
  );
  await run(store, {folder, text: 'edited'});
  t.is(store.memory.origins.size, 2);
});

test('of another machine, what cannot be told is said once, and refuses nobody', async t => {
  const [there, here, third] = [folderOf(t), folderOf(t), folderOf(t)];
  const store = new MemoryStore();
  t.deepEqual(await run(store, {folder: there, host: 'elsewhere', text: 'one'}), []);
  rmSync(there, {recursive: true});
  t.deepEqual(await run(store, {folder: here, text: 'one'}), [], 'the same text');
  rmSync(here, {recursive: true});
  const notes = await run(store, {folder: third, text: 'another'});
  t.is(notes.length, 1);
  t.regex(
    notes[0]!,
    /^.*jugfile\.ts on elsewhere has results of lib\.load in memory:, too, by another text\./,
  );
  t.deepEqual(await run(store, {folder: third, text: 'a third'}), [], 'it is known by now');
});

test('what was refused stays refused, and an error of the store passes', async t => {
  const [one, two] = [folderOf(t), folderOf(t)];
  const store = new MemoryStore();
  await run(store, {folder: one});
  await t.throwsAsync(run(store, {folder: two}), {
    instanceOf: JugError,
    message: /^Expected lib\.load in memory: /,
  });
  t.deepEqual(await run(store, {folder: two, isShared: true}), [], 'unless it is meant');
  const file = path.join(one, 'lib.ts');
  const fresh = new MemoryStore();
  let breaks = true;
  fresh.before = method => {
    if (method === 'save' && breaks) throw new StoreError('away', false);
  };
  const check = new ProgramCheck(fresh, {program: {program: file}, isShared: false, enter: () => {}});
  const met = new Set([new TaskFunction(NAME, () => 1, undefined, undefined, [], file)]);
  await t.throwsAsync(async () => check.check({met}), {instanceOf: StoreError});
  breaks = false;
  await check.check({met});
  t.is(fresh.memory.origins.size, 1);
});

test('of places that come and go without end, a bounded number is remembered', async t => {
  const store = new MemoryStore();
  for (let place = 0; place < 60; place++) {
    const folder = folderOf(t);
    await run(store, {folder});
    rmSync(folder, {recursive: true});
  }
  t.is((await entriesOf(store, NAME)).length, 50);
  t.is(store.memory.origins.size, 50);
});

test('a result is another program’s where that is there, and not this one by another path', t => {
  const folder = folderOf(t);
  const own = {program: path.join(folder, 'first.ts'), jugdir: path.join(folder, 'res')};
  writeFileSync(path.join(folder, 'second.ts'), '');
  const origin = (program: string | undefined, host = 'elsewhere', jugdir = own.jugdir): Origin =>
    ({host, jugdir, ...(program !== undefined && {program})}) as Origin;
  t.false(isOfOther(own, origin(undefined)), 'a script has made it');
  t.false(isOfOther(own, origin(own.program)));
  t.true(isOfOther(own, origin(path.join(folder, 'second.ts'))));
  t.true(isOfOther(own, origin('/there/second.ts')), 'of another machine');
  t.false(isOfOther(own, origin('/there/first.ts')), 'of another machine, by another path');
  t.false(isOfOther(own, origin('/there/second.ts', hostname())), 'it is gone');
  t.false(isOfOther(own, origin(path.join(folder, 'second.ts').replace('second', 'first'), hostname())));
  const copied = {program: path.join(folder, 'copy/second.ts'), jugdir: path.join(folder, 'copy/res')};
  t.false(isOfOther(copied, origin(path.join(folder, 'second.ts'))), 'from before it was copied');
});
