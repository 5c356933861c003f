// What tasks leave open at the end of a run: it is finished, or named, and nothing of it keeps jug from ending.

import {statSync} from 'node:fs';
import test from 'ava';
import {openRig, rowsOf} from '../helpers/rig.js';

/** By what a run ends that a thread would hold for ever: its own exit code can be had where node can become another program. */
const canChooseCode = 'execve' in process;

test('files, streams and timers that tasks have left open are finished, as node would', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {createWriteStream, writeFileSync} from 'node:fs';
import {Readable} from 'node:stream';
import {createGzip} from 'node:zlib';
import {TaskGenerator} from 'jug';
const viaGzip = TaskGenerator(function viaGzip(name: string) {
  const blocks = Array.from({length: 400}, (_, k) => Buffer.alloc(100_000, k));
  Readable.from(blocks).pipe(createGzip()).pipe(createWriteStream(name));
  return name;
});
const viaStream = TaskGenerator(function viaStream(name: string) {
  const stream = createWriteStream(name);
  for (let k = 0; k < 20_000; k++) stream.write('x'.repeat(1000));
  stream.end();
  return name;
});
const viaTimer = TaskGenerator(function viaTimer(name: string) {
  setTimeout(() => writeFileSync(name, 'done\\n'), 300);
  return name;
});
export const all = [viaTimer('mark.txt'), viaGzip('page.gz'), viaStream('rows.txt')];
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1 --grace 600');
  t.is(code, 0, stderr);
  t.deepEqual(warningsOf(stderr), []);
  t.deepEqual(
    ['page.gz', 'rows.txt', 'mark.txt'].map(name => statSync(`${rig.folder}/${name}`).size),
    [39_741, 20_000_000, 5],
  );
});

test('requests that are under way, and programs, are waited for; what holds no work is not', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {execFile} from 'node:child_process';
import {createSocket} from 'node:dgram';
import {watch, writeFileSync} from 'node:fs';
import {createServer, get} from 'node:http';
import net from 'node:net';
import {isMainThread, Worker} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
const listening = (server: net.Server) =>
  new Promise<number>(go => server.listen(0, '127.0.0.1', () => go((server.address() as net.AddressInfo).port)).unref());
if (isMainThread) {
  const answer = createServer((request, response) => setTimeout(() => response.end('answer'), 500));
  process.env.HTTP = String(await listening(answer));
  const parrot = net.createServer(socket => socket.on('error', () => {}).pipe(socket));
  process.env.ECHO = String(await listening(parrot));
}
const [http, echo] = [Number(process.env.HTTP), Number(process.env.ECHO)];
const idle = TaskGenerator(async function idle() {
  const socket = net.connect(echo, '127.0.0.1');
  socket.write('hello');
  await new Promise(go => socket.once('data', go));
  setInterval(() => {}, 100);
  new Worker('setInterval(() => {}, 1000)', {eval: true});
  net.createServer(() => {}).listen(0, '127.0.0.1');
  createSocket('udp4').bind(0, '127.0.0.1');
  watch('.', () => {});
  return 1;
});
const viaFetch = TaskGenerator(function viaFetch() {
  fetch('http://127.0.0.1:' + http).then(response => response.text()).then(text => writeFileSync('fetched', text));
});
const viaGet = TaskGenerator(function viaGet() {
  get('http://127.0.0.1:' + http, response => response.on('data', data => writeFileSync('got', data)));
});
const viaProgram = TaskGenerator(function viaProgram() {
  execFile('sh', ['-c', 'echo one; (sleep 1; echo two) &'], (error, text) => writeFileSync('told', text));
});
export const all = [viaFetch(), viaGet(), viaProgram(), idle()];
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1 --grace 600');
  t.is(code, 0, stderr);
  t.deepEqual(
    ['fetched', 'got', 'told'].map(name => rig.read(name)),
    ['answer', 'answer', 'one\ntwo\n'],
  );
  t.deepEqual(warningsOf(stderr), []);
});

test('what is not done when --grace is over is cut off and named with its task, and the exit code is 4', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {spawn} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {gzip} from 'node:zlib';
import {TaskGenerator} from 'jug';
import {ran} from './rig.mjs';
const late = TaskGenerator(function late(name: string) { setTimeout(() => writeFileSync(name, ''), 3_600_000); });
const program = TaskGenerator(function program(n: number) { ran(String(spawn('sleep', ['3600']).pid)); });
const done = TaskGenerator(async function done(n: number) {
  await new Promise(go => setTimeout(go, 10));
  await new Promise(go => gzip(Buffer.alloc(100_000), go));
});
export const all = [late('late.txt'), program(7), done(1)];
`,
  });
  const {code, stdout, stderr} = await rig.jug('execute -j 1 --grace 0.2');
  t.is(code, 4);
  t.deepEqual(rowsOf(stdout).Total, [3, 0, 0]);
  t.regex(
    stderr,
    /^warning: Expected what tasks have left open to be done .* after 0\.2 s \(--grace\), and cut it off:$/m,
  );
  t.regex(stderr, /^ {2}jugfile\.late\('late\.txt'\): a timer$/m);
  t.regex(stderr, /^ {2}jugfile\.program\(7\): a program/m);
  t.notRegex(stderr, /jugfile\.done/);
  await rig.until('the program to end', () => !isThere(Number(rig.runs()[0])));
});

test('native work that a task has left behind does not hold the run: all is stored, told and named', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {pbkdf2} from 'node:crypto';
import {TaskGenerator} from 'jug';
const f = TaskGenerator(function f(n: number) { pbkdf2('p', 's', 2_000_000_000, 32, 'sha256', () => {}); return n; });
export const all = [1, 2].map(n => f(n));
`,
  });
  const {code, signal, stdout, stderr} = await rig.jug('execute -j 1 --grace 0.1 --jugdir dict_store:kept');
  t.deepEqual([code, signal], canChooseCode ? [4, null] : [null, 'SIGKILL']);
  t.deepEqual(rowsOf(stdout).Total, [2, 0, 0]);
  t.regex(stderr, /^ {2}jugfile\.f\(1\): work of node or of native code/m);
  t.regex(stderr, /^ {2}jugfile\.f\(2\): work of node or of native code/m);
  t.regex(
    stderr,
    /^warning: A thread cannot be ended: a task is inside native code, or has left it at work/m,
  );
  const {stdout: status} = await rig.jug('status --short --jugdir dict_store:kept');
  t.regex(status, /^All tasks complete \(2 tasks\)/);
});

test('ctrl-c while jug waits for what tasks have left open ends that, and keeps the results', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const late = TaskGenerator(function late(n: number) { setTimeout(() => {}, 3_600_000); return n; });
export const all = late(1);
`,
  });
  const run = rig.start('execute -j 1 --grace 600');
  await run.line(
    /^warning: The run is over, and waits up to 600 s \(--grace\) for what tasks have left open\.$/,
  );
  run.kill('SIGINT');
  const {code, stdout, stderr} = await run.ended;
  t.is(code, 130);
  t.regex(stderr, /^ending what tasks have left open$/m);
  t.regex(stderr, /^ {2}jugfile\.late\(1\): a timer$/m);
  t.deepEqual(rowsOf(stdout).Total, [1, 0, 0]);
  t.is((await rig.jug('check')).code, 0);
});

test('execute() of the library tells what was cut off, and answers soon after its grace', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const late = TaskGenerator(function late(n: number) { setTimeout(() => {}, 3_600_000); return n; });
export const all = late(1);
`,
  });
  const {stdout} = await rig.script(`
import {execute} from 'jug';
const warnings = [];
const {exitCode, counts} = await execute('jugfile.ts', {
  jobs: 1, grace: 0.1, onEvent: event => event.type === 'warning' && warnings.push(event.message),
});
console.log(exitCode, counts.finished, warnings.join().includes('jugfile.late(1): a timer'));
`);
  t.is(stdout, '4 1 true\n');
});

test('exit handlers run once in each thread, also in one whose work is cut off, and what they print arrives', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {isMainThread, threadId} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
if (!isMainThread) {
  process.on('exit', () => { ran('exit ' + threadId); console.log('bye ' + threadId); });
}
const meet = TaskGenerator(async function meet(n: number, isLate: boolean) {
  ran('meet ' + n);
  await gate('all');
  if (isLate) setTimeout(() => {}, 3_600_000);
  return n;
});
export const all = [1, 2].map(n => meet(n, process.argv[2] === 'late'));
`,
  });
  for (const [args, code] of [
    ['', 0],
    ['late', 4],
  ] as const) {
    rig.hold('all');
    const run = rig.start(`execute -j 2 --grace 0.1 --jugdir d${args} jugfile.ts ${args}`);
    await rig.until('both to meet', () => rig.runs().filter(line => line.startsWith('meet')).length === 2);
    rig.release('all');
    const {code: found, stderr} = await run.ended;
    t.is(found, code);
    t.deepEqual(
      rig
        .runs()
        .filter(line => line.startsWith('exit'))
        .sort(),
      ['exit 1', 'exit 2'],
      args,
    );
    t.deepEqual(stderr.match(/bye \d/g)?.sort(), ['bye 1', 'bye 2']);
    rig.remove('runs.log');
  }
});

test('a thread that ends in the middle of a run takes with it what earlier tasks have left open: that is told', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const leaves = TaskGenerator(function leaves(n: number) { setTimeout(() => {}, 3_600_000); return n; });
const exits = TaskGenerator(function exits(n: number) { setTimeout(() => {}, 3_600_000); process.exit(n); });
const bursts = TaskGenerator(function bursts(n: number) { for (const all: object[] = []; ; ) all.push([{n}]); });
export const all = process.argv[2] === 'exits' ? exits(leaves(1)) : bursts(leaves(1));
`,
  });
  for (const how of ['exits', 'bursts']) {
    const env = {NODE_OPTIONS: '--max-old-space-size=60'};
    const {code, stderr} = await rig.jug(`execute -j 1 --jugdir ${how} jugfile.ts ${how}`, {env});
    t.is(code, 1);
    const [told, ...more] = stderr.match(/^warning: A thread has ended in the middle.*$/gm) ?? [];
    t.regex(told ?? stderr, /jugfile\.leaves\(1\)/, how);
    t.notRegex(told ?? '', /jugfile\.exits/);
    t.deepEqual(more, []);
  }
});

test('a worker’s parentPort is jug’s: messages that are posted to it do no harm, nor does closing it', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {parentPort} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
parentPort?.postMessage('hello');
parentPort?.postMessage({port: 1});
const post = TaskGenerator(function post(n: number) {
  parentPort!.postMessage('done ' + n);
  parentPort!.on('message', () => {});
  if (n === 1) parentPort!.unref();
  if (n === 2) parentPort!.removeAllListeners();
  if (n === 3) parentPort!.close();
  return n;
});
export const all = [1, 2, 3, 4, 5, 6].map(n => post(n));
`,
  });
  const {code, stderr} = await rig.jug('execute -j 2');
  t.is(code, 0, stderr);
  t.is(stderr.match(/^warning: Expected nobody but jug to use a worker's parentPort/gm)?.length, 1);
  t.deepEqual(await rig.values('all'), {all: [1, 2, 3, 4, 5, 6]});
});

/** All but the one that tells what is waited for, which comes where that takes long. */
function warningsOf(stderr: string): string[] {
  return (stderr.match(/^warning: .*$/gm) ?? []).filter(
    line => !line.startsWith('warning: The run is over, and waits'),
  );
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
