// A run that draws itself, in a real terminal. Tasks stand at gates, so that there is time to look.

import {readdirSync} from 'node:fs';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import test from 'ava';
import {openRig, type Rig} from '../helpers/rig.js';
import {type Ended, hasTerminals, openTerminal} from '../helpers/terminal.js';

const SIZE = {columns: 80, rows: 24};

/** Where no terminal can be made, there is nothing to be seen. */
const seen = hasTerminals ? test : () => {};

async function rigOf(t: ExecutionContext): Promise<Rig> {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const quick = TaskGenerator(function quick(n: number) {
  return n;
});
const held = TaskGenerator(async function held(name: string) {
  console.log('printed by ' + name);
  await gate(name);
  if (name === 'bad') throw new RangeError('too far');
  return name;
});
for (let n = 0; n < 50; n++) quick(n);
for (const name of process.argv.slice(2)) held(name);
`,
  });
  return rig;
}

/** The terminal is as it was: the cursor is shown, nothing that stood there is gone. */
function leftAsItWas(t: ExecutionContext, {bytes}: Ended): void {
  const last = (code: string): number => bytes.lastIndexOf(code);
  t.true(last('\u001b[?25h') >= last('\u001b[?25l'), 'the cursor is shown');
  t.false(bytes.includes('\u001b[3J'), 'nothing is wiped');
  t.false(bytes.includes('\u001b[?1049h'), 'there is no other screen');
}

seen('a run says what it runs, how far it is and what it is at, and leaves a table', async t => {
  const rig = await rigOf(t);
  rig.hold('a');
  const terminal = openTerminal(t, rig, 'execute -j 2 jugfile.ts a', SIZE);
  // What is computed is counted when it is stored.
  const text = await terminal.until(/ 98% 50\/51 [\s\S]*▸ w\d+ jugfile\.held\('a'\)/);
  t.regex(text, /^jugfile\.ts {2}2 workers {2}jugfile\.jugdata .*00:00:\d\d$/m);
  t.regex(text, /^jugfile\.quick +50 +50 /m);
  t.regex(text, /^jugfile\.held +0 +1 +1 /m);
  t.regex(text, /^1\/2 busy /m);
  t.is(text.match(/2 workers/g)?.length, 1, 'once');
  await terminal.drawn();
  rig.release('a');
  const ended = await terminal.ended;
  t.is(ended.code, 0);
  leftAsItWas(t, ended);
  t.regex(ended.lines[0]!, /^jugfile\.held\('a'\) \| printed by a$/, 'what was printed stays, whole');
  t.regex(ended.lines[1]!, /^ +Executed +Loaded +Failed +Total +Mean +Slowest {2}Task name$/);
  t.regex(ended.lines.at(-1)!, /^Done: 51 tasks executed in /);
});

seen('a failure stands above what is drawn, and in a digest at the end', async t => {
  const rig = await rigOf(t);
  rig.hold('a');
  const terminal = openTerminal(t, rig, 'execute -j 2 --keep-going jugfile.ts a bad', SIZE);
  const text = await terminal.until(/1 failed[\s\S]*▸ w\d+ jugfile\.held\('a'\)/);
  t.regex(
    text,
    /FAILED jugfile\.held\('bad'\) [0-9a-f]{12}\n {4}RangeError: too far\n.*jugfile\.ts:10:\d+\)\n/,
  );
  await terminal.drawn();
  rig.release('a');
  const ended = await terminal.ended;
  t.is(ended.code, 1);
  const end = ended.lines.slice(ended.lines.findIndex(line => /Task name$/.test(line))).join('\n');
  t.regex(end, /\n1 failure:\n {2}jugfile\.held\('bad'\) {2}RangeError: too far {2}\(.*jugfile\.ts:/);
  leftAsItWas(t, ended);
});

seen('a run that has nothing to do prints one line', async t => {
  const rig = await rigOf(t);
  t.is((await rig.jug('execute -j 1')).code, 0);
  const {code, bytes, lines} = await openTerminal(t, rig, 'execute -j 2', SIZE).ended;
  t.is(code, 0);
  t.deepEqual(lines, ['Nothing to do: all 50 tasks are finished.']);
  // On a slow machine, something may have been drawn before all tasks were known: it is gone (see ui/live-view.test.ts).
  t.true(bytes.endsWith(`${lines[0]}\r\n`));
});

seen('ctrl-c lets what runs finish, a second one ends it, and the terminal is as it was', async t => {
  const rig = await rigOf(t);
  rig.hold('a');
  const terminal = openTerminal(t, rig, 'execute -j 1 jugfile.ts a', SIZE);
  await terminal.until(/▸ w\d+ jugfile\.held/);
  await terminal.drawn();
  terminal.press('\u0003');
  await terminal.until(/stopping: no task is started any more, 1 running task will finish \(ctrl-c again/);
  await terminal.until(/^jugfile\.ts .* stopping {2}00:/m);
  terminal.press('\u0003');
  const ended = await terminal.ended;
  t.is(ended.code, 130);
  leftAsItWas(t, ended);
});

seen('a window that becomes narrow, or low, is drawn in as it is', async t => {
  const rig = await rigOf(t);
  rig.hold('a');
  const terminal = openTerminal(t, rig, 'execute -j 2 jugfile.ts a', {columns: 120, rows: 40});
  await terminal.until(/▸ w\d+ jugfile\.held/);
  for (const size of [
    {columns: 60, rows: 12},
    {columns: 44, rows: 9},
    {columns: 160, rows: 50},
  ]) {
    terminal.resize(size);
    await terminal.until(new RegExp(`^jugfile\\.ts .{${size.columns - 19}}00:\\d\\d:\\d\\d$`, 'm'));
  }
  await terminal.drawn();
  rig.release('a');
  const ended = await terminal.ended;
  t.is(ended.code, 0);
  leftAsItWas(t, ended);
});

seen('what is killed by SIGTERM ends as ever, and the terminal is as it was', async t => {
  const rig = await rigOf(t);
  rig.hold('a');
  const terminal = openTerminal(t, rig, 'execute -j 1 --grace 0 jugfile.ts a', {
    ...SIZE,
    redirection: '& echo $! > pid; wait $!',
  });
  await terminal.until(/▸ w\d+ jugfile\.held/);
  process.kill(Number(rig.read('pid')), 'SIGTERM');
  leftAsItWas(t, await terminal.ended);
});

const PLAIN: readonly (readonly [string, Parameters<typeof openTerminal>[3], string?])[] = [
  ['in CI', {...SIZE, env: {CI: 'true'}}],
  ['on a dumb terminal', {...SIZE, env: {TERM: 'dumb'}}],
  ['on a terminal without a size', {columns: 0, rows: 0}],
  ['in a window that is too small', {columns: 39, rows: 24}],
  ['with --ui plain', SIZE, '--ui plain'],
  ['with stderr in a pipe', {...SIZE, redirection: '2>&1 >/dev/tty | cat'}],
];

for (const [where, how, flags = ''] of PLAIN) {
  seen(`${where}, lines are written and no escape sequence`, async t => {
    const rig = await rigOf(t);
    rig.hold('a');
    const terminal = openTerminal(t, rig, `execute -j 2 ${flags} jugfile.ts a`, how);
    await terminal.until(/jug execute jugfile\.ts/);
    rig.release('a');
    const {bytes} = await terminal.ended;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
    t.notRegex(bytes, /\u001b/);
    t.regex(bytes, /Executed +Loaded +Failed {2}Task name/);
  });
}

seen('colours are drawn where they are wanted, and nowhere else', async t => {
  const rig = await rigOf(t);
  const hasColours = async (flags: string, env: Record<string, string>): Promise<boolean> => {
    rig.remove('jugfile.jugdata');
    rig.remove('gates/a.arrived');
    rig.hold('a');
    const terminal = openTerminal(t, rig, `execute -j 2 ${flags} jugfile.ts a`, {...SIZE, env});
    await terminal.until(/▸ w\d+ jugfile\.held/);
    rig.release('a');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
    return /\u001b\[\d+m/.test((await terminal.ended).bytes);
  };
  t.true(await hasColours('', {}));
  t.false(await hasColours('', {NO_COLOR: '1'}));
  t.false(await hasColours('', {FORCE_COLOR: '0'}));
  t.true(await hasColours('--color always', {NO_COLOR: '1'}));
  t.false(await hasColours('--color never', {FORCE_COLOR: '3'}));
});

/** Those files of what draws that this command loads, in all of its threads. */
/** Whether a command has loaded what draws, in any of its threads, since this was asked last. */
function hasLoaded(rig: Rig): boolean {
  const urls = readdirSync(path.join(rig.folder, 'coverage')).flatMap(name => {
    const {result} = JSON.parse(rig.read(path.join('coverage', name))) as {result: {url: string}[]};
    return result.map(({url}) => url);
  });
  rig.remove('coverage');
  return urls.some(url =>
    /\/lib\/src\/chunks\/ink-canvas-[^/]+\.js$|\/node_modules\/(?:ink|react)\//.test(url),
  );
}

seen('what draws is loaded where it draws, and nowhere else', async t => {
  const rig = await rigOf(t);
  const env = {NODE_V8_COVERAGE: 'coverage'};
  rig.hold('a');
  const drawn = openTerminal(t, rig, 'execute -j 1 jugfile.ts a', {...SIZE, env});
  await drawn.drawn();
  rig.release('a');
  await drawn.ended;
  t.true(hasLoaded(rig));
  for (const command of ['execute -j 1 jugfile.ts b | cat', 'execute -j 1 | cat', 'status', 'status | cat']) {
    const [words, pipe = ''] = command.split(/(?= \|)/);
    const terminal = openTerminal(t, rig, words!, {...SIZE, env, redirection: pipe.replace('|', '2>&1 |')});
    t.is((await terminal.ended).code, 0);
    t.false(hasLoaded(rig), command);
  }
});

seen('other processes at the same jugfile are told', async t => {
  const rig = await rigOf(t);
  for (const name of ['a', 'b']) rig.hold(name);
  const other = rig.start('execute -j 1 jugfile.ts a b');
  await rig.arrived('a');
  const terminal = openTerminal(t, rig, 'execute -j 1 jugfile.ts a b', SIZE);
  await terminal.until(/^1\/1 busy {2}1 other process /m);
  for (const name of ['a', 'b']) rig.release(name);
  t.is((await other.ended).code, 0);
  t.is((await terminal.ended).code, 0);
});
