// What a jugdir means before anything is opened: which kind of store, where, and what of it may be shown.

import {existsSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {JugError} from '../../src/core/errors.js';
import {withoutPassword} from '../../src/stores/redact.js';
import {
  isNew,
  isOpenedByWorkers,
  missingAt,
  normalJugdir,
  openStore,
  pathOf,
  schemeOf,
} from '../../src/stores/registry.js';
import {withFolder} from './folder.js';

test('a scheme may be written in upper case, and there is one form for all that goes by it', async t => {
  for (const [written, normal, scheme] of [
    ['LMDB:x1', 'lmdb:x1', 'lmdb'],
    ['File:X2', 'file:X2', 'file'],
    ['DICT_STORE', 'dict_store', 'dict_store'],
    ['Dict_Store:X.dict', 'dict_store:X.dict', 'dict_store'],
    ['REDIS://Ann:Secret@localhost:7301?prefix=A', 'redis://Ann:Secret@localhost:7301?prefix=A', 'redis'],
    ['Module:./Mine.js', 'module:./Mine.js', 'module'],
  ] as const) {
    t.is(normalJugdir(written), normal);
    t.is(normalJugdir(normal), normal);
    t.is(await schemeOf(written), scheme);
    t.is(await isOpenedByWorkers(written), await isOpenedByWorkers(normal));
    t.is(pathOf(written), pathOf(normal));
    t.is(isNew(written), isNew(normal));
  }
  for (const plain of ['X1', './a:b', '/tmp/LMDB:x', 'C:\\results', 'C:x']) t.is(normalJugdir(plain), plain);
});

test('a URL of a file names a path of this machine, or is refused and makes nothing', async t => {
  await withFolder(async folder => {
    for (const scheme of ['file', 'FILE', 'lmdb', 'file_keepalive']) {
      for (const host of ['', 'localhost', 'LocalHost'])
        t.is(normalJugdir(`${scheme}://${host}${folder}/x`), `${scheme.toLowerCase()}:${folder}/x`);
    }
    t.is(normalJugdir(`file://///${folder}`), `file:${folder}`);
    const store = await openStore(`file://localhost${folder}/results`, 'write');
    await store.close();
    t.true(existsSync(path.join(folder, 'results')));
    for (const jugdir of [
      'file://nas/results',
      'LMDB://nas/results',
      'dict_store://nas',
      'file://localhosts/x',
    ]) {
      const expected = {
        instanceOf: JugError,
        message:
          /to name a (folder|file) of this machine, found another machine .* write \w+:\/path or \w+:path$/,
      };
      for (const call of [missingAt(jugdir), openStore(jugdir, 'read'), openStore(jugdir, 'write')])
        t.is((await t.throwsAsync(call, expected))?.exitCode, 2);
    }
    t.false(existsSync('/nas'));
    t.is(await missingAt(`file://localhost${folder}/none`), `${folder}/none`);
  });
});

test('what begins as no known address does is refused, and is no folder', async t => {
  for (const jugdir of [
    'nope:/x',
    'constructor:x',
    'Nope:x',
    'http://ann:secret@h',
    's3://bucket',
    'redis+tls://ann:secret@h',
  ]) {
    for (const call of [missingAt(jugdir), openStore(jugdir, 'write')]) {
      const error = await t.throwsAsync(call, {
        instanceOf: JugError,
        message: /found one that begins with [a-z0-9+]+:, which is not known/,
      });
      t.notRegex(error?.message ?? '', /secret/);
    }
  }
});

test('a password is never shown, be it written with characters that end it', t => {
  for (const [jugdir, shown] of [
    ['redis://ann:secret@host:1/0', 'redis://ann:…@host:1/0'],
    ['redis://ann:12/sec@ret?#@host', 'redis://ann:…@host'],
    ['REDISS://:se:cr:et@host', 'REDISS://:…@host'],
    ['redis://ann@host:6379/0', 'redis://ann@host:6379/0'],
    ['lmdb:a:b@c', 'lmdb:a:b@c'],
    ['/tmp/a:b@c', '/tmp/a:b@c'],
  ] as const)
    t.is(withoutPassword(jugdir), shown);
});

test('no message holds a password or a piece of it, whatever characters it is written with', async t => {
  const letters = fc.string({unit: fc.constantFrom(...'QXZJ7'), minLength: 2, maxLength: 6});
  const password = fc
    .array(
      fc.oneof(letters, fc.constantFrom('/', '?', '#', '@', ':', '%', '&', '=', '%2F', '?prefix=', '77/7')),
      {
        minLength: 2,
        maxLength: 8,
      },
    )
    .map(parts => parts.join(''))
    .filter(text => text.length >= 4 && /[QXZJ7]{2}/.test(text));
  const ends = fc.constantFrom('127.0.0.1:1', '127.0.0.1:1/3', '[::1]:1/0?prefix=p', '127.0.0.1:1/no', '');
  const begins = fc.constantFrom(
    'redis://ann:',
    'REDIS://:',
    'valkeys://a.b:',
    'redis://',
    'http://ann:',
    'file://ann:',
  );
  const holds = fc.assert(
    fc.asyncProperty(begins, password, ends, async (begin, secret, end) => {
      // With no ':' before it, all that was written is the name of a user.
      fc.pre(begin !== 'redis://' || secret.startsWith(':'));
      const jugdir = `${begin}${secret}@${end}`;
      const told = await openStore(jugdir, 'read').then(
        () => '',
        (error: Error) => error.message,
      );
      for (const text of [told, withoutPassword(jugdir)])
        for (const piece of [secret, ...secret.match(/[QXZJ7]{2,}/g)!])
          if (text.includes(piece)) return false;
      return told !== '';
    }),
    {numRuns: 500},
  );
  await t.notThrowsAsync(holds);
});
