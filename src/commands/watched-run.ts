// A run that is watched from outside: by what its store tells, again and again. The source of `jug ui`, wherever the run is,
// and though it is over.

import type {Progress, TaskProgress} from '../graph/events.js';
import type {TaskId} from '../graph/graph.js';
import {Watched} from '../graph/store-watch.js';
import {TaskColumns} from '../graph/task-columns.js';
import {thisOwner} from '../stores/owner.js';
import type {Store} from '../stores/store.js';
import {countText} from '../ui/format.js';
import {type About, RunModel, type Shown} from '../ui/model.js';
import type {Source} from '../ui/screen/source.js';
import type {Looked} from './command.js';

export interface WatchedRun {
  readonly source: Source;
  /** Looks until it is aborted. Errors: StoreError. */
  watch(signal: AbortSignal): Promise<void>;
  /** Changes the store, while nobody looks; what came of it is looked at at once. Errors: StoreError. */
  change<T>(use: (store: Store) => Promise<T>): Promise<T>;
}

export function watchedRun(looked: Looked, about: Omit<About, 'workers'>): WatchedRun {
  const {barriers, goOn} = looked;
  const {graph} = looked.host;
  const columns = new TaskColumns(graph);
  const begun = performance.now();
  let processes = 0;
  const model = new RunModel(() => ({...about, workers: Math.max(1, processes)}), begun);
  const watched = new Watched({columns, store: looked.storeNow, onFinished: ids => tell(ids)});
  let wake: () => void = () => {};
  /** Whoever has the store now is done then. */
  let before: Promise<unknown> = Promise.resolve();
  const alone = <T>(use: () => Promise<T>): Promise<T> => {
    const result = before.then(use);
    before = result.catch(() => {});
    return result;
  };

  /** What others have finished while somebody looked on: the speed of the whole is known by it. */
  function tell(ids: readonly TaskId[]): void {
    const now = performance.now();
    const counts = new Map<string, number>();
    for (const id of ids) counts.set(graph.task(id).name, (counts.get(graph.task(id).name) ?? 0) + 1);
    for (const [name, count] of counts) {
      model.on({type: 'finished', function: name, count}, now);
      model.on({type: 'loaded', function: name, count, elsewhere: true}, now);
    }
  }

  function progress(): Progress {
    const functions = columns.functions.map(({name, counts, all}) => ({
      name,
      all,
      ...counts,
      computed: 0,
      duration: 0,
    }));
    const sum = (of: (fn: (typeof functions)[number]) => number): number =>
      functions.reduce((sum, fn) => sum + of(fn), 0);
    const now = Date.now();
    const tasks = watched.held.map(({id, since}): TaskProgress => {
      const task = graph.task(id);
      const age = Math.max(0, now - since);
      return {
        hash: task.hash,
        // Made for those that are seen: quick tasks are held by the batch.
        get task() {
          return String(task);
        },
        function: task.name,
        age,
        worker: undefined,
      };
    });
    return {
      all: columns.size,
      finished: sum(({finished}) => finished),
      failed: sum(({failed}) => failed),
      running: sum(({running}) => running),
      elsewhere: 0,
      functions,
      tasks,
      isOpen: barriers().length > 0,
      barriers: barriers().map(({site}) => site),
    };
  }

  let picture: {readonly version: number; readonly at: number; readonly shown: Shown} | undefined;
  const source: Source = {
    columns,
    get failures() {
      return watched.failures;
    },
    get held() {
      return watched.held;
    },
    get version() {
      return watched.version;
    },
    get looking() {
      return watched.looking;
    },
    output: () => undefined,
    here: () => thisOwner(),
    atWork: () => [],
    people: () => peopleText(watched.held.map(({owner}) => owner)),
    shown() {
      const now = performance.now();
      if (picture?.version === watched.version && now - picture.at < FRESH_MS) return picture.shown;
      const owners = new Set(watched.held.map(({owner}) => owner.token));
      processes = owners.size;
      model.recall(
        new Map(
          columns.functions
            .filter(({measured}) => measured > 0)
            .map(({name, measured, total}) => [name, {count: measured, total}]),
        ),
      );
      picture = {version: watched.version, at: now, shown: model.shown(progress(), now)};
      return picture.shown;
    },
  };
  return {
    source,
    change: use =>
      alone(async () => {
        try {
          return await looked.changing(use);
        } finally {
          watched.expectRemovals();
          wake();
        }
      }),
    async watch(signal) {
      signal.addEventListener('abort', () => wake());
      while (!signal.aborted) {
        const begun = performance.now();
        await alone(async () => {
          await watched.look(signal);
          if (barriers().length > 0) await goOn();
        });
        if (signal.aborted) return;
        const took = performance.now() - begun;
        await new Promise<void>(resolve => {
          const timer = setTimeout(
            resolve,
            Math.min(MOST_REST_MS, Math.max(LEAST_REST_MS, took * REST_TIMES)),
          );
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
  };
}

/** Milliseconds for which one picture of the whole is good enough. */
const FRESH_MS = 100;
/** Milliseconds between two looks, and so many times what a look took. */
const LEAST_REST_MS = 500;
const MOST_REST_MS = 5000;
const REST_TIMES = 8;

function peopleText(owners: readonly {readonly token: string; readonly host: string}[]): string {
  const processes = new Set(owners.map(({token}) => token)).size;
  const hosts = new Set(owners.map(({host}) => host)).size;
  if (processes === 0) return 'nobody is at work';
  const noun = processes === 1 ? '1 process' : `${processes} processes`;
  return hosts > 1 ? `${noun} on ${countText(hosts, 'host')}` : noun;
}
