// Leases of real processes: nothing of the user's keeps a living process from renewing its own, and that of one that was
// killed lapses. Where one process is to be on another machine, it is told that another boot is under way.

import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {makePipe, POOL, releasePipe} from '../helpers/busy.js';
import {HAS_REDIS, startRedis} from '../helpers/redis-server.js';
import {openRig, type Rig} from '../helpers/rig.js';

/** Seconds: much longer than a busy machine keeps a thread waiting. */
const LEASE = 2;

/** What makes a process one of another machine. */
const ELSEWHERE = {
  'elsewhere.mjs': `
import fs from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
const {readFileSync} = fs;
fs.readFileSync = (path, ...rest) =>
  path === '/proc/sys/kernel/random/boot_id' ? 'another boot' : readFileSync(path, ...rest);
syncBuiltinESMExports();
`,
};
const elsewhere = (rig: Rig) => ({NODE_OPTIONS: `--import=${rig.folder}/elsewhere.mjs`});

async function redis(t: ExecutionContext): Promise<string> {
  const server = await startRedis();
  t.teardown(() => server.close());
  return server.url();
}

const STORES = [
  ['files', async () => 'file:store'],
  ...(HAS_REDIS ? ([['Redis', redis]] as const) : []),
] as const;

for (const [kind, place] of STORES) {
  test(`${kind}: while the jugfile computes for longer than the lease, nobody takes over what its process runs`, async t => {
    const rig = await openRig(t);
    rig.write({
      ...ELSEWHERE,
      'jugfile.ts': `
import {existsSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {isMainThread} from 'node:worker_threads';
import {bvalue, TaskGenerator} from 'jug';
import {blockingGate, gate, ran} from './rig.mjs';
const first = TaskGenerator(function first(n: number) { return n; });
const long = TaskGenerator(async function long(n: number) { ran(n + ' by ' + process.pid); await gate('long-' + n); return n; });
export const longs = [long(1), long(2)];
await bvalue(first(1));
if (isMainThread && process.env.BUSY) {
  while (![1, 2].every(n => existsSync('gates/long-' + n + '.arrived'))) await sleep(10);
  blockingGate('main');
}
const last = TaskGenerator(function last(ns: number[]) { return ns.length; });
export const l = last(longs);
`,
    });
    const jugdir = await place(t);
    for (const name of ['main', 'long-1', 'long-2']) rig.hold(name);
    const command = `execute -j 3 --lease ${LEASE} --jugdir ${jugdir}`;
    const busy = rig.start(command, {env: {BUSY: 'yes'}});
    await rig.arrived('main');
    const other = rig.start(command, {env: elsewhere(rig)});
    await leases(3);
    for (const name of ['long-1', 'long-2', 'main']) rig.release(name);
    t.is((await busy.ended).code, 0);
    t.is((await other.ended).code, 0);
    t.deepEqual(rig.runs().sort(), [`1 by ${busy.pid}`, `2 by ${busy.pid}`]);
  });

  test(`${kind}: the tasks of a killed process of another machine are taken over when its lease has lapsed`, async t => {
    const rig = await openRig(t);
    rig.write({...ELSEWHERE, 'jugfile.ts': HELD});
    const jugdir = await place(t);
    rig.hold('held');
    const command = `execute -j 1 --lease ${LEASE} --jugdir ${jugdir}`;
    const first = rig.start(command, {env: elsewhere(rig)});
    await rig.arrived('held');
    const second = rig.start(command);
    await leases(3);
    t.deepEqual(rig.runs(), [`held by ${first.pid}`]);
    first.kill('SIGKILL');
    await rig.until('the takeover', () => rig.runs().length === 2);
    rig.release('held');
    t.is((await second.ended).code, 0);
    t.deepEqual(rig.runs(), [`held by ${first.pid}`, `held by ${second.pid}`]);
  });
}

const HELD = `
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
export const all = TaskGenerator(async function held() { ran('held by ' + process.pid); await gate('held'); })();
`;

/** Tasks that are to fill the pool, and one beside them; all stand until the test lets them go. */
function fillingJugfile(rig: Rig): readonly string[] {
  const pipes = Array.from({length: POOL}, (_, n) => `${rig.folder}/pipe-${n}`);
  for (const pipe of pipes) makePipe(pipe);
  for (const name of ['all', 'quick']) rig.hold(name);
  rig.write({
    ...ELSEWHERE,
    'jugfile.ts': `
import {open} from 'node:fs/promises';
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const wait = TaskGenerator(async function wait(pipe: string) {
  ran('begun');
  await gate('all');
  const opened = open(pipe, 'r');
  ran('opens by ' + process.pid);
  await (await opened).close();
});
const quick = TaskGenerator(async function quick() {
  ran('begun');
  await gate('quick');
  ran('quick by ' + process.pid);
});
export const all = [...${JSON.stringify(pipes)}.map(pipe => wait(pipe)), quick()];
`,
  });
  return pipes;
}

/** Claims go by the pool, too: so all tasks of `fillingJugfile` have begun before any of them takes it. */
async function fillPool(rig: Rig): Promise<void> {
  const count = (line: string): number => rig.runs().filter(run => run.startsWith(line)).length;
  await rig.until('every task', () => count('begun') === POOL + 1);
  rig.release('all');
  await rig.until('the pool to be full', () => count('opens') === POOL);
}

test('files: while tasks fill the pool for longer than the lease, nobody takes them over, and it is said what waits', async t => {
  const rig = await openRig(t);
  const pipes = fillingJugfile(rig);
  const command = `execute -j ${POOL + 1} --lease ${LEASE} --jugdir file:store`;
  const first = rig.start(command);
  await fillPool(rig);
  rig.release('quick');
  await first.line(/The store waits for tasks: .* all 4 threads .* UV_THREADPOOL_SIZE=8 in its environment/);
  const second = rig.start(command, {env: elsewhere(rig)});
  await leases(3);
  for (const pipe of pipes) releasePipe(pipe);
  const {code, stderr} = await first.ended;
  t.is(code, 0);
  t.is(stderr.match(/UV_THREADPOOL_SIZE/g)!.length, 1);
  t.is((await second.ended).code, 0);
  const expected = ['quick', ...pipes.map(() => 'opens')].map(word => `${word} by ${first.pid}`);
  t.deepEqual(
    rig
      .runs()
      .filter(line => line !== 'begun')
      .sort(),
    expected.sort(),
  );
});

test('files: with more threads in the pool than tasks can fill, the store does not wait for them', async t => {
  const rig = await openRig(t);
  const pipes = fillingJugfile(rig);
  const command = `execute -j ${POOL + 1} --jugdir file:store`;
  const run = rig.start(command, {env: {UV_THREADPOOL_SIZE: String(2 * POOL)}});
  await fillPool(rig);
  rig.release('quick');
  await rig.until('the quick task', () => rig.finished('--jugdir store') === 1);
  for (const pipe of pipes) releasePipe(pipe);
  const {code, stderr} = await run.ended;
  t.is(code, 0);
  t.notRegex(stderr, /UV_THREADPOOL_SIZE/);
});

/** As long as so many leases: who waits for one to lapse looks in between. */
async function leases(count: number): Promise<void> {
  await sleep(count * LEASE * 1000);
}

if (!HAS_REDIS) {
  test('LEFT OUT: there is no redis-server on the PATH; leases on Redis were not tested', t => t.pass());
}
