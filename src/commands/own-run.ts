// The run of this process as the full screen sees it: states and workers from the run loop, all else from its store.

import type {Run} from '../api/run.js';
import type {Progress} from '../graph/events.js';
import type {TaskId} from '../graph/graph.js';
import {Watched} from '../graph/store-watch.js';
import {TaskColumns} from '../graph/task-columns.js';
import type {TaskState} from '../graph/task-states.js';
import {absentStore} from '../stores/empty-store.js';
import {thisOwner} from '../stores/owner.js';
import {countText} from '../ui/format.js';
import type {RunModel, Shown} from '../ui/model.js';
import type {KeptOutput} from '../ui/screen/kept-output.js';
import type {ActEffect} from '../ui/screen/show.js';
import type {AtWork, Source} from '../ui/screen/source.js';

export interface OwnRun {
  readonly source: Source;
  /** Looks until it is aborted, or the run is over. */
  watch(signal: AbortSignal): Promise<void>;
  /** Answers with what was done. Errors: StoreError. */
  act(effect: ActEffect): Promise<string>;
}

export function ownRun(
  run: Run,
  {
    model,
    progress,
    printed,
  }: {
    readonly model: RunModel;
    readonly progress: () => Progress;
    readonly printed: KeptOutput;
  },
): OwnRun {
  const {graph, scheduler} = run;
  const columns = new TaskColumns(graph);
  const standing = (id: TaskId): TaskState | undefined => {
    const state = scheduler.states.of(id);
    return state === 'sent' ? 'ready' : state;
  };
  const none = absentStore(run.jugdir);
  const watched = new Watched({columns, store: async () => run.store ?? none, standing});
  const atWork = (): AtWork[] =>
    progress().tasks.flatMap(({hash, age, worker}) => {
      const id = graph.find(hash);
      return id === undefined ? [] : [{id, age, worker}];
    });
  let shown: {readonly at: number; readonly picture: Shown} | undefined;
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
    output: id => printed.of(String(graph.task(id))),
    here: () => thisOwner(),
    atWork,
    people: () => countText(run.workers, 'worker'),
    shown() {
      const now = performance.now();
      if (shown === undefined || now - shown.at > FRESH_MS)
        shown = {at: now, picture: model.shown(progress(), now)};
      return shown.picture;
    },
  };
  return {
    source,
    async watch(signal) {
      while (!signal.aborted && run.store !== undefined) {
        await watched.look(signal);
        await new Promise(resolve => void setTimeout(resolve, LOOK_MS).unref());
      }
    },
    async act(effect) {
      switch (effect.kind) {
        case 'stop':
          // As ctrl-c: whoever handles that tells the rest.
          process.kill(process.pid, 'SIGINT');
          return 'Asked this run to stop: what runs finishes.';
        case 'retry': {
          const tried = await scheduler.retry(effect.ids);
          watched.expectRemovals();
          return tried === 0
            ? 'Expected a run that goes on, found that it is stopping: the next jug execute tries it again.'
            : `${countText(tried, 'task')} will be tried again.`;
        }
        default:
          return 'This run needs these results. Stop it first (x), or wait for its end; then i in jug ui, or jug invalidate, removes them.';
      }
    },
  };
}

/** Milliseconds for which one picture is good enough, and between two looks at the store. */
const FRESH_MS = 50;
const LOOK_MS = 1000;
