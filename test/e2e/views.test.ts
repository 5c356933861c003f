// How a run is shown where nobody draws, by the real program: plain lines, JSON for programs, and nothing.

import test from 'ava';
import {openRig, rowsOf} from '../helpers/rig.js';

const JUGFILE = `
import {TaskGenerator} from 'jug';
const double = TaskGenerator(function double(n: number) {
  console.log('printed ' + n);
  return 2 * n;
});
const bad = TaskGenerator(function bad(n: number) {
  throw new RangeError('too far: ' + n);
});
export const doubles = [1, 2, 3].map(n => double(n));
if (process.argv[2] === 'bad') [1, 2, 3].map(n => bad(n));
`;

test('--ui json prints one object a line and nothing else, from what is run to what it came to', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  const {code, stdout, stderr} = await rig.jug('execute -j 1 --keep-going --ui json jugfile.ts bad');
  t.is(code, 1);
  t.regex(stderr, /^jugfile\.double\(1\) \| printed 1$/m, 'what tasks print stands elsewhere');
  const events = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);
  t.like(events[0], {
    event: 'begin',
    schema: 'jug.execute/1',
    jugfile: 'jugfile.ts',
    jugdir: 'jugfile.jugdata',
    workers: 1,
  });
  const failed = events.filter(({event}) => event === 'failed');
  t.deepEqual(
    failed.map(({task, attempt, elsewhere}) => ({task, attempt, elsewhere})),
    [1, 2, 3].map(n => ({task: `jugfile.bad(${n})`, attempt: 1, elsewhere: false})),
    'each of them',
  );
  t.regex(String(failed[0]!.site), /jugfile\.ts:8:\d+$/);
  const progress = events.filter(({event}) => event === 'progress').at(-1)!;
  t.like(progress, {all: 6, finished: 3, failed: 3, running: 0, computed: 3, loaded: 0, isOpen: false});
  const end = events.at(-1)!;
  t.like(end, {event: 'end', end: 'stuck', exitCode: 1, barriers: []});
  t.like((end.functions as unknown[])[0], {name: 'jugfile.double', executed: 3, loaded: 0, failed: 0});
  const {slowest} = (end.functions as {slowest: {task: string; duration: number} | null}[])[0]!;
  t.regex(slowest!.task, /^jugfile\.double\([123]\)$/);
});

test('-q says nothing but what fails', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  const good = await rig.jug('execute -j 1 -q');
  t.deepEqual([good.code, good.stderr.replace(/.*\| printed \d\n/g, ''), good.stdout], [0, '', '']);
  const bad = await rig.jug('execute -j 1 -q jugfile.ts bad');
  t.is(bad.code, 1);
  t.regex(bad.stderr, /^\[00:00:\d\d\] FAILED jugfile\.bad\(1\) .*\n {4}RangeError: too far: 1\n/);
  t.regex(bad.stderr, /^1 task failed, and 2 more are not finished\.$/m);
  t.is(bad.stdout, '');
});

test('where nobody draws, no escape sequence is written, whatever is said of colours', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE});
  for (const env of [{FORCE_COLOR: '3'}, {CI: '1'}, {TERM: 'dumb'}, {NO_COLOR: '1'}] as const) {
    const {stdout, stderr} = await rig.jug('execute -j 1 --keep-going jugfile.ts bad', {env: env as never});
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
    t.notRegex(stdout + stderr, /\u001b/, JSON.stringify(env));
    t.deepEqual(Object.keys(rowsOf(stdout)), ['jugfile.double', 'jugfile.bad', 'Total']);
    t.regex(stderr, /^\[[\d:]+\] FAILED 2 more like jugfile\.bad\(1\) \(RangeError\)$/m);
  }
});

test('what view there is may stand in a setting, and one that is not known is refused with those that are', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE, '.jugrc': '[execute]\nui = json\n'});
  t.regex((await rig.jug('execute -j 1')).stdout, /^\{"event":"begin"/);
  const refused = await rig.jug('execute --ui fancy');
  t.is(refused.code, 2);
  t.regex(refused.stderr, /plain, json, none/);
});

test('in GitHub Actions, a failure is annotated at its line, and the job has a summary', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.ts': JUGFILE, 'summary.md': 'before\n'});
  const env = {GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: 'summary.md', GITHUB_WORKSPACE: rig.folder};
  const {code, stderr} = await rig.jug('execute -j 1 --keep-going jugfile.ts bad', {env});
  t.is(code, 1);
  t.deepEqual(stderr.match(/^::.*$/gm), [
    '::error file=jugfile.ts,line=8,col=9,title=jugfile.bad(1)::RangeError: too far: 1',
  ]);
  const summary = rig.read('summary.md');
  t.regex(
    summary,
    /^before\n### jug execute jugfile\.ts: Ended: 3 tasks executed in .*\n\n\| Task name \| Executed \|/,
  );
  t.regex(summary, /^\| jugfile\.double \| 3 \| 0 \| 0 \| /m);
  t.regex(summary, /^- jugfile\.bad\(1\) {2}RangeError: too far: 1 {2}\(.*\) {2}and 2 like it$/m);
});
