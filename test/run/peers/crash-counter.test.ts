// Processes that die, played on a store in memory: each is a name that has taken locks and is counted among the dead.

import test from 'ava';
import {DEADLY, Deaths} from '../../../src/run/peers/crash-counter.js';
import {failedIn, type Trouble, troublesIn} from '../../../src/stores/failure-record.js';
import {Memory, MemoryStore} from '../../helpers/memory-store.js';
import {SchedulerRig} from '../../helpers/scheduler-rig.js';
import {hashOf, recordOf} from '../../stores/records.js';

/** A process that takes locks and ends without giving them back. */
async function die(
  memory: Memory,
  name: string,
  hashes: readonly ReturnType<typeof hashOf>[],
): Promise<void> {
  await new MemoryStore(memory, name).acquire(hashes);
  memory.dead.add(name);
}

/** Each of them is noticed by a process of its own. */
async function dieNoticed(memory: Memory, names: readonly string[], hash = hashOf(0)): Promise<void> {
  for (const name of names) {
    await die(memory, name, [hash]);
    await new Deaths(new MemoryStore(memory)).look();
  }
}

/** `a0`, `a1`, … */
function processes(count: number, prefix = 'a'): string[] {
  return Array.from({length: count}, (_, i) => `${prefix}${i}`);
}

async function troubleOf(memory: Memory, hash = hashOf(0)): Promise<Trouble | undefined> {
  for await (const chunk of troublesIn(new MemoryStore(memory))) {
    for (const [troubled, trouble] of chunk) if (troubled === hash) return trouble;
  }
  return undefined;
}

async function failed(memory: Memory): Promise<unknown[]> {
  const all = [];
  for await (const chunk of failedIn(new MemoryStore(memory))) all.push(...chunk);
  return all;
}

test('where nobody has died, nothing but the locks is read, and nothing is written', async t => {
  const memory = new Memory();
  await new MemoryStore(memory, 'other').acquire([hashOf(1)]);
  const store = new MemoryStore(memory);
  store.before = method => t.fail(method);
  const deaths = new Deaths(store);
  t.deepEqual(await deaths.look(), new Set([hashOf(1)]));
  t.false(deaths.any);
});

test('a death is counted once, however often it is seen and by however many', async t => {
  const memory = new Memory();
  await die(memory, 'gone', [hashOf(0)]);
  const all = [1, 2].map(() => new Deaths(new MemoryStore(memory)));
  await Promise.all(all.map(deaths => deaths.look()));
  for (const deaths of all) await deaths.look();
  await new Deaths(new MemoryStore(memory)).look();
  t.deepEqual(await troubleOf(memory), {kind: 'suspicion', ended: ['gone']});
  t.deepEqual(await failed(memory), []);
});

test('what the dead held is suspected; not what is finished, given back or held by the living', async t => {
  const memory = new Memory();
  const store = new MemoryStore(memory, 'gone');
  await store.acquire([0, 1, 2].map(hashOf));
  await store.release([hashOf(1)]);
  memory.results.set(hashOf(2), recordOf('theirs'));
  await new MemoryStore(memory, 'alive').acquire([hashOf(3)]);
  memory.dead.add('gone');
  t.deepEqual(await new Deaths(new MemoryStore(memory)).look(), new Set([hashOf(3)]));
  t.deepEqual([...memory.failures.keys()], [hashOf(0)]);
});

test('what a task threw stays its failure when a process ends that tries it again', async t => {
  const rig = new SchedulerRig();
  const a = rig.define('a');
  const run = rig.run();
  await rig.runner.fail('a');
  await run;
  await dieNoticed(rig.store.memory, ['gone'], a.hash);
  t.is(rig.store.memory.failureOf(a.hash), 'a failed');
  t.deepEqual((await troubleOf(rig.store.memory, a.hash))!.ended, ['gone']);
  t.deepEqual(await failed(rig.store.memory), [a.hash]);
});

test('the tenth makes a task deadly to whoever notices it, unless somebody alive holds it', async t => {
  const memory = new Memory();
  await dieNoticed(memory, processes(9));
  await die(memory, 'tenth', [hashOf(0)]);
  const seeing = [1, 2].map(() => new Deaths(new MemoryStore(memory)));
  for (const deaths of seeing) await deaths.look();
  for (const deaths of seeing) t.true(deaths.isDeadly(hashOf(0)));
  t.is(seeing[0]!.endedBy(hashOf(0)).length, 10);

  const store = new MemoryStore(memory);
  const locks = await store.locks();
  store.locks = async () => [
    ...locks,
    {...locks[0]!, owner: {...locks[0]!.owner, token: 'living'}, alive: true},
  ];
  const late = new Deaths(store);
  await late.look();
  t.false(late.isDeadly(hashOf(0)));
});

test('a store keeps no more of the dead than are needed', async t => {
  const memory = new Memory();
  await dieNoticed(memory, processes(15));
  t.deepEqual((await troubleOf(memory))!.ended, processes(15).slice(5));
});

/** A rig in which `a` was held by so many who died. */
async function rigAfter(count: number, options = {}): Promise<SchedulerRig> {
  const rig = new SchedulerRig({workers: 1, ...options});
  const {hash} = rig.define('a');
  await dieNoticed(rig.store.memory, processes(count - 1), hash);
  await die(rig.store.memory, 'last', [hash]);
  return rig;
}

test('after nine processes that ended, a task is run, and its result clears the suspicion', async t => {
  const rig = await rigAfter(9);
  const run = rig.run();
  await rig.runner.finish('a');
  t.deepEqual(await run, {kind: 'finished'});
  t.is(rig.store.memory.failures.size, 0);
});

test('after ten, it fails without being locked or run, and says so', async t => {
  const rig = await rigAfter(10);
  rig.store.before = method => t.not(method, 'acquire');
  t.deepEqual(await rig.run(), {kind: 'stopped', reason: 'failure'});
  t.deepEqual(rig.runner.started, []);
  t.is(rig.state('a'), 'failed');
  const failures = rig.events.filter(event => event.type === 'failed');
  t.deepEqual(
    failures.map(({hash, failure}) => [hash, failure.error, failure.attempt]),
    [[rig.hash('a'), DEADLY, 1]],
  );
  t.is(rig.store.memory.failureOf(rig.hash('a')), DEADLY.message);
  t.is((await troubleOf(rig.store.memory, rig.hash('a')))!.ended.length, 10);
});

test('a run that keeps going leaves alone what ended ten processes, and runs the rest', async t => {
  const rig = await rigAfter(10, {keepGoing: true});
  rig.define('needs a', ['a']);
  rig.define('b');
  const run = rig.run();
  await rig.runner.finish('b');
  t.deepEqual(await run, {kind: 'stuck', barriers: []});
  t.deepEqual(rig.runner.started, ['b']);
  t.deepEqual(rig.names('failed'), ['a']);
  t.deepEqual(rig.names('waiting'), ['needs a']);
  t.is(rig.events.filter(event => event.type === 'failed').length, 1);
});

test('the next run tries it once more, unless it is to keep what failed', async t => {
  const first = await rigAfter(10);
  await first.run();
  const {store} = first;

  const keeping = new SchedulerRig({store, keepFailed: true});
  keeping.define('a');
  t.deepEqual(await keeping.run(), {kind: 'stuck', barriers: []});
  t.deepEqual(keeping.runner.started, []);

  const trying = new SchedulerRig({store});
  trying.runner.onStart = (_, batch) => t.deepEqual(batch.attempts, [2]);
  trying.define('a');
  const run = trying.run();
  await trying.runner.finish('a');
  t.deepEqual(await run, {kind: 'finished'});
  t.is(store.memory.failures.size, 0);
});

test('if that ends another process, it fails again', async t => {
  const first = await rigAfter(10);
  await first.run();
  await die(first.store.memory, 'once more', [first.hash('a')]);
  const again = new SchedulerRig({store: first.store});
  again.define('a');
  t.deepEqual(await again.run(), {kind: 'stopped', reason: 'failure'});
  t.deepEqual(again.runner.started, []);
});

test('a process that joins others at work does not try what they leave alone', async t => {
  const first = await rigAfter(10);
  await first.run();
  const {store} = first;
  await new MemoryStore(store.memory, 'at work').acquire([hashOf(99)]);
  const joining = new SchedulerRig({store});
  joining.define('a');
  t.deepEqual(await joining.run(), {kind: 'stopped', reason: 'failure'});
  t.deepEqual(joining.runner.started, []);
});

test('a task whose holder is the tenth to die meanwhile fails here', async t => {
  const rig = new SchedulerRig({workers: 1});
  const {hash} = rig.define('a');
  await dieNoticed(rig.store.memory, processes(9), hash);
  await new MemoryStore(rig.store.memory, 'tenth').acquire([hash]);
  rig.define('b');
  const run = rig.run();
  await rig.runner.start('b');
  rig.store.memory.dead.add('tenth');
  await rig.runner.finish('b');
  t.deepEqual(await run, {kind: 'stopped', reason: 'failure'});
  t.deepEqual(rig.runner.started, ['b']);
  t.deepEqual(rig.names('failed'), ['a']);
  t.deepEqual(rig.names('finished'), ['b']);
});

test('a deadly task that another has finished meanwhile is loaded', async t => {
  const rig = await rigAfter(10);
  rig.define('b', ['a']);
  let asked = 0;
  rig.store.before = method => {
    // By the look at the dead, and by the intake; the third time, before it fails.
    if (method === 'has' && ++asked === 3) rig.store.memory.results.set(rig.hash('a'), recordOf('theirs'));
  };
  const run = rig.run();
  await rig.runner.finish('b');
  t.deepEqual(await run, {kind: 'finished'});
  t.is(asked, 3);
});

test('suspects run after everything else, one at a time, with all that was computed before in the store', async t => {
  const rig = new SchedulerRig({workers: 3});
  const suspects = ['s1', 's2', 's3'].map(name => rig.define(name).hash);
  for (const name of ['b', 'c']) rig.define(name);
  for (const name of processes(8)) {
    await die(rig.store.memory, name, suspects);
    await new Deaths(new MemoryStore(rig.store.memory)).look();
  }
  let most = 0;
  rig.runner.onStart = name => {
    if (!name.startsWith('s')) return;
    const running = rig.runner.running.filter(other => other.startsWith('s'));
    most = Math.max(most, running.length);
  };
  rig.runner.elapsed = 0.01;
  const run = rig.run();
  await rig.runner.start('s1');
  t.deepEqual(rig.runner.started.slice(0, 2), ['b', 'c']);
  await rig.runner.finish('b');
  await rig.runner.finish('s1');
  await rig.runner.start('s2');
  t.deepEqual(rig.names('finished'), ['s1', 'b']);
  await rig.runner.finish('s2');
  await rig.runner.finish('s3');
  await rig.runner.finish('c');
  t.deepEqual(await run, {kind: 'finished'});
  t.is(most, 1);
  t.is(rig.store.memory.failures.size, 0);
});
