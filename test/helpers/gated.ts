// Tasks that a test holds by the hand, and a second ctrl-c.

import type {Result, Started} from './rig.js';

export const GATED = `
import {writeFileSync} from 'node:fs';
import {isMainThread} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const work = TaskGenerator(async function work(n: number) { ran('work ' + n); await gate('it'); return n; });
const next = TaskGenerator(function next(n: number) { ran('next ' + n); return n; });
export const all = [1, 2, 3, 4].map(n => next(work(n)));
if (isMainThread) writeFileSync('main-' + process.pid, '');
`;

/** Presses ctrl-c, and again as soon as it is said what that does. */
export async function pressTwice(run: Started, running = ', 2 running tasks will finish'): Promise<Result> {
  run.kill('SIGINT');
  await run.line(
    new RegExp(`^stopping: no task is started any more${running} \\(ctrl-c again ends them now\\)$`),
  );
  run.kill('SIGINT');
  return run.ended;
}
