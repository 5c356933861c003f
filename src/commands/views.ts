// Which view of a run `jug execute` gives, and what it prints at the end. What draws is loaded only where it draws.

import path from 'node:path';
import {isatty} from 'node:tty';
import type {Run} from '../api/run.js';
import type {Summary} from '../api/summary.js';
import {describeThrown} from '../core/failure.js';
import {stdinRecord} from '../evaluation/stdin.js';
import {NO_PROGRESS, type PrintSink, type Reporter} from '../graph/events.js';
import {sketch} from '../ui/escape-canvas.js';
import {jsonView} from '../ui/json.js';
import {type Beside, LEAST_WINDOW} from '../ui/live-layout.js';
import {LiveView} from '../ui/live-view.js';
import {type About, RunModel} from '../ui/model.js';
import {type Canvas, type ColourChoice, type Screen, wantsColours} from '../ui/paint.js';
import {type PlainOptions, plainReporter} from '../ui/plain.js';
import {closingLines} from '../ui/run-summary.js';
import type {KeptOutput} from '../ui/screen/kept-output.js';
import {formatTable} from '../ui/table.js';
import {printedText} from '../ui/task-output.js';
import {canDraw} from '../ui/terminal.js';
import type {Invocation} from './command.js';
import {withGithub} from './github-view.js';
import type {LiveKeys} from './live-keys.js';
import {noTasks} from './no-tasks.js';
import {divert, noteText, screen} from './output.js';
import {endTexts} from './run-end.js';
import type {RunView, Viewed} from './run-view.js';

export const VIEWS = ['live', 'plain', 'json', 'none'] as const;
export type ViewName = (typeof VIEWS)[number];

export function openView(viewed: Viewed): RunView {
  return OPENERS[viewName(viewed.invocation.options)](viewed);
}

function viewName(options: Invocation['options']): ViewName {
  return options.quiet === true ? 'none' : ((options.ui as ViewName | undefined) ?? 'live');
}

const OPENERS: Readonly<Record<ViewName, (viewed: Viewed) => RunView>> = {
  live: viewed => (isDrawn() ? live(viewed) : OPENERS.plain(viewed)),
  plain: viewed =>
    process.env.GITHUB_ACTIONS === 'true' ? withGithub(plain(viewed), viewed) : plain(viewed),
  json,
  none: viewed => {
    const reporter = plainReporter({...partsOf(viewed), isQuiet: true});
    return {
      reporter,
      report: summary => {
        reporter.tellRepeats();
        close(summary, viewed.invocation);
      },
    };
  },
};

function partsOf({invocation, run, ending}: Viewed): PlainOptions {
  return {
    write: invocation.note,
    model: new RunModel(() => aboutOf(run()), performance.now()),
    progress: () => run()?.scheduler.progress ?? NO_PROGRESS,
    ending,
  };
}

/** Shows what tasks print: in colours where the run is drawn, and there alone, as all that is said in lines. */
export function showPrints({options}: Invocation, kept: KeptOutput): PrintSink {
  const coloured = viewName(options) === 'live' && isDrawn() && hasColours(options);
  return (printed, done) => {
    kept.add(printed);
    noteText(printedText(printed, coloured), done);
  };
}

function hasColours(options: Invocation['options']): boolean {
  const choice = (options.color as ColourChoice | undefined) ?? 'auto';
  return wantsColours(choice, process.env, () => process.stderr.getColorDepth());
}

function isDrawn(): boolean {
  return canDraw(process.stderr, process.env, LEAST_WINDOW);
}

function plain(viewed: Viewed): RunView {
  const reporter = plainReporter(partsOf(viewed));
  return {
    reporter,
    report: summary => {
      reporter.tellRepeats();
      if (hasNews(summary)) viewed.invocation.print(tableOf(summary));
      close(summary, viewed.invocation);
    },
  };
}

function json(viewed: Viewed): RunView {
  const view = jsonView({...partsOf(viewed), write: viewed.invocation.print});
  return {
    reporter: view,
    report: summary => {
      view.end(endFacts(summary));
      close(summary, viewed.invocation);
    },
  };
}

function live(viewed: Viewed): RunView {
  const parts = partsOf(viewed);
  const {model, progress} = parts;
  const {invocation} = viewed;
  const {print, note} = invocation;
  let goesOn: Reporter | undefined;
  const coloured = (): Screen => ({stream: screen(), hasColours: hasColours(invocation.options)});
  const drawing = async (): Promise<() => Canvas> => {
    const {openDrawing} = await import('../ui/ink-canvas.js');
    return () => openDrawing(coloured());
  };
  /** Loaded when something is drawn: a run that is not has no keys. */
  let keys: LiveKeys | undefined;
  const startKeys = async (): Promise<void> => {
    const {LiveKeys: Keys} = await import('./live-keys.js');
    if (isOver) return;
    keys = new Keys({
      view: () => view,
      run: viewed.run,
      model,
      progress,
      printed: viewed.printed,
      output: screen,
      open: drawing,
      note,
    });
    keys.start();
  };
  let isOver = false;
  const beside = besideOf(viewed);
  const view = new LiveView({
    model,
    progress,
    teller: plainReporter({...parts, isQuiet: true}),
    window: () => ({columns: process.stderr.columns, rows: process.stderr.rows}),
    beside: () => ({...beside(), hasKeys: keys?.areRead === true}),
    sketch: () => sketch(coloured()),
    open: async () => (await drawing())(),
    // Without keys, a run goes on as well.
    onSettled: () =>
      void startKeys().catch(error => note(`warning: No keys are read (${describeThrown(error).message}).`)),
    hasTime: timeToSpare(),
    divert,
    write: text => noteText(text, () => {}),
    isTaken: () => isatty(0) && stdinRecord.isAwaited(),
    onTrouble(error) {
      note(`warning: Drawing failed (${describeThrown(error).message}): the run is told in lines.`);
      goesOn = plainReporter(parts);
    },
  });
  return {
    reporter: {
      on: event => (goesOn ?? view).on(event),
      recall: earlier => view.recall(earlier),
      close() {
        isOver = true;
        keys?.close();
        view.close();
        goesOn?.close();
      },
    },
    async report(summary) {
      isOver = true;
      await keys?.end();
      view.close();
      if (hasNews(summary))
        for (const text of endTexts(summary, model.elapsed(performance.now()))) print(text);
      close(summary, invocation);
    },
  };
}

/** Milliseconds between two looks at who else is at work. */
const LOOK_AROUND = 5000;

function besideOf({run}: Viewed): () => Beside {
  let others: Beside['others'];
  let looked = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - looked > LOOK_AROUND) {
      looked = now;
      void run()
        ?.others()
        .then(found => {
          others = found;
        });
    }
    return {memory: process.memoryUsage.rss(), others};
  };
}

/** Whether this thread was idle for more than half of the time since it was asked last. */
function timeToSpare(): () => boolean {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const {utilization} = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization < 0.5;
  };
}

/** Paths as short as they can be said here. */
function aboutOf(run: Run | undefined): About {
  const {jugfile = '', jugdir = '', workers = 0} = run ?? {};
  return {jugfile: shortPath(jugfile), jugdir: shortPath(jugdir), workers};
}

/** As short as it can be said here. */
export function shortPath(place: string): string {
  const relative = path.relative('', place);
  return path.isAbsolute(place) && !relative.startsWith('..') ? relative : place;
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
