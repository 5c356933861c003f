// A file store on a disk that is full, or may not be written.

import {execFileSync} from 'node:child_process';
import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {JugError, StoreError} from '../../src/core/errors.js';
import {openStore} from '../../src/stores/registry.js';
import {fill} from './fill.js';
import {withFolder} from './folder.js';
import {reopened} from './packed.js';
import {collect, hashOf, recordOf, saving} from './records.js';

/** Runs with something mounted at `folder`, where that is allowed. */
async function mounted(
  t: ExecutionContext,
  folder: string,
  mounts: readonly (readonly string[])[],
  run: () => Promise<void>,
): Promise<void> {
  let done = 0;
  try {
    for (const args of mounts) {
      execFileSync('mount', args, {stdio: 'pipe'});
      done++;
    }
  } catch (error) {
    if (done > 0) execFileSync('umount', ['-l', folder]);
    t.log(`skipped: nothing can be mounted here (${(error as Error).message.split('\n')[0]})`);
    t.pass();
    return;
  }
  try {
    await run();
  } finally {
    execFileSync('umount', ['-l', folder]);
  }
}

test('a store on a read-only filesystem can be read, packed or not, and says why it cannot be written', async t => {
  await withFolder(async folder => {
    await fill(`file:${folder}`);
    const mounts = [
      ['--bind', folder, folder],
      ['-o', 'remount,ro,bind', folder],
    ];
    await mounted(t, folder, mounts, async () => {
      await reopened(folder, async store => {
        t.is((await collect(store.hashes())).length, 100);
        t.deepEqual(await store.locks(), []);
        t.is(typeof (await store.changes()), 'number');
      });
      await t.throwsAsync(openStore(folder, 'write'), {instanceOf: JugError, message: /Cannot write.*EROFS/});
    });
  });
});

test('a full disk is told with path and space, loses nothing, and is not for ever', async t => {
  await withFolder(async folder => {
    await mounted(t, folder, [['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder]], async () => {
      const store = await openStore(`file:${join(folder, 'store')}`, 'write');
      const value = recordOf(Buffer.alloc(100_000));
      let saved = 0;
      const error = await t.throwsAsync(
        async () => {
          for (; saved < 1000; saved++) await store.save(saving({results: [[hashOf(saved), value]]}));
        },
        {instanceOf: StoreError, message: /store.*kB are free/},
      );
      t.false((error as StoreError).fatal);
      t.true(saved > 10);
      const hashes = Array.from({length: saved}, (_, i) => hashOf(i));
      t.true((await store.load(hashes)).every(record => value.equals(record!)));
      t.deepEqual(readdirSync(join(folder, 'store/drafts')), []);
      rmSync(join(folder, 'store/results/0/0'));
      await store.save(saving({results: [[hashOf('after'), recordOf('small')]]}));
      t.deepEqual(await store.has([hashOf('after')]), [true]);
      await store.close();
    });
  });
});
