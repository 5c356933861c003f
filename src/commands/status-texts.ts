// What `jug status --running` and `--times` print: tables for people, and the same facts for programs. Pure.

import type {FunctionTimes} from '../graph/function-times.js';
import type {TaskGraph} from '../graph/graph.js';
import type {HeldTask} from '../graph/held-tasks.js';
import type {Duration} from '../run/earlier-durations.js';
import {durationText, grouped, timeText} from '../ui/format.js';
import {formatTexts} from '../ui/table.js';
import {clipped, columnsOf, onOneLine, padded} from '../ui/text-width.js';

/** So many tasks are named: quick ones are held by the batch. */
const MOST_TASKS = 50;
/** Columns of a task's call in a table. */
const LONGEST_CALL = 100;

type Usual = ReadonlyMap<string, Duration>;

export interface RunningFact {
  readonly task: string;
  readonly hash: string;
  readonly function: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly host: string;
  readonly pid: number;
  /** Milliseconds that tasks of its function take as a rule; null if none has a result. */
  readonly usual: number | null;
}

export function runningFacts(held: readonly HeldTask[], graph: TaskGraph, usual: Usual): RunningFact[] {
  return held.map(({id, since, owner: {host, pid}}) => {
    const task = graph.task(id);
    const mean = usual.get(task.name);
    return {
      task: String(task),
      hash: task.hash,
      function: task.name,
      since: Math.round(since),
      host,
      pid,
      usual: mean === undefined ? null : mean.total / mean.count,
    };
  });
}

export function runningTable(facts: readonly RunningFact[], now: number): string {
  if (facts.length === 0) return 'No task is held by any process.';
  const rows = facts
    .slice(0, MOST_TASKS)
    .map(({task, since, host, pid, usual}) => [
      timeText(since),
      durationText(Math.max(0, now - since)),
      usual === null ? '' : durationText(usual),
      `${host} ${pid}`,
      shortCall(task),
    ]);
  const head = ['Since', 'For', 'Usually', 'Process', 'Task'];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map(row => columnsOf(row[column]!))));
  const lines = [head, ...rows].map(row =>
    row
      .map((cell, column) => padded(cell, widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const more = facts.length - rows.length;
  return [...lines, ...(more === 0 ? [] : [`and ${grouped(more)} more`])].join('\n');
}

export interface TimesFact {
  readonly name: string;
  readonly count: number;
  /** Milliseconds; null where nothing is finished. */
  readonly total: number;
  readonly mean: number | null;
  readonly slowest: {readonly task: string; readonly hash: string; readonly duration: number} | null;
}

export function timesFacts(times: readonly FunctionTimes[], graph: TaskGraph): TimesFact[] {
  return times.map(({name, count, total, slowest}) => ({
    name,
    count,
    total,
    mean: count === 0 ? null : total / count,
    slowest:
      slowest === undefined
        ? null
        : {
            task: String(graph.task(slowest.id)),
            hash: graph.task(slowest.id).hash,
            duration: slowest.duration,
          },
  }));
}

export function timesTable(facts: readonly TimesFact[]): string {
  const longest = Math.max(9, ...facts.map(({name}) => columnsOf(name)));
  const rows = facts.map(({name, count, total, mean, slowest}) => ({
    name: slowest === null ? name : `${padded(name, longest)}  ${shortCall(slowest.task)}`,
    cells: [
      String(count),
      ...(mean === null || slowest === null
        ? ['', '', '']
        : [durationText(total), durationText(mean), durationText(slowest.duration)]),
    ],
  }));
  const sum = (of: (fact: TimesFact) => number): number => facts.reduce((sum, fact) => sum + of(fact), 0);
  const total = [String(sum(({count}) => count)), durationText(sum(({total}) => total)), '', ''];
  const title = `${padded('Task name', longest)}  Slowest task`;
  return formatTexts(['Finished', 'Total', 'Mean', 'Slowest'], rows, total, {title});
}

function shortCall(task: string): string {
  return clipped(onOneLine(task), LONGEST_CALL);
}
