// What tasks print: shown at once, with their names, on stderr, whichever way it was printed. Tasks stand at gates.

import test from 'ava';
import {openRig} from '../helpers/rig.js';
import {hasTerminals, openTerminal} from '../helpers/terminal.js';

test('a line is there while its task is in a synchronous loop, and the one before it, too', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {blockingGate} from './rig.mjs';
const train = TaskGenerator(function train(n: number) {
  for (let epoch = 0; epoch < 3; epoch++) {
    console.log('epoch ' + epoch);
    console.error('loss ' + epoch);
    blockingGate('g' + epoch);
  }
  process.stdout.write('no end');
});
export const all = train(1);
`,
  });
  for (const gate of ['g0', 'g1', 'g2']) rig.hold(gate);
  const run = rig.start('execute -j 1');
  for (const epoch of [0, 1, 2]) {
    await run.line(new RegExp(`^jugfile\\.train\\(1\\) \\| epoch ${epoch}$`));
    await run.line(new RegExp(`^jugfile\\.train\\(1\\) \\| loss ${epoch}$`));
    rig.release(`g${epoch}`);
  }
  const {code, stdout, stderr} = await run.ended;
  t.is(code, 0);
  t.notRegex(stdout, /epoch|loss|no end/);
  t.regex(stderr, /^jugfile\.train\(1\) \| no end$/m, 'the last line, when the task is over');
});

test('two tasks of one thread do not mix, however they wait for each other', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const late = TaskGenerator(function late(n: number) {
  process.stdout.write('first ' + n);
  setTimeout(() => console.log('late ' + n), 1);
});
const slow = TaskGenerator(async function slow(n: unknown) {
  process.stdout.write('begun, ');
  await new Promise(resolve => setTimeout(resolve, 100));
  console.log('done');
});
export const all = slow(late(1));
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1');
  t.is(code, 0);
  t.regex(stderr, /^jugfile\.late\(1\) \| first 1$/m);
  t.regex(stderr, /^jugfile\.late\(1\) \| late 1$/m, 'also after it has ended');
  t.regex(stderr, /^jugfile\.slow\(.*\) \| begun, done$/m);
});

test('what a task has printed is told before its failure, also of a thread that dies', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const bad = TaskGenerator(function bad(n: number) {
  process.stdout.write('before ' + n);
  if (n === 1) process.exit(3);
  throw new Error('no');
});
export const all = [1, 2].map(n => bad(n));
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1 --keep-going');
  t.is(code, 1);
  for (const n of [1, 2]) {
    const [printed, failed] = [`jugfile.bad(${n}) | before ${n}\n`, `FAILED jugfile.bad(${n})`].map(text =>
      stderr.indexOf(text),
    );
    t.true(printed! >= 0 && failed! >= 0, stderr);
    if (n === 2) t.true(printed! < failed!, stderr);
  }
});

test('programs that are given the output of their task print there, and so does node:fs', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {execFileSync, execSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import fs, {writeFileSync, writeSync} from 'node:fs';
import {TaskGenerator} from 'jug';
const starts = TaskGenerator(async function starts(n: number) {
  const child = spawn('sh', ['-c', 'echo spawned; printf told >&2'], {stdio: 'inherit'});
  await once(child, 'close');
  const facts = [
    execSync('echo executed; echo warned >&2', {stdio: 'inherit'}),
    execFileSync('echo', ['by file'], {stdio: ['ignore', 'inherit', 'inherit']}),
    spawnSync('sh', ['-c', 'echo stood still; exit 3'], {stdio: 'inherit'}),
    String(execSync('echo mine; echo besides >&2')),
    String(spawnSync('echo', ['piped']).stdout),
  ];
  try {
    execSync('echo until it failed; exit 5', {stdio: 'inherit'});
  } catch (error) {
    facts.push(error.status);
  }
  const size = writeSync(1, 'to one: é\\n');
  fs.write(2, Buffer.from('..to two\\n'), 2, (error, size) => fs.writevSync(1, [Buffer.from('in '), Buffer.from('pieces\\n')]));
  writeFileSync('/dev/stdout', 'as a file\\n');
  return JSON.stringify([facts[0], facts[1], facts[2].status, facts[2].stdout, ...facts.slice(3), size]);
});
export const all = starts(1);
`,
  });
  const {code, stdout, stderr} = await rig.jug('execute -j 1');
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(String((await rig.values('all')).all)), [
    null,
    null,
    3,
    null,
    'mine\n',
    'piped\n',
    5,
    11,
  ]);
  const own = stderr.split('\n').filter(line => line.startsWith('jugfile.starts(1) | '));
  t.deepEqual(
    own.map(line => line.replace(/^.* \| /, '')).sort(),
    [
      ...['spawned', 'told', 'executed', 'warned', 'by file', 'stood still', 'besides', 'until it failed'],
      ...['to one: é', 'to two', 'in pieces', 'as a file'],
    ].sort(),
  );
  t.is(stdout.trim().split('\n').length, 5, 'the table alone');
});

(hasTerminals ? test : () => {})(
  'what tasks print stands above what is drawn, whole, and tears nothing',
  async t => {
    const rig = await openRig(t);
    rig.write({
      'jugfile.ts': `
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const print = TaskGenerator(async function print(n: number) {
  await gate('a');
  for (let i = 0; i < 30; i++) {
    process.stdout.write('line ' + i);
    process.stdout.write('\\u001b[2J\\u001b[5A of ' + n + '\\n');
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  await once(spawn('sh', ['-c', 'for i in 1 2 3; do echo program $i >&2; done'], {stdio: 'inherit'}), 'close');
  await gate('b');
  return n;
});
export const all = print(1);
`,
    });
    for (const gate of ['a', 'b']) rig.hold(gate);
    const terminal = openTerminal(t, rig, 'execute -j 1', {columns: 80, rows: 24});
    await terminal.drawn();
    rig.release('a');
    await terminal.until(/\| program 3\n[\s\S]*▸ w\d+ jugfile\.print\(1\)/);
    const now = await terminal.lines();
    t.is(now.filter(line => line.startsWith('jugfile.ts  ')).length, 1, 'there is one picture');
    rig.release('b');
    const {code, lines} = await terminal.ended;
    t.is(code, 0);
    t.deepEqual(
      lines.slice(0, 33),
      [...Array.from({length: 30}, (_, i) => `line ${i} of 1`), ...[1, 2, 3].map(n => `program ${n}`)].map(
        line => `jugfile.print(1) | ${line}`,
      ),
    );
    t.regex(lines[33]!, /Task name$/);
  },
);
