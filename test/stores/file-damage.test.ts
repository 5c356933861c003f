// The file store on bad days: damaged files, full and read-only disks, a store that is removed; and what it says then.

import {execFileSync} from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
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

async function pack(folder: string): Promise<string> {
  const store = await openStore(folder, 'write');
  const {kind} = await store.pack();
  await store.close();
  return kind;
}

async function fillPacked(folder: string, count: number): Promise<void> {
  await fill(`file:${folder}`, count);
  await pack(folder);
}

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
