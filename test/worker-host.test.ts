// A jugfile evaluated twice in one thread: as main does, and as a worker does that follows main's journal.

import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {Pair} from './helpers/pair.js';
import {randomNumbers, task} from './helpers/tasks.js';

/** Named relative to dist/test: `worker-host.test.f`. */
function f(): void {}
const F = 'worker-host.test.f';

// In a thread of the pool its ports hold the event loop.
let holding: NodeJS.Timeout;
test.before(() => {
  holding = setInterval(() => {}, 1000);
});
test.after.always(() => clearInterval(holding));

/** Evaluates it in main, then in a worker, and compares what comes of it. */
async function same(t: ExecutionContext, pair: Pair, expected: unknown): Promise<void> {
  t.deepEqual(await pair.evaluateInMain(), expected);
  const inWorker = pair.evaluateInWorker();
  await pair.reach();
  t.deepEqual(await inWorker, expected);
}

test('a worker that comes to other tasks at a wait is given the values that main was given', async t => {
  const [mains, other] = [task('of the main thread'), task('of the worker')];
  const pair = new Pair((host, world) => host.settledValue(world === 'main' ? mains : other));
  pair.put('right', mains);
  await same(t, pair, 'right');
});

test('a worker that waits for more or fewer tasks in one go is given as many values as main was', async t => {
  const all = ['a', 'b', 'c', 'd'].map(name => task(name));
  for (const count of [1, 4]) {
    const pair = new Pair((host, world) =>
      host.settledValue({list: all.slice(0, world === 'main' ? 3 : count), text: world}),
    );
    pair.put(7, ...all);
    await same(t, pair, {list: [7, 7, 7], text: 'main'});
  }
});

test('a worker is told from the journal, and not from the store, what was there and what failed', async t => {
  const asked = task('asked');
  const pair = new Pair(async host => [
    await host.has([asked]),
    await host.isFailed(asked),
    await host.isLocked(asked),
    (await host.enter(asked)).isFinished,
  ]);
  const expected = [[false], false, false, false];
  t.deepEqual(await pair.evaluateInMain(), expected);
  pair.put('there by now', asked);
  const inWorker = pair.evaluateInWorker();
  await pair.reach();
  t.deepEqual(await inWorker, expected);
});

test('what the jugfile catches in main it catches in a worker, though the result has come meanwhile', async t => {
  const missing = task('missing');
  const pair = new Pair(host =>
    host.value(missing).then(
      () => 'there',
      error => [error.name, /has not been computed yet/.test(error.message)],
    ),
  );
  t.deepEqual(await pair.evaluateInMain(), ['JugError', true]);
  pair.put('there by now', missing);
  const inWorker = pair.evaluateInWorker();
  await pair.reach();
  t.deepEqual(await inWorker, ['JugError', true]);
});

test('a result that only the worker misses is waited for where main makes it again, and an error where it cannot', async t => {
  const large = task('large');
  for (const isMadeAgain of [true, false]) {
    const again = (): boolean => {
      if (isMadeAgain) pair.put('x'.repeat(10_000), large);
      return isMadeAgain;
    };
    const pair: Pair = new Pair(host => host.value(large), again);
    // Too large to be sent along with the answer.
    pair.put('x'.repeat(10_000), large);
    await pair.evaluateInMain();
    pair.store.memory.results.clear();
    const inWorker = pair.evaluateInWorker();
    inWorker.catch(() => {});
    await pair.reach().catch(() => {});
    if (isMadeAgain) t.is(await inWorker, 'x'.repeat(10_000));
    else await t.throwsAsync(inWorker, {message: /has not been computed yet/});
  }
});

test('parts that wait side by side are each given their own values, in whatever order they come to it', async t => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async seed => {
      const random = randomNumbers(seed);
      const parts = Array.from({length: 8}, (_, part) => [0, 1, 2].map(step => task(`${part} ${step}`)));
      const turns = async (): Promise<void> => {
        for (let left = Math.floor(random() * 4); left > 0; left--)
          await new Promise(resolve => setImmediate(resolve));
      };
      const pair = new Pair(host =>
        Promise.all(
          parts.map(async steps => {
            const values: unknown[] = [];
            for (const step of steps) {
              await turns();
              values.push(await host.settledValue(step));
            }
            return values;
          }),
        ),
      );
      for (const [part, steps] of parts.entries())
        for (const [step, asked] of steps.entries()) pair.put(`${part}.${step}`, asked);
      const expected = parts.map((_, part) => [0, 1, 2].map(step => `${part}.${step}`));
      await same(t, pair, expected);
    }),
    {numRuns: 30},
  );
});

test('where parts wait side by side for what chance says, a worker goes on in main’s order', async t => {
  const values: Record<string, unknown[]> = {main: [], worker: []};
  const pair = new Pair(async (host, world) => {
    await Promise.all(
      [0, 1, 2].map(async part => {
        const chosen = task(`${world === 'main' ? 0 : Math.random()} ${part}`);
        pair.put(part, chosen);
        values[world]!.push(await host.settledValue(chosen));
      }),
    );
  });
  await pair.evaluateInMain();
  void pair.evaluateInWorker();
  await pair.reach();
  t.deepEqual(values, {main: [0, 1, 2], worker: [0, 1, 2]});
});

test('parts go on in main’s order in a worker that comes late, when all that main was answered is there', async t => {
  const [one, two, three] = [task('one'), task('two'), task('three')];
  const asked = [one, two, three];
  const opens: (() => void)[] = [];
  const pair = new Pair(async host => {
    const order: unknown[] = [];
    await Promise.all(asked.map(async each => order.push(await host.settledValue(each))));
    return order;
  });
  pair.main.settle = () => new Promise(resolve => opens.push(resolve));
  pair.put('one', one);
  // Too large to be sent along with the answer: a worker loads it.
  pair.put('two'.repeat(10_000), two);
  pair.put('three', three);
  const inMain = pair.evaluateInMain();
  while (opens.length < asked.length) await new Promise(resolve => setImmediate(resolve));
  for (const open of opens.reverse()) {
    open();
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  const expected = ['three', 'two'.repeat(10_000), 'one'];
  t.deepEqual(await inMain, expected);
  await pair.hand();
  await new Promise(resolve => setImmediate(() => setImmediate(resolve)));
  const inWorker = pair.evaluateInWorker();
  await pair.reach();
  t.deepEqual(await inWorker, expected);
});

test('parts that wait for many tasks at one line are each given their own values, in whatever order they come to it', async t => {
  const parts = ['a', 'b', 'c'].map(part => Array.from({length: 100}, (_, i) => task(`${part} ${i}`)));
  const pair = new Pair((host, world) =>
    Promise.all(
      parts.map(async (tasks, part) => {
        for (let left = world === 'main' ? part : parts.length - part; left > 0; left--)
          await new Promise(resolve => setTimeout(resolve, 2));
        const values = await host.settledValue(tasks);
        return new Set(values as readonly unknown[]);
      }),
    ),
  );
  for (const [part, tasks] of parts.entries()) pair.put(part, ...tasks);
  await same(t, pair, [new Set([0]), new Set([1]), new Set([2])]);
});

test('a part of the jugfile that does something by itself is waited for while another part waits, if main has come further', async t => {
  for (const asks of [true, false]) {
    const [long, own] = [task('long'), task('own')];
    let goOn: () => void = () => {};
    let state = 'before';
    const pair = new Pair(async (host, world) => {
      host.functions.add(f);
      const part = async (): Promise<void> => {
        await (world === 'main' ? undefined : new Promise<void>(resolve => (goOn = resolve)));
        if (world === 'worker') state = 'after';
        host.define(own);
        if (asks) await host.settledValue(own);
      };
      await Promise.all([host.settledValue(long), part()]);
    });
    pair.main.settle = () => new Promise(() => {});
    pair.worker.isIdle = () => false;
    void pair.evaluateInMain();
    void pair.evaluateInWorker();
    await new Promise(resolve => setImmediate(resolve));
    const reached = pair.reach(F).then(() => state);
    t.is(await Promise.race([reached, new Promise(resolve => setTimeout(resolve, 300, 'waits'))]), 'waits');
    goOn();
    t.is(await reached, 'after');
  }
});

test('a jugfile that asks for the same again and again, later than main, is taken to wait', async t => {
  const awaited = task('awaited');
  const pair = new Pair(async host => {
    host.functions.add(f);
    while (!(await host.has([awaited]))[0]) await new Promise(resolve => setTimeout(resolve, 2));
  });
  pair.worker.isIdle = () => false;
  const inMain = pair.evaluateInMain();
  await new Promise(resolve => setTimeout(resolve, 50));
  const inWorker = pair.evaluateInWorker();
  const following = (async () => {
    for (;;) pair.worker.take(await pair.reader.next());
  })();
  void following;
  await pair.worker.reach(pair.main.journal.epoch, F);
  pair.put(1, awaited);
  await inMain;
  await inWorker;
  t.pass();
});

test('chance may have one part wait for other tasks while another asks for the same again and again', async t => {
  const [mains, other, awaited] = [task('of the main thread'), task('of the worker'), task('awaited')];
  let isOver = false;
  const pair = new Pair(async (host, world) => {
    host.functions.add(f);
    const poll = async (): Promise<void> => {
      while (!isOver && !(await host.has([awaited]))[0]) await new Promise(resolve => setTimeout(resolve, 2));
    };
    void poll();
    return host.settledValue(world === 'main' ? mains : other);
  });
  t.teardown(() => {
    isOver = true;
  });
  pair.worker.isIdle = () => false;
  pair.put('right', mains);
  await pair.evaluateInMain();
  const inWorker = pair.evaluateInWorker();
  const following = (async () => {
    for (;;) pair.worker.take(await pair.reader.next());
  })();
  void following;
  await pair.worker.reach(pair.main.journal.epoch, F);
  t.is(await inWorker, 'right');
});

test('parts that come in another order, some time after one another, are not taken to go another way', async t => {
  const [one, two] = [task('one'), task('two')];
  let goOn: () => void = () => {};
  const pair = new Pair(async (host, world) => {
    host.functions.add(f);
    const until = (isFirst: boolean): Promise<unknown> =>
      isFirst
        ? Promise.resolve()
        : world === 'main'
          ? new Promise(() => {})
          : new Promise<void>(resolve => (goOn = resolve));
    return Promise.all([
      until(world === 'main').then(() => host.settledValue(one)),
      until(world === 'worker').then(() => host.settledValue(two)),
    ]);
  });
  pair.put(1, one, two);
  pair.worker.isIdle = () => false;
  void pair.evaluateInMain();
  void pair.evaluateInWorker();
  await new Promise(resolve => setImmediate(resolve));
  const reached = pair.reach(F).then(() => 'reached');
  t.is(await Promise.race([reached, new Promise(resolve => setTimeout(resolve, 1500, 'waits'))]), 'waits');
  goOn();
  t.is(await reached, 'reached');
});

test('a worker that comes to a place where main was not says which, and where main was', async t => {
  const [one, two] = [task('one'), task('two')];
  const pair = new Pair(async (host, world) => {
    if (world === 'main') await host.settledValue(one);
    else await host.settledValue(two);
    host.functions.add(f);
  });
  pair.put(1, one, two);
  await pair.evaluateInMain();
  void pair.evaluateInWorker();
  await t.throwsAsync(pair.reach(F), {
    name: 'JugError',
    message:
      /a worker came to bvalue at worker-host\.test\.js:\d+, and the main thread came to bvalue at worker-host\.test\.js:\d+/,
  });
});

test('a jugfile that asks only in the main thread, behind isMainThread, is followed all the same', async t => {
  const [mains, both] = [task('only in main'), task('in both')];
  const pair = new Pair(async (host, world) => {
    if (world === 'main') await host.settledValue(mains);
    host.functions.add(f);
    return host.settledValue(both);
  });
  pair.worker.mindsThread = () => true;
  pair.put('value', mains, both);
  // The worker is ahead: main stands at a place to which it does not come.
  let open: () => void = () => {};
  pair.main.settle = () => new Promise(resolve => (open = resolve));
  const inMain = pair.evaluateInMain();
  const inWorker = pair.evaluateInWorker();
  await pair.reach(F);
  pair.main.settle = async () => {};
  open();
  t.is(await inMain, 'value');
  await pair.reach(F);
  t.is(await inWorker, 'value');
});

test('a jugfile that minds its thread goes on with main’s values, though chance has it wait for other tasks', async t => {
  const [mains, other] = [task('of the main thread'), task('of the worker')];
  const pair = new Pair(async (host, world) => {
    host.functions.add(f);
    return host.settledValue(world === 'main' ? mains : other);
  });
  pair.worker.mindsThread = () => true;
  pair.put('right', mains);
  await pair.evaluateInMain();
  const inWorker = pair.evaluateInWorker();
  await pair.reach(F);
  t.is(await Promise.race([inWorker, new Promise(resolve => setTimeout(resolve, 200, 'waits'))]), 'right');
});

test('a jugfile that ends is not waited for', async t => {
  const pair = new Pair(async host => void host.functions.add(f));
  await pair.evaluateInMain();
  void pair.evaluateInWorker();
  await pair.reach(F);
  t.pass();
});

test('what the jugfile threw is told to whoever needs it', async t => {
  const pair = new Pair(async (_, world) => {
    if (world === 'worker') throw new Error('broken');
  });
  await pair.evaluateInMain();
  pair.evaluateInWorker().catch(() => {});
  await t.throwsAsync(pair.reach(F), {message: 'broken'});
});

test('a function that the jugfile does not define is an error at its end', async t => {
  const pair = new Pair(async () => {});
  await pair.evaluateInMain();
  void pair.evaluateInWorker();
  await t.throwsAsync(pair.reach(F), {message: /Expected the jugfile to define the function/});
});
