import test from 'ava';
import type {TaskId} from '../../../src/graph/graph.js';
import {Deaths} from '../../../src/run/peers/crash-counter.js';
import {Elsewhere} from '../../../src/run/peers/remote-tasks.js';
import {Memory, MemoryStore} from '../../helpers/memory-store.js';
import {hashOf, recordOf} from '../../stores/records.js';

/** Looks until something is seen: some looks only ask for results. */
async function seen(elsewhere: Elsewhere): ReturnType<Elsewhere['look']> {
  for (;;) {
    const look = await elsewhere.look();
    if (look.finished.length + look.free.length > 0) return look;
    await rest(elsewhere);
  }
}

/** Until the next look. */
async function rest(elsewhere: Elsewhere): Promise<void> {
  while (elsewhere.restsFor() > 0) await new Promise(resolve => setTimeout(resolve, elsewhere.restsFor()));
}

function elsewhereOf(store: MemoryStore): Elsewhere {
  return new Elsewhere(store, new Deaths(store), () => {});
}

interface Held {
  readonly memory: Memory;
  readonly other: MemoryStore;
  readonly store: MemoryStore;
  readonly elsewhere: Elsewhere;
}

async function held(count: number): Promise<Held> {
  const memory = new Memory();
  const other = new MemoryStore(memory, 'other');
  const store = new MemoryStore(memory);
  const elsewhere = elsewhereOf(store);
  for (let i = 0; i < count; i++) {
    await other.acquire([hashOf(i)]);
    elsewhere.add(i as TaskId, hashOf(i));
  }
  return {memory, other, store, elsewhere};
}

test('with nothing to look for, there is never a next look', async t => {
  const elsewhere = elsewhereOf(new MemoryStore());
  t.is(elsewhere.restsFor(), Infinity);
  t.deepEqual(await elsewhere.look(), {finished: [], free: []});
});

test('a look sees what another process has finished', async t => {
  const {memory, elsewhere} = await held(3);
  memory.results.set(hashOf(1), recordOf('theirs'));
  memory.changes++;
  t.deepEqual<object, object>(await seen(elsewhere), {finished: [1], free: []});
  t.is(elsewhere.size, 2);
});

test('what was given up, or whose owner died, is free, and nobody is given its lock yet', async t => {
  const {memory, other, elsewhere} = await held(3);
  await other.release([hashOf(2)]);
  t.deepEqual<object, object>(await seen(elsewhere), {finished: [], free: [2]});
  t.is(memory.locks.get(hashOf(2)), undefined);
  memory.dead.add('other');
  t.deepEqual<object, object>(await seen(elsewhere), {finished: [], free: [0, 1]});
  t.is(elsewhere.size, 0);
});

test('between two looks the store is left alone', async t => {
  const memory = new Memory();
  const store = new MemoryStore(memory);
  const elsewhere = elsewhereOf(store);
  elsewhere.add(0 as TaskId, hashOf(0));
  let calls = 0;
  store.before = () => calls++;
  await elsewhere.look();
  const after = calls;
  t.true(after > 0);
  t.true(elsewhere.restsFor() > 0);
  await elsewhere.look();
  t.is(calls, after);
});

test('as long as nothing changes, no look asks after tasks and locks', async t => {
  const {other, elsewhere, store} = await held(3);
  await elsewhere.look();
  const asked: string[] = [];
  const begun = performance.now();
  store.before = method => asked.push(method);
  for (let look = 0; look < 3; look++) {
    await rest(elsewhere);
    await elsewhere.look();
  }
  const others = asked.filter(method => method !== 'changes');
  // Twice a second all are looked at anyway, and this machine may be slow.
  t.true(others.length <= Math.floor((performance.now() - begun) / 500), others.join());
  t.true(asked.length - others.length >= 3);
  await other.release([hashOf(1)]);
  t.deepEqual<object, object>(await seen(elsewhere), {finished: [], free: [1]});
});

test('where many are finished, all are seen without a rest', async t => {
  const {memory, elsewhere} = await held(20_000);
  for (let id = 0; id < 20_000; id++) memory.results.set(hashOf(id), recordOf('theirs'));
  memory.changes++;
  let finished = 0;
  while (finished < 20_000) {
    t.true(elsewhere.restsFor() <= 0);
    finished += (await elsewhere.look()).finished.length;
  }
});

test('of very many, each has its turn', async t => {
  const {memory, elsewhere} = await held(5000);
  for (const id of [4999, 0, 2500]) memory.results.set(hashOf(id), recordOf('theirs'));
  memory.changes++;
  const finished: number[] = [];
  while (finished.length < 3) finished.push(...(await seen(elsewhere)).finished);
  t.deepEqual(
    finished.sort((a, b) => a - b),
    [0, 2500, 4999],
  );
  t.is(elsewhere.size, 4997);
});

test('what is free time and again, and held as often, is no news if nobody is ever seen to hold it', async t => {
  const elsewhere = elsewhereOf(new MemoryStore());
  const add = (): void => elsewhere.add(0 as TaskId, hashOf(0));
  add();
  const added = performance.now();
  for (let times = 0; times < 2; times++) {
    t.deepEqual<object, object>(await seen(elsewhere), {finished: [], free: [0]});
    add();
  }
  const elapsed = performance.now() - added;
  t.true(elsewhere.waited >= elapsed);
});

test('that a holder which was seen is gone is news, and so is a task that is held for the first time', async t => {
  const {memory, elsewhere} = await held(1);
  await elsewhere.look();
  memory.dead.add('other');
  const died = performance.now();
  t.deepEqual<object, object>(await seen(elsewhere), {finished: [], free: [0]});
  t.true(elsewhere.waited <= performance.now() - died);
  const met = performance.now();
  elsewhere.add(1 as TaskId, hashOf(1));
  t.true(elsewhere.waited <= performance.now() - met);
});
