// The commands that look at a jugfile and its results, and where they find them.

import test from 'ava';
import {FEATURES, FINE, THREE} from '../helpers/features.js';
import {openRig, rowsOf} from '../helpers/rig.js';

const COLUMNS = /^ +Failed +Waiting +Ready +Finished +Running {2}Task name$/m;

test('status has a row for each function in definition order, before and after a run', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': THREE});
  const before = await rig.jug('status');
  t.is(before.code, 0);
  t.is(before.stderr, '');
  t.regex(before.stdout, COLUMNS);
  t.deepEqual(Object.entries(rowsOf(before.stdout)), [
    ['jugfile.first', [0, 0, 3, 0, 0]],
    ['jugfile.second', [0, 2, 0, 0, 0]],
    ['jugfile.total', [0, 1, 0, 0, 0]],
    ['Total', [0, 3, 3, 0, 0]],
  ]);
  t.false(rig.exists('jugfile.jugdata'), 'looking creates nothing');
  t.is((await rig.jug('execute -j 1 --keep-going')).code, 1);
  t.deepEqual(Object.entries(rowsOf((await rig.jug('status')).stdout)), [
    ['jugfile.first', [1, 0, 0, 2, 0]],
    ['jugfile.second', [0, 1, 0, 1, 0]],
    ['jugfile.total', [0, 1, 0, 0, 0]],
    ['Total', [1, 2, 0, 3, 0]],
  ]);
  t.is(
    (await rig.jug('status --short')).stdout,
    '2 tasks waiting to be run, 1 failed, 3 complete, (none active).\n',
  );
  const json = JSON.parse((await rig.jug('status --json')).stdout);
  t.deepEqual(json.total, {failed: 1, waiting: 2, ready: 0, finished: 3, running: 0});
  t.deepEqual(
    json.functions.map(({name}: {name: string}) => name),
    ['jugfile.first', 'jugfile.second', 'jugfile.total'],
  );
  t.deepEqual(json.functions[0], {
    ...{name: 'jugfile.first', failed: 1, waiting: 0},
    ...{ready: 0, finished: 2, running: 0},
  });
});

test('status counts what runs in another process as running', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const wait = TaskGenerator(async function wait(x: number) { await gate('it'); return x; });
export const all = [wait(1), wait(2)];
`,
  });
  rig.hold('it');
  const run = rig.start('execute -j 1');
  await rig.arrived('it');
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 0, 1, 0, 1]);
  t.regex((await rig.jug('status --short')).stdout, /\(1 active\)/);
  rig.release('it');
  t.is((await run.ended).code, 0);
  t.is((await rig.jug('status --short')).stdout, 'All tasks complete (2 tasks).\n');
});

test('what looks at a jugfile that waits at a barrier says where, and works with what is defined so far', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {barrier, bvalue, TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const two = double(1);

await barrier();
const four = await bvalue(double(two));
export const eight = double(four);
`,
  });
  const says = /waits at a barrier \(jugfile\.ts:6\)/;
  const status = await rig.jug('status');
  t.is(status.code, 0);
  t.deepEqual(rowsOf(status.stdout).Total, [0, 0, 1, 0, 0]);
  t.regex(status.stderr, says);
  t.is(JSON.parse((await rig.jug('status --json')).stdout).barrier, 'jugfile.ts:6');
  const count = await rig.jug('count');
  t.is(count.code, 0);
  t.deepEqual(rowsOf(count.stdout).Total, [1]);
  t.regex(count.stderr, says);
  const check = await rig.jug('check');
  t.is(check.code, 1);
  t.regex(check.stderr, says);
  const cleanup = await rig.jug('cleanup');
  t.is(cleanup.code, 4);
  t.regex(cleanup.stderr, /waits at a barrier \(jugfile\.ts:6\)[\s\S]*none was removed/);
  const beyond = await rig.jug('execute -j 1 --target eight');
  t.is(beyond.code, 2);
  t.regex(beyond.stderr, /No task of the jugfile matches eight before the barrier at jugfile\.ts:6/);
  t.is((await rig.jug('execute -j 1')).code, 0);
  t.is((await rig.jug('invalidate --target double --dry-run')).code, 0);
  const after = await rig.jug('status');
  t.is(after.stderr, '');
  t.deepEqual(rowsOf(after.stdout).Total, [0, 0, 0, 3, 0]);
});

test('check says by its exit code alone whether everything is finished', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': FINE, 'lib/features.ts': FEATURES});
  t.deepEqual(await rig.jug('check'), {code: 1, signal: null, stdout: '', stderr: ''});
  t.is((await rig.jug('execute -j 2')).code, 0);
  t.deepEqual(await rig.jug('check'), {code: 0, signal: null, stdout: '', stderr: ''});
});

test('count tells how many tasks each function has, without a store', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': FINE, 'lib/features.ts': FEATURES});
  const {code, stdout} = await rig.jug('count');
  t.is(code, 0);
  t.deepEqual(Object.entries(rowsOf(stdout)), [
    ['jugfile.double', [3]],
    ['lib.features.compute', [3]],
    ['jugfile.add', [3]],
    ['Total', [9]],
  ]);
  t.deepEqual(JSON.parse((await rig.jug('count --json')).stdout), {
    'jugfile.double': 3,
    'lib.features.compute': 3,
    'jugfile.add': 3,
  });
  t.false(rig.exists('jugfile.jugdata'));
});

test('without a name the jugfile is jugfile.ts, then .mts, .js and .mjs', async t => {
  const rig = await openRig(t);
  const none = await rig.jug('count');
  t.is(none.code, 2);
  t.regex(
    none.stderr,
    /^jug: Expected a jugfile, found none of jugfile\.ts, jugfile\.mts, jugfile\.js, jugfile\.mjs in/,
  );
  for (const extension of ['mjs', 'js', 'mts', 'ts']) {
    rig.write({
      [`jugfile.${extension}`]: `
import {TaskGenerator} from 'jug';
const f = TaskGenerator((x) => x, {name: 'f_${extension}'});
f(1);
`,
    });
    t.deepEqual(Object.keys(rowsOf((await rig.jug('count')).stdout)), [`jugfile.f_${extension}`, 'Total']);
  }
});

test('results are in <jugfile>.jugdata beside the jugfile, or where --jugdir says', async t => {
  const rig = await openRig(t);
  rig.write({'sub/mine.ts': FINE.replace("'./lib", "'../lib"), 'lib/features.ts': FEATURES});
  t.is((await rig.jug('execute -j 1 sub/mine.ts')).code, 0);
  t.true(rig.exists('sub/mine.jugdata'));
  t.is((await rig.jug('check sub/mine.ts --jugdir elsewhere/deep')).code, 1);
  t.false(rig.exists('elsewhere'));
  t.is((await rig.jug('execute -j 1 --jugdir elsewhere/deep sub/mine.ts')).code, 0);
  t.true(rig.exists('elsewhere/deep'));
  t.is((await rig.jug('check --jugdir=elsewhere/deep sub/mine.ts')).code, 0);
  t.is((await rig.jug('status --short --jugdir deep ../sub/mine.ts', {cwd: 'elsewhere'})).code, 0);
});

test('nothing but execute runs or removes what the jugfile runs and removes itself', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const add = TaskGenerator(function add(n: number) { ran('add'); return n + 1; });
const old = add(10);
if (process.argv[2] === 'anew') await old.invalidate();
const two = await add(1).run();
export const three = add(two);
`,
  });
  const LOOKING = ['status --short', 'check', 'count', 'cleanup', 'invalidate --target nope', 'store'];
  for (const command of LOOKING) {
    const {code, stderr} = await rig.jug(command);
    t.is(code, {check: 1, cleanup: 4, 'invalidate --target nope': 2}[command] ?? 0, `${command}: ${stderr}`);
    if (command !== 'store') t.regex(stderr, /^The jugfile waits at a barrier \(jugfile\.ts:7\)/m);
    t.notRegex(stderr, /bug in jug/);
  }
  t.deepEqual(rig.runs(), []);
  for (const jugdir of ['lmdb:one', 'file:two', 'dict_store:three']) {
    t.is((await rig.jug(`execute -j 1 --jugdir ${jugdir}`)).code, 0);
    const runs = rig.runs().length;
    for (const command of LOOKING) {
      const {code, stdout, stderr} = await rig.jug(`${command} --jugdir ${jugdir} jugfile.ts anew`);
      t.is(code, command.startsWith('invalidate') ? 2 : 0, `${command}: ${stderr}`);
      if (command !== 'store') {
        t.regex(
          stderr,
          /^The jugfile calls invalidate\(\) \(jugfile\.ts:6\): only `jug execute` does that, and this command goes by what is there\.$/m,
        );
      }
      if (command.startsWith('status')) t.regex(stdout, /^All tasks complete \(3 tasks\)/);
    }
    t.is((await rig.jug(`check --jugdir ${jugdir}`)).code, 0, 'nothing was removed');
    t.is(rig.runs().length, runs);
  }
});
