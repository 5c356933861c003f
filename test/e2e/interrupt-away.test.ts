// Ending a run from outside while its store is away, or does not answer.

import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {GATED, pressTwice} from '../helpers/gated.js';
import {openRig, type Rig, type Started} from '../helpers/rig.js';
import {startChild} from '../stores/child.js';

/** A store of one's own in memory. Its server is away while there is a file 'away', and silent while there is one 'silent'. */
const STORE = `
import {existsSync} from 'node:fs';
import {StoreError} from 'jug';
import {gate} from './rig.mjs';
const results = new Map();
const nothing = async () => [];
const none = async function* () {};
export const openStore = () => ({
  kind: 'own', location: '', interval: 100,
  has: async hashes => hashes.map(hash => results.has(hash)),
  load: async hashes => hashes.map(hash => results.get(hash)),
  acquire: async hashes => hashes.map(hash => results.has(hash) ? 'finished' : 'acquired'),
  async save(saving) {
    if (existsSync('away')) throw new StoreError('The server is away', false);
    if (existsSync('silent')) {
      await gate('save');
      await new Promise(() => setInterval(() => {}, 1000));
    }
    for (const [hash, record] of saving.results) results.set(hash, record);
  },
  describe: async () => ({format: 1, bytes: 0, notes: []}),
  changes: async () => results.size,
  hashes: none, heads: none, failures: none,
  remove: nothing, setAside: nothing, locks: nothing, removeFailures: nothing, origin: nothing, release: nothing,
  breakLocks: nothing, pack: nothing, close: nothing,
});
`;

/** Two tasks have finished, and their results cannot be stored. */
async function whileAway(t: ExecutionContext, flags: string): Promise<{rig: Rig; run: Started}> {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': GATED, 'store.mjs': STORE});
  rig.hold('it');
  const run = rig.start(`execute -j 2 --jugdir module:./store.mjs ${flags}`);
  await rig.until('two tasks to run', () => rig.runs().length === 2);
  rig.write({away: ''});
  rig.release('it');
  await rig.until('more tasks to run', () => rig.runs().length > 2);
  await run.line(/waiting for the store/);
  return {rig, run};
}

test('SIGTERM while the store is away ends the run when --grace is over, with 143, naming what is lost', async t => {
  const {run} = await whileAway(t, '--grace 0.2');
  run.kill('SIGTERM');
  const {code, stderr} = await run.ended;
  t.is(code, 143, stderr);
  t.regex(
    stderr,
    /^jug: The server is away\nIt was no longer waited for\.\n(A result is|\d results are) lost, to be computed again by the next run:\n( {2}jugfile\.\w+\(.+\)\n)+/m,
  );
  t.regex(stderr, /^ {2}jugfile\.work\([12]\)$/m);
  t.notRegex(stderr, /native code/);
});

test('ctrl-c twice while the store is away ends the run at once, with 130, naming what is lost', async t => {
  const {run} = await whileAway(t, '');
  const {code, stderr} = await pressTwice(run, '(, \\d running tasks? will finish)?');
  t.is(code, 130, stderr);
  t.regex(
    stderr,
    /^jug: The server is away\nIt was no longer waited for\.\n(A result is|\d results are) lost/m,
  );
});

test('SIGTERM while the store does not answer ends the run, with 143, naming what is lost', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': GATED, 'store.mjs': STORE, silent: ''});
  const run = rig.start('execute -j 2 --jugdir module:./store.mjs --grace 0');
  await rig.arrived('save');
  run.kill('SIGTERM');
  const {code, stderr} = await run.ended;
  t.is(code, 143, stderr);
  t.regex(
    stderr,
    /^jug: The store does not answer\nIt was no longer waited for\.\n(A result is|\d results are) lost/m,
  );
  t.notRegex(stderr, /native code/);
});

test('SIGTERM while a process that is stopped keeps others from writing to LMDB ends the run, with 143', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': GATED});
  rig.hold('it');
  const run = rig.start('execute -j 2 --grace 0');
  await rig.until('two tasks to run', () => rig.runs().length === 2);
  const stopped = startChild('gate-process', [path.join(rig.folder, 'jugfile.jugdata'), 'keep']);
  t.teardown(() => stopped.kill());
  t.is(await stopped.line(), 'held');
  rig.release('it');
  await run.line(/waiting for the store, .* for process \d+, which is writing to this store/);
  run.kill('SIGTERM');
  const {code, stderr} = await run.ended;
  t.is(code, 143, stderr);
  t.regex(stderr, new RegExp(`^jug: Waited 2 s for process ${stopped.process.pid}, `, 'm'));
});
