// Damaged files in a file store: what is told, what is set aside, and what is still there.

import {appendFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {StoreError} from '../../src/core/errors.js';
import {openStore} from '../../src/stores/registry.js';
import {fill} from './fill.js';
import {withFolder} from './folder.js';
import {damageOf, fillPacked, reopened} from './packed.js';
import {collect, hashesOf, hashOf, recordOf, saving} from './records.js';

test('a file that is cut off, packed or not, is told by the records that are cut off', t =>
  withFolder(async folder => {
    await fill(`file:${folder}`, 100);
    const cut = async (path: string): Promise<void> => {
      const whole = readFileSync(path);
      truncateSync(path, whole.length - 200);
      const damages = await reopened(folder, async store => (await store.load(hashesOf(100))).map(damageOf));
      t.is(damages.filter(damage => damage === undefined).length, 96);
      t.is(damages.filter(damage => damage === 'truncated').length, 4);
      writeFileSync(path, whole);
    };
    await cut(join(folder, 'results/0/0'));
    const store = await openStore(folder, 'write');
    t.deepEqual(await store.pack(), {kind: 'packed', results: 100, into: '1 file'});
    await store.close();
    const [name = ''] = readdirSync(join(folder, 'data')).filter(name => name !== '1-index');
    await cut(join(folder, 'data', name));
    rmSync(join(folder, 'data', name));
    t.deepEqual(await reopened(folder, async store => (await store.load([hashOf(1)])).map(damageOf)), [
      'truncated',
    ]);
  }));

test('a flipped byte in a value is told by its record, one in the index of a file takes that file out', t =>
  withFolder(async folder => {
    for (const name of ['a', 'b']) {
      const store = await openStore(`file:${folder}`, 'write');
      await store.save(
        saving({results: hashesOf(10, name).map(hash => [hash, recordOf(`easy to find: ${name}`)])}),
      );
      await store.close();
    }
    const path = join(folder, 'results/0/0');
    const whole = readFileSync(path);
    const flip = (at: number): void => {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1;
      writeFileSync(path, bytes);
    };
    flip(whole.indexOf('easy'));
    await reopened(folder, async store => {
      const damages = (await store.load(hashesOf(10, 'a'))).map(damageOf);
      t.deepEqual(
        damages.filter(damage => damage !== undefined),
        ['checksum of the payload'],
      );
    });
    for (const at of [0, 5, 14, 30, 100, 200]) {
      flip(at);
      await reopened(folder, async store => {
        t.deepEqual(new Set(await store.has(hashesOf(10, 'a'))), new Set([false]), `byte ${at}`);
        t.deepEqual(new Set(await store.has(hashesOf(10, 'b'))), new Set([true]));
        t.true(
          (await store.describe()).notes.some(({kind, text}) => kind === 'damage' && text.includes(path)),
        );
      });
    }
    const store = await openStore(folder, 'write');
    await store.save(saving({results: [[hashOf('new'), recordOf('x')]]}));
    t.is((await store.pack()).kind, 'packed');
    t.deepEqual(
      readdirSync(join(folder, 'damaged')),
      ['results-0-0'],
      'packing keeps it for a person to look at',
    );
    t.deepEqual(await store.has([...hashesOf(1, 'b'), hashOf('new')]), [true, true]);
    await store.close();
  }));

for (const isPackedAgain of [false, true]) {
  test(`a file of packed results that is lost is told by its records, ${isPackedAgain ? 'also after another pack, ' : ''}and they can be set aside and saved anew`, t =>
    withFolder(async folder => {
      await fillPacked(folder, 20);
      const data = join(folder, 'data');
      for (const name of readdirSync(data)) if (!name.endsWith('-index')) rmSync(join(data, name));
      const store = await openStore(folder, 'write');
      const [first, ...others] = hashesOf(20);
      await store.remove([first!]);
      if (isPackedAgain) t.is((await store.pack()).kind, 'packed');
      t.deepEqual(new Set((await store.load(others)).map(damageOf)), new Set(['truncated']));
      t.deepEqual(new Set(await store.setAside(others)), new Set(others));
      t.deepEqual(new Set(await store.has(others)), new Set([false]));
      await store.save(saving({results: others.map(hash => [hash, recordOf('anew')])}));
      t.deepEqual(await store.load([others[7]!]), [recordOf('anew')]);
      t.is((await store.pack()).kind, 'packed');
      await store.close();
      await reopened(folder, async again => {
        t.deepEqual(
          (await again.load(others)).map(damageOf),
          others.map(() => undefined),
        );
      });
    }));
}

test('pack says that files cannot be read, where nothing else is left to be packed', t =>
  withFolder(async folder => {
    await fill(`file:${folder}`, 10);
    const path = join(folder, 'results/0/0');
    writeFileSync(path, 'x');
    const store = await openStore(folder, 'write');
    const packing = await store.pack();
    await store.close();
    const told = 'All results that can be read are packed. 1 of its files cannot be read, first ';
    t.true(packing.kind === 'nothing' && packing.why.startsWith(`${told}${path}: `), JSON.stringify(packing));
  }));

test('an entry in an index of packed results that is damaged is never taken for another result', t =>
  withFolder(async folder => {
    await fillPacked(folder, 500);
    rmSync(join(folder, 'data/1-index'));
    const path = join(folder, 'results/pack-1');
    const whole = readFileSync(path);
    const entries = whole.length - 500 * 52;
    for (let round = 0; round < 20; round++) {
      const bytes = Buffer.from(whole);
      bytes[entries + ((round * 7919) % (500 * 52))]! ^= 1 << (round % 8);
      writeFileSync(path, bytes);
      await reopened(folder, async store => {
        // Few are read one by one, many at once.
        const many = await store.load(hashesOf(500));
        const few = (await Promise.all(hashesOf(500).map(hash => store.load([hash])))).flat();
        for (const records of round % 10 === 0 ? [many, few] : [many]) {
          const lost = records.filter((record, i) => {
            // Not there, or told as damaged.
            if (record === undefined || record.length === 0) return true;
            t.deepEqual(Buffer.from(record), recordOf(`value ${i}`));
            return false;
          });
          t.true(lost.length <= 1);
        }
      });
    }
    for (const damage of [whole.subarray(0, whole.length - 1), Buffer.alloc(1000, 7), Buffer.alloc(0)]) {
      writeFileSync(path, damage);
      const error = await t.throwsAsync(
        reopened(folder, store => store.has([hashOf(1)])),
        {instanceOf: StoreError},
      );
      t.regex(error!.message, /pack-1 is damaged.*Restore it from a copy/);
    }
  }));

test('what NFS and others leave in the folders is passed over', t =>
  withFolder(async folder => {
    await fill(`file:${folder}`, 10);
    for (const name of [
      'results/.nfs0001',
      'results/0/.nfs0002',
      'owners/.nfs0003',
      'data/.nfs0004',
      'drafts/old',
    ]) {
      appendFileSync(join(folder, name), 'x');
    }
    const store = await openStore(folder, 'write');
    t.deepEqual(await store.acquire(hashesOf(11)), [...Array(10).fill('finished'), 'acquired']);
    t.is((await store.pack()).kind, 'packed');
    t.is((await collect(store.heads())).length, 10);
    await store.close();
  }));

test('a damaged id is refused by who reads and by who writes, with the one that would be right', t =>
  withFolder(async folder => {
    await fill(`file:${folder}`, 3);
    const marker = join(folder, 'jug-store.json');
    const whole = readFileSync(marker, 'utf8');
    const {id} = (JSON.parse(whole) as {options: {id: string}}).options;
    for (const damaged of [`x${id.slice(1)}`, '']) {
      writeFileSync(marker, whole.replace(id, damaged));
      for (const access of ['read', 'write'] as const) {
        const error = await t.throwsAsync(openStore(folder, access), {name: 'JugError'});
        t.true(error?.message.includes(`with the "id": "${damaged}"`), error?.message);
        t.true(error?.message.includes(`write "id": "${id}" into it`), error?.message);
      }
    }
    writeFileSync(marker, whole);
    t.is(await reopened(folder, async store => (await collect(store.hashes())).length), 3);
  }));
