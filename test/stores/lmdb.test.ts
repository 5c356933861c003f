// The LMDB store: the law of stores, and what is its own: large values, bundles, readers.

import {readdirSync, readFileSync, renameSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {openStore} from '../../src/stores/registry.js';
import {sweep} from '../../src/stores/scan.js';
import {type Origin, openRecord} from '../../src/values/record.js';
import type {TaskHash} from '../../src/values/task-hash.js';
import {randomNumbers} from '../helpers/tasks.js';
import {testStore} from './conformance.js';
import {fill} from './fill.js';
import {withFolder} from './folder.js';
import {collect, hashesOf, hashOf, ORIGIN, recordOf, saving} from './records.js';

const MADE: Origin = {
  function: 'primes.isPrime',
  fingerprint: 'ab12',
  host: 'here',
  pid: 1,
  jugVersion: '0.1.0',
};

testStore('lmdb', folder => openStore(join(folder, 'primes.jugdata'), 'write'));

test('opening to read creates nothing; a store that is not there yet is empty, and is seen once it is', t =>
  withFolder(async folder => {
    const jugdir = join(folder, 'later.jugdata');
    const looking = await openStore(jugdir, 'read');
    t.deepEqual(await looking.has([hashOf('0')]), [false]);
    t.deepEqual(await looking.locks(), []);
    t.deepEqual(readdirSync(folder), []);
    await fill(jugdir);
    t.deepEqual(await looking.has([hashOf('0')]), [true]);
    await looking.close();
    t.deepEqual(readdirSync(join(jugdir, 'gate')), []);
  }));

test('a reader sees what is saved and locked after it has opened, within one turn too', t =>
  withFolder(async folder => {
    const writer = await openStore(folder, 'write');
    const reader = await openStore(folder, 'read');
    t.deepEqual(await reader.has([hashOf(1)]), [false]);
    await writer.save(saving({results: [[hashOf(1), recordOf('x')]]}));
    await writer.acquire([hashOf(2)]);
    t.deepEqual(await reader.has([hashOf(1)]), [true]);
    t.deepEqual((await reader.locks())[0]!.hashes, [hashOf(2)]);
    await reader.close();
    t.deepEqual(await writer.has([hashOf(1)]), [true]);
    await writer.close();
  }));

test('a value of 5 MB is a file beside the database, and goes with its result', t =>
  withFolder(async folder => {
    const store = await openStore(folder, 'write');
    const record = recordOf(Buffer.alloc(5 * 1024 * 1024, 'jug'));
    await store.save(saving({results: [[hashOf(1), record]]}));
    await store.save(saving({results: [[hashOf(1), recordOf(Buffer.alloc(5 * 1024 * 1024, 'gum'))]]}));
    t.deepEqual(readdirSync(join(folder, 'large')), [hashOf(1)]);
    t.true(statSync(join(folder, 'data.mdb')).size < 1024 * 1024);
    t.true(record.equals((await store.load([hashOf(1)]))[0]!));
    const [[, head] = []] = await collect(store.heads());
    t.true(head!.elsewhere);
    t.is(head!.payloadBytes, 5 * 1024 * 1024);
    t.deepEqual(await store.remove([hashOf(1)]), [hashOf(1)]);
    t.deepEqual(readdirSync(join(folder, 'large')), []);
    t.deepEqual(await store.load([hashOf(1)]), [undefined]);
    await store.close();
  }));

test('a large value whose file is lost is told as damaged', t =>
  withFolder(async folder => {
    const store = await openStore(folder, 'write');
    await store.save(saving({results: [[hashOf(1), recordOf(Buffer.alloc(5 * 1024 * 1024))]]}));
    renameSync(join(folder, 'large', hashOf(1)), join(folder, 'large', 'aside'));
    t.deepEqual(openRecord((await store.load([hashOf(1)]))[0]!), {ok: false, damage: 'truncated'});
    await store.close();
  }));

test('packing puts results that were saved one by one into bundles, and loses none; large ones stay files', t =>
  withFolder(async folder => {
    const store = await openStore(folder, 'write');
    const reader = await openStore(folder, 'read');
    t.is((await store.pack()).kind, 'nothing');
    const records = hashesOf(100).map((hash, i) => [hash, recordOf(`value ${i}`)] as const);
    for (const record of records) await store.save(saving({results: [record]}));
    const large = recordOf(Buffer.alloc(5 * 1024 * 1024, 'jug'));
    await store.save(saving({results: [[hashOf('large'), large]]}));
    t.true((await reader.has(hashesOf(100))).every(is => is));
    t.deepEqual(await store.pack(), {kind: 'packed', results: 100, into: '1 bundle'});
    t.is((await store.pack()).kind, 'nothing');
    for (const handle of [store, reader]) {
      const loaded = await handle.load([...hashesOf(100), hashOf('large')]);
      t.true([...records.map(([, record]) => record), large].every((record, i) => record.equals(loaded[i]!)));
      t.is((await collect(handle.hashes())).length, 101);
    }
    t.deepEqual(await store.acquire([hashOf(3)]), ['finished']);
    await reader.close();
    await store.close();
  }));

test('a bundle that is damaged counts as not there, is told, and its results may be saved anew', t =>
  withFolder(async folder => {
    const results = hashesOf(50).map((hash, i) => [hash, recordOf(`value ${i}`)] as const);
    const store = await openStore(folder, 'write');
    await store.save(saving({results}));
    await store.close();
    const file = join(folder, 'data.mdb');
    const bytes = readFileSync(file);
    bytes.write('gone', bytes.indexOf('jugb'));
    writeFileSync(file, bytes);
    const again = await openStore(folder, 'write');
    t.true((await again.has(hashesOf(50))).every(is => !is));
    t.true((await again.describe()).notes.some(({kind, text}) => kind === 'damage' && /A bundle/.test(text)));
    t.deepEqual(await again.acquire([hashOf(1)]), ['acquired']);
    await again.save(saving({results, release: [hashOf(1)]}));
    t.true((await again.has(hashesOf(50))).every(is => is));
    t.deepEqual(Buffer.from((await again.load([hashOf(7)]))[0]!), recordOf('value 7'));
    await again.close();
  }));

test('a hash that is damaged among others is told with its function, and set aside; so is each of its neighbours', t =>
  withFolder(async folder => {
    const hashes = hashesOf(50);
    const flipped = [3, 4, 30].map(i =>
      hashes[i]!.replace(/./g, (digit, at) => (at === 20 ? otherDigit(digit) : digit)),
    );
    const store = await openStore(folder, 'write');
    await store.save(
      saving({results: hashes.map((hash, i) => [hash, recordOf(`value ${i}`)]), origins: [[ORIGIN, MADE]]}),
    );
    await store.close();
    for (const [at, i] of [3, 4, 30].entries()) replaceHash(folder, hashes[i]!, flipped[at]!);
    const again = await openStore(folder, 'write');
    const told = (await collect(sweep(again))).filter(({damage}) => damage !== undefined);
    t.deepEqual(told.map(({hash}) => hash as string).sort(), flipped.toSorted());
    for (const {head, damage} of told) {
      t.is(damage, 'under a wrong hash');
      t.is((await again.origin(head!.origin))?.function, 'primes.isPrime');
    }
    for (const {hash} of told) t.deepEqual(await again.setAside([hash]), [hash]);
    t.deepEqual(readdirSync(join(folder, 'damaged')).sort(), flipped.toSorted());
    t.regex(readFileSync(join(folder, 'damaged', flipped[2]!), 'latin1'), /value 30$/);
    const left = await collect(sweep(again));
    t.is(left.length, 47);
    t.true(left.every(({damage}) => damage === undefined));
    await again.close();
  }));

/** Another hexadecimal digit. */
function otherDigit(digit: string): string {
  return digit === '0' ? '1' : '0';
}

function replaceHash(folder: string, hash: string, by: string): void {
  const file = join(folder, 'data.mdb');
  const bytes = readFileSync(file);
  const sought = Buffer.from(hash, 'hex');
  for (let at = bytes.indexOf(sought); at !== -1; at = bytes.indexOf(sought, at)) bytes.write(by, at, 'hex');
  writeFileSync(file, bytes);
}

test('every handle sees what is there and nothing else, however results come and go, also where hashes begin alike', t =>
  withFolder(async folder => {
    const writers = [await openStore(folder, 'write'), await openStore(folder, 'write')] as const;
    const handles = [...writers, await openStore(folder, 'read')] as const;
    const random = randomNumbers(1);
    const below = (end: number): number => Math.floor(random() * end);
    const all = hashesOf(300).map((hash, i) => (i % 3 === 0 ? hash : `aabbccdd${hash.slice(8)}`) as TaskHash);
    const some = (most: number): TaskHash[] =>
      Array.from({length: 1 + below(most)}, () => all[below(all.length)]!);
    const there = new Map<TaskHash, Buffer>();
    for (let step = 0; step < 300; step++) {
      const store = writers[below(2)]!;
      const hashes = some(60);
      if (random() < 0.5) {
        const results = hashes.map(hash => [hash, recordOf(`${step}${'x'.repeat(below(100))}`)] as const);
        await store.save(saving({results}));
        for (const [hash, record] of results) if (!there.has(hash)) there.set(hash, record);
      } else {
        const removed = hashes.filter(hash => there.delete(hash));
        t.deepEqual((await store.remove(hashes)).toSorted(), removed.toSorted());
      }
      if (random() < 0.1) await store.pack();
      const handle = handles[below(3)]!;
      t.deepEqual(
        await handle.has(all),
        all.map(hash => there.has(hash)),
      );
      const loaded = await handle.load(all);
      t.true(
        all.every((hash, i) => there.get(hash)?.equals(loaded[i] ?? Buffer.of()) ?? loaded[i] === undefined),
      );
      t.deepEqual((await collect(handle.hashes())).toSorted(), [...there.keys()].toSorted());
    }
    for (const handle of handles.toReversed()) await handle.close();
  }));

test('a listing misses nothing that stays, though others remove results from the same bundles meanwhile', t =>
  withFolder(async folder => {
    const store = await openStore(folder, 'write');
    const other = await openStore(folder, 'write');
    const hashes = hashesOf(200);
    for (let i = 0; i < 200; i += 20)
      await store.save(saving({results: hashes.slice(i, i + 20).map(hash => [hash, recordOf('value')])}));
    const listed = new Set<TaskHash>();
    let next = 199;
    for await (const chunk of store.hashes()) {
      for (const hash of chunk) listed.add(hash);
      if (next > 0) await other.remove([hashes[next]!]);
      next -= 20;
    }
    t.true(next < 0);
    t.deepEqual(
      (await collect(store.hashes())).filter(hash => !listed.has(hash)),
      [],
    );
    await other.close();
    await store.close();
  }));
