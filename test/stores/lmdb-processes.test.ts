// The LMDB store between threads and processes.

import {once} from 'node:events';
import {readdirSync, renameSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Worker} from 'node:worker_threads';
import test from 'ava';
import {StoreError} from '../../src/core/errors.js';
import {openStore} from '../../src/stores/registry.js';
import {startChild} from './child.js';
import {fill} from './fill.js';
import {withFolder} from './folder.js';
import {collect, hashesOf, hashOf, recordOf, saving} from './records.js';

test('worker threads read what main saves, and ending them disturbs nobody', t =>
  withFolder(async folder => {
    const store = await openStore(folder, 'write');
    for (let i = 0; i < 3; i++) {
      await store.save(saving({results: [[hashOf(i), recordOf(`${i}`)]]}));
      const url = new URL('./fixtures/reader-thread.js', import.meta.url);
      const worker = new Worker(url, {workerData: {folder, hash: hashOf(i)}});
      const [record] = (await once(worker, 'message')) as [Uint8Array];
      t.deepEqual(Buffer.from(record), recordOf(`${i}`));
      await worker.terminate();
    }
    t.deepEqual(await store.has([hashOf(0), hashOf(2)]), [true, true]);
    await store.close();
    t.deepEqual(
      readdirSync(join(folder, 'gate')).filter(name => name === 'held'),
      [],
    );
  }));

test('several processes racing for 2,000 locks win each exactly once', t =>
  withFolder(async folder => {
    const children = [0, 700, 1400].map(() => startChild('store-process', [folder]));
    await Promise.all(children.map(child => child.line()));
    const start = Date.now() + 100;
    const won = await Promise.all(
      children.map(
        async (child, i) => JSON.parse(await child.ask(`race 2000 r ${i * 700} ${start}`)) as string[],
      ),
    );
    t.is(won.flat().length, 2000);
    t.deepEqual([...new Set(won.flat())].sort(), hashesOf(2000, 'r').sort());
    const winners = won.filter(part => part.length > 0).length;
    t.is((JSON.parse(await children[0]!.ask('locks')) as unknown[]).length, winners);
    await Promise.all(
      children.map(async child => {
        child.say('close');
        await child.ended;
      }),
    );
  }));

test('the locks of an owner that was killed go to the next who asks; those of a stopped one do not', t =>
  withFolder(async folder => {
    const owner = startChild('store-process', [folder]);
    await owner.line();
    await owner.ask('acquire 1000 k');
    const store = await openStore(folder, 'write');
    owner.process.kill('SIGSTOP');
    t.deepEqual(new Set(await store.acquire(hashesOf(1000, 'k'))), new Set(['held']));
    t.is(await store.breakLocks(false), 0);
    await owner.kill();
    t.deepEqual(
      (await store.locks()).map(lock => [lock.alive, lock.hashes.length]),
      [[false, 1000]],
    );
    await sleep(120);
    t.deepEqual(new Set(await store.acquire(hashesOf(10, 'k'))), new Set(['acquired']));
    t.is((await store.locks()).length, 1);
    await store.close();
  }));

test('a process is known to live from its first lock to its end, whether or not it holds one', t =>
  withFolder(async folder => {
    const owner = startChild('store-process', [folder]);
    await owner.line();
    const store = await openStore(folder, 'write');
    const reader = await openStore(folder, 'read');
    const living = async () =>
      (await Promise.all([store, reader].map(each => each.living!()))).map(all => all.map(({pid}) => pid));
    t.deepEqual(await living(), [[], []]);
    await owner.ask('acquire 10 k');
    await owner.ask('save 10 k');
    t.deepEqual(await store.locks(), []);
    t.deepEqual(await living(), [[owner.process.pid], [owner.process.pid]]);
    await owner.kill();
    t.deepEqual(await living(), [[], []]);
    await reader.close();
    await store.close();
  }));

test('what another process saves is finished here, and its locks are breakable', t =>
  withFolder(async folder => {
    const store = await openStore(folder, 'write');
    await collect(store.hashes());
    const other = startChild('store-process', [folder]);
    await other.line();
    await other.ask('acquire 10 a');
    await other.ask('save 5 b');
    t.deepEqual(new Set(await store.acquire(hashesOf(5, 'b'))), new Set(['finished']));
    t.deepEqual(new Set(await store.acquire(hashesOf(10, 'a'))), new Set(['held']));
    t.is(await store.breakLocks(true), 10);
    t.deepEqual(new Set(await store.acquire(hashesOf(10, 'a'))), new Set(['acquired']));
    t.deepEqual(new Set(JSON.parse(await other.ask('acquire 10 a'))), new Set(['held']));
    other.say('close');
    await other.ended;
    t.deepEqual((await store.locks()).length, 1);
    await store.close();
  }));

test('what another process locks or saves is told to who listens, once', t =>
  withFolder(async folder => {
    const store = await openStore(folder, 'write');
    const other = startChild('store-process', [folder]);
    await other.line();
    for (const does of ['acquire 10 a', 'save 5 b']) {
      const before = await store.changes();
      let told = 0;
      const change = new Promise<void>(resolve => {
        const end = store.watch!(() => {
          told++;
          resolve();
        });
        t.truthy(end);
      });
      await other.ask(does);
      await change;
      t.not(await store.changes(), before, does);
      await other.ask(does);
      t.is(told, 1);
    }
    const end = store.watch!(() => t.fail('who has stopped listening is told nothing'));
    end!();
    await other.ask('save 5 c');
    other.say('close');
    await other.ended;
    await store.close();
  }));

test('a store that was moved away and replaced is noticed', t =>
  withFolder(async folder => {
    const jugdir = join(folder, 'a');
    const store = await openStore(jugdir, 'write');
    await store.save(saving({results: [[hashOf(1), recordOf('x')]]}));
    renameSync(jugdir, join(folder, 'b'));
    await fill(jugdir);
    await sleep(1050);
    const save = () => store.save(saving({results: [[hashOf(2), recordOf('x')]]}));
    const error = await t.throwsAsync(save(), {instanceOf: StoreError, message: /removed or replaced/});
    t.true((error as StoreError).fatal);
    await t.throwsAsync(save(), {is: error});
    await store.close();
  }));
