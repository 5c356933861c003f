// The commands that look at a jugfile and its results, and those that remove some.

import {mkdirSync, readdirSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {openRig, type Rig, rowsOf} from '../helpers/rig.js';

/** Six tasks of three functions; `fails` throws for 2. */
const THREE = `
import {TaskGenerator} from 'jug';
const first = TaskGenerator(function first(x: number) { if (x === 2) throw new Error('two'); return x; });
const second = TaskGenerator(function second(x: number) { return x + 1; });
const total = TaskGenerator(function total(xs: number[]) { return xs.reduce((a, b) => a + b, 0); });
const firsts = [1, 2, 3].map(x => first(x));
export const seconds = [second(firsts[0]), second(firsts[1])];
export const sum = total(seconds);
`;

const FINE = `
import {TaskGenerator} from 'jug';
import {compute} from './lib/features';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const add = TaskGenerator(function add(a: number, b: number) { return a + b; });
export const sums = [1, 2, 3].map(x => add(double(x), compute(x)));
`;
const FEATURES = `
import {TaskGenerator} from 'jug';
export const compute = TaskGenerator(function compute(x: number) { return 10 * x; });
`;

async function finished(rig: Rig): Promise<void> {
  rig.write({'jugfile.ts': FINE, 'lib/features.ts': FEATURES});
  await rig.jug('execute -j 2');
}

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

for (const [target, removed] of [
  ['compute', {'lib.features.compute': [3], 'jugfile.add': [3], Total: [6]}],
  ['lib.features.compute', {'lib.features.compute': [3], 'jugfile.add': [3], Total: [6]}],
  ['/^jugfile\\.a/', {'jugfile.add': [3], Total: [3]}],
  ['/DOUBLE|compute/i', {'jugfile.double': [3], 'lib.features.compute': [3], 'jugfile.add': [3], Total: [9]}],
] as const) {
  test(`invalidate --target ${target} removes what it names and all that depends on it`, async t => {
    const rig = await openRig(t);
    await finished(rig);
    const dry = await rig.jug(`invalidate --dry-run --target ${target}`);
    t.is(dry.code, 0);
    t.regex(dry.stdout, /Would remove/);
    t.deepEqual<unknown, unknown>(rowsOf(dry.stdout), removed);
    t.is((await rig.jug('check')).code, 0, 'a dry run removes nothing');
    const done = await rig.jug(`invalidate --target ${target}`);
    t.is(done.code, 0);
    t.regex(done.stdout, /Removed/);
    t.deepEqual<unknown, unknown>(rowsOf(done.stdout), removed);
    const {Total, ...rows} = rowsOf((await rig.jug('execute -j 2')).stdout);
    t.deepEqual(Total, [removed.Total[0], 9 - removed.Total[0], 0]);
    for (const [name, [executed]] of Object.entries(rows)) {
      t.is(executed, (removed as Record<string, readonly number[]>)[name]?.[0] ?? 0, name);
    }
  });
}

test('invalidate refuses a target that no task matches, and one that is no regular expression', async t => {
  const rig = await openRig(t);
  await finished(rig);
  for (const target of ['dou', 'features', 'jugfile', '/nothing/']) {
    const {code, stderr} = await rig.jug(['invalidate', '--target', target]);
    t.is(code, 2, target);
    t.true(stderr.includes(`No task of the jugfile matches ${target}`), stderr);
  }
  const broken = await rig.jug('invalidate --target /[/');
  t.is(broken.code, 2);
  t.regex(broken.stderr, /^jug: Expected a function's name or a \/regular expression\//);
  t.is((await rig.jug('check')).code, 0);
  const execute = await rig.jug('execute --target dou');
  t.is(execute.code, 2);
  t.regex(execute.stderr, /No task of the jugfile matches dou/);
});

test('cleanup removes results that no task needs, and never one of the current jugfile', async t => {
  const rig = await openRig(t);
  await finished(rig);
  rig.write({'jugfile.ts': FINE.replace('[1, 2, 3]', '[1, 2, 4]')});
  const dry = await rig.jug('cleanup --dry-run');
  t.is(dry.code, 0);
  t.is(dry.stdout, 'Would remove 3 results.\n');
  t.is((await rig.jug('cleanup')).stdout, 'Removed 3 results.\n');
  t.is((await rig.jug('cleanup')).stdout, 'Nothing to remove.\n');
  t.deepEqual(rowsOf((await rig.jug('execute -j 2')).stdout).Total, [3, 6, 0]);
});

const CHANGING = ['invalidate --target add', 'invalidate --target add --dry-run', 'cleanup', 'pack'];

test('what changes a store never makes one: a --jugdir without one is refused', async t => {
  const rig = await openRig(t);
  await finished(rig);
  mkdirSync(path.join(rig.folder, 'empty'));
  for (const command of [
    ...[...CHANGING, 'cleanup --failed-only', 'cleanup --locks-only'].map(
      command => `${command} --jugdir typo`,
    ),
    ...['lmdb:typo', 'file:typo', 'dict_store:typo', 'empty'].map(jugdir => `cleanup --jugdir ${jugdir}`),
  ]) {
    const {code, stdout, stderr} = await rig.jug(`${command} jugfile.ts`);
    t.is(code, 2, command);
    t.regex(stderr, /^jug: Expected a store at \/.*\/(typo|empty), found nothing there\.$/m);
    t.is(stdout, '');
  }
  t.false(rig.exists('typo'));
  t.deepEqual(readdirSync(path.join(rig.folder, 'empty')), []);
});

test('before the first run, what changes a store has nothing to do, and makes none', async t => {
  const rig = await openRig(t);
  const asks = 'await sums[0].canLoad(); await sums[0].invalidate();';
  rig.write({'jugfile.ts': `${FINE}\n${asks}\n`, 'lib/features.ts': FEATURES});
  for (const command of CHANGING) {
    const {code, stdout, stderr} = await rig.jug(command);
    t.is(code, 0, stderr);
    t.regex(stderr + stdout, /^There is no store at \/.*\/jugfile\.jugdata yet\.$/m, command);
    t.regex(stdout, /: nothing (to remove|removed)\.|^Nothing to remove\.|^There is no store/);
  }
  t.false(rig.exists('jugfile.jugdata'));
});

test('cleanup --failed-only removes failures and leaves results alone', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': THREE});
  t.is((await rig.jug('execute -j 1 --keep-going')).code, 1);
  t.is((await rig.jug('cleanup --failed-only --dry-run')).stdout, 'Would remove 1 failure.\n');
  t.is((await rig.jug('cleanup --failed-only')).stdout, 'Removed 1 failure.\n');
  t.deepEqual(rowsOf((await rig.jug('status')).stdout).Total, [0, 2, 1, 3, 0]);
});

test('cleanup --locks-only removes the locks of processes that are gone, and --keep-locks leaves them', async t => {
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
  const run = rig.start('execute -j 2');
  await rig.arrived('it');
  t.is((await rig.jug('cleanup --locks-only')).stdout, 'Nothing to remove.\n');
  run.kill('SIGKILL');
  await run.ended;
  t.is((await rig.jug('cleanup --keep-locks')).stdout, 'Nothing to remove.\n');
  t.regex((await rig.jug('cleanup --locks-only --dry-run')).stdout, /^Would remove [12] locks?\.\n$/);
  t.regex((await rig.jug('cleanup --locks-only')).stdout, /^Removed [12] locks?\.\n$/);
  t.is((await rig.jug('cleanup --locks-only')).stdout, 'Nothing to remove.\n');
  rig.release('it');
  t.is((await rig.jug('execute -j 2')).code, 0);
  const {code, stderr} = await rig.jug('cleanup --locks-only --keep-locks');
  t.is(code, 2);
  t.regex(stderr, /^jug: Expected --locks-only by itself/);
});

test('cleanup does not disturb a run in progress, even with another jugfile', async t => {
  const rig = await openRig(t);
  const other = FINE.replace("import {compute} from './lib/features';", '').replace('compute(x)', 'x');
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const quick = TaskGenerator(function quick(x: number) { ran('quick ' + x); return x; });
const wait = TaskGenerator(async function wait(x: number) { ran('wait ' + x); await gate('it'); return x; });
const sum = TaskGenerator(function sum(xs: number[]) { return xs.reduce((a, b) => a + b, 0); });
export const total = sum([quick(1), wait(2)]);
`,
    'other.ts': other,
  });
  rig.hold('it');
  const run = rig.start('execute -j 2');
  await rig.arrived('it');
  await rig.until('quick to be finished', () => rig.runs().includes('quick 1'));
  let cleaned = '';
  do {
    t.is((await rig.jug('cleanup --jugdir jugfile.jugdata')).code, 0);
    const {code, stdout} = await rig.jug('cleanup --jugdir jugfile.jugdata other.ts');
    t.is(code, 0);
    cleaned = stdout;
  } while (rowsOf((await rig.jug('status')).stdout)['jugfile.quick']![3] !== 1);
  t.is(cleaned, 'Nothing to remove.\n');
  rig.release('it');
  const {code, stderr} = await run.ended;
  t.is(code, 0, stderr);
  t.deepEqual(rig.runs().sort(), ['quick 1', 'wait 2']);
  t.deepEqual(await rig.values('total'), {total: 3});
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

test('the help of every command begins with an example', async t => {
  const rig = await openRig(t);
  for (const command of ['execute', 'status', 'check', 'count', 'invalidate', 'cleanup']) {
    const {code, stdout, stderr} = await rig.jug(`${command} --help`);
    t.is(code, 0);
    t.is(stderr, '');
    t.regex(stdout, new RegExp(`^ *jug ${command} .*primes\\.ts`), command);
    t.true(stdout.includes('--jugdir'), command);
  }
  const {code, stdout} = await rig.jug('--help');
  t.is(code, 0);
  t.regex(stdout, /execute[\s\S]*status[\s\S]*check[\s\S]*count[\s\S]*invalidate[\s\S]*cleanup/);
  t.regex((await rig.jug('--version')).stdout, /^\d+\.\d+\.\d+\S*\n$/);
});

for (const [wrong, suggestion] of [
  ['statsu', 'status'],
  ['excute jugfile.ts', 'execute'],
  ['execute --keep-goign', '--keep-going'],
  ['status --jsn', '--json'],
  ['cleanup --lock-only', '--locks-only'],
  ['invalidate --traget f', '--target'],
  ['count --jugdri x', '--jugdir'],
] as const) {
  test(`jug ${wrong} is refused, suggesting ${suggestion}`, async t => {
    const rig = await openRig(t);
    const {code, stdout, stderr} = await rig.jug(wrong);
    t.is(code, 2);
    t.is(stdout, '');
    t.true(stderr.includes(`Did you mean ${suggestion}?`), stderr);
    t.notRegex(stderr, /^\s+at /m);
  });
}

test('unknown commands, missing and impossible values are usage errors', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': FINE, 'lib/features.ts': FEATURES});
  for (const [wrong, says] of [
    ['frob', /unknown command 'frob'/],
    ['frob --help', /unknown command 'frob'/],
    ['help frob', /unknown command 'frob'/],
    ['help statsu', /unknown command 'statsu'\n\(Did you mean status\?\)/],
    ['invalidate', /^jug: Expected --target NAME/],
    ['execute -j 0', /'0' is invalid. Expected a whole number of at least 1/],
    ['execute -j two', /'two' is invalid. Expected a whole number/],
    [
      'execute --lease 1e9',
      /'1e9' is invalid\. Expected a number of seconds, at least 1 and at most 86400\./,
    ],
    ['execute --grace 1e9', /Expected a number of seconds, at least 0 and at most 2000000\./],
    ['execute -j', /argument missing/],
    ['execute --wait-cycle-time -1', /Expected a whole number of at least 0/],
    ['execute nope.ts', /^jug: Expected a jugfile at .*nope\.ts, found nothing there/],
    ['execute lib', /^jug: Expected a jugfile at .*lib, found a folder/],
  ] as const) {
    const {code, stderr} = await rig.jug(wrong);
    t.is(code, 2, wrong);
    t.regex(stderr, says);
  }
});

test('a reader that has seen enough ends the command quietly', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
for (let i = 0; i < 5000; i++) TaskGenerator((x: number) => x, {name: 'a_function_with_quite_a_long_name_' + i})(i);
`,
  });
  const cli = `"${process.execPath}" node_modules/jug/dist/src/cli.js`;
  const {code, stdout, stderr} = await rig.run('bash', ['-o', 'pipefail', '-c', `${cli} count | head -1`]);
  t.is(code, 0);
  t.regex(stdout, /^ +Count {2}Task name\n$/);
  t.is(stderr, '');
});

test('a run whose readers go away goes on to its end, be it printed to both of them', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const loud = TaskGenerator(function loud(n: number) {
  for (let line = 0; line < 1000; line++) console.log('out', n, line), console.error('error', n, line);
  return n;
});
for (let n = 0; n < 20; n++) loud(n);
`,
  });
  const cli = `"${process.execPath}" node_modules/jug/dist/src/cli.js`;
  const {code, stdout} = await rig.run('bash', [
    '-o',
    'pipefail',
    '-c',
    `${cli} execute -j 2 2>&1 | head -1`,
  ]);
  t.is(code, 0);
  t.regex(stdout, /^(?:out|error) \d+ \d+\n$/);
  t.is((await rig.jug('status --short')).stdout, 'All tasks complete (20 tasks).\n');
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
