import path from 'node:path';
import test from 'ava';
import {encode} from '../src/values/codec.js';
import {recordOf} from '../src/values/record.js';
import {WorkerHost} from '../workers/worker-host.js';
import {MemoryStore} from './helpers/memory-store.js';
import {task} from './helpers/tasks.js';

/** Named relative to dist/test: `worker-host.test.f`. */
function f(): void {}
const F = 'worker-host.test.f';

function opened(passed: (key: string) => Promise<boolean>): WorkerHost {
  return new WorkerHost(path.dirname(new URL(import.meta.url).pathname), async () => new MemoryStore(), {
    passed,
    recover: async () => undefined,
  });
}

test('a jugfile that ends while main is asked about its barriers is not waited for', async t => {
  let end: () => void = () => {};
  const host = opened(async () => {
    host.functions.add(f);
    end();
    await new Promise(resolve => setImmediate(resolve));
    return false;
  });
  host.follow(
    new Promise<void>(resolve => {
      end = resolve;
    }),
  );
  void host.settled(undefined);
  await host.reach(0, F);
  t.pass();
});

test.serial(
  'a jugfile that comes to its next barrier while main is asked about others goes on without a tick',
  async t => {
    const {setTimeout} = globalThis;
    t.teardown(() => Object.assign(globalThis, {setTimeout}));
    // Whoever waited for a tick would wait for ever.
    Object.assign(globalThis, {setTimeout: () => undefined});
    const asked: string[] = [];
    const host = opened(async key => {
      asked.push(key);
      if (asked.length === 1) {
        void host.settled(undefined).then(() => host.functions.add(f));
        await new Promise(resolve => setImmediate(resolve));
        return false;
      }
      return key !== asked[0];
    });
    host.follow(new Promise(() => {}));
    void host.settled(undefined);
    await host.reach(1, F);
    t.true(asked.length >= 3);
  },
);

test('of places that wait for everything a later one is not opened before an earlier', async t => {
  let answers = 0;
  // Main passes both after the first question.
  const host = opened(async () => answers++ > 0);
  host.follow(Promise.resolve());
  host.functions.add(f);
  const order: number[] = [];
  for (const place of [1, 2]) void host.settled(undefined).then(() => order.push(place));
  await host.reach(2, F);
  await host.reach(3, F);
  t.deepEqual(order, [1, 2]);
});

test('what the jugfile threw is told to whoever needs it', async t => {
  const host = opened(async () => false);
  host.follow(Promise.reject(new Error('broken')));
  await t.throwsAsync(host.reach(0, F), {message: 'broken'});
});

test('a function that the jugfile does not define is an error at its end', async t => {
  const host = opened(async () => false);
  host.follow(Promise.resolve());
  await t.throwsAsync(host.reach(0, F), {message: /Expected the jugfile to define the function/});
});

test('what the jugfile misses is waited for where main makes it again, and an error where main never had it', async t => {
  const store = new MemoryStore();
  const [there, never] = [task('there'), task('never')];
  const asked: (readonly string[])[] = [];
  const host = new WorkerHost(path.dirname(new URL(import.meta.url).pathname), async () => store, {
    passed: async key => key === 'made',
    async recover({hashes}) {
      asked.push(hashes);
      if (!hashes.includes(there.hash)) return undefined;
      store.memory.results.set(
        there.hash,
        recordOf(encode('again'), {worker: 0, attempt: 1, started: 0, duration: 0}, Buffer.alloc(8)),
      );
      return 'made';
    },
  });
  host.functions.add(f);
  const value = host.value({there});
  host.follow(value);
  await host.reach(1, F);
  t.deepEqual(await value, {there: 'again'});
  await t.throwsAsync(host.value([there, never]), {
    name: 'JugError',
    message: /never.* has not been computed yet/,
  });
  t.deepEqual(asked, [[there.hash], [never.hash]]);
});
