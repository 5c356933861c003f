// The indexes of packed results in a file store: damaged, gone, or of another pack.

import {mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {StoreError} from '../../src/core/errors.js';
import {HashTable} from '../../src/stores/file/locations.js';
import {openStore} from '../../src/stores/registry.js';
import type {Store} from '../../src/stores/store.js';
import {fill} from './fill.js';
import {withFolder} from './folder.js';
import {damageOf, fillPacked, pack, reopened} from './packed.js';
import {collect, hashesOf, hashOf, recordOf, saving} from './records.js';

const warningsOf = async (store: Store): Promise<string[]> =>
  (await store.describe()).notes.filter(({kind}) => kind === 'warning').map(({text}) => text);

/** Asked for one by one, and many at once. */
async function isAllThere(t: ExecutionContext, store: Store, count: number): Promise<void> {
  const hashes = hashesOf(count);
  const few = (await Promise.all(hashes.map(hash => store.load([hash])))).flat();
  const many = await store.load(hashes);
  for (const records of [few, many])
    for (const [i, record] of records.entries())
      t.deepEqual(Buffer.from(record ?? []), recordOf(`value ${i}`));
  t.deepEqual(new Set(await store.has(hashes)), new Set([true]));
  t.is((await collect(store.hashes())).length, count);
}

test('an index of packed results that is damaged or gone is made up for by its copy, which is told once', t =>
  withFolder(async folder => {
    await fillPacked(folder, 500);
    const path = join(folder, 'results/pack-1');
    const whole = readFileSync(path);
    t.deepEqual(readFileSync(join(folder, 'data/1-index')), whole);
    await reopened(folder, async store => t.deepEqual(await warningsOf(store), []));
    const entries = whole.length - 500 * 52;
    const flipped = (...places: readonly number[]): Buffer => {
      const bytes = Buffer.from(whole);
      for (const at of places) bytes[at]! ^= 1 << (at % 8);
      return bytes;
    };
    const damages = {
      magic: flipped(0, 3),
      lengths: flipped(5, 9),
      header: flipped(40, 60),
      fanout: flipped(entries - 10, entries - 70),
      // A hash that is wrong leads the search astray for others, too.
      hashes: flipped(...Array.from({length: 500}, (_, i) => entries + i * 52 + (i % 32))),
      'two places': flipped(entries + 40, entries + 52 * 300 + 3),
      'cut short': whole.subarray(0, whole.length - 1),
      'cut off in its entries': whole.subarray(0, entries + 100),
      'cut off in its header': whole.subarray(0, 30),
      empty: Buffer.alloc(0),
      'something else': Buffer.alloc(whole.length, 7),
      gone: undefined,
    };
    for (const [name, damage] of Object.entries(damages)) {
      rmSync(path, {force: true});
      if (damage !== undefined) writeFileSync(path, damage);
      await reopened(folder, store => isAllThere(t, store, 500));
      await reopened(folder, async store => {
        const [warning = '', ...others] = await warningsOf(store);
        t.regex(warning, /pack-1 is damaged or not there. Its copy is used, nothing is lost/, name);
        t.deepEqual(others, []);
      });
    }
    t.is(await pack(folder), 'packed', 'though there is nothing new');
    await reopened(folder, async store => {
      t.deepEqual(await warningsOf(store), []);
      await isAllThere(t, store, 500);
    });
    t.deepEqual(readFileSync(join(folder, 'data/2-index')), readFileSync(join(folder, 'results/pack-2')));
    t.is(await pack(folder), 'nothing');
  }));

test('an index and its copy that are damaged in different places make up for each other', t =>
  withFolder(async folder => {
    await fillPacked(folder, 300);
    for (const [path, place] of [
      ['results/pack-1', 10],
      ['data/1-index', 290],
    ] as const) {
      const bytes = readFileSync(join(folder, path));
      bytes[bytes.length - place * 52]! ^= 1;
      writeFileSync(join(folder, path), bytes);
    }
    await reopened(folder, store => isAllThere(t, store, 300));
  }));

test('the index of another pack is never taken for the copy of one', t =>
  withFolder(async folder => {
    await fillPacked(folder, 300);
    const other = join(folder, 'other');
    mkdirSync(other);
    await fillPacked(other, 300);
    writeFileSync(join(folder, 'data/1-index'), readFileSync(join(other, 'data/1-index')));
    const path = join(folder, 'results/pack-1');
    const bytes = readFileSync(path);
    bytes[bytes.length - 20]! ^= 1;
    writeFileSync(path, bytes);
    await reopened(folder, async store => {
      const records = await store.load(hashesOf(300));
      t.is(records.filter(record => damageOf(record) !== undefined).length, 1);
      const warnings = await warningsOf(store);
      t.is(warnings.length, 1);
      t.regex(warnings[0]!, /and so is its copy/);
    });
  }));

test('processes that use a store go on when the index of packed results is damaged or removed under them', t =>
  withFolder(async folder => {
    await fillPacked(folder, 300);
    const path = join(folder, 'results/pack-1');
    const [one, other] = [await openStore(folder, 'write'), await openStore(folder, 'write')];
    t.deepEqual(await one.has([hashOf(0)]), [true]);
    t.deepEqual(await other.has([hashOf(0)]), [true]);
    writeFileSync(path, Buffer.alloc(readFileSync(path).length, 7));
    for (const store of [one, other]) t.deepEqual(await store.has([hashOf(1)]), [true]);
    rmSync(path);
    for (const store of [one, other]) t.deepEqual(await store.has([hashOf(2)]), [true]);
    await one.save(saving({results: [[hashOf('new'), recordOf('x')]]}));
    t.is((await one.pack()).kind, 'packed');
    for (const store of [one, other]) t.deepEqual(await store.has([hashOf(3), hashOf('new')]), [true, true]);
    t.is((await collect(other.hashes())).length, 301);
    for (const store of [one, other]) await store.close();
  }));

test('an index of packed results that is gone with its copy is told, and nothing is taken for not there', t =>
  withFolder(async folder => {
    await fillPacked(folder, 10);
    rmSync(join(folder, 'results/pack-1'));
    const copy = join(folder, 'data/1-index');
    for (const spoil of [() => truncateSync(copy, 100), () => rmSync(copy)]) {
      spoil();
      const error = await t.throwsAsync(
        reopened(folder, store => store.has([hashOf(1)])),
        {instanceOf: StoreError, message: /results is not there.*in data\. Restore it from a copy/},
      );
      t.true((error as StoreError).fatal);
    }
  }));

test('a pack from before there were copies is read, and gets one by packing', t =>
  withFolder(async folder => {
    await fillPacked(folder, 10);
    rmSync(join(folder, 'data/1-index'));
    await reopened(folder, async store => t.deepEqual(await warningsOf(store), []));
    t.is(await pack(folder), 'packed');
    rmSync(join(folder, 'results/pack-2'));
    await reopened(folder, store => isAllThere(t, store, 10));
  }));

test('what a packer that died has left is not taken for a pack that was lost', t =>
  withFolder(async folder => {
    await fill(`file:${folder}`, 10);
    writeFileSync(join(folder, 'data/1-0123456789ab-0'), 'x');
    await reopened(folder, store => isAllThere(t, store, 10));
  }));

test('the table of results knows what it was told last, however it grows', t => {
  const table = new HashTable();
  const hashes = hashesOf(5000);
  const bytes = hashes.map(hash => Buffer.from(hash, 'hex'));
  for (const [i, key] of bytes.entries()) table.set(key, 0, i % 7, i * 1e6, i);
  for (const key of bytes.slice(0, 1000)) table.remove(key, 0);
  table.set(bytes[0]!, 0, 3, 4, 5);
  t.is(table.count, 4001);
  t.deepEqual(table.get(hashes[0]!), {file: 3, offset: 4, length: 5});
  t.is(table.get(hashes[999]!), 'removed');
  t.deepEqual(table.get(hashes[4999]!), {file: 4999 % 7, offset: 4999e6, length: 4999});
  t.is(table.get(hashOf('another')), undefined);
  t.is([...table.entries()].length, 4001);
});
