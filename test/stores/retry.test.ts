import test from 'ava';
import {StoreError} from '../../src/core/errors.js';
import {type PatientStore, patient} from '../../src/stores/retry.js';
import {Memory, MemoryStore} from '../helpers/memory-store.js';
import {testStore} from './conformance.js';
import {collect, hashOf, recordOf, saving} from './records.js';

const memories = new Map<string, Memory>();

testStore('patient', async folder => {
  if (!memories.has(folder)) memories.set(folder, new Memory());
  const store = new MemoryStore(memories.get(folder));
  return patient(store, {milliseconds: 1000, onAway() {}, onBack() {}});
});

interface Away {
  readonly store: PatientStore;
  readonly memory: Memory;
  readonly said: string[];
  isAway: boolean;
  calls: number;
}

function away(milliseconds: number, fatal = false): Away {
  const inner = new MemoryStore();
  const said: string[] = [];
  const rig: Away = {
    said,
    memory: inner.memory,
    isAway: true,
    calls: 0,
    store: patient(inner, {
      milliseconds,
      onAway: ({message}) => said.push(`away: ${message}`),
      onBack: () => said.push('back'),
    }),
  };
  inner.before = () => {
    rig.calls++;
    if (rig.isAway) throw new StoreError('nobody answers', fatal);
  };
  return rig;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5));
}

const ONE = saving({results: [[hashOf(1), recordOf('one')]], release: [hashOf(1)]});

test('what is saved while the store is away is stored when it is back', async t => {
  const rig = away(60_000);
  const saved = rig.store.save(ONE);
  await until(() => rig.calls >= 3);
  t.false(rig.memory.results.has(hashOf(1)));
  rig.isAway = false;
  await saved;
  t.true(rig.memory.results.has(hashOf(1)));
  t.deepEqual(rig.said, ['away: nobody answers', 'back']);
});

test('calls that fail together are one outage', async t => {
  const rig = away(60_000);
  const calls = [rig.store.has([hashOf(1)]), rig.store.acquire([hashOf(1)]), rig.store.save(ONE)];
  await until(() => rig.calls >= 6);
  rig.isAway = false;
  await Promise.all(calls);
  t.deepEqual(rig.said, ['away: nobody answers', 'back']);
});

test('when patience ends, the error says what happened and for how long it was waited', async t => {
  const rig = away(120);
  const message = 'nobody answers\nIt did not come back within 0.1 s.';
  await t.throwsAsync(rig.store.save(ONE), {instanceOf: StoreError, message});
  t.true(rig.calls > 1);
});

test('without patience, the error comes at once', async t => {
  const rig = away(0);
  await t.throwsAsync(rig.store.save(ONE), {message: 'nobody answers'});
  t.is(rig.calls, 1);
  t.deepEqual(rig.said, []);
});

test('what will not pass is not tried again', async t => {
  const rig = away(60_000, true);
  await t.throwsAsync(rig.store.save(ONE), {message: 'nobody answers'});
  t.is(rig.calls, 1);
});

test('to give up ends the waiting, and all later calls fail at once', async t => {
  const rig = away(60_000);
  const saved = rig.store.save(ONE);
  await until(() => rig.calls >= 2);
  rig.store.giveUp(60_000);
  await t.throwsAsync(saved, {message: /no longer waited for/});
  await t.throwsAsync(rig.store.has([hashOf(1)]), {message: /no longer waited for/});
});

test('once it is given up, a call that is not answered is left, and one that is answered succeeds', async t => {
  const inner = new MemoryStore();
  const store = patient(inner, {milliseconds: 60_000, onAway: () => t.fail(), onBack: () => t.fail()});
  const {save, has} = inner;
  inner.save = () => new Promise(() => {});
  const unanswered = store.save(ONE);
  let answer = (): void => {};
  inner.has = async hashes => {
    await new Promise<void>(resolve => (answer = resolve));
    return has.call(inner, hashes);
  };
  const answered = store.has([hashOf(1)]);
  store.giveUp(0);
  answer();
  t.deepEqual(await answered, [false]);
  const message = 'The store does not answer\nIt was no longer waited for.';
  await t.throwsAsync(unanswered, {instanceOf: StoreError, message});
  await t.throwsAsync(store.save(ONE), {instanceOf: StoreError, message});
  inner.save = save;
  await store.save(ONE);
  t.true(inner.memory.results.has(hashOf(1)));
});

/** A store whose calls are held until `answer` is called, and what was said of it. */
function unanswered(milliseconds: number) {
  const inner = new MemoryStore();
  const said: string[] = [];
  let answer = (): void => {};
  inner.before = () => new Promise<void>(resolve => (answer = resolve));
  const store = patient(inner, {
    milliseconds,
    onAway: ({message}) => said.push(`away: ${message}`),
    onBack: away => said.push(away >= 5000 ? 'back after 5 s' : 'back'),
  });
  return {inner, store, said, answer: () => answer()};
}

const SILENCE = new StoreError('nothing for 5 s', false);

test('a store that is silent is away before the call that is under way has failed, and since it fell silent', async t => {
  const {store, said, answer} = unanswered(60_000);
  store.silent(SILENCE, 5000);
  t.deepEqual(said, [], 'nobody waits');
  const saved = store.save(ONE);
  for (const quiet of [5000, 6000]) store.silent(SILENCE, quiet);
  t.deepEqual(said, ['away: nothing for 5 s']);
  answer();
  await saved;
  t.deepEqual(said, ['away: nothing for 5 s', 'back after 5 s']);
});

test('when patience ends, a call that is not answered is left', async t => {
  const {store} = unanswered(5500);
  const saved = store.save(ONE);
  const begun = performance.now();
  store.silent(SILENCE, 5000);
  await t.throwsAsync(saved, {
    instanceOf: StoreError,
    message: 'nothing for 5 s\nIt did not come back within 5.5 s.',
  });
  // Node's timers may be a little early.
  t.true(performance.now() - begun > 400);
});

test('one that was not heard of again is closed without waiting for long, any other when it is closed', async t => {
  for (const isLost of [true, false]) {
    const {inner, store, answer} = unanswered(60_000);
    let close = (): void => {};
    inner.close = () => new Promise<void>(resolve => (close = resolve));
    const saved = store.save(ONE);
    if (isLost) store.giveUp(0);
    else answer();
    await (isLost ? t.throwsAsync(saved) : saved);
    let isClosed = false;
    const closed = store.close().then(() => (isClosed = true));
    if (isLost) await closed;
    await new Promise(resolve => setImmediate(resolve));
    t.is(isClosed, isLost);
    close();
    await closed;
  }
});

test('without patience, silence is no matter until the call fails', async t => {
  const {store, said, answer} = unanswered(0);
  const saved = store.save(ONE);
  store.silent(SILENCE, 5000);
  answer();
  await saved;
  t.deepEqual(said, []);
});

test('a list waits for the store before it begins', async t => {
  const inner = new MemoryStore();
  inner.memory.failures.set(hashOf(1), Buffer.from('it threw'));
  let calls = 0;
  const failures = inner.failures.bind(inner);
  inner.failures = async function* () {
    if (++calls < 3) throw new StoreError('nobody answers', false);
    yield* failures();
  };
  const store = patient(inner, {milliseconds: 60_000, onAway() {}, onBack() {}});
  t.is((await collect(store.failures())).length, 1);
  t.is(calls, 3);
});

test('what a store has in memory only is flushed until that succeeds, before it is closed', async t => {
  const done: string[] = [];
  const inner = Object.assign(new MemoryStore(), {
    flush: async () => {
      done.push('flush');
      if (done.length < 3) throw new StoreError('no room', false);
    },
    close: async () => void done.push('close'),
  });
  const said: string[] = [];
  const store = patient(inner, {
    milliseconds: 60_000,
    onAway: ({message}) => said.push(message),
    onBack: () => said.push('back'),
  });
  await store.close();
  t.deepEqual(done, ['flush', 'flush', 'flush', 'close']);
  t.deepEqual(said, ['no room', 'back']);
});

test('what cannot be flushed is told with what is not stored, unless closing succeeds in it', async t => {
  let isFull = true;
  const unsaved = new Set([hashOf(1)]);
  const inner = Object.assign(new MemoryStore(), {
    flush: async () => {
      throw new StoreError('no room', false, {unsaved});
    },
    close: async () => {
      if (isFull) throw new StoreError('no room when it was closed', false);
    },
  });
  const open = (): PatientStore => patient(inner, {milliseconds: 60_000, onAway() {}, onBack() {}});
  const [full, freed] = [open(), open()];
  full.giveUp(0);
  const message = 'no room\nIt was no longer waited for.';
  const error = await t.throwsAsync(full.close(), {instanceOf: StoreError, message});
  t.is((error as StoreError).unsaved, unsaved);
  isFull = false;
  freed.giveUp(0);
  await t.notThrowsAsync(freed.close());
});
