// What the LMDB store refuses before it opens anything, and what it says then: damage, foreign folders, full disks.

import {execFileSync} from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {JugError, StoreError} from '../../src/errors.js';
import {makeFolders, networkFilesystem} from '../../src/stores/folder.js';
import {openEnvironment} from '../../src/stores/lmdb/environment.js';
import {openGate, openGateway} from '../../src/stores/lmdb/gate.js';
import {examineData} from '../../src/stores/lmdb/preflight.js';
import {openStore} from '../../src/stores/open.js';
import {openRecord} from '../../src/values/record.js';
import {withFolder} from './conformance.js';
import {fill} from './fill.js';
import {collect, hashesOf, hashOf, recordOf, saving} from './records.js';

for (const [what, damage, message] of [
  ['truncated', (file: string) => truncateSync(file, statSync(file).size - 4096), /ends after \d+ bytes/],
  ['cut to its head', (file: string) => truncateSync(file, 100), /ends after 100 bytes/],
  ['empty', (file: string) => truncateSync(file, 0), /is empty/],
  ['garbage', (file: string) => writeFileSync(file, Buffer.alloc(65536, 7)), /not an LMDB file/],
] as const) {
  test(`a data file that is ${what} is refused before LMDB opens it`, t =>
    withFolder(async folder => {
      await fill(folder);
      damage(join(folder, 'data.mdb'));
      for (const access of ['write', 'read'] as const) {
        const error = await t.throwsAsync(openStore(folder, access), {instanceOf: StoreError, message});
        t.is((error as StoreError).exitCode, 2);
        t.true(error!.message.includes(join(folder, 'data.mdb')));
      }
    }));
}

test('a missing data file is refused by who writes and by who reads, not replaced by an empty store', t =>
  withFolder(async folder => {
    await fill(folder);
    renameSync(join(folder, 'data.mdb'), join(folder, 'aside'));
    const message = `The store ${folder} has lost its data file data.mdb. Restore it from a copy, or remove the whole folder to compute everything again`;
    for (const access of ['write', 'read'] as const)
      await t.throwsAsync(openStore(folder, access), {instanceOf: StoreError, message}, access);
    t.false(existsSync(join(folder, 'data.mdb')));
  }));

for (const count of [1, 40]) {
  test(`a flipped byte in a value is told by the record, also among ${count} that were saved together`, t =>
    withFolder(async folder => {
      const text = 'a value that is easy to find in a file';
      const store = await openStore(folder, 'write');
      const others = hashesOf(count - 1, 'other').map(hash => [hash, recordOf('x')] as const);
      await store.save(saving({results: [[hashOf(1), recordOf(text)], ...others]}));
      await store.close();
      const file = join(folder, 'data.mdb');
      const at = readFileSync(file).indexOf(text);
      const fd = openSync(file, 'r+');
      writeSync(fd, 'A', at);
      closeSync(fd);
      const again = await openStore(folder, 'read');
      const opened = openRecord((await again.load([hashOf(1)]))[0]!);
      t.deepEqual(opened, {ok: false, damage: 'checksum of the payload'});
      await again.close();
    }));
}

test('a store of a newer format is refused with both numbers', t =>
  withFolder(async folder => {
    await fill(folder);
    writeFileSync(join(folder, 'jug-store.json'), JSON.stringify({format: 7, kind: 'lmdb', options: {}}));
    const error = await t.throwsAsync(openStore(folder, 'write'), {message: /format is 7.*knows up to 1/});
    t.is((error as JugError).exitCode, 2);
  }));

test('a folder that is not ours is refused and left as it was', t =>
  withFolder(async folder => {
    writeFileSync(join(folder, 'thesis.tex'), 'dear');
    for (const access of ['write', 'read'] as const) {
      await t.throwsAsync(openStore(folder, access), {
        instanceOf: JugError,
        message: /not a jug store.*thesis\.tex/,
      });
    }
    t.deepEqual(readdirSync(folder), ['thesis.tex']);
  }));

test('a folder of drafts, empty, in a folder that was removed may be what a run has made anew, and is no hindrance', t =>
  withFolder(async folder => {
    mkdirSync(join(folder, 'drafts'));
    const store = await openStore(`file:${folder}`, 'write');
    await store.close();
    t.true(readdirSync(folder).includes('jug-store.json'));
  }));

test('a jugdir that is a file, or lies under one, is refused', t =>
  withFolder(async folder => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const jugdir of [file, join(file, 'below')]) {
      for (const access of ['write', 'read'] as const) {
        await t.throwsAsync(openStore(jugdir, access), {instanceOf: JugError, message: /is a file/});
      }
    }
  }));

test('a store whose creation is under way is read as an empty one, not as one that lost its data file', t =>
  withFolder(async folder => {
    mkdirSync(join(folder, 'gate'));
    writeFileSync(join(folder, 'jug-store.json.unfinished'), '{');
    const store = await openStore(folder, 'read');
    t.deepEqual(await collect(store.hashes()), []);
    await store.close();
  }));

test('a creation that was cut short is made again', t =>
  withFolder(async folder => {
    mkdirSync(join(folder, 'gate'));
    writeFileSync(join(folder, 'jug-store.json.unfinished'), '{');
    writeFileSync(join(folder, 'data.mdb'), '');
    await fill(folder);
    const store = await openStore(folder, 'read');
    t.is((await collect(store.hashes())).length, 100);
    await store.close();
  }));

test('a kind of store that is not known is refused, and those that are known are named', async t => {
  const message = /begins with one of lmdb: .*found one that begins with reddis:, which is not known/;
  await t.throwsAsync(openStore('reddis://me:secret@localhost', 'write'), {
    instanceOf: JugError,
    message,
  });
});

test('an empty jugdir, as of a variable that is not set, is told as that', async t => {
  const message = /^Expected a jugdir, .* found nothing between the quotes\.$/;
  await t.throwsAsync(openStore('', 'read'), {instanceOf: JugError, message});
});

test('network filesystems are known by their number', t => {
  t.is(networkFilesystem(0x6969), 'NFS');
  // statfs gives it as a signed number on some systems.
  t.is(networkFilesystem(0xff534d42 | 0), 'CIFS');
  t.is(networkFilesystem(0xef53), undefined);
});

test('a data file is refused as cut off just when a page that is in use is missing', t =>
  withFolder(async folder => {
    const gate = openGateway;
    const env = openEnvironment(folder, ['keys'], {readOnly: false, volatile: true}, gate)!;
    const keys = env.table('keys');
    const file = join(folder, 'data.mdb');
    env.write({records: 1, bytes: 0}, () => {
      for (const hash of hashesOf(2000)) keys.putSync(hash, Buffer.alloc(200));
    });
    // Pages at the end are taken and given back in one transaction: the file is shorter than it says.
    const whole = statSync(file).size;
    for (let round = 0; round < 20; round++) {
      env.write({records: 1, bytes: 0}, () => {
        for (const hash of hashesOf(50, `${round}`)) keys.putSync(hash, Buffer.alloc(20_000));
        for (const hash of hashesOf(50, `${round}`)) keys.removeSync(hash);
      });
      t.notThrows(() => examineData(file));
    }
    env.close();
    t.notThrows(() => examineData(file));
    truncateSync(file, whole / 2);
    t.throws(() => examineData(file), {instanceOf: StoreError, message: /ends after/});
  }));

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
