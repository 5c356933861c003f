// Redis servers that refuse, or are something else, and addresses that mean nothing: what is said then.

import {spawnSync} from 'node:child_process';
import {createServer, type Socket} from 'node:net';
import {join} from 'node:path';
import {JugError} from '../../src/core/errors.js';
import {openStore} from '../../src/stores/registry.js';
import type {Store} from '../../src/stores/store.js';
import {busyUntil} from '../helpers/busy.js';
import {DURABLE, FORGETFUL, freePort, type RedisServer} from '../helpers/redis-server.js';
import {openRig} from '../helpers/rig.js';
import {hashesOf, hashOf, recordOf, saving} from './records.js';
import {one, open, refused, serverFor, suite} from './redis-rig.js';

suite('a wrong password, none at all, and a user without rights are told in words, without the password', async t => {
  const server = await serverFor(t, ...FORGETFUL, '--requirepass', 'open sesame');
  const at = (user: string): string => `redis://${user}127.0.0.1:${server.port}/`;
  await refused(t, open(t, at('')), 'fatal', /asks for a password/);
  const error = await refused(
    t,
    open(t, at('default:nonsense@')),
    'fatal',
    /refuses the user or the password/,
  );
  t.notRegex(`${error.message}${error.stack}`, /nonsense/);
  const store = await open(t, at('default:open%20sesame@'));
  t.is(store.location, `redis://default@127.0.0.1:${server.port}`);
  await store.save(one(1));

  const cli = (...words: string[]) => server.cli('--no-auth-warning', '-a', 'open sesame', ...words);
  t.is(cli('ACL', 'SETUSER', 'ann', 'on', '>secret', '+@all', '-@dangerous', '~{jug}:*'), 'OK');
  const ann = await open(t, at('ann:secret@'));
  await ann.acquire(hashesOf(10));
  await ann.save(one(2));
  t.deepEqual(await ann.has([hashOf(1), hashOf(2)]), [true, true]);
  t.is((await ann.locks()).length, 1);
  const {notes} = await ann.describe();
  t.regex(notes.map(({text}) => text).join(), /may not use INFO/);
  await refused(
    t,
    open(t, `${at('ann:secret@')}?prefix=other`),
    'fatal',
    /This user may not do what jug needs: .* \(\+@all -@dangerous ~\{other\}:\*\)/,
  );
  t.is(cli('ACL', 'SETUSER', 'looker', 'on', '>secret', '+@read', '+hello', '~*'), 'OK');
  for (const access of ['read', 'write'] as const)
    await refused(t, open(t, at('looker:secret@'), access), 'fatal', /This user may not.* ~\{jug\}:\*\)/);
});

suite('a jugdir that the server refuses ends a command with 2, and so does a server that is not reached', async t => {
  const server = await serverFor(t, ...FORGETFUL);
  server.cli('ACL', 'SETUSER', 'ann', 'on', '>secret', '+@all', '-@dangerous', '~{jug}:*');
  server.cli('ACL', 'SETUSER', 'looker', 'on', '>secret', '+@all', '-@dangerous', '%R~{jug}:*');
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
      import {TaskGenerator} from 'jug';
      export const one = TaskGenerator(function one() { return 1; })();
    `,
  });
  const open = await rig.jug(`execute -j 1 --jugdir redis://127.0.0.1:${server.port}`);
  t.is(open.code, 0, open.stderr);
  const told = async (rest: string, message: RegExp, isSet = false): Promise<void> => {
    rig.write({'.jugrc': isSet ? `[main]\njugdir = redis://${rest}\n` : ''});
    for (const command of ['execute -j 1', 'status', 'cleanup', 'store']) {
      const result = await rig.jug(isSet ? command : `${command} --jugdir redis://${rest}`);
      t.is(result.code, 2, `${command}: ${result.stderr}`);
      t.regex(result.stderr, message);
    }
  };
  const at = `127.0.0.1:${server.port}`;
  await told(`${at}/99`, /no database of this number/);
  await told(`ann:nonsense@${at}`, /refuses the user or the password/);
  await told(`ann:secret@${at}?prefix=other`, /This user may not do what jug needs/);
  await told(`looker:secret@${at}`, /This user may not do what jug needs/);
  await told(`looker:secret@${at}`, /This user may not.*\nThe jugdir is set in .*\.jugrc:2/, true);
  await told(`127.0.0.1:${await freePort()}`, /Cannot reach the server/);
});

suite('what is not there, no Redis, or too old a one, is told within seconds', async t => {
  const port = await freePort();
  await refused(t, open(t, `redis://127.0.0.1:${port}`), 'passing', /Cannot reach.*ECONNREFUSED/);
  await refused(t, open(t, 'redis://no-such-host.invalid'), 'passing', /Cannot reach.*(ENOTFOUND|EAI_AGAIN)/);
  const answering = async (answer: string): Promise<string> => {
    const sockets = new Set<Socket>();
    const fake = createServer(socket => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', () => answer && socket.write(answer));
    });
    await new Promise<void>(resolve => fake.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      for (const socket of sockets) socket.destroy();
      fake.close();
    });
    return `redis://127.0.0.1:${(fake.address() as {port: number}).port}`;
  };
  await refused(
    t,
    open(t, await answering('HTTP/1.1 400 Bad Request\r\n\r\n')),
    'fatal',
    /is no Redis server/,
  );
  await refused(t, open(t, await answering('')), 'passing', /has not answered/);
  const unknown = "-ERR unknown command 'HELLO', with args beginning with:\r\n";
  await refused(
    t,
    open(t, await answering(unknown)),
    'fatal',
    /Expected Redis or Valkey 6\.2 or newer.*found/,
  );
  const old = '*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n6.0.16\r\n';
  await refused(t, open(t, await answering(old)), 'fatal', /Expected Redis or Valkey 6\.2.*found 6\.0\.16/);
});

suite('TLS is spoken with who is trusted, and with nobody else', async t => {
  const plain = await serverFor(t, ...FORGETFUL);
  const key = join(plain.folder, 'key.pem');
  const cert = join(plain.folder, 'cert.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const made = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
    {encoding: 'utf8'},
  );
  t.is(made.status, 0, made.stderr);
  const tls = [
    '--tls-port',
    'PORT',
    '--tls-cert-file',
    cert,
    '--tls-key-file',
    key,
    '--tls-ca-cert-file',
    cert,
  ];
  const server = await serverFor(t, ...FORGETFUL, ...tls, '--tls-auth-clients', 'no');
  const at = `127.0.0.1:${server.port}`;
  await refused(
    t,
    open(t, `rediss://${at}`),
    'fatal',
    /certificate of rediss:.* is not trusted: self.signed/,
  );
  for (const scheme of ['rediss', 'valkeys']) {
    const store = await open(t, `${scheme}://${at}?ca=${cert}`);
    await store.save(one(1));
    t.deepEqual(await store.has([hashOf(1)]), [true]);
  }
  // Main is kept busy, so that the renewals are those of the thread.
  const named = await open(t, `rediss://localhost:${server.port}?ca=${cert}`, 'write', 600);
  await named.acquire([hashOf(2)]);
  const renewals = (): number => {
    const stats = server.cli('--tls', '--cacert', cert, 'INFO', 'commandstats');
    return Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  };
  const before = renewals();
  busyUntil('three renewals', () => renewals() >= before + 3);
  await refused(t, open(t, `redis://${at}`), 'passing', /Cannot reach.*TLS, write rediss/);
  await refused(
    t,
    open(t, `rediss://127.0.0.1:${plain.port}`),
    'passing',
    /Should it not speak TLS, write redis:/,
  );
  await t.throwsAsync(openStore(`rediss://${at}?ca=nowhere.pem`, 'write'), {
    instanceOf: JugError,
    message: /Cannot read the certificates .*nowhere\.pem/,
  });
});

suite('what endangers results is told: a server that forgets, or evicts', async t => {
  const forgetful = await open(t, (await serverFor(t, ...FORGETFUL)).url());
  const warnings = async (store: Store): Promise<string> =>
    (await store.describe()).notes
      .filter(({kind}) => kind === 'warning')
      .map(({text}) => text)
      .join('\n');
  t.regex(await warnings(forgetful), /keeps its data in memory only/);
  const server = await serverFor(t, ...DURABLE, '--maxmemory-policy', 'allkeys-lru');
  const evicting = await open(t, server.url());
  t.regex(await warnings(evicting), /maxmemory-policy is allkeys-lru.*removes results/);
  server.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  t.is(await warnings(evicting), '');
  const {notes} = await evicting.describe();
  t.regex(notes.map(({text}) => text).join('\n'), /Redis \d.*\n.*append-only file: results stay/);
});

suite('in a cluster, the node that has the keys is found', async t => {
  const cluster = ['--cluster-enabled', 'yes', ...FORGETFUL];
  const [first, second] = [await serverFor(t, ...cluster), await serverFor(t, ...cluster)];
  t.is(second.cli('CLUSTER', 'ADDSLOTSRANGE', '0', '16383'), 'OK');
  t.is(first.cli('CLUSTER', 'MEET', '127.0.0.1', String(second.port)), 'OK');
  const state = (server: RedisServer): string => server.cli('CLUSTER', 'INFO');
  while (![first, second].every(server => /cluster_state:ok/.test(state(server)))) {
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  const store = await open(t, `redis://127.0.0.1:${first.port}`);
  await store.acquire(hashesOf(3000));
  const results = hashesOf(3000).map(hash => [hash, recordOf(hash)] as const);
  await store.save(saving({results, release: hashesOf(3000)}));
  await store.save(saving({results: [[hashOf('large'), recordOf(Buffer.alloc(5_000_000))]]}));
  t.deepEqual(new Set(await store.has([...hashesOf(3000), hashOf('large')])), new Set([true]));
  t.is((await store.load([hashOf('large')]))[0]!.length, 5_000_048);
  t.is(first.cli('DBSIZE'), '0');
  await refused(t, open(t, `redis://127.0.0.1:${second.port}/3`), 'fatal', /no database of this number/);
});

suite('an address that cannot be understood is refused, without telling the password', async t => {
  const wrong = async (jugdir: string, message: RegExp): Promise<void> => {
    const error = await t.throwsAsync(openStore(jugdir, 'write'), {instanceOf: JugError, message}, jugdir);
    t.notRegex(error?.message ?? '', /secret/);
  };
  await wrong('redis:localhost', /Expected a jugdir that names a server/);
  await wrong('redis://:secret@localhost:port', /Expected a jugdir that names a server/);
  await wrong('redis://', /no host|that names a server/);
  for (const [port, found] of [
    ['99999', 'a higher one'],
    ['65536/1?prefix=x', 'a higher one'],
    ['0', '0'],
  ] as const)
    await wrong(
      `redis://me:secret@localhost:${port}`,
      new RegExp(`as in redis:\\S+, with a port from 1 to 65535; found ${found}$`),
    );
  await wrong('redis://me:secret@localhost/seven', /number of a database/);
  await wrong('redis://me:secret@localhost?prefx=x', /'prefx' is not known/);
  const prefix =
    'the prefix should be 1 to 100 letters of A-Z and a-z, digits, and any of \\. : / @ \\+ _ -, and is';
  const form =
    'Expected a jugdir like redis://user:password@host:port/db\\?prefix=jug, or redis://host; found redis://me@';
  for (const [given, told] of [
    ['{x}', "'\\{x\\}'"],
    ['a%20b', "'a b'"],
    ['größe', "'größe'"],
    ['', 'empty'],
    ['x'.repeat(101), "'x{101}'"],
  ] as const)
    await wrong(
      `redis://me:secret@localhost?prefix=${given}`,
      new RegExp(`^${form}localhost\\S*: ${prefix} ${told}\\.$`),
    );
  await wrong('redis://me:secret@localhost?ca=x.pem', /'ca' means something for rediss:\/\/ only/);
  await wrong('redis://me:secret@localhost?prefix=a&prefix=b', /'prefix' is given twice after the '\?'/);
  await wrong('rediss://localhost?ca=a.pem&prefix=b&ca=a.pem', /'ca' is given twice after the '\?'/);
  await wrong('redis://localhost/1#x', /'#x' means nothing; in a password, write # as %23/);
  await wrong(
    'redis://me:12/secret@localhost:7302/1',
    /found redis:\/\/me:…@localhost:7302\/1, where it is not clear what the password is\. In a name, password or prefix, write characters like \/ @ : # \? as %2F %40 %3A %23 %3F$/,
  );
  await wrong(
    'redis://me:secret@localhost:7302/1?prefix=a@b',
    /found redis:\/\/me:…@b, where it is not clear/,
  );
});
