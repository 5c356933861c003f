// The judge of histories finds what it is there to find.

import test from 'ava';
import {judge, type Line} from './history.js';

const VALUES = [10, 11];
const WITHIN = 100;

/** `s1 0` starts task 0 in process 1, `e1 0` ends it; one line every 10 ms, or after so many as stand before a colon. */
function violations(story: string): string {
  let at = 0;
  const lines = story.split(', ').map((text): Line => {
    const [, wait, what, pid, task, value] = /^(?:(\d+): )?([a-z]+)(\d)(?: (\d))?(?: = (\d+))?$/.exec(text)!;
    at += Number(wait ?? 10);
    const common = {pid: Number(pid), at, task: Number(task)};
    if (what === 's') return {kind: 'start', ...common};
    if (what === 'e') return {kind: 'end', ...common, value: Number(value ?? VALUES[common.task])};
    return {kind: what as 'killed', pid: common.pid, at};
  });
  return judge(lines, VALUES, WITHIN).violations.join();
}

test('tasks that are run once, at the same time as others, are right', t => {
  t.is(violations('s1 0, s2 1, e2 1, e1 0'), '');
});

test('two that run one task at a time are found, and so is a task that is run again for no reason', t => {
  t.regex(violations('s1 0, s2 0'), /task 0 was started in 2 while it ran in 1/);
  t.regex(violations('s1 0, e1 0, s2 0'), /task 0 was started in 2 10 ms after it had ended in 1/);
  t.regex(violations('s1 0, e1 0, s1 0'), /task 0 was started in 1/);
});

test('a wrong value is found, and so is an end without a beginning', t => {
  t.regex(violations('s1 0, e1 0 = 7'), /task 0 came to 7 in 1, and not to 10/);
  t.regex(violations('e1 0'), /task 0 ended in 1, where it was not started/);
});

test('what was under way when its process was killed is run again, what was stored long before is not', t => {
  t.is(violations('s1 0, killed1, s2 0, e2 0'), '');
  t.is(violations('s1 0, e1 0, killed1, s2 0'), '');
  t.is(violations('s1 0, s2 0, crashed1, e2 0'), '');
  t.regex(violations('s1 0, e1 0, 101: killed1, s2 0'), /task 0 was started in 2/);
  t.regex(violations('s1 0, e1 0, 101: crashed1, s2 0'), /task 0 was started in 2/);
});

test('a process that has stood still may have lost its tasks, and may not know it for a while', t => {
  t.is(violations('s1 0, lapsed1, s2 0, woken1, e1 0, e2 0'), '');
  t.is(violations('lapsed1, s2 0, woken1, s1 0'), '');
  t.regex(violations('lapsed1, woken1, 101: s1 0, s2 0'), /task 0 was started in 2 while it ran in 1/);
});
