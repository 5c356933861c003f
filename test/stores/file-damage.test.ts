// The file store on bad days: damaged files, full and read-only disks, a store that is removed; and what it says then.

import {execFileSync} from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {JugError, StoreError} from '../../src/errors.js';
import {HashTable} from '../../src/stores/file/table.js';
import {openStore} from '../../src/stores/open.js';
import type {Store} from '../../src/stores/store.js';
import {openRecord} from '../../src/values/record.js';
import {startChild} from './child.js';
import {withFolder} from './conformance.js';
import {fill} from './fill.js';
import {collect, hashesOf, hashOf, recordOf, saving} from './records.js';

/** Runs with something mounted at `folder`, where that is allowed. */
async function mounted(
  t: ExecutionContext,
  folder: string,
  mounts: readonly (readonly string[])[],
  run: () => Promise<void>,
): Promise<void> {
  let done = 0;
  try {
    for (const args of mounts) {
      execFileSync('mount', args, {stdio: 'pipe'});
      done++;
    }
  } catch (error) {
    if (done > 0) execFileSync('umount', ['-l', folder]);
    t.log(`skipped: nothing can be mounted here (${(error as Error).message.split('\n')[0]})`);
    t.pass();
    return;
  }
  try {
    await run();
  } finally {
    execFileSync('umount', ['-l', folder]);
  }
}

async function reopened<T>(folder: string, run: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(folder, 'read');
  try {
    return await run(store);
  } finally {
    await store.close();
  }
}

const damageOf = (record: Uint8Array | undefined): string | undefined => {
  if (record === undefined) return 'not there';
  const opened = openRecord(record);
  return opened.ok ? undefined : opened.damage;
};

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
    t.deepEqual(await store.pack(), {kind: 'packed', results: 100, segments: 1});
    await store.close();
    const [name = ''] = readdirSync(join(folder, 'data'));
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

test('an entry in an index of packed results that is damaged is never taken for another result', t =>
  withFolder(async folder => {
    await fill(`file:${folder}`, 500);
    const packing = await openStore(folder, 'write');
    await packing.pack();
    await packing.close();
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

test('a store on a read-only filesystem can be read, packed or not, and says why it cannot be written', async t => {
  await withFolder(async folder => {
    await fill(`file:${folder}`);
    const mounts = [
      ['--bind', folder, folder],
      ['-o', 'remount,ro,bind', folder],
    ];
    await mounted(t, folder, mounts, async () => {
      await reopened(folder, async store => {
        t.is((await collect(store.hashes())).length, 100);
        t.deepEqual(await store.locks(), []);
        t.is(typeof (await store.changes()), 'number');
      });
      await t.throwsAsync(openStore(folder, 'write'), {instanceOf: JugError, message: /Cannot write.*EROFS/});
    });
  });
});

test('a full disk is told with path and space, loses nothing, and is not for ever', async t => {
  await withFolder(async folder => {
    await mounted(t, folder, [['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder]], async () => {
      const store = await openStore(`file:${join(folder, 'store')}`, 'write');
      const value = recordOf(Buffer.alloc(100_000));
      let saved = 0;
      const error = await t.throwsAsync(
        async () => {
          for (; saved < 1000; saved++) await store.save(saving({results: [[hashOf(saved), value]]}));
        },
        {instanceOf: StoreError, message: /store.*kB are free/},
      );
      t.false((error as StoreError).fatal);
      t.true(saved > 10);
      const hashes = Array.from({length: saved}, (_, i) => hashOf(i));
      t.true((await store.load(hashes)).every(record => value.equals(record!)));
      t.deepEqual(readdirSync(join(folder, 'store/drafts')), []);
      rmSync(join(folder, 'store/results/0/0'));
      await store.save(saving({results: [[hashOf('after'), recordOf('small')]]}));
      t.deepEqual(await store.has([hashOf('after')]), [true]);
      await store.close();
    });
  });
});

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
