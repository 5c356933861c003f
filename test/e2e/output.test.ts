// What jug prints, whether it arrives, and that nothing of the jugfile's stands among it.

import test from 'ava';
import {openRig, type Result, type Rig, rowsOf} from '../helpers/rig.js';

const DOUBLE = `
import {TaskGenerator} from 'jug';
const double = TaskGenerator(function double(n: number) { return 2 * n; });
export const doubled = [1, 2, 3].map(n => double(n));
`;

/** Of a shell's line, in which `jug` is jug. */
function shell(rig: Rig, line: string): Promise<Result> {
  const jug = `"${process.execPath}" node_modules/jug/lib/src/bin.js`;
  return rig.run('bash', ['-c', `jug() { ${jug} "$@"; }\n${line}`]);
}

const LOST = /^jug: Expected to write to stdout, found ENOSPC: .+\nWhat was printed there is not whole\.\n$/m;

test('a table, JSON or help that cannot be written is told, with exit code 4', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': DOUBLE});
  const lines = ['status', 'status --json', 'count', 'count --json', '--help', 'help status', '--version'];
  for (const command of [...lines, 'execute -j 1', 'store', 'store --json', 'cleanup', 'status']) {
    const {code, stderr} = await shell(rig, `jug ${command} > /dev/full`);
    t.is(code, 4, command);
    t.regex(stderr, LOST, command);
  }
  t.is((await rig.jug('check')).code, 0, 'the tasks of execute are finished all the same');
  const readOnly = await shell(rig, 'jug status 1< /dev/null');
  t.is(readOnly.code, 4);
  t.regex(readOnly.stderr, /^jug: Expected to write to stdout, found EBADF/);
});

test('a command that prints nothing, or prints to a reader that has seen enough, has lost nothing', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': DOUBLE});
  for (const [line, code] of [
    ['jug check > /dev/full', 1],
    ['jug execute -j 1 > /dev/null', 0],
    ['jug check > /dev/full', 0],
    ['set -o pipefail; jug status | head -1', 0],
  ] as const) {
    const result = await shell(rig, line);
    t.is(result.code, code, line);
    t.notRegex(result.stderr, /Expected/, line);
  }
});

test('what is written only in part is not whole, though the system has refused nothing', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
for (let i = 0; i < 500; i++) TaskGenerator((x: number) => x, {name: 'a_function_with_quite_a_long_name_' + i})(i);
`,
  });
  const {code, stderr} = await shell(rig, 'ulimit -f 4; jug count --json > part.json');
  t.is(code, 4, stderr);
  t.regex(stderr, /^jug: Expected to write to stdout, found EFBIG/);
  t.true(rig.read('part.json').length > 0, 'a part of it was');
});

test('another failure of the command keeps its exit code, where the output is lost, too', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': DOUBLE.replace('return 2 * n', 'throw new Error("no")')});
  const run = await shell(rig, 'jug execute -j 1 > /dev/full');
  t.is(run.code, 1);
  t.regex(run.stderr, LOST);
});

test('what goes to stderr and cannot be written ends a command with 4, too', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': `${DOUBLE}console.error('much');\n`});
  t.is((await shell(rig, 'jug execute -j 1 2> /dev/full')).code, 4);
  t.is((await shell(rig, 'jug check 2> /dev/full')).code, 4);
  t.is((await shell(rig, 'jug status nowhere.ts 2> /dev/full')).code, 2);
});

test('what tasks print on a full disk is missed, and their results are kept', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': DOUBLE.replace('return', 'console.log(n); return')});
  const run = await shell(rig, 'jug execute -j 1 2> /dev/full');
  t.is(run.code, 4);
  t.is((await rig.jug('check')).code, 0);
});

const PRINTS = `
import {spawn} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {isMainThread} from 'node:worker_threads';
import {bvalue, TaskGenerator} from 'jug';
const print = process.stdout.write.bind(process.stdout);
const {log} = console;
const double = TaskGenerator(function double(n: number) { console.log('task ' + n); return 2 * n; });
const doubled = [1, 2, 3].map(n => double(n));
if (isMainThread) {
  console.log('at the top');
  print('by its own hand\\n');
  setTimeout(log, 1, 'later');
  spawn('echo', ['from a child']).stdout.pipe(process.stdout);
}
await bvalue(doubled);
if (isMainThread) console.table(['behind the barrier']);
`;

test('what the jugfile prints in the main thread goes to stderr, and JSON stands alone on stdout', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': PRINTS});
  const told = (stderr: string, isFinished: boolean): void => {
    for (const text of ['at the top', 'by its own hand', ...(isFinished ? ['behind the barrier'] : [])])
      t.true(stderr.includes(text), `${text} in ${stderr}`);
    for (const text of isFinished ? ['later', 'from a child'] : []) t.true(stderr.includes(text), text);
  };
  for (const isFinished of [false, true]) {
    for (const command of ['status --json', 'count --json', 'store --json']) {
      const {stdout, stderr} = await rig.jug(command);
      // There is no store yet, and so nothing that could be told as JSON.
      if (isFinished || !command.startsWith('store')) t.notThrows(() => JSON.parse(stdout), stdout);
      told(stderr, isFinished);
    }
    const check = await rig.jug('check');
    t.is(check.stdout, '');
    told(check.stderr, isFinished);
    if (isFinished) break;
    const run = await rig.jug('execute -j 1');
    t.is(run.code, 0, run.stderr);
    told(run.stderr, true);
    t.regex(run.stderr, /^jugfile\.double\(1\) \| task 1\n/m);
    t.deepEqual(rowsOf(run.stdout).Total, [3, 0, 0]);
    t.notRegex(run.stdout, /task \d/);
  }
  t.is((await rig.jug('cleanup')).stdout, 'Nothing to remove.\n');
});

test('a script that calls execute or init keeps its stdout, and so does the jugfile in it', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': PRINTS});
  const {stdout, stderr} = await rig.script(`
    import {execute, init} from 'jug';
    await execute('jugfile.ts', {jobs: 1});
    console.log('executed');
    const {store} = await init('jugfile.ts');
    console.log('opened');
    await store.close();
  `);
  for (const text of ['at the top', 'by its own hand', 'behind the barrier', 'executed', 'opened'])
    t.true(stdout.includes(text), `${text} in ${stdout}${stderr}`);
});
