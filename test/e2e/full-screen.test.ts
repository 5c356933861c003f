// The full screen, in a real terminal: of a run in this process, in another one, and of one that is over.

import path from 'node:path';
import type {ExecutionContext} from 'ava';
import test from 'ava';
import {openRig, type Rig} from '../helpers/rig.js';
import {type Ended, hasTerminals, openTerminal} from '../helpers/terminal.js';

const SIZE = {columns: 100, rows: 24};

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
  await gate(name);
  console.log('printed by ' + name);
  if (name.startsWith('bad')) throw new RangeError('too far');
  return name;
});
const all = TaskGenerator(function all(numbers: number[]) {
  return numbers.length;
});
all(Array.from({length: 30}, (_, n) => quick(n)));
for (const name of process.argv.slice(2)) held(name);
`,
  });
  return rig;
}

/** The terminal is as it was: its first screen, with all that stood there; the cursor is shown. */
function leftAsItWas(t: ExecutionContext, {bytes}: Ended): void {
  const count = (code: string): number => bytes.split(code).length - 1;
  t.true(count('\u001b[?1049h') > 0, 'the other screen was there');
  t.true(bytes.lastIndexOf('\u001b[?1049l') > bytes.lastIndexOf('\u001b[?1049h'), 'and was left');
  t.true(
    bytes.lastIndexOf('\u001b[?2004l') > bytes.lastIndexOf('\u001b[?2004h'),
    'what is pasted is as it was',
  );
  t.true(bytes.lastIndexOf('\u001b[?25h') > bytes.lastIndexOf('\u001b[?25l'), 'the cursor is shown');
  t.false(bytes.includes('\u001b[3J'), 'nothing is wiped');
}

seen('a run in another process is seen, task by task, and left alone', async t => {
  const rig = await rigOf(t);
  rig.hold('a');
  const other = rig.start('execute -j 1 --keep-going jugfile.ts bad a');
  await rig.arrived('a');
  const terminal = openTerminal(t, rig, 'ui jugfile.ts bad a', SIZE);
  await terminal.until(/^jugfile\.ts {2}1 process {2}jugfile\.jugdata/m);
  await terminal.until(/^▸ jugfile\.held\('a'\) /m);
  await terminal.until(/^✗ jugfile\.held\('bad'\) {2}RangeError: too far$/m);
  terminal.press('3');
  await terminal.until(/^▸ finished {2}jugfile\.quick\(0\)/m);
  terminal.press('/held');
  await terminal.until(
    / failed {4}jugfile\.held\('bad'\)[\s\S]* running {3}jugfile\.held\('a'\)[\s\S]*1–2 of 2/,
  );
  terminal.press('\r\r');
  await terminal.until(/RangeError: too far[\s\S]*at held \(.*jugfile\.ts:10:/);
  rig.release('a');
  t.is((await other.ended).code, 1);
  terminal.press('j');
  await terminal.until(/^state +finished$/m);
  await terminal.until(/^jugfile\.ts {2}nobody is at work/m);
  terminal.press('qq');
  const ended = await terminal.ended;
  t.is(ended.code, 0);
  t.deepEqual(ended.lines, [], 'nothing is left on the first screen');
  leftAsItWas(t, ended);
});

for (const jugdir of ['jugfile.jugdata', 'file:results']) {
  seen(`results and failures are removed from ${jugdir}`, async t => {
    const rig = await rigOf(t);
    const words = `--jugdir ${jugdir} jugfile.ts bad`;
    t.is((await rig.jug(`execute -j 1 ${words}`)).code, 1);
    const terminal = openTerminal(t, rig, `status --watch ${words}`, SIZE);
    await terminal.until(/31\/32 {2}1 failed/);
    terminal.press('3i');
    await terminal.until(/^Remove 2 results of it and its 1 dependent\? jugfile\.quick\(0\) y\/n$/m);
    terminal.press('y');
    await terminal.until(/^Removed 2 results\.$/m);
    await terminal.until(/ 29\/32 {2}1 failed/);
    terminal.press('5r');
    await terminal.until(/^1 failure forgotten: the next jug execute tries it again\.$/m);
    await terminal.until(/nothing failed/);
    terminal.press('q');
    leftAsItWas(t, await terminal.ended);
    const {stdout} = await rig.jug(`status --short ${words}`);
    t.is(stdout, '3 tasks waiting to be run, 0 failed, 29 complete, (none active).\n');
  });
}

seen('a run in another process is asked to stop', async t => {
  const rig = await rigOf(t);
  rig.hold('a');
  const other = rig.start('execute -j 1 jugfile.ts a b');
  await rig.arrived('a');
  const terminal = openTerminal(t, rig, 'ui jugfile.ts a b', SIZE);
  await terminal.until(/1 process/);
  terminal.press('x');
  await terminal.until(/Ask the runs to start no more tasks\? What runs will finish\. y\/n/);
  terminal.press('y');
  await terminal.until(/^Asked 1 run to stop\.$/m);
  rig.release('a');
  const {code, stderr} = await other.ended;
  t.is(code, 130);
  t.regex(stderr, /stopping: no task is started any more/);
  terminal.press('q');
  leftAsItWas(t, await terminal.ended);
  t.regex(
    (await rig.jug('status --short jugfile.ts a b')).stdout,
    /^1 tasks waiting to be run, 0 failed, 32 complete/,
  );
});

seen('a run that draws itself shows the full screen with t, and goes on as it was', async t => {
  const rig = await rigOf(t);
  for (const name of ['a', 'b']) rig.hold(name);
  const terminal = openTerminal(t, rig, 'execute -j 1 --keep-going jugfile.ts a bad b', SIZE);
  await terminal.until(/▸ w\d+ jugfile\.held\('a'\)[\s\S]*t full screen {2}ctrl-c stops/);
  terminal.press('t');
  await terminal.until(/^\[1 Overview\]/m);
  rig.release('a');
  await terminal.until(/✗ jugfile\.held\('bad'\) {2}RangeError: too far/);
  terminal.press('4');
  await terminal.until(/ w\d+ .*\[4 Workers\]|\[4 Workers\][\s\S]* w\d /);
  terminal.press('5r');
  await terminal.until(/^1 task will be tried again\.$/m);
  terminal.press('3i');
  await terminal.until(/Remove 2 results/);
  terminal.press('y');
  await terminal.until(/This run needs these results/);
  terminal.press("/held('a\r\r");
  await terminal.until(/^printed +printed by a$/m);
  terminal.press('q');
  terminal.press('q');
  const text = await terminal.until(/printed by a[\s\S]*▸ w\d+ jugfile\.held\('b'\)/);
  t.is(
    text.match(/^FAILED|\] FAILED jugfile\.held\('bad'\)/gm)?.length,
    1,
    'what was said meanwhile stands above, once',
  );
  rig.release('b');
  const ended = await terminal.ended;
  t.is(ended.code, 1);
  t.true(ended.lines.some(line => line.endsWith("jugfile.held('b') | printed by b")));
  t.true(
    ended.lines.some(line => /Task name$/.test(line)),
    'the table is on the first screen',
  );
  leftAsItWas(t, ended);
});

seen('the full screen of a run that ends is left by itself, unless somebody looks on', async t => {
  const rig = await rigOf(t);
  rig.hold('a');
  const terminal = openTerminal(t, rig, 'execute -j 1 jugfile.ts a', SIZE);
  await terminal.until(/t full screen/);
  terminal.press('t');
  await terminal.until(/^\[1 Overview\]/m);
  rig.release('a');
  await terminal.until(/^The run has ended: q leaves, and in 3 s this screen does/m);
  terminal.press('3');
  await terminal.until(/\[3 Tasks\]/);
  terminal.press('q');
  const ended = await terminal.ended;
  t.is(ended.code, 0);
  t.regex(ended.lines.at(-1)!, /^Done: 32 tasks executed in /);
  leftAsItWas(t, ended);
});

seen('ctrl-c in the full screen stops the run that was started here, and a second one ends it', async t => {
  const rig = await rigOf(t);
  rig.hold('a');
  const terminal = openTerminal(t, rig, 'execute -j 1 jugfile.ts a', SIZE);
  await terminal.until(/t full screen/);
  terminal.press('t');
  await terminal.until(/^\[1 Overview\]/m);
  terminal.press('\u0003');
  await terminal.until(/^jugfile\.ts .* stopping$/m);
  terminal.press('\u0003');
  const ended = await terminal.ended;
  t.is(ended.code, 130);
  t.true(ended.lines.some(line => line.startsWith('stopping: no task is started any more')));
  leftAsItWas(t, ended);
});

seen('ctrl-c, SIGTERM and SIGHUP leave the full screen that only looks on', async t => {
  const rig = await rigOf(t);
  t.is((await rig.jug('execute -j 1')).code, 0);
  const ends: readonly (readonly [NodeJS.Signals | '\u0003', number | null])[] = [
    ['\u0003', 0],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ];
  for (const [how, code] of ends) {
    const terminal = openTerminal(t, rig, 'ui', {
      ...SIZE,
      redirection: how === '\u0003' ? '' : '& echo $! > pid; wait $!',
    });
    await terminal.until(/31\/31/);
    if (how === '\u0003') terminal.press(how);
    else process.kill(Number(rig.read('pid')), how);
    const ended = await terminal.ended;
    t.is(ended.code, code, how);
    leftAsItWas(t, ended);
  }
});

seen('ctrl-z gives the terminal back, and what follows is drawn anew', async t => {
  const rig = await rigOf(t);
  t.is((await rig.jug('execute -j 1')).code, 0);
  const terminal = openTerminal(t, rig, 'ui', SIZE);
  await terminal.until(/31\/31/);
  // There is no shell to go to here, so that it comes back at once.
  terminal.press('\u001a');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
  await terminal.written(/\u001b\[\?1049h[\s\S]*\u001b\[\?1049h[\s\S]*31\/31/);
  terminal.press('3');
  await terminal.until(/\[3 Tasks\]/);
  terminal.press('q');
  const ended = await terminal.ended;
  t.is(ended.bytes.split('\u001b[?1049h').length - 1, 2, 'it was left, and entered again');
  leftAsItWas(t, ended);
});

seen('a window of another size is drawn in as it is, however small', async t => {
  const rig = await rigOf(t);
  t.is((await rig.jug('execute -j 1')).code, 0);
  const terminal = openTerminal(t, rig, 'ui', SIZE);
  await terminal.until(/31\/31/);
  terminal.press('3');
  await terminal.until(/\[3 Tasks\]/);
  terminal.resize({columns: 50, rows: 10});
  await terminal.until(/1–3 of 31/);
  terminal.resize({columns: 30, rows: 5});
  await terminal.until(/^The window is too small/m);
  terminal.resize({columns: 150, rows: 40});
  await terminal.until(/1–31 of 31/);
  terminal.press('q');
  const ended = await terminal.ended;
  t.is(ended.code, 0);
  leftAsItWas(t, ended);
});

seen(
  'a store that is not there yet, and what comes after a barrier, are seen when they are there',
  async t => {
    const rig = await openRig(t);
    rig.write({
      'jugfile.ts': `
import {bvalue, TaskGenerator} from 'jug';
const count = TaskGenerator(function count() {
  return 3;
});
const part = TaskGenerator(function part(n: number) {
  return n;
});
const counted = await bvalue(count());
for (let n = 0; n < counted; n++) part(n);
`,
    });
    const terminal = openTerminal(t, rig, 'ui', SIZE);
    await terminal.until(/0\/1\+[\s\S]*the jugfile waits at jugfile\.ts:9/);
    t.is((await rig.jug('execute -j 1')).code, 0);
    await terminal.until(/100% 4\/4 [\s\S]*jugfile\.part .* 3 +3 /);
    terminal.press('q');
    leftAsItWas(t, await terminal.ended);
  },
);

test('where there is no terminal, it says what there is instead', async t => {
  const rig = await rigOf(t);
  for (const words of ['ui', 'status --watch']) {
    const {code, stdout, stderr} = await rig.jug(words);
    t.is(code, 2);
    t.is(stdout, '');
    t.regex(
      stderr,
      /^jug: Expected a terminal of at least 40 columns and 8 rows for the full screen, found none\.\n`jug status` prints/,
    );
  }
});

seen('a jugfile that reads stdin has it, and no key is read', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {createInterface} from 'node:readline/promises';
import {isMainThread} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
import {gate} from './rig.mjs';
const held = TaskGenerator(async function held(name: string) {
  await gate(name);
  return name;
});
const lines = createInterface({input: process.stdin, output: isMainThread ? process.stderr : undefined});
const name = await lines.question('name? ');
lines.close();
held(name);
`,
  });
  rig.hold('tt');
  const terminal = openTerminal(t, rig, 'execute -j 1', SIZE);
  await terminal.until(/name\? /);
  terminal.press('tt\r');
  await terminal.until(/▸ w\d+ jugfile\.held\('tt'\)[\s\S]*MB {2}ctrl-c stops/);
  rig.release('tt');
  t.is((await terminal.ended).code, 0);
});

seen('what draws is loaded by the full screen, and a failure says which worker it was', async t => {
  const rig = await rigOf(t);
  const {stdout} = await rig.jug('execute -j 1 --ui json jugfile.ts bad');
  const failed = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as {event: string; worker: number})
    .find(({event}) => event === 'failed');
  t.true(failed!.worker > 0);
  t.true(path.isAbsolute(rig.folder));
});
