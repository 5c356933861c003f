// What is printed at the end of a run that somebody has looked at: a table with times, and what failed and why, each
// failure once. Pure.

import {headlineOf} from '../failure.js';
import type {FunctionSummary, Summary} from '../summary.js';
import {countText, durationText, grouped} from '../ui/amounts.js';
import {type EqualFailures, Failures} from '../ui/equal-failures.js';
import {formatTexts} from '../ui/table.js';

/** Failures that are told; of others, how many there are. */
const MOST_FAILURES = 10;
/** Columns of a number: with times, the table has many, and a window is 80 wide. */
const NARROW = 9;

export function endTexts(summary: Summary, elapsed: number): string[] {
  const {functions, end, failures} = summary;
  const all = functions.reduce((sum, {loaded}) => sum + loaded, 0);
  const isIdle = functions.every(({executed, failed}) => executed + failed === 0);
  if (isIdle && end.kind === 'finished' && all > 0) {
    return [`Nothing to do: ${all === 1 ? 'the task is' : `all ${grouped(all)} tasks are`} finished.`];
  }
  return [tableOf(functions), ...digest(failures), `${doneText(summary)} in ${durationText(elapsed)}.`];
}

function doneText({functions, end}: Summary): string {
  const executed = functions.reduce((sum, fn) => sum + fn.executed, 0);
  return `${end.kind === 'finished' ? 'Done' : 'Ended'}: ${countText(executed, 'task')} executed`;
}

function tableOf(functions: readonly FunctionSummary[]): string {
  const rows = functions.map(({name, executed, loaded, failed, duration, slowest}) => ({
    name,
    cells: [
      ...[executed, loaded, failed].map(String),
      ...(executed === 0
        ? ['', '', '']
        : [
            durationText(duration),
            durationText(duration / executed),
            slowest === undefined ? '' : durationText(slowest.duration),
          ]),
    ],
  }));
  const sum = (of: (fn: FunctionSummary) => number): number => functions.reduce((sum, fn) => sum + of(fn), 0);
  const total = [
    ...[sum(fn => fn.executed), sum(fn => fn.loaded), sum(fn => fn.failed)].map(String),
    durationText(sum(fn => fn.duration)),
    '',
    '',
  ];
  return formatTexts(['Executed', 'Loaded', 'Failed', 'Total', 'Mean', 'Slowest'], rows, total, {
    least: NARROW,
  });
}

function digest(failures: Summary['failures']): string[] {
  if (failures.length === 0) return [];
  const equal = new Failures();
  for (const failure of failures) equal.add(failure);
  const {groups} = equal;
  const rest = groups.slice(MOST_FAILURES).reduce((sum, {count}) => sum + count, 0);
  return [
    `${countText(failures.length, 'failure')}:`,
    ...groups.slice(0, MOST_FAILURES).map(failureLine),
    ...(rest === 0 ? [] : [`  and ${grouped(rest)} more`]),
  ];
}

function failureLine({first, count, site}: EqualFailures): string {
  const where = site === undefined ? '' : `  (${site})`;
  const more = count === 1 ? '' : `  and ${grouped(count - 1)} like it`;
  return `  ${first.task}  ${headlineOf(first.failure.error)}${where}${more}`;
}
