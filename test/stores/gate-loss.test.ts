// No commit is lost that was made in the gate, whoever opens and closes the store meanwhile; without it some are.

import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {openStore} from '../../src/stores/registry.js';
import {startChild} from './child.js';
import {withFolder} from './folder.js';
import {add, Crew, type Loss, NONE, openWhileWriting, startTogether} from './loss.js';
import {hashesOf} from './records.js';

// A tmpfs: a commit that need not wait for a disk leaves the window as wide as it gets.
const fast = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

async function lossOf(
  gate: boolean,
  run: typeof startTogether,
  settings: {readonly sync: boolean; readonly commits: number; readonly milliseconds: number},
  enough: (loss: Loss) => boolean,
): Promise<Loss> {
  const folder = mkdtempSync(join(fast, 'jug-gate-'));
  const crew = new Crew({gate, sync: settings.sync});
  const end = Date.now() + settings.milliseconds;
  let sum = NONE;
  try {
    while (Date.now() < end && !enough(sum)) {
      sum = add(sum, await run(crew, join(folder, 'turn'), settings.commits));
    }
  } finally {
    await crew.end();
    rmSync(folder, {recursive: true, force: true});
  }
  return sum;
}

const harmed = (loss: Loss) => loss.lost + loss.crashes.length > 0;

function isUnharmed(t: ExecutionContext, loss: Loss): void {
  t.log(loss);
  t.deepEqual(loss.crashes, []);
  t.is(loss.lost, 0);
}

test.serial('processes that open together while they commit lose nothing', async t => {
  const loss = await lossOf(
    true,
    startTogether,
    {sync: false, commits: 100, milliseconds: 6000},
    ({opens}) => opens >= 180,
  );
  isUnharmed(t, loss);
  t.true(loss.acknowledged >= 1000);
});

test.serial('writers lose nothing while others open and close the store on a tmpfs', async t => {
  for (const sync of [true, false]) {
    const loss = await lossOf(
      true,
      openWhileWriting,
      {sync, commits: 2000, milliseconds: 5000},
      ({opens}) => opens >= 400,
    );
    isUnharmed(t, loss);
    t.true(loss.acknowledged >= 2000);
  }
});

test.serial('without the gate the same loses commits or crashes: it is still needed', async t => {
  const settings = {sync: true, commits: 2000, milliseconds: 20_000};
  const loss = await lossOf(false, openWhileWriting, settings, harmed);
  t.log(loss);
  t.true(harmed(loss), 'if this lmdb loses nothing any more, the gate could go');
});

test.serial('three processes that create one store together keep what each of them saves', t =>
  withFolder(async folder => {
    const jugdir = join(folder, 'new.jugdata');
    const children = ['a', 'b', 'c'].map(() => startChild('store-process', [jugdir]));
    const names = ['a', 'b', 'c'];
    await Promise.all(
      children.map(async (child, i) => {
        t.is(await child.line(), 'open');
        for (let round = 0; round < 10; round++) {
          t.is(await child.ask(`save 20 ${names[i]}${round}-`), 'saved');
        }
        child.say('close');
        t.is(await child.line(), 'closed');
        t.is(await child.ended, 0, child.errors());
      }),
    );
    const store = await openStore(jugdir, 'read');
    const saved = names.flatMap(name =>
      Array.from({length: 10}, (_, round) => hashesOf(20, `${name}${round}-`)).flat(),
    );
    t.true((await store.has(saved)).every(Boolean));
    await store.close();
  }),
);
