// What is said at the end of a run that has not finished everything: what failed, what is left, and why. Pure.

import type {Counts} from '../graph/task-states.js';
import {countText} from './format.js';

export interface Closing {
  readonly counts: Counts;
  /** How many tasks failed in this run; others that failed were left alone. */
  readonly failed: number;
  /** How many failed in other processes while it went on. */
  readonly elsewhere: number;
  /** Where the jugfile still waits. */
  readonly barriers: readonly {readonly site: string}[];
  /** Whether the run waited in vain for tasks that others hold. */
  readonly gaveUp: boolean;
}

export function closingLines({counts, failed, elsewhere, barriers, gaveUp}: Closing): string[] {
  const kept = counts.failed - failed - elsewhere;
  const unfinished = counts.waiting + counts.ready + counts.running;
  const lines = sentenceOf([
    [failed, 'failed', 'failed'],
    [elsewhere, 'failed in another process', 'failed in other processes'],
    [
      kept,
      'failed in an earlier run and was not tried again (--keep-failed)',
      'failed in earlier runs and were not tried again (--keep-failed)',
    ],
    [unfinished, 'is not finished', 'are not finished'],
  ]);
  const why = counts.failed > 0 ? 'what it waits for failed' : 'what it waits for is not finished';
  for (const {site} of barriers) lines.push(`The jugfile still waits at a barrier (${site}): ${why}.`);
  if (gaveUp && counts.running > 0) {
    const held = counts.running === 1 ? 'is' : 'are';
    lines.push(
      `${countText(counts.running, 'task')} ${held} held by other processes; waiting for them was given up.`,
    );
  }
  return lines;
}

type Part = readonly [count: number, one: string, many: string];

/** `2 tasks failed, and 1 more is not finished.`; no line if there is nothing to say. */
function sentenceOf(parts: readonly Part[]): string[] {
  const said = parts
    .filter(([count]) => count > 0)
    .map(([count, one, many], place) => {
      const tasks = place === 0 ? countText(count, 'task') : `${count} more`;
      return `${tasks} ${count === 1 ? one : many}`;
    });
  const last = said.pop();
  if (last === undefined) return [];
  return [`${said.length === 0 ? '' : `${said.join(', ')}, and `}${last}.`];
}
