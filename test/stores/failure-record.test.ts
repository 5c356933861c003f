import test from 'ava';
import {describeThrown, type Failure} from '../../src/core/failure.js';
import {
  decodeTrouble,
  encodeTrouble,
  failedIn,
  type Trouble,
  troublesIn,
} from '../../src/stores/failure-record.js';
import {MemoryStore} from '../helpers/memory-store.js';
import {hashOf} from './records.js';

const FAILURE: Failure = {
  ...{function: 'primes.isPrime', attempt: 2, started: 1_700_000_000_000, duration: 12.5},
  ...{host: 'here', pid: 42, worker: 3, error: describeThrown(new Error('x'))},
};

const TROUBLES: readonly Trouble[] = [
  {kind: 'failure', failure: FAILURE, ended: []},
  {kind: 'failure', failure: FAILURE, ended: ['a', 'b']},
  {kind: 'suspicion', ended: ['a']},
];

test('failures and suspicions come back as they were stored', t => {
  for (const trouble of TROUBLES) t.deepEqual(decodeTrouble(encodeTrouble(trouble)), trouble);
});

test('a failure that was stored before there were suspicions is read', t => {
  const bytes = Buffer.from(JSON.stringify(FAILURE));
  t.deepEqual(decodeTrouble(bytes), {kind: 'failure', failure: FAILURE, ended: []});
});

test('what is damaged is undefined', t => {
  for (const trouble of TROUBLES) {
    const bytes = encodeTrouble(trouble);
    t.is(decodeTrouble(bytes.subarray(1)), undefined);
    t.is(decodeTrouble(bytes.subarray(0, 20)), undefined);
  }
  t.is(decodeTrouble(new Uint8Array(0)), undefined);
  for (const text of [
    ...['null', '[]', '{}', '5', '{"function": "f"}', '{"ended": ["a"]}'],
    ...['{"kind": "suspicion", "ended": "a"}', '{"kind": "suspicion", "ended": [1]}'],
  ])
    t.is(decodeTrouble(Buffer.from(text)), undefined, text);
});

test('of what a store keeps, suspicions are no failures, and what is damaged is one', async t => {
  const store = new MemoryStore();
  for (const [i, trouble] of TROUBLES.entries()) store.memory.failures.set(hashOf(i), encodeTrouble(trouble));
  store.memory.failures.set(hashOf(3), Buffer.from('{'));
  const troubles = [];
  for await (const chunk of troublesIn(store)) troubles.push(...chunk);
  t.deepEqual(
    troubles,
    [...TROUBLES, undefined].map((trouble, i) => [hashOf(i), trouble] as const),
  );
  const failed = [];
  for await (const chunk of failedIn(store)) failed.push(...chunk);
  t.deepEqual(failed, [hashOf(0), hashOf(1), hashOf(3)]);
});
