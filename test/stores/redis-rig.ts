// A server of its own for a test, and stores in it that are not patient.

import test, {type ExecutionContext} from 'ava';
import {StoreError} from '../../src/core/errors.js';
import {openRedis} from '../../src/stores/redis/driver.js';
import {type Access, DEFAULT_LEASE, type Store, type StoreOptions} from '../../src/stores/store.js';
import {HAS_REDIS, type RedisServer, startRedis} from '../helpers/redis-server.js';
import {hashOf, recordOf, saving} from './records.js';

/** Milliseconds: what a user would wait for ten times as long. */
export const IMPATIENT = {connect: 1500, silence: 1000};

export async function serverFor(t: ExecutionContext, ...options: string[]): Promise<RedisServer> {
  const server = await startRedis(options);
  t.teardown(() => server.close());
  return server;
}

export async function open(
  t: ExecutionContext,
  url: string,
  access: Access = 'write',
  lease = DEFAULT_LEASE,
  onSilence?: StoreOptions['onSilence'],
): Promise<Store> {
  const [, scheme, rest] = /^(\w+):(.*)$/.exec(url)!;
  const store = await openRedis(scheme as 'redis', rest!, access, {lease, onSilence}, IMPATIENT);
  t.teardown(() => store.close());
  return store;
}

/** What `call` rejects with: an error that may pass, or one that does not. */
export async function refused(
  t: ExecutionContext,
  call: Promise<unknown>,
  kind: 'fatal' | 'passing',
  message: RegExp,
) {
  const begun = performance.now();
  const error = await t.throwsAsync(call, {instanceOf: StoreError, message});
  t.is((error as StoreError | undefined)?.fatal, kind === 'fatal', error?.message);
  t.true(performance.now() - begun < 10_000);
  return error as StoreError;
}

export const one = (n: number, text = 'x') =>
  saving({results: [[hashOf(n), recordOf(text)]], release: [hashOf(n)]});

export const suite = HAS_REDIS ? test.serial : test.serial.skip;
