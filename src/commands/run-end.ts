// What is printed at the end of a run that somebody has looked at: a table with times, and what failed and why, each
// failure once. Pure.

import type {FunctionSummary, Summary} from '../api/summary.js';
import {headlineOf} from '../core/failure.js';
import {type EqualFailures, Failures} from '../ui/equal-failures.js';
import {countText, durationText, grouped} from '../ui/format.js';
import {jobSummary} from '../ui/github.js';
import {formatTexts, type TextRow} from '../ui/table.js';

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

const COLUMNS = ['Executed', 'Loaded', 'Failed', 'Total', 'Mean', 'Slowest'];

function rowOf({name, executed, loaded, failed, duration, slowest}: FunctionSummary): TextRow {
  const times =
    executed === 0 || slowest === undefined
      ? ['', '', '']
      : [duration, duration / executed, slowest.duration].map(durationText);
  return {name, cells: [...[executed, loaded, failed].map(String), ...times]};
}

function tableOf(functions: readonly FunctionSummary[]): string {
  const sum = (of: (fn: FunctionSummary) => number): number => functions.reduce((sum, fn) => sum + of(fn), 0);
  const total = [
    ...[sum(fn => fn.executed), sum(fn => fn.loaded), sum(fn => fn.failed)].map(String),
    durationText(sum(fn => fn.duration)),
    '',
    '',
  ];
  return formatTexts(COLUMNS, functions.map(rowOf), total, {least: NARROW});
}

function digest(failures: Summary['failures']): string[] {
  if (failures.length === 0) return [];
  return [`${countText(failures.length, 'failure')}:`, ...failureLines(failures).map(line => `  ${line}`)];
}

function failureLines(failures: Summary['failures']): string[] {
  const equal = new Failures();
  for (const failure of failures) equal.add(failure);
  const {groups} = equal;
  const rest = groups.slice(MOST_FAILURES).reduce((sum, {count}) => sum + count, 0);
  return [
    ...groups.slice(0, MOST_FAILURES).map(failureLine),
    ...(rest === 0 ? [] : [`and ${grouped(rest)} more`]),
  ];
}

function failureLine({first, count, site}: EqualFailures): string {
  const where = site === undefined ? '' : `  (${site})`;
  const more = count === 1 ? '' : `  and ${grouped(count - 1)} like it`;
  return `${first.task}  ${headlineOf(first.failure.error)}${where}${more}`;
}

/** For GitHub Actions, as Markdown. */
export function jobSummaryOf(jugfile: string, summary: Summary, elapsed: number): string {
  const {functions, failures} = summary;
  const title = `jug execute ${jugfile}: ${doneText(summary)} in ${durationText(elapsed)}`;
  return jobSummary(title, COLUMNS, functions.map(rowOf), failureLines(failures));
}
