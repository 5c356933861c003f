// Parts of a jugfile that nobody awaits, and that go on by themselves: a download, a timer, a server that stays open.

import test from 'ava';
import {GATED} from '../helpers/gated.js';
import {openRig, rowsOf} from '../helpers/rig.js';

/** `wait`: stands for a download. */
const words = (wait: string): string => `
import {setTimeout as sleep} from 'node:timers/promises';
import {TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const words = TaskGenerator(function words(text: string) { return text.split(' ').length; });
async function main() {
  words('the first line');
  await ${wait};
  for (const line of ['a b', 'c', 'd e f']) words(line);
}
main().catch(error => { console.error(error); process.exitCode = 1; });
`;

test('execute and commands that look wait for a main() that nobody awaits, and cleanup takes nothing of it', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': words('sleep(Number(process.argv[2] ?? 2000))')});
  const store = ['results', 'file:files', 'dict_store:results.dict'];
  for (const jugdir of store) {
    const run = await rig.jug(`execute -j 1 --jugdir ${jugdir}`);
    t.is(run.code, 0, run.stderr);
    t.deepEqual(rowsOf(run.stdout).Total, [4, 0, 0]);
    const flags = `--jugdir ${jugdir} jugfile.ts`;
    t.is((await rig.jug(`status --short ${flags}`)).stdout, 'All tasks complete (4 tasks).\n');
    t.is((await rig.jug(`cleanup ${flags}`)).stdout, 'Nothing to remove.\n');
  }
  t.is((await rig.jug('count --json jugfile.ts 0')).stdout, '{"jugfile.words":4}\n');
});

for (const [what, wait] of [
  ['a file that is written by a child', "new Promise(go => execFile('sh', ['-c', 'echo'], go))"],
  ['work on a thread of libuv', "new Promise(go => pbkdf2('a', 'b', 5e5, 32, 'sha1', go))"],
  [
    'a request of node',
    "new Promise(go => get('http://127.0.0.1:' + port(), answer => answer.resume().on('end', go)))",
  ],
  ['a fetch', "fetch('http://127.0.0.1:' + port()).then(answer => answer.text())"],
  ['a worker of its own', "new Promise(go => new Worker('', {eval: true}).on('exit', go))"],
  ['several turns of the event loop', 'turns(50)'],
] as const) {
  test(`a part that nobody awaits goes on after ${what}`, async t => {
    const rig = await openRig(t);
    rig.write({
      'jugfile.ts': `
import {execFile} from 'node:child_process';
import {pbkdf2} from 'node:crypto';
import {get} from 'node:http';
import {readFileSync} from 'node:fs';
import {Worker} from 'node:worker_threads';
const port = () => readFileSync('port', 'utf8');
const turns = async (count: number) => { while (count-- > 0) await new Promise(go => setImmediate(go)); };
${words(wait)}`,
      'server.mjs': `
import {writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
const server = createServer((_, answer) => setTimeout(() => answer.end('here'), 300));
server.listen(0, '127.0.0.1', () => { writeFileSync('port', String(server.address().port)); console.log('listens'); });
`,
    });
    const server = rig.startScript("import './server.mjs';");
    await server.line(/^listens$/);
    const run = await rig.jug('execute -j 1');
    t.is(run.code, 0, run.stderr);
    t.deepEqual(rowsOf(run.stdout).Total, [4, 0, 0]);
    t.is((await rig.jug('status --short')).stdout, 'All tasks complete (4 tasks).\n');
    server.kill();
    await server.ended;
  });
}

test('while a run waits for such a part, it says so, and ctrl-c ends it', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': words("gate('download')")});
  rig.hold('download');
  const first = rig.start('execute -j 1');
  await first.line(
    /^Something that the jugfile started goes on \(a timer\): waiting for its end, which may bring tasks\.$/,
  );
  first.kill('SIGINT');
  t.is((await first.ended).code, 130);
  const run = rig.start('execute -j 1');
  await run.line(/^Something that the jugfile started goes on/);
  rig.release('download');
  const {code, stdout} = await run.ended;
  t.is(code, 0);
  t.deepEqual(rowsOf(stdout).Total, [3, 1, 0]);
});

test('cleanup refuses where such a part was not seen to come to its end, and check is not content', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': words("gate('download')")});
  t.is((await rig.jug('execute -j 1')).code, 0);
  rig.hold('download');
  const [cleanup, check] = await Promise.all([rig.jug('cleanup'), rig.jug('check')]);
  t.is(cleanup.code, 4);
  t.is(cleanup.stdout, '');
  t.regex(
    cleanup.stderr,
    /^jug: Expected a jugfile that runs to its end, found .* has not ended \(a timer\)\./m,
  );
  t.is(check.code, 1);
  t.regex(check.stderr, /^The jugfile has come to its last line, but something .* \(a timer\)/m);
  rig.release('download');
  t.is((await rig.jug('check')).code, 0, 'nothing was removed');
});

for (const [what, open] of [
  ['an interval', 'setInterval(() => {}, 1000);'],
  ['a server', "createServer().listen(0, '127.0.0.1');"],
  ['a watcher of files', "watch('.');"],
  [
    'an open connection',
    "const s = connect(Number(readFileSync('port', 'utf8')), '127.0.0.1').on('data', () => {});",
  ],
] as const) {
  test(`${what} that stays open keeps no command for ever`, async t => {
    const rig = await openRig(t);
    rig.write({
      'jugfile.ts': `
import {readFileSync, watch} from 'node:fs';
import {connect, createServer} from 'node:net';
import {setInterval} from 'node:timers';
import {isMainThread} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
const double = TaskGenerator(function double(n: number) { return 2 * n; });
export const doubled = [1, 2, 3].map(n => double(n));
if (isMainThread) { ${open} }
`,
    });
    const server = rig.startScript(`
      import {writeFileSync} from 'node:fs';
      import {createServer} from 'node:net';
      const server = createServer(socket => { socket.on('error', () => {}); socket.write('welcome'); });
      server.listen(0, '127.0.0.1', () => { writeFileSync('port', String(server.address().port)); console.log('listens'); });
    `);
    await server.line(/^listens$/);
    const run = await rig.jug('execute -j 1');
    t.is(run.code, 0, run.stderr);
    t.true(run.stderr.includes(`still open (${what}): it is not waited for`), run.stderr);
    const check = await rig.jug('check');
    t.is(check.code, 0);
    t.true(check.stderr.includes(`has not ended (${what})`), check.stderr);
    const cleanup = await rig.jug('cleanup');
    t.is(cleanup.code, 4);
    server.kill();
    await server.ended;
  });
}

test("what a store of one's own keeps open is not taken for the jugfile's", async t => {
  const rig = await openRig(t);
  const nothing = 'remove setAside locks removeFailures release breakLocks pack close';
  rig.write({
    'jugfile.ts': words("gate('download')"),
    'own.mjs': `
import {createServer} from 'node:net';
await new Promise(go => createServer().listen(0, '127.0.0.1', go));
setInterval(() => {}, 1000);
const results = new Map();
const store = {
  kind: 'own', location: '', interval: 100,
  has: async hashes => hashes.map(hash => results.has(hash)),
  load: async hashes => hashes.map(hash => results.get(hash)),
  acquire: async hashes => hashes.map(() => 'acquired'),
  save: async saving => { for (const [hash, record] of saving.results) results.set(hash, record); },
  describe: async () => ({format: 1, bytes: 0, notes: []}),
  changes: async () => results.size,
  origin: async () => undefined,
  hashes: async function* () {}, heads: async function* () {}, failures: async function* () {},
};
for (const name of '${nothing}'.split(' ')) store[name] = async () => [];
export const openStore = () => store;
`,
  });
  rig.hold('download');
  const run = rig.start('execute -j 1 --jugdir module:./own.mjs');
  await run.line(/^Something that the jugfile started goes on \(a timer\)/);
  rig.release('download');
  const {code, stdout, stderr} = await run.ended;
  t.is(code, 0, stderr);
  t.deepEqual(rowsOf(stdout).Total, [4, 0, 0]);
  t.notRegex(stderr, /still open/);
  const cleanup = await rig.jug('cleanup --keep-locks --jugdir module:./own.mjs');
  t.is(cleanup.stdout, 'Nothing to remove.\n', cleanup.stderr);
});

test('what does not keep node alive is not waited for', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': `${words('undefined')}setInterval(() => {}, 1000).unref();\n`});
  const run = await rig.jug('execute -j 1');
  t.is(run.code, 0);
  t.notRegex(run.stderr, /still open|goes on/);
  t.is((await rig.jug('cleanup')).stdout, 'Nothing to remove.\n');
});

test("on SIGINT, a handler of the jugfile's that exits comes after what is computed is stored", async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {exit} from 'node:process';
process.on('SIGINT', () => exit(130)).on('SIGTERM', async () => { await undefined; process.exit(0); });
${GATED}`,
  });
  for (const [signal, code, done] of [
    ['SIGINT', 130, 2],
    ['SIGTERM', 143, 4],
  ] as const) {
    rig.hold('it');
    const run = rig.start('execute -j 2 --jugdir dict_store:results.dict');
    await rig.until(
      'two tasks to run',
      () => rig.runs().filter(text => text.startsWith('work')).length === done,
    );
    run.kill(signal);
    await run.line(/^stopping: no task is started any more/);
    rig.release('it');
    const {code: found, stderr} = await run.ended;
    t.is(found, code, stderr);
    t.notRegex(stderr, /process\.exit/);
    t.is(rig.finished('--jugdir dict_store:results.dict'), done === 2 ? 2 : 6);
    if (done === 4) break;
  }
});

test("a handler of the jugfile's that exits on SIGINT says how a command that looks ends", async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
process.on('SIGINT', () => process.exit(130));
console.error('here');
await new Promise(go => setTimeout(go, 60_000));
`,
  });
  const run = rig.start('status');
  await run.line(/^here$/);
  run.kill('SIGINT');
  const {code, stderr} = await run.ended;
  t.is(code, 130);
  t.is(stderr, 'here\n');
});
