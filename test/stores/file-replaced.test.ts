// A file store that is not there yet, is removed, or is put in the place of another while it is used.

import {cpSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {JugError, StoreError} from '../../src/core/errors.js';
import {openStore} from '../../src/stores/registry.js';
import type {Store} from '../../src/stores/store.js';
import {startChild} from './child.js';
import {fill} from './fill.js';
import {withFolder} from './folder.js';
import {reopened} from './packed.js';
import {collect, hashOf, recordOf, saving} from './records.js';

test('opening to read creates nothing; a store that is not there yet is empty, and is seen once it is', t =>
  withFolder(async folder => {
    const jugdir = `file:${join(folder, 'later')}`;
    const looking = await openStore(jugdir, 'read');
    t.deepEqual(await looking.has([hashOf('0')]), [false]);
    t.deepEqual(await looking.locks(), []);
    t.deepEqual(await collect(looking.hashes()), []);
    t.deepEqual(readdirSync(folder), []);
    const changes = await looking.changes();
    await fill(jugdir);
    t.deepEqual(await looking.has([hashOf('0')]), [true]);
    t.not(await looking.changes(), changes);
    await looking.close();
  }));

test('several processes may make one store at the same time, and a creation that was cut short is made again', t =>
  withFolder(async folder => {
    const made = join(folder, 'made');
    mkdirSync(made);
    writeFileSync(join(made, 'jug-store.json.unfinished'), '');
    writeFileSync(join(made, 'jug-store.json.unfinished.1234'), '{');
    const children = Array.from({length: 4}, () => startChild('store-process', [`file:${made}`]));
    await Promise.all(children.map(child => child.line()));
    for (const [i, child] of children.entries()) t.is(await child.ask(`save 10 ${i}`), 'saved');
    await Promise.all(children.map(child => child.kill()));
    await reopened(made, async store => {
      t.is(store.kind, 'file');
      t.is((await collect(store.hashes())).length, 40);
    });
    await t.throwsAsync(openStore(`lmdb:${made}`, 'write'), {
      instanceOf: JugError,
      message: /--jugdir file:/,
    });
  }));

test('a store that is removed or replaced while it is used is noticed, and nothing is saved to the other', t =>
  withFolder(async folder => {
    const path = join(folder, 'store');
    for (const replace of [false, true]) {
      const store = await openStore(`file:${path}`, 'write');
      await store.save(saving({results: [[hashOf(1), recordOf('x')]]}));
      renameSync(path, join(folder, `away ${replace}`));
      if (replace) await fill(`file:${path}`, 1);
      const error = await t.throwsAsync(store.save(saving({results: [[hashOf(2), recordOf('x')]]})), {
        instanceOf: StoreError,
        message: /removed or replaced/,
      });
      t.true((error as StoreError).fatal);
      await store.close();
    }
    t.deepEqual(await reopened(path, store => store.has([hashOf(2)])), [false]);
  }));

for (const isPacked of [false, true]) {
  test(`an older copy that is put where a store${isPacked ? ', packed before,' : ''} was is noticed, and gets nothing`, t =>
    withFolder(async folder => {
      const [path, copy] = [join(folder, 'store'), join(folder, 'copy')];
      const [store, other] = [
        await openStore(`file:${path}`, 'write'),
        await openStore(`file:${path}`, 'write'),
      ];
      const save = (one: Store, i: number): Promise<void> =>
        one.save(saving({results: [[hashOf(i), recordOf('x')]]}));
      await save(store, 0);
      if (isPacked) await store.pack();
      await save(store, 1);
      cpSync(path, copy, {recursive: true});
      await save(store, 2);
      await save(other, 3);
      renameSync(path, join(folder, 'away'));
      renameSync(copy, path);
      for (const one of [store, other]) {
        const error = await t.throwsAsync(save(one, 4), {
          instanceOf: StoreError,
          message: /store was removed or replaced/,
        });
        t.true((error as StoreError).fatal);
        await one.close();
      }
      t.deepEqual(await reopened(path, store => store.has([hashOf(1), hashOf(2), hashOf(4)])), [
        true,
        false,
        false,
      ]);
    }));
}

test('a copy with everything in it that is put where a store was is used from there on', t =>
  withFolder(async folder => {
    const path = join(folder, 'store');
    const store = await openStore(`file:${path}`, 'write');
    await store.save(saving({results: [[hashOf(1), recordOf('x')]]}));
    cpSync(path, join(folder, 'copy'), {recursive: true});
    renameSync(path, join(folder, 'away'));
    renameSync(join(folder, 'copy'), path);
    await store.save(saving({results: [[hashOf(2), recordOf('x')]]}));
    await store.close();
    t.deepEqual(await reopened(path, store => store.has([hashOf(1), hashOf(2)])), [true, true]);
  }));

test('the folder for drafts is made anew where it was removed while a store is used', t =>
  withFolder(async folder => {
    const store = await openStore(`file:${folder}`, 'write');
    const drafts = join(folder, 'drafts');
    rmSync(drafts, {recursive: true});
    t.deepEqual(await store.acquire([hashOf(1)]), ['acquired']);
    rmSync(drafts, {recursive: true});
    await store.save(saving({results: [[hashOf(1), recordOf('x')]], release: [hashOf(1)]}));
    rmSync(drafts, {recursive: true});
    t.is((await store.pack()).kind, 'packed');
    t.deepEqual(await store.has([hashOf(1)]), [true]);
    t.deepEqual(readdirSync(drafts), []);
    await store.close();
  }));

for (const [what, spoil] of [
  [
    'the folder for drafts is a file',
    (folder: string) => {
      rmSync(join(folder, 'drafts'), {recursive: true});
      writeFileSync(join(folder, 'drafts'), '');
    },
  ],
  [
    'a folder of its log leads nowhere',
    (folder: string) => symlinkSync(join(folder, 'nowhere'), join(folder, 'results/0')),
  ],
] as const) {
  test(`a store in which ${what} is told, and not tried for ever`, t =>
    withFolder(async folder => {
      const store = await openStore(`file:${folder}`, 'write');
      spoil(folder);
      const error = await t.throwsAsync(store.save(saving({results: [[hashOf(1), recordOf('x')]]})), {
        instanceOf: StoreError,
        message: /cannot be used now: E(NOTDIR|NOENT)/,
      });
      t.false((error as StoreError).fatal, 'a person may mend it');
      await store.close();
    }));
}
