// What a view of a run is to `jug execute`, and what it is made with.

import type {Run} from '../api/run.js';
import type {Summary} from '../api/summary.js';
import type {Reporter} from '../graph/events.js';
import type {KeptOutput} from '../ui/screen/kept-output.js';
import type {Invocation} from './command.js';

export interface RunView {
  readonly reporter: Reporter;
  /** What a run came to; its threads may not have ended. */
  report(summary: Summary): void | Promise<void>;
}

export interface Viewed {
  readonly invocation: Invocation;
  /** Not before it has begun. */
  readonly run: () => Run | undefined;
  /** What tasks have printed lately. */
  readonly printed: KeptOutput;
  /** When running tasks are ended after an interrupt, in words. */
  readonly ending: () => string;
}
