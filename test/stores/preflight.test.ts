// What the LMDB store refuses before it opens anything, and what it says then: damage, foreign folders, files in the way.

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {JugError, StoreError} from '../../src/core/errors.js';
import {networkFilesystem} from '../../src/stores/folder.js';
import {openEnvironment} from '../../src/stores/lmdb/environment.js';
import {openGateway} from '../../src/stores/lmdb/safety/mutex.js';
import {examineData} from '../../src/stores/lmdb/safety/preflight.js';
import {openStore} from '../../src/stores/registry.js';
import {openRecord} from '../../src/values/record.js';
import {fill} from './fill.js';
import {withFolder} from './folder.js';
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
