// Which view of a run `jug execute` gives, and what it prints at the end. What draws is loaded only where it draws.

import path from 'node:path';
import {NO_PROGRESS, type Reporter} from '../events.js';
import type {Run} from '../execute.js';
import type {Summary} from '../summary.js';
import {closingLines} from '../ui/closing.js';
import {jsonView} from '../ui/json.js';
import {type About, RunModel} from '../ui/model.js';
import {plainReporter} from '../ui/plain.js';
import {formatTable} from '../ui/table.js';
import type {Invocation} from './command.js';
import {noTasks} from './no-tasks.js';

export interface RunView {
  readonly reporter: Reporter;
  /** What a run came to; its threads may not have ended. */
  report(summary: Summary): void;
}

export interface Viewed {
  readonly invocation: Invocation;
  /** Not before it has begun. */
  readonly run: () => Run | undefined;
  /** When running tasks are ended after an interrupt, in words. */
  readonly ending: () => string;
}

export const VIEWS = ['plain', 'json', 'none'] as const;
export type ViewName = (typeof VIEWS)[number];

export function openView({invocation, run, ending}: Viewed): RunView {
  const {print, note, options} = invocation;
  const model = new RunModel(() => aboutOf(run()), performance.now());
  const progress = () => run()?.scheduler.progress ?? NO_PROGRESS;
  const name = options.quiet === true ? 'none' : ((options.ui as ViewName | undefined) ?? 'plain');
  if (name === 'json') {
    const view = jsonView({write: print, model, progress});
    return {
      reporter: view,
      report: summary => {
        view.end(endFacts(summary));
        close(summary, invocation);
      },
    };
  }
  const isQuiet = name === 'none';
  return {
    reporter: plainReporter({write: note, model, progress, ending, isQuiet}),
    report: summary => {
      if (!isQuiet && hasNews(summary)) print(tableOf(summary));
      close(summary, invocation);
    },
  };
}

/** Paths as short as they can be said here. */
function aboutOf(run: Run | undefined): About {
  const {jugfile = '', jugdir = '', workers = 0} = run ?? {};
  const short = (place: string): string => {
    const relative = path.relative('', place);
    return path.isAbsolute(place) && !relative.startsWith('..') ? relative : place;
  };
  return {jugfile: short(jugfile), jugdir: short(jugdir), workers};
}

/** Of a jugfile that throws before anything was run, there is nothing else to be told. */
function hasNews({functions, end}: Summary): boolean {
  return end.kind !== 'jugfile' || functions.some(({executed, failed}) => executed + failed > 0);
}

function tableOf({functions}: Summary): string {
  return formatTable(
    ['Executed', 'Loaded', 'Failed'],
    functions.map(({name, executed, loaded, failed}) => ({name, numbers: [executed, loaded, failed]})),
  );
}

function endFacts({functions, counts, end, exitCode, barriers}: Summary): Readonly<Record<string, unknown>> {
  return {
    end: end.kind,
    exitCode,
    counts,
    barriers: barriers.map(({site}) => site),
    functions: functions.map(({duration, slowest, ...fn}) => ({...fn, duration, slowest: slowest ?? null})),
  };
}

/** What failed, what is left, and why. */
function close(summary: Summary, {jugfile, note}: Invocation): void {
  const {functions, counts, end, failures, barriers} = summary;
  if (!hasNews(summary)) return;
  if (end.kind === 'finished') {
    if (functions.length === 0) note(noTasks(jugfile));
    return;
  }
  const closing = {
    counts,
    failed: failures.filter(({elsewhere}) => !elsewhere).length,
    elsewhere: failures.filter(({elsewhere}) => elsewhere).length,
    barriers: end.kind === 'jugfile' ? [] : barriers,
    gaveUp: end.kind === 'stuck',
  };
  for (const line of closingLines(closing)) note(line);
}
