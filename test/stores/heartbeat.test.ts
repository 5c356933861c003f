// The thread by which others see that a process lives: it beats whatever main and the pool do, runs nothing of the user's,
// and ends with the process or when it is told to.

import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {StoreError} from '../../src/core/errors.js';
import {Beats} from '../../src/stores/file/heartbeats.js';
import {PoolWatch} from '../../src/stores/file/io-pool.js';
import {Heartbeat} from '../../src/stores/heartbeat.js';
import {thisOwner, thisPlace} from '../../src/stores/owner.js';
import {busyUntil, withFullPool} from '../helpers/busy.js';
import {withFolder} from './folder.js';

const QUICK = 80;
const HOUR = 3_600_000;
const me = {owner: thisOwner(), pidNamespace: thisPlace().pidNamespace};

/** Beats of this process that have begun, and the file that they go to. */
async function withBeats(
  lease: number,
  run: (beats: Beats, file: string, length: () => number) => Promise<void>,
): Promise<void> {
  await withFolder(async folder => {
    const beats = new Beats(path.join(folder, 'owners'), me, {lease});
    const file = path.join(folder, 'owners', me.owner.token);
    await beats.start();
    // The thread does not keep the process alive, so that nothing would wait for what it says.
    const staying = setInterval(() => {}, HOUR);
    try {
      await run(beats, file, () => readFileSync(file).length);
    } finally {
      clearInterval(staying);
      await beats.stop();
    }
  });
}

test.serial('a process beats while its main thread is busy', t =>
  withBeats(QUICK, async (_, __, length) => {
    const before = length();
    busyUntil('five beats', () => length() >= before + 5);
    t.pass();
  }),
);

test.serial('a process beats while the pool is full, from the first moment on', t =>
  withFolder(async folder => {
    const beats = new Beats(path.join(folder, 'owners'), me, {lease: QUICK});
    await beats.start();
    await withFullPool(folder, async () => {
      const file = path.join(folder, 'owners', me.owner.token);
      const before = readFileSync(file).length;
      busyUntil('five beats', () => readFileSync(file).length >= before + 5);
    });
    await beats.stop();
    t.pass();
  }),
);

test.serial('a beat out of turn is made at once, and told', t =>
  withBeats(HOUR, async (beats, _, length) => {
    const before = length();
    await beats.ask();
    t.is(length(), before + 1);
  }),
);

test.serial('a file that somebody has removed is there again, and says whose it is', t =>
  withBeats(HOUR, async (beats, file) => {
    rmSync(file);
    await beats.ask();
    t.is(readFileSync(file, 'utf8'), `${JSON.stringify(me)}\n.`);
  }),
);

test.serial('a folder that takes no beat ends nothing, and the next beat is made', t =>
  withBeats(QUICK, async (beats, file, length) => {
    rmSync(path.dirname(file), {recursive: true});
    busyUntil('some turns', turns(20));
    mkdirSync(path.dirname(file));
    await beats.ask();
    t.true(length() > 0);
  }),
);

test.serial('after the end nothing beats, and the file stays away', async t => {
  await withFolder(async folder => {
    for (let round = 0; round < 20; round++) {
      // As short as can be: some end in the middle of a beat, and some before the thread has begun.
      const beats = new Beats(path.join(folder, 'owners'), me, {lease: 4});
      await beats.start();
      busyUntil('some turns', turns(round % 5));
      await beats.stop();
      t.false(existsSync(path.join(folder, 'owners', me.owner.token)));
    }
    busyUntil('some turns', turns(20));
    t.false(existsSync(path.join(folder, 'owners', me.owner.token)));
  });
});

test.serial('who ends a heartbeat in the middle of a beat waits for the end of that', async t => {
  const gate = new SharedArrayBuffer(4);
  const source = `
    const {workerData} = require('node:worker_threads');
    const Beating = require(${JSON.stringify(fileURLToPath(new URL('../../src/stores/heartbeat-writer.cjs', import.meta.url)))});
    const beating = new Beating(workerData, () => {}, () => {}, () => {});
    beating.begin();
    beating.tell('begun');
    Atomics.wait(new Int32Array(workerData.gate), 0, 0);
    beating.finish();
  `;
  const heard: unknown[] = [];
  const heartbeat = heartOf(t, `data:text/javascript,${encodeURIComponent(imported(source))}`, [], heard, {
    gate,
  });
  heartbeat.start();
  while (heard.length === 0) await sleep(5);
  let isStopped = false;
  const stopped = heartbeat.stop().then(() => {
    isStopped = true;
  });
  for (let turn = 0; turn < 50; turn++) await sleep(1);
  t.false(isStopped);
  Atomics.store(new Int32Array(gate), 0, 1);
  Atomics.notify(new Int32Array(gate), 0);
  await stopped;
  t.deepEqual(heard, ['begun']);
});

test.serial('the thread loads nothing that the user preloads, and does not keep the process alive', t =>
  withFolder(async folder => {
    const [preload, script] = ['preload.mjs', 'script.mjs'].map(name => path.join(folder, name));
    writeFileSync(preload!, "process.stderr.write('preloaded\\n');");
    writeFileSync(
      script!,
      `
import {Beats} from ${JSON.stringify(new URL('../../src/stores/file/heartbeats.js', import.meta.url).href)};
const beats = new Beats(${JSON.stringify(path.join(folder, 'owners'))}, ${JSON.stringify(me)}, {lease: ${HOUR}});
await beats.start();
const staying = setInterval(() => {}, ${HOUR});
await beats.ask();
clearInterval(staying);
console.log('beaten');
`,
    );
    for (const way of ['flag', 'environment']) {
      const flags = way === 'flag' ? [`--import=${preload}`] : [];
      const options = way === 'flag' ? '' : `--import=${preload}`;
      const {stdout, stderr, status} = spawnSync(process.execPath, [...flags, script!], {
        encoding: 'utf8',
        env: {...process.env, NODE_OPTIONS: options},
        timeout: 30_000,
      });
      t.deepEqual([stdout, stderr, status], ['beaten\n', 'preloaded\n', 0], way);
    }
  }),
);

test.serial('a thread that cannot be started is an error that may pass', t => {
  const heartbeat = heartOf(t, 'https://example.org/thread.cjs', []);
  const error = t.throws(() => heartbeat.start(), {instanceOf: StoreError});
  t.regex(error.message, /^Cannot start the thread that shows others that this process lives: \S/);
  t.false(error.fatal);
});

test.serial('a thread that fails is told of once, and is started again and again', async t => {
  const heard: unknown[] = [];
  const notes: string[] = [];
  const source = `
    require('node:worker_threads').parentPort.postMessage('here');
    setImmediate(() => { throw new Error('out of order'); });
  `;
  const heartbeat = heartOf(t, `data:text/javascript,${encodeURIComponent(imported(source))}`, notes, heard);
  heartbeat.start();
  while (heard.length < 3) await sleep(5);
  await heartbeat.stop();
  const count = heard.length;
  await sleep(50);
  t.true(heard.length <= count + 1);
  t.is(notes.length, 1);
  t.regex(notes[0]!, /has failed \(out of order\), and is started again/);
});

/** The pool is full, and the filesystem answers a beat; or one of the two is not so. */
for (const [what, isFull, answers, told, rest] of [
  ['a call that waits for a pool that tasks have filled is told of once, and what to do', true, true, 1, 20],
  ['a call that waits for a filesystem that answers nothing is not blamed on tasks', true, false, 0, 20],
  // On a busy machine the pool takes its time, too: so long that it is never taken for a full one.
  ['a call that waits for a slow filesystem is not blamed on tasks', false, true, 0, 1000],
] as const) {
  test.serial(what, t =>
    withFolder(async folder => {
      const notes: string[] = [];
      let asked = 0;
      const ask = (): Promise<void> => {
        asked++;
        return answers ? Promise.resolve() : new Promise(() => {});
      };
      const watch = new PoolWatch(ask, text => notes.push(text), rest);
      const play = async (): Promise<void> => {
        let settle: (value: string) => void = () => {};
        const call = watch.during(new Promise<string>(resolve => (settle = resolve)));
        while (notes.length < told || (asked < 3 * (1 - told) && notes.length === 0)) await sleep(5);
        settle('answer');
        t.is(await call, 'answer');
        if (told === 1) await watch.during(sleep(200));
      };
      await (isFull ? withFullPool(folder, play) : play());
      t.is(notes.length, told);
      if (told === 1) t.regex(notes[0]!, /keeps all 4 threads .* UV_THREADPOOL_SIZE=8 in its environment/);
    }),
  );
}

function heartOf(
  t: ExecutionContext,
  file: string,
  notes: string[],
  heard: unknown[] = [],
  data = {},
): Heartbeat {
  const heartbeat = new Heartbeat({
    ...{file: new URL(file), rest: 10, data: () => data},
    heard: message => heard.push(message),
    note: text => notes.push(text),
  });
  t.teardown(() => heartbeat.stop());
  return heartbeat;
}

function imported(source: string): string {
  return `import {createRequire} from 'node:module'; const require = createRequire('file:///x');${source}`;
}

/** Holds after so many looks. */
function turns(count: number): () => boolean {
  let looks = 0;
  return () => looks++ >= count;
}
