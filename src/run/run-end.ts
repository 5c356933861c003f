// How a run can end, as far as the run loop knows it: what that means to the user is for others to say.

import type {Barrier} from '../evaluation/graph-host.js';

export type End =
  | {readonly kind: 'finished'}
  /** The jugfile waits at a barrier that never opens, or tasks wait for what failed or is held by others. */
  | {readonly kind: 'stuck'; readonly barriers: readonly Barrier[]}
  | {readonly kind: 'stopped'; readonly reason: 'failure' | 'interrupt'}
  /** The jugfile threw, here or in a worker; or a worker could not read the store. */
  | {readonly kind: 'jugfile'; readonly error: unknown};
