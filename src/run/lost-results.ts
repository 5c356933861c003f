// What is said of results that are lost: those that a run could not store, and those that could not be read again. By
// name, so that nobody wonders what is computed again.

import {StoreError} from '../core/errors.js';
import type {TaskGraph} from '../graph/graph.js';
import {NOT_THERE} from '../tasks/read-results.js';
import type {Task} from '../tasks/task.js';
import type {TaskHash} from '../values/task-hash.js';

/** Lines: the error itself is to stay in sight. */
const MOST_LINES = 21;

/** `tasks`: computed and not stored; `running`: how many were still being computed. */
export function withLoss(error: StoreError, tasks: readonly string[], running: number): StoreError {
  const parts = [error.message];
  if (tasks.length > 0) {
    const named = tasks.length > MOST_LINES ? tasks.slice(0, MOST_LINES - 1) : tasks;
    const rest = tasks.length > named.length ? [`and ${tasks.length - named.length} more`] : [];
    const head = tasks.length === 1 ? 'A result is lost' : `${tasks.length} results are lost`;
    parts.push(
      `${head}, to be computed again by the next run:`,
      ...[...named, ...rest].map(name => `  ${name}`),
    );
  }
  if (running > 0) parts.push(`${running} ${running === 1 ? 'task was' : 'tasks were'} still running.`);
  return new StoreError(parts.join('\n'), true, {cause: error});
}

/** Of a store that saves when it is closed, and could not. */
export function withUnsaved(error: unknown, graph: TaskGraph): unknown {
  if (!(error instanceof StoreError) || error.unsaved === undefined) return error;
  const ids = [...error.unsaved].map(hash => graph.find(hash as TaskHash));
  return withLoss(
    error,
    ids.filter(id => id !== undefined).map(id => String(graph.task(id))),
    0,
  );
}

/** `reason`: of a MissingResults. */
export function lostText(task: Task, reason: string): string {
  const what = reason === NOT_THERE ? 'gone' : `damaged (${reason}) and was set aside`;
  return `The result of ${String(task)} (${task.hash.slice(0, 12)}) is ${what}; it is computed again.`;
}
