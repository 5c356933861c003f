// Redis servers that go away, stand still, come back, forget, or are full.

import test from 'ava';
import type {StoreError} from '../../src/core/errors.js';
import {DEFAULT_LEASE} from '../../src/stores/store.js';
import {DURABLE, FORGETFUL, HAS_REDIS} from '../helpers/redis-server.js';
import {hashesOf, hashOf, recordOf, saving} from './records.js';
import {IMPATIENT, one, open, refused, serverFor, suite} from './redis-rig.js';

suite('a server that is killed and started again has lost nothing, and the store goes on', async t => {
  const server = await serverFor(t, ...DURABLE);
  const store = await open(t, server.url());
  const reader = await open(t, server.url(), 'read');
  await store.save(one(1));
  t.deepEqual(await store.acquire([hashOf(2)]), ['acquired']);
  await server.kill();
  const error = await refused(
    t,
    store.save(one(2)),
    'passing',
    /Cannot reach the server of redis:\/\/127\.0\.0\.1/,
  );
  t.regex(error.message, /ECONNREFUSED|closed/);
  await refused(t, reader.load([hashOf(1)]), 'passing', /Cannot reach/);
  await refused(t, store.changes(), 'passing', /Cannot reach/);
  await server.start();
  await store.save(one(2));
  t.deepEqual(await reader.has([hashOf(1), hashOf(2)]), [true, true]);
  t.deepEqual(await store.locks(), []);
});

suite('a server that stands still is given up in time, and so is closing', async t => {
  const server = await serverFor(t, ...DURABLE);
  const store = await open(t, server.url());
  const other = await open(t, server.url());
  await store.acquire([hashOf(1)]);
  await other.acquire([hashOf(5)]);
  server.signal('SIGSTOP');
  await refused(t, store.save(one(1)), 'passing', /has not answered for 1 s/);
  await refused(t, store.has([hashOf(1)]), 'passing', /has not answered/);
  const begun = performance.now();
  await other.close();
  t.true(performance.now() - begun < 5000);
  server.signal('SIGCONT');
  await store.save(one(1));
  t.deepEqual(await store.has([hashOf(1)]), [true]);
});

suite('a server that stands still is told of before it is given up, and one that goes on then has lost nothing', async t => {
  const server = await serverFor(t, ...DURABLE);
  let told: (error: StoreError) => void = () => t.fail('it answers');
  const store = await open(t, server.url(), 'write', DEFAULT_LEASE, error => told(error));
  await store.acquire([hashOf(1)]);
  server.signal('SIGSTOP');
  const silence = new Promise<StoreError>(resolve => (told = resolve));
  const saved = store.save(one(1));
  t.regex((await silence).message, /has not answered for 0\.5 s/);
  server.signal('SIGCONT');
  await saved;
  t.deepEqual(await store.has([hashOf(1)]), [true]);
});

suite('a server that stands still is given up also where the lease is renewed more often than that takes', async t => {
  const server = await serverFor(t, ...DURABLE);
  const store = await open(t, server.url(), 'write', IMPATIENT.silence);
  await store.acquire([hashOf(1)]);
  server.signal('SIGSTOP');
  await refused(t, store.save(one(1)), 'passing', /has not answered for 1 s/);
});

suite('a connection that was cut while nobody looked costs nothing', async t => {
  const server = await serverFor(t, ...DURABLE);
  const store = await open(t, server.url());
  await store.save(one(1));
  server.cli('CLIENT', 'KILL', 'TYPE', 'normal');
  t.deepEqual(await store.has([hashOf(1)]), [true]);
  server.cli('SCRIPT', 'FLUSH');
  await store.save(one(2));
  t.deepEqual(await store.has(hashesOf(0)), []);
});

suite('a server that was restarted empty, or emptied, ends the run and says why', async t => {
  const server = await serverFor(t, ...FORGETFUL);
  const store = await open(t, server.url());
  const other = await open(t, server.url());
  await store.save(one(1));
  await server.kill();
  await server.start();
  await refused(t, store.save(one(2)), 'fatal', /has lost what was in it.*Start again/);
  await refused(t, store.has([hashOf(1)]), 'fatal', /has lost/);
  await refused(t, other.changes(), 'fatal', /has lost/);
  const again = await open(t, server.url());
  await again.save(one(1));
  server.cli('FLUSHALL');
  await refused(t, again.acquire([hashOf(3)]), 'fatal', /has lost/);
});

suite('a server that came back with an older state is noticed, by everybody', async t => {
  const server = await serverFor(t, ...FORGETFUL);
  const store = await open(t, server.url());
  const other = await open(t, server.url());
  await store.save(one(1));
  server.cli('SAVE');
  await store.save(one(2));
  await server.kill();
  await server.start();
  t.is(server.cli('EXISTS', '{jug}:store'), '1');
  await refused(t, store.save(one(3)), 'fatal', /has lost what was in it, or the latest of it/);
  // It has seen nothing of what was lost; but there is no telling what it holds for finished.
  await refused(t, other.save(one(3)), 'fatal', /has lost/);
});

suite('a full server refuses for a while, and nothing is half there', async t => {
  const server = await serverFor(t, ...DURABLE);
  const store = await open(t, server.url());
  await store.acquire([hashOf(1), hashOf(2)]);
  server.cli('CONFIG', 'SET', 'maxmemory', '1mb');
  await refused(t, store.save(one(1)), 'passing', /no memory left.*OOM/);
  t.deepEqual(await store.has([hashOf(1)]), [false]);
  t.is((await store.locks())[0]!.hashes.length, 2);
  await refused(
    t,
    store.save(saving({results: [[hashOf(2), recordOf(Buffer.alloc(10 ** 6))]]})),
    'passing',
    /result of 1000048 bytes.*no memory left/,
  );
  server.cli('CONFIG', 'SET', 'maxmemory', '0');
  await store.save(one(1));
  t.deepEqual(await store.has([hashOf(1)]), [true]);
});

if (!HAS_REDIS) {
  test('LEFT OUT: there is no redis-server on the PATH; what is done when one fails was not tested', t =>
    t.pass());
}
