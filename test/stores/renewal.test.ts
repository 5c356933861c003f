// The lease on a Redis server: renewed whatever main and the pool do, and by whom else if the thread cannot.

import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {openRedis} from '../../src/stores/redis/driver.js';
import {busyUntil, withFullPool} from '../helpers/busy.js';
import {HAS_REDIS, type RedisServer} from '../helpers/redis-server.js';
import {withFolder} from './folder.js';
import {hashOf} from './records.js';
import {IMPATIENT, open, refused, serverFor, suite} from './redis-rig.js';

/** Milliseconds: much longer than a busy machine keeps a thread, or the server, waiting. */
const LEASE = 2000;
const ALIVE = '{jug}:alive:*';

/** Keeps this thread busy, and answers in how many of so many looks the lease was there. */
function seenIn(server: RedisServer, milliseconds: number): {readonly looks: number; readonly seen: number} {
  const begun = performance.now();
  let looks = 0;
  let seen = 0;
  busyUntil('the time of some leases', () => {
    looks++;
    if (server.cli('--scan', '--pattern', ALIVE) !== '') seen++;
    return performance.now() - begun > milliseconds;
  });
  return {looks, seen};
}

suite('a lease is renewed while the main thread is busy, also over a connection that was cut', async t => {
  const server = await serverFor(t);
  const store = await open(t, server.url(), 'write', LEASE);
  t.deepEqual(await store.acquire([hashOf(1)]), ['acquired']);
  const {looks, seen} = seenIn(server, LEASE * 2.5);
  t.is(seen, looks);
  server.cli('CLIENT', 'KILL', 'TYPE', 'normal');
  const after = seenIn(server, LEASE * 2.5);
  t.is(after.seen, after.looks);
  t.is((await store.locks())[0]!.hashes.length, 1);
});

suite('a lease is renewed while the pool is full, though its connection is lost and its server has a name', async t =>
  withFolder(async folder => {
    const server = await serverFor(t);
    const store = await open(t, server.url().replace('127.0.0.1', 'localhost'), 'write', LEASE);
    await store.acquire([hashOf(1)]);
    await withFullPool(folder, async () => {
      server.cli('CLIENT', 'KILL', 'TYPE', 'normal');
      const {looks, seen} = seenIn(server, LEASE * 2.5);
      t.is(seen, looks);
      // Main itself needs no look at the name either.
      t.deepEqual(await store.has([hashOf(1)]), [false]);
    });
  }));

suite('once a store is closed, nothing is left of its lease, and nothing renews it', async t => {
  const server = await serverFor(t);
  for (let round = 0; round < 10; round++) {
    const store = await open(t, server.url(), 'write', 30);
    await store.acquire([hashOf(1)]);
    await sleep(round * 5);
    await store.close();
    t.is(server.cli('--scan', '--pattern', ALIVE), '');
    t.is(server.cli('HLEN', '{jug}:owners'), '0');
  }
  t.is(seenIn(server, 200).seen, 0);
});

suite('where the thread gets no connection, main renews the lease, and the user is told what that means', async t => {
  const server = await serverFor(t);
  const notes: string[] = [];
  const rest = server.url().replace(/^redis:/, '');
  const options = {lease: LEASE, note: (text: string) => notes.push(text)};
  const store = await openRedis('redis', rest, 'write', options, IMPATIENT);
  t.teardown(() => store.close());
  server.cli('CONFIG', 'SET', 'maxclients', '1');
  await store.acquire([hashOf(1)]);
  while (notes.length === 0) await sleep(20);
  await sleep(LEASE * 1.5);
  t.true((await store.locks())[0]!.alive);
  t.is(notes.length, 1);
  t.regex(
    notes[0]!,
    /^The lease at redis:.* cannot be renewed over a connection of its own \(.*max number of clients.*\), only beside/,
  );
});

suite('a server that has lost its data is noticed by the renewal alone', async t => {
  const server = await serverFor(t);
  const store = await open(t, server.url(), 'write', LEASE);
  await store.acquire([hashOf(1)]);
  server.cli('FLUSHALL');
  for (;;) {
    const error = await store.locks().then(
      () => undefined,
      error => error,
    );
    if (error !== undefined) break;
    await sleep(20);
  }
  await refused(t, store.locks(), 'fatal', /has lost what was in it/);
});

if (!HAS_REDIS) {
  test('LEFT OUT: there is no redis-server on the PATH; how a lease is renewed was not tested', t =>
    t.pass());
}
