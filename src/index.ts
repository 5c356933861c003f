// What a jugfile imports: `import {TaskGenerator, …} from 'jug'`.

import './core/suitable.js';

import {checkedOptions, type ExecuteOptions} from './api/run-options.js';
import type {Summary} from './api/summary.js';
import {turnOfExecute} from './evaluation/exclusive.js';
import {ScriptHost} from './evaluation/graph-host.js';
import {findJugfile} from './settings/find-jugfile.js';
import {rootOf} from './tasks/functions.js';
import {hasHost, restHost} from './tasks/host.js';
import {refuseSecondCopy} from './tasks/single-copy.js';

export * from './api/custom-store.js';
export {init, isJugRunning, isWorker, setJugdir} from './api/init.js';
export type {ExecuteOptions} from './api/run-options.js';
export type {Summary} from './api/summary.js';
export {JugError} from './core/errors.js';
export type {Argument, Arguments, Deferred, Resolved} from './core/types.js';
export type {Event} from './graph/events.js';
export {barrier, bvalue, CachedFunction, value} from './tasks/barrier.js';
export {CompoundTask, CompoundTaskGenerator} from './tasks/compound.js';
export {hashOne} from './tasks/function-names.js';
export type {MappedTasks} from './tasks/map-reduce.js';
export * as mapreduce from './tasks/map-reduce.js';
export {NoLoad} from './tasks/no-load.js';
export {Task, Tasklet} from './tasks/task.js';
export {type Generator, TaskGenerator} from './tasks/task-generator.js';
export {CustomHash, identity, iterateTask, NoHash, returnTuple, timedPath} from './tasks/utils.js';
export {registerClass} from './values/class-registry.js';
export type {TaskHash} from './values/task-hash.js';

refuseSecondCopy();
// Under jug a host is there before the jugfile is imported; without one, this is a program that node runs by itself.
if (!hasHost()) restHost(new ScriptHost(rootOf(process.argv[1] ?? '.')));

/**
 * Runs all that the jugfile defines, as `jug execute` does. Meanwhile `execute` and `init` are refused. Errors: JugError. A
 * failed task is in the summary.
 */
export async function execute(jugfile: string, options: ExecuteOptions = {}): Promise<Summary> {
  const checked = checkedOptions(options);
  const summary = await turnOfExecute(findJugfile(jugfile), async () => {
    // Loaded when called: a jugfile that only defines tasks needs neither the pool nor the scheduler.
    const {startRun, wholeSummary} = await import('./api/run.js');
    return wholeSummary(await startRun(jugfile, checked));
  });
  if (summary.end.kind === 'jugfile') throw summary.end.error;
  return summary;
}
