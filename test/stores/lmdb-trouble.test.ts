// The LMDB store where rights are taken away, disks are full, and folders go away while it is used.

import {execFileSync} from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {JugError, StoreError} from '../../src/core/errors.js';
import {makeFolders} from '../../src/stores/folder.js';
import {openGate} from '../../src/stores/lmdb/safety/mutex.js';
import {openStore} from '../../src/stores/registry.js';
import {fill} from './fill.js';
import {withFolder} from './folder.js';
import {collect, hashOf, recordOf, saving} from './records.js';

test('a store on a read-only filesystem can be read, and says why it cannot be written', t =>
  withFolder(async folder => {
    const jugdir = join(folder, 'store');
    await fill(jugdir);
    try {
      execFileSync('mount', ['--bind', jugdir, jugdir], {stdio: 'pipe'});
      execFileSync('mount', ['-o', 'remount,ro,bind', jugdir], {stdio: 'pipe'});
    } catch (error) {
      t.log(`skipped: nothing can be mounted here (${(error as Error).message.split('\n')[0]})`);
      t.pass();
      return;
    }
    try {
      const store = await openStore(jugdir, 'read');
      t.is((await collect(store.hashes())).length, 100);
      t.deepEqual(await store.locks(), []);
      await store.close();
      await t.throwsAsync(openStore(jugdir, 'write'), {instanceOf: JugError, message: /Cannot write/});
    } finally {
      execFileSync('umount', ['-l', jugdir]);
    }
  }));

/** Whoever asks by the path may not write there any more; answers with how to allow it again, or `undefined` where nothing can be mounted. */
function withdraw(t: ExecutionContext, folder: string): (() => void) | undefined {
  try {
    execFileSync('mount', ['--bind', folder, folder], {stdio: 'pipe'});
    execFileSync('mount', ['-o', 'remount,ro,bind', folder], {stdio: 'pipe'});
  } catch (error) {
    t.log(`skipped: nothing can be mounted here (${(error as Error).message.split('\n')[0]})`);
    t.pass();
    return undefined;
  }
  return () => void execFileSync('umount', ['-l', folder]);
}

test('rights that are taken away while the store is used may come back: nothing is fatal, nothing is lost', t =>
  withFolder(async folder => {
    const store = await openStore(folder, 'write');
    await store.save(saving({results: [[hashOf(0), recordOf('damaged').fill(1, 50)]]}));
    t.deepEqual(await store.acquire([hashOf(1)]), ['acquired']);
    const large = recordOf(Buffer.alloc(5 * 2 ** 20));
    const calls = [
      () => store.save(saving({results: [[hashOf(1), recordOf('one')]], release: [hashOf(1)]})),
      () => store.save(saving({results: [[hashOf(2), large]]})),
      () => store.acquire([hashOf(3)]),
      () => store.setAside([hashOf(0)]),
    ];
    const giveBack = withdraw(t, folder);
    if (giveBack === undefined) return;
    try {
      for (const call of calls) {
        const error = await t.throwsAsync<StoreError>(call(), {
          instanceOf: StoreError,
          message: new RegExp(`^[^']*${folder}[^']*EROFS: read-only file system[^']*$`),
        });
        t.false(error?.fatal, error?.message);
      }
    } finally {
      giveBack();
    }
    for (const call of calls) await call();
    t.deepEqual(await store.has([0, 1, 2].map(hashOf)), [false, true, true]);
    await store.close();
  }));

test('a gate that cannot be given back is still held, and given back later; what was done in it counts', t =>
  withFolder(async folder => {
    const gate = openGate(folder);
    let giveBack: (() => void) | undefined;
    t.is(
      gate.hold(() => {
        giveBack = withdraw(t, folder);
        return 'done';
      }),
      'done',
    );
    if (giveBack === undefined) return;
    try {
      t.true(existsSync(join(folder, 'held')));
    } finally {
      giveBack();
    }
    t.is(
      gate.hold(() => 'again'),
      'again',
    );
    t.false(existsSync(join(folder, 'held')));
    gate.close();
  }));

test('a gate that could not be given back is held by whoever in the same thread wants it next', t =>
  withFolder(async folder => {
    const gate = openGate(folder);
    const other = openGate(folder);
    let giveBack: (() => void) | undefined;
    gate.hold(() => {
      giveBack = withdraw(t, folder);
    });
    if (giveBack === undefined) return;
    giveBack();
    t.true(existsSync(join(folder, 'held')));
    t.is(
      other.hold(() => 'inside'),
      'inside',
    );
    t.false(existsSync(join(folder, 'held')));
    t.is(
      gate.hold(() => 'inside'),
      'inside',
    );
    other.close();
    gate.close();
  }));

test('a gate that could not be given back before its folder was removed is no hindrance in the folder that is made anew', t =>
  withFolder(async folder => {
    const gate = openGate(join(folder, 'gate'));
    let giveBack: (() => void) | undefined;
    gate.hold(() => {
      giveBack = withdraw(t, folder);
    });
    if (giveBack === undefined) return;
    giveBack();
    rmSync(join(folder, 'gate'), {recursive: true});
    t.throws(() => gate.hold(() => {}), {instanceOf: StoreError, message: /was removed or replaced/});
    const anew = openGate(join(folder, 'gate'));
    t.is(
      anew.hold(() => 'inside'),
      'inside',
    );
    anew.close();
  }));

test('a store whose folder was moved away says that, and no calls of the system', t =>
  withFolder(async folder => {
    const jugdir = join(folder, 'store');
    const store = await openStore(jugdir, 'write');
    renameSync(jugdir, join(folder, 'elsewhere'));
    await t.throwsAsync(store.acquire([hashOf(1)]), {
      instanceOf: StoreError,
      message: `The store ${jugdir} was removed or replaced while this process used it. What it saved before is in the removed files; start again`,
    });
    await store.close();
  }));

test('a full disk is told with path and space, loses nothing, and is not for ever', async t => {
  await withFolder(async folder => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder], {stdio: 'pipe'});
    } catch (error) {
      t.log(`skipped: no tmpfs can be mounted here (${(error as Error).message.split('\n')[0]})`);
      t.pass();
      return;
    }
    try {
      const store = await openStore(join(folder, 'store'), 'write');
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
      t.true((await store.has(Array.from({length: saved}, (_, i) => hashOf(i)))).every(Boolean));
      await store.remove([hashOf(0), hashOf(1), hashOf(2)]);
      await store.save(saving({results: [[hashOf('after'), recordOf('small')]]}));
      t.deepEqual(await store.has([hashOf('after')]), [true]);
      await store.close();

      writeFileSync(join(folder, 'filler'), '');
      const fd = openSync(join(folder, 'filler'), 'a');
      t.throws(() => {
        for (;;) writeSync(fd, Buffer.alloc(4096));
      });
      closeSync(fd);
      await t.throwsAsync(openStore(join(folder, 'new'), 'write'), {
        message: /^No space for the store in .*new: .*choose another --jugdir$/,
      });
      await t.throwsAsync(openStore(join(folder, 'store'), 'write'), {
        message: new RegExp(
          `^No space for the store in ${folder}/store: 0 kB are free, at least 1024 kB are needed\\. Nothing that was saved before is lost\\. Remove other files from its disk, or take the results to another one: jug copy ${folder}/store ANOTHER_JUGDIR$`,
        ),
      });
      const toRead = await openStore(join(folder, 'store'), 'read');
      t.deepEqual(await toRead.has([hashOf(0), hashOf(5), hashOf('after')]), [false, true, true]);
      t.is((await collect(toRead.hashes())).length, saved - 3 + 1);
      t.deepEqual(await toRead.locks(), []);
      await toRead.close();
      t.deepEqual(readdirSync(join(folder, 'store/gate')), []);
    } finally {
      execFileSync('umount', ['-l', folder]);
    }
  });
});

test('folders are made with those above them; where none can be made, it says so', t =>
  withFolder(async folder => {
    const deep = join(folder, 'a/b/c');
    makeFolders(deep);
    makeFolders(deep);
    t.true(statSync(deep).isDirectory());
    writeFileSync(join(folder, 'file'), '');
    t.throws(() => makeFolders(join(folder, 'file/d')), {code: 'ENOTDIR'});
    t.throws(() => makeFolders(join(folder, 'file')), {code: 'EEXIST'});
  }));

(existsSync('/proc/self') ? test : test.skip)(
  'no kind of store hangs where no folder can be made',
  async t => {
    for (const kind of ['lmdb:', 'file:', 'dict_store:'])
      await t.throwsAsync(openStore(`${kind}/proc/nothing/below`, 'write'), {instanceOf: JugError}, kind);
  },
);
