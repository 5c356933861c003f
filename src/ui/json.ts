// The view of a run for programs: one JSON object a line, each with what happened and when. Its members are a promise, told
// in docs/commands.md: others may be added, and none changes its meaning under the same schema.

import type {Event, Progress, Reporter} from '../graph/events.js';
import {siteOf} from './equal-failures.js';
import type {RunModel, Shown} from './model.js';

export const SCHEMA = 'jug.execute/1';

export interface JsonOptions {
  readonly write: (line: string) => void;
  readonly model: RunModel;
  readonly progress: () => Progress;
  readonly now?: () => number;
}

export interface JsonView extends Reporter {
  /** Writes what a run came to: the last line. */
  end(facts: Readonly<Record<string, unknown>>): void;
}

/** Milliseconds between two lines of progress, as long as anything moves. */
const LOOK = 1000;

export function jsonView({write, model, progress, now = () => performance.now()}: JsonOptions): JsonView {
  let last = '';
  const tell = (event: string, facts: Readonly<Record<string, unknown>>): void =>
    write(JSON.stringify({event, time: Math.round(performance.timeOrigin + now()), ...facts}));
  let isBegun = false;
  const begin = ({about}: Shown): void => {
    isBegun = true;
    tell('begin', {schema: SCHEMA, ...about, pid: process.pid});
  };
  const look = (): void => {
    const shown = model.shown(progress(), now());
    if (!isBegun) begin(shown);
    const {all, finished, failed, running, elsewhere} = shown;
    const moved = [all, finished, failed, running, elsewhere, ...shown.tasks.map(({hash}) => hash)].join();
    if (moved === last) return;
    last = moved;
    tell('progress', progressFacts(shown));
  };
  const timer = setInterval(look, LOOK);
  timer.unref();

  return {
    on(event: Event): void {
      model.on(event, now());
      if (!isBegun && event.type === 'started') look();
      // How many are where is told with the progress.
      if (event.type === 'loaded' || event.type === 'started' || event.type === 'finished') return;
      tell(event.type, factsOf(event));
    },
    recall: earlier => model.recall(earlier),
    end(facts) {
      look();
      tell('end', facts);
    },
    close: () => clearInterval(timer),
  };
}

function progressFacts(shown: Shown): Readonly<Record<string, unknown>> {
  const {
    about: _,
    elapsed,
    left,
    grown: _grown,
    functions,
    tasks,
    rate,
    barriers,
    away: _away,
    ...counts
  } = shown;
  return {
    elapsed: Math.round(elapsed),
    ...counts,
    rate: rounded(rate),
    left: left === undefined ? null : {milliseconds: Math.round(left.milliseconds), isLeast: left.isLeast},
    barriers,
    functions: functions.map(({duration: _duration, mean, ...fn}) => ({
      ...fn,
      mean: mean === undefined ? null : rounded(mean),
    })),
    tasks: tasks.map(({hash, task, function: name, age, worker, isSlow}) => {
      return {hash, task, function: name, age: Math.round(age), worker: worker ?? null, isSlow};
    }),
  };
}

function rounded(number: number): number {
  return Number(number.toPrecision(4));
}

function factsOf(event: Event): Readonly<Record<string, unknown>> {
  if (event.type === 'failed') {
    const {hash, task, elsewhere, failure} = event;
    const {error, ...others} = failure;
    return {hash, task, ...others, elsewhere, site: siteOf(failure) ?? null, error};
  }
  const {type: _, ...facts} = event;
  return facts;
}
