// The command line itself: names of commands and options, their help, and readers that go away.

import test from 'ava';
import {FEATURES, FINE} from '../helpers/features.js';
import {openRig} from '../helpers/rig.js';

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
  const cli = `"${process.execPath}" node_modules/jug/lib/src/bin.js`;
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
  const cli = `"${process.execPath}" node_modules/jug/lib/src/bin.js`;
  const {code, stdout} = await rig.run('bash', [
    '-o',
    'pipefail',
    '-c',
    `${cli} execute -j 2 2>&1 | head -1`,
  ]);
  t.is(code, 0);
  t.regex(stdout, /^.+\n$/);
  t.is((await rig.jug('status --short')).stdout, 'All tasks complete (20 tasks).\n');
});
