// The Redis store on a private server: the law of stores, and what is its own: large values, prefixes, leases, owners
// on this machine and on others.

import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {openStore} from '../../src/stores/registry.js';
import type {Store} from '../../src/stores/store.js';
import {openRecord} from '../../src/values/record.js';
import {HAS_REDIS, type RedisServer, startRedis} from '../helpers/redis-server.js';
import {openRig} from '../helpers/rig.js';
import {startChild} from './child.js';
import {testStore} from './conformance.js';
import {collect, hashesOf, hashOf, recordOf, saving} from './records.js';

let server: RedisServer;
let stores = 0;

/** A store of its own on the one server; its URL too, for other processes. */
async function fresh(
  t: ExecutionContext,
  lease = 30_000,
): Promise<{store: Store; url: string; prefix: string}> {
  const prefix = `store-${stores++}`;
  const url = server.url(prefix);
  const store = await openStore(url, 'write', {lease});
  t.teardown(() => store.close());
  return {store, url, prefix};
}

function child(t: ExecutionContext, url: string) {
  const started = startChild('store-process', [url]);
  t.teardown(() => started.kill());
  return started;
}

if (HAS_REDIS) {
  test.before(async () => {
    server = await startRedis();
  });
  test.after.always(() => server?.close());

  testStore('redis', folder => openStore(server.url(folder.slice(1)), 'write'));

  test.serial('a record of 100 MB comes in pieces, is there as a whole, and goes as a whole', async t => {
    const {store, prefix} = await fresh(t);
    const payload = Buffer.alloc(100 * 2 ** 20, 'jug and the beanstalk');
    payload.writeDoubleBE(Math.PI, 77 * 2 ** 20);
    const record = recordOf(payload);
    // Not a Buffer, as what comes from a worker is none.
    await store.save(saving({results: [[hashOf(1), new Uint8Array(record)]]}));
    await store.save(saving({results: [[hashOf(1), recordOf(Buffer.alloc(2 ** 20))]]}));
    const [loaded] = await store.load([hashOf(1)]);
    t.true(record.equals(loaded!));
    t.true(openRecord(loaded!).ok);
    const [[, head] = []] = await collect(store.heads());
    t.is(head!.payloadBytes, payload.length);
    t.true((await store.describe()).bytes! > payload.length);
    const pieces = (): string => server.cli('--scan', '--pattern', `{${prefix}}:large:*`);
    t.is(pieces().split('\n').length, 1);
    t.is(server.cli('HLEN', pieces()), '26');
    t.is(server.cli('TTL', pieces()), '-1');
    t.deepEqual(await store.remove([hashOf(1)]), [hashOf(1)]);
    t.is(pieces(), '');
    t.deepEqual(await store.load([hashOf(1)]), [undefined]);
    t.true((await store.describe()).bytes! < 2 ** 20);
  });

  test('a large value whose pieces are lost is told as damaged, and may be set aside', async t => {
    const {store, prefix} = await fresh(t);
    await store.save(saving({results: [[hashOf(1), recordOf(Buffer.alloc(2 ** 20))]]}));
    server.cli('UNLINK', server.cli('--scan', '--pattern', `{${prefix}}:large:*`));
    t.deepEqual(openRecord((await store.load([hashOf(1)]))[0]!), {ok: false, damage: 'truncated'});
    t.deepEqual(await store.setAside([hashOf(1)]), [hashOf(1)]);
    t.is(server.cli('HLEN', `{${prefix}}:aside`), '1');
    await store.save(saving({results: [[hashOf(1), recordOf(Buffer.alloc(2 ** 20))]]}));
    t.true(openRecord((await store.load([hashOf(1)]))[0]!).ok);
  });

  test('a draft whose process has died goes by itself', async t => {
    const {store, prefix} = await fresh(t);
    const record = recordOf(Buffer.alloc(2 ** 20));
    // The script that would publish it is refused: as if the process had died before it.
    server.cli('HDEL', `{${prefix}}:store`, 'epoch');
    await t.throwsAsync(store.save(saving({results: [[hashOf(1), record]]})), {message: /has lost/});
    const draft = server.cli('--scan', '--pattern', `{${prefix}}:large:*`);
    const lasts = Number(server.cli('TTL', draft));
    t.true(lasts > 0 && lasts <= 900, `${lasts}`);
  });

  test('ten thousand hashes are asked for at once, and each gets its own answer', async t => {
    const {store} = await fresh(t);
    const hashes = hashesOf(10_000);
    const results = hashes.filter((_, i) => i % 3 === 0).map(hash => [hash, recordOf('x')] as const);
    await store.save(saving({results}));
    t.deepEqual(
      await store.has(hashes),
      hashes.map((_, i) => i % 3 === 0),
    );
  });

  test('two prefixes are two stores, and a reader sees what is saved after it has opened', async t => {
    const {store, url} = await fresh(t);
    const {store: other} = await fresh(t);
    const reader = await openStore(url, 'read');
    t.teardown(() => reader.close());
    t.deepEqual(await reader.has([hashOf(1)]), [false]);
    await store.save(saving({results: [[hashOf(1), recordOf('x')]]}));
    await store.acquire([hashOf(2)]);
    t.deepEqual(await reader.has([hashOf(1)]), [true]);
    t.deepEqual((await reader.locks())[0]!.hashes, [hashOf(2)]);
    t.deepEqual(await other.has([hashOf(1)]), [false]);
    t.deepEqual(await other.acquire([hashOf(2)]), ['acquired']);
    await t.throwsAsync(reader.save(saving({})), {message: /opened to be read only/});
  });

  test.serial('three processes racing for 2,000 locks win each exactly once', async t => {
    const {url, store} = await fresh(t);
    const children = [0, 700, 1400].map(() => child(t, url));
    await Promise.all(children.map(racer => racer.line()));
    const start = Date.now() + 100;
    const won = await Promise.all(
      children.map(async (racer, i) => {
        return JSON.parse(await racer.ask(`race 2000 r ${i * 700} ${start}`)) as string[];
      }),
    );
    t.deepEqual(won.flat().sort(), hashesOf(2000, 'r').sort());
    t.is((await store.locks()).length, 3);
    t.true(won.filter(mine => mine.length > 0).length > 1);
  });

  test.serial('a process is known to live from its first lock to its end, holding one or not', async t => {
    const {url, store} = await fresh(t);
    const owner = child(t, url);
    await owner.line();
    const living = async () => (await store.living!()).map(({pid}) => pid);
    t.deepEqual(await living(), []);
    await owner.ask('acquire 10 k');
    await owner.ask('save 10 k');
    t.deepEqual(await store.locks(), []);
    t.deepEqual(await living(), [owner.process.pid]);
    await owner.kill();
    t.deepEqual(await living(), []);
  });

  test.serial('the locks of a process of this machine that was killed go to the next who asks', async t => {
    const {url, store} = await fresh(t);
    const owner = child(t, url);
    await owner.line();
    await owner.ask('acquire 1500 k');
    t.deepEqual(new Set(await store.acquire(hashesOf(1500, 'k'))), new Set(['held']));
    t.is(await store.breakLocks(false), 0);
    await owner.kill();
    t.deepEqual(
      (await store.locks()).map(lock => [lock.alive, lock.hashes.length]),
      [[false, 1500]],
    );
    t.deepEqual(new Set(await store.acquire(hashesOf(10, 'k'))), new Set(['acquired']));
    t.is((await store.locks()).length, 1);
  });

  test.serial(
    'what a process that was stopped for longer than its lease saves late is dropped, and takes nobody’s lock',
    async t => {
      const {url, store, prefix} = await fresh(t);
      const owner = child(t, url);
      await owner.line();
      await owner.ask('acquire 3 s');
      const [first, second, third] = hashesOf(3, 's');
      owner.process.kill('SIGSTOP');
      // The lease lapses, as it does when nobody renews it.
      const lease = server.cli('--scan', '--pattern', `{${prefix}}:alive:*`);
      t.is(server.cli('DEL', lease), '1');
      t.deepEqual(await store.acquire([first!, second!]), ['acquired', 'acquired']);
      await store.save(saving({results: [[first!, recordOf('in time')]], release: [first!]}));
      owner.say('save 3 s late');
      owner.process.kill('SIGCONT');
      t.is(await owner.line(), 'saved');
      const loaded = (await store.load([first!, second!, third!])).map(record => Buffer.from(record!));
      t.deepEqual(loaded, [recordOf('in time'), recordOf('late'), recordOf('late')]);
      const held = (await store.locks()).flatMap(({hashes}) => hashes);
      t.deepEqual(held, [second]);
    },
  );

  test.serial(
    'a lease is renewed for as long as its process lives, and lapses on another machine’s death',
    async t => {
      const {store, prefix} = await fresh(t, 2000);
      await store.acquire([hashOf(1)]);
      const [token] = server.cli('HKEYS', `{${prefix}}:owners`).split('\n');
      for (let i = 0; i < 4; i++) {
        await sleep(1000);
        t.is(server.cli('EXISTS', `{${prefix}}:alive:${token}`), '1');
      }
      // An owner elsewhere: nothing but its lease tells of it.
      const stranger = 'f'.repeat(32);
      const owner = JSON.stringify({
        host: 'elsewhere',
        bootId: 'other',
        pid: 1,
        startTime: 1,
        token: stranger,
      });
      server.cli('HSET', `{${prefix}}:owners`, stranger, owner);
      server.cli('SET', `{${prefix}}:alive:${stranger}`, '1', 'PX', '2500');
      const [key] = server.cli('HKEYS', `{${prefix}}:locks`).split('\n');
      t.truthy(key);
      server.cli(
        'EVAL',
        `local k = redis.call('HKEYS', KEYS[1])[1] redis.call('HSET', KEYS[1], k, ARGV[1])`,
        '1',
        `{${prefix}}:locks`,
        `${stranger}${Date.now()}`,
      );
      t.deepEqual(await store.acquire([hashOf(1)]), ['held']);
      t.deepEqual(
        (await store.locks()).map(({alive}) => alive),
        [true],
      );
      while ((await store.locks())[0]!.alive) await sleep(50);
      t.deepEqual(await store.acquire([hashOf(1)]), ['acquired']);
    },
  );

  test('who shares a name or a boot with us, but not the process ids, is not taken for dead', async t => {
    const {store, prefix} = await fresh(t);
    await store.acquire([hashOf(1)]);
    const [, text] = server.cli('HGETALL', `{${prefix}}:owners`).split('\n');
    const me = JSON.parse(text!) as Record<string, unknown>;
    for (const other of [{pidNamespace: 'pid:[1]'}, {bootId: 'another'}, {host: 'another'}]) {
      const token = Object.keys(other)[0]!.padEnd(32, '0');
      const owner = {...me, startTime: 1, pid: 4_000_000, ...other, token};
      server.cli('HSET', `{${prefix}}:owners`, token, JSON.stringify(owner));
      server.cli('SET', `{${prefix}}:alive:${token}`, '1');
      server.cli(
        'EVAL',
        `redis.call('HSET', KEYS[1], redis.call('HKEYS', KEYS[1])[1], ARGV[1])`,
        '1',
        `{${prefix}}:locks`,
        token + Date.now(),
      );
      t.deepEqual(await store.acquire([hashOf(1)]), ['held'], token);
    }
  });

  test('a prefix under which there is no store is told, and no store is made for looking or removing', async t => {
    const rig = await openRig(t);
    rig.write({'jugfile.ts': 'export {};\n'});
    const url = server.url('typo');
    for (const command of ['cleanup', 'pack', 'store', 'copy']) {
      const {code, stderr} = await rig.jug([
        command,
        ...(command === 'copy' ? [url, 'other'] : ['--jugdir', url]),
      ]);
      t.is(code, 2, command);
      t.regex(
        stderr,
        /^jug: Expected a store at redis:\/\/127\.0\.0\.1:\d+\/0\?prefix=typo, .*found nothing there\.$/m,
      );
    }
    t.is(server.cli('KEYS', '*typo*'), '');
    t.false(rig.exists('other'));
  });

  test('two runs share the work, one is killed, and a third finds everything finished', async t => {
    const rig = await openRig(t);
    rig.write({
      'jugfile.ts': `
import {setTimeout as sleep} from 'node:timers/promises';
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const work = TaskGenerator(async function work(n: number) { await sleep(20); ran(String(n)); return n; });
const sum = TaskGenerator(function sum(xs: number[]) { return xs.reduce((a, b) => a + b, 0); });
export const total = sum(Array.from({length: 150}, (_, n) => work(n)));
`,
    });
    const url = server.url('rig');
    const [one, two] = [1, 2].map(() => rig.start(`execute -j 2 --jugdir ${url}`));
    await rig.until('work of both', () => rig.runs().length > 40);
    one!.kill('SIGKILL');
    const {code, stderr} = await two!.ended;
    t.is(code, 0, stderr);
    // Run twice is at most what the killed one had under way, or had not stored yet.
    const runs = rig.runs().length;
    t.true(runs >= 150 && runs < 190, `${runs} runs`);
    const status = await rig.jug(`status --short --jugdir ${url}`);
    t.regex(status.stdout, /All tasks complete \(151 tasks\)/);
    t.regex((await rig.jug(`execute --jugdir ${url}`)).stdout, /0 +151 +0 +Total/);
    t.is(rig.runs().length, runs);
  });
} else {
  test('LEFT OUT: there is no redis-server on the PATH, so nothing of the Redis store was tested', t => {
    t.log('On Debian: apt-get install redis-server');
    t.pass();
  });
}
