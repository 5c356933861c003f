// The file store between processes: one winner for each lock, also across hosts; nothing lost by a kill at any point.

import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {thisOwner} from '../../src/stores/owner.js';
import {openStore} from '../../src/stores/registry.js';
import type {Store} from '../../src/stores/store.js';
import {openRecord} from '../../src/values/record.js';
import {type Child, startChild} from './child.js';
import {withFolder} from './folder.js';
import {collect, hashesOf, recordOf, saving} from './records.js';

async function start(folder: string, lease = 30_000, host = ''): Promise<Child> {
  const child = startChild('file-process', [folder, String(lease), host]);
  await child.line();
  return child;
}

/** A store, and what ends with it. */
async function withStore(
  run: (folder: string, store: Store, start: (host?: string) => Promise<Child>) => Promise<void>,
  lease = 30_000,
): Promise<void> {
  await withFolder(async folder => {
    const children: Child[] = [];
    const store = await openStore(`file:${folder}`, 'write', {lease});
    try {
      await run(folder, store, async host => {
        const child = await start(folder, lease, host);
        children.push(child);
        return child;
      });
    } finally {
      await Promise.all(children.map(child => child.kill()));
      await store.close();
    }
  });
}

async function ask(child: Child, line: string): Promise<string[]> {
  return JSON.parse(await child.ask(line)) as string[];
}

function all(t: ExecutionContext, answers: readonly string[], answer: string): void {
  t.deepEqual([...new Set(answers)], [answer]);
}

test('several processes racing for 600 locks win each exactly once', t =>
  withFolder(async folder => {
    const children = [0, 200, 400].map(() => startChild('store-process', [`file:${folder}`]));
    await Promise.all(children.map(child => child.line()));
    const begin = Date.now() + 100;
    const won = await Promise.all(children.map((child, i) => ask(child, `race 600 r ${i * 200} ${begin}`)));
    t.is(won.flat().length, 600);
    t.deepEqual([...new Set(won.flat())].sort(), hashesOf(600, 'r').sort());
    for (const child of children) child.say('close');
    await Promise.all(children.map(child => child.ended));
    const store = await openStore(`file:${folder}`, 'write');
    t.deepEqual(await store.locks(), []);
    t.deepEqual(readdirSync(join(folder, 'drafts')), []);
    t.deepEqual(readdirSync(join(folder, 'owners')), []);
    await store.close();
  }));

test('several processes running the same tasks run each once, while another packs', t =>
  withStore(async (_, store, start) => {
    const children = await Promise.all([start(), start(), start()]);
    const packer = await start();
    let running = children.length;
    const ran = Promise.all(
      children.map(async child => {
        const hashes: string[] = [];
        child.say('run 150 t');
        for (let line = await child.line(); line !== 'done'; line = await child.line()) hashes.push(line);
        running--;
        return hashes;
      }),
    );
    let packed = 0;
    while (running > 0) if ((await packer.ask('pack 0')).includes('packed')) packed++;
    t.true(packed > 1);
    t.deepEqual((await ran).flat().sort(), hashesOf(150, 't').sort());
    const records = await store.load(hashesOf(150, 't'));
    for (const [i, hash] of hashesOf(150, 't').entries())
      t.deepEqual(Buffer.from(records[i]!), recordOf(hash));
    t.deepEqual(await store.locks(), []);
  }));

test('the locks of an owner of this host that was killed are given at once; those of a stopped one are not', t =>
  withStore(async (_, store, start) => {
    const owner = await start();
    await owner.ask('acquire 100 k');
    owner.process.kill('SIGSTOP');
    await sleep(600);
    all(t, await store.acquire(hashesOf(100, 'k')), 'held');
    t.is(await store.breakLocks(false), 0);
    await owner.kill();
    t.deepEqual(
      (await store.locks()).map(lock => [lock.alive, lock.hashes.length]),
      [[false, 100]],
    );
    all(t, await store.acquire(hashesOf(60, 'k')), 'acquired');
    t.is(await store.breakLocks(false), 40);
    t.is((await store.locks())[0]!.hashes.length, 60);
  }, 400));

test('an owner of another host keeps its locks while it is heard of, and loses them a lease after', async t => {
  // Much longer than a busy machine keeps a process waiting.
  const lease = 2000;
  await withStore(async (_, store, start) => {
    const owner = await start('elsewhere');
    all(t, await ask(owner, 'acquire 10 a'), 'acquired');
    for (const begun = performance.now(); performance.now() - begun < lease * 2.5; await sleep(100)) {
      all(t, await store.acquire(hashesOf(10, 'a')), 'held');
    }
    owner.process.kill('SIGSTOP');
    const stopped = performance.now();
    while ((await store.acquire(hashesOf(1, 'a')))[0] === 'held') await sleep(50);
    const waited = performance.now() - stopped;
    t.true(waited > lease * 0.6, `taken over after ${waited} ms`);
    all(t, await store.acquire(hashesOf(10, 'a')), 'acquired');

    // It comes back, and believes that it still holds them.
    await store.save(saving({results: [[hashesOf(1, 'a')[0]!, recordOf('first')]]}));
    owner.process.kill('SIGCONT');
    t.is(await owner.ask('save 1 a late'), 'saved');
    t.deepEqual(Buffer.from((await store.load(hashesOf(1, 'a')))[0]!), recordOf('first'));
    t.is((await store.locks())[0]!.hashes.length, 10, 'it gives back only what is its own');
    t.deepEqual([...new Set(await ask(owner, 'acquire 10 a'))].sort(), ['finished', 'held']);
  }, lease);
});

test('an owner of another host that has ended properly is not waited for', t =>
  withStore(async (_, store, start) => {
    const owner = await start('elsewhere');
    await owner.ask('acquire 10 a');
    all(t, await store.acquire(hashesOf(10, 'a')), 'held');
    owner.say('close');
    await owner.ended;
    all(t, await store.acquire(hashesOf(10, 'a')), 'acquired');
  }));

test('a process is known to live from its first lock to its end, whether or not it holds one', t =>
  withStore(async (_, store, start) => {
    const [here, there, stopped] = await Promise.all([start(), start('elsewhere'), start('elsewhere')]);
    const living = async () => (await store.living!()).map(({host, pid}) => `${host} ${pid}`).sort();
    t.deepEqual(await living(), []);
    for (const [child, key] of [
      [here, 'h'],
      [there, 't'],
      [stopped, 's'],
    ] as const) {
      await child.ask(`acquire 10 ${key}`);
      await child.ask(`save 10 ${key}`);
    }
    t.deepEqual(await store.locks(), []);
    const [near, far, late] = [here, there, stopped].map(({process}) => process.pid);
    const all = [`${thisOwner().host} ${near}`, `elsewhere ${far}`, `elsewhere ${late}`];
    t.deepEqual(await living(), all.toSorted());
    stopped.process.kill('SIGSTOP');
    t.deepEqual(await living(), all.slice(0, 2).toSorted(), 'one of another host that is silent for a lease');
    there.say('close');
    await Promise.all([here.kill(), there.ended]);
    t.deepEqual(await living(), []);
  }, 1000));

for (const [point, command, there] of [
  ['before its results are published', 'crash results before', false],
  ['when its results are published and its locks not yet given back', 'crash results after', true],
  ['before its locks are given back', 'crash locks before', true],
] as const) {
  test(`a process that is killed ${point} leaves everything whole`, t =>
    withStore(async (_, store, start) => {
      const child = await start();
      all(t, await ask(child, 'acquire 20 c'), 'acquired');
      await child.ask(command);
      child.say('save 20 c whole');
      t.is(await child.ended, null);
      const hashes = hashesOf(20, 'c');
      all(t, (await store.has(hashes)).map(String), String(there));
      all(t, await store.acquire(hashes), there ? 'finished' : 'acquired');
      for (const record of there ? await store.load(hashes) : []) t.true(openRecord(record!).ok);
      await store.save(saving({results: hashes.map(hash => [hash, recordOf('whole')])}));
      all(t, await store.acquire(hashes), 'finished');
    }));
}

test('locks of finished tasks that a killed process has left go with the next that looks at locks and ends', t =>
  withStore(async (folder, store, start) => {
    const child = await start();
    all(t, await ask(child, 'acquire 20 c'), 'acquired');
    await child.ask('crash results after');
    child.say('save 10 c whole');
    t.is(await child.ended, null);
    const heldIn = async (): Promise<number[]> =>
      (await store.locks()).map(({hashes, alive}) => (alive ? 0 : hashes.length));
    t.deepEqual(await heldIn(), [20]);
    const next = await openStore(folder, 'write');
    await next.locks();
    await next.close();
    t.deepEqual(await heldIn(), [10], 'those that are not finished are what the dead one is suspected with');
  }));

test('a process that is killed while it packs leaves everything there, and the next one packs', t =>
  withStore(async (folder, store, start) => {
    const hashes = hashesOf(300, 'p');
    for (let i = 0; i < 300; i += 100) {
      await store.save(saving({results: hashes.slice(i, i + 100).map(hash => [hash, recordOf(hash)])}));
    }
    for (const when of ['before', 'after']) {
      const child = await start();
      await child.ask(`crash results/pack ${when}`);
      child.say('pack 0');
      t.is(await child.ended, null);
      const records = await store.load(hashes);
      t.true(records.every((record, i) => recordOf(hashes[i]!).equals(record!)));
    }
    await store.save(saving({results: [[hashesOf(1, 'q')[0]!, recordOf('more')]]}));
    t.is((await store.pack()).kind, 'packed');
    t.is((await collect(store.hashes())).length, 301);
    t.true(readdirSync(join(folder, 'data')).length <= 3, 'what the dead have left is gone');
  }));

test('processes killed again and again lose nothing that was saved', t =>
  withStore(async (_, store, start) => {
    const saved = new Set<string>();
    for (let round = 0; round < 8; round++) {
      const children = await Promise.all([start(), start()]);
      const ends = children.map(async (child, i) => {
        child.say('run 2000 z');
        try {
          for (let seen = 0; seen < 5 + i * 7 + round; seen++) saved.add(await child.line());
        } finally {
          await child.kill();
        }
      });
      await Promise.all(ends);
    }
    const hashes = hashesOf(2000, 'z').filter(hash => saved.has(hash));
    t.is(hashes.length, saved.size);
    const records = await store.load(hashes);
    for (const [i, record] of records.entries()) t.deepEqual(Buffer.from(record!), recordOf(hashes[i]!));
    await store.breakLocks(false);
    t.deepEqual(await store.locks(), []);
  }));
