// What a jugfile imports: `import {TaskGenerator, …} from 'jug'`.

import './suitable.js';

import {checkedOptions, type ExecuteOptions} from './execute-options.js';
import {findJugfile} from './find-jugfile.js';
import {ScriptHost} from './hosts.js';
import type {Summary} from './summary.js';
import {rootOf} from './tasks/functions.js';
import {hasHost, restHost} from './tasks/host.js';
import {refuseSecondCopy} from './tasks/instance.js';
import {turnOfExecute} from './turn.js';

export {JugError} from './errors.js';
export type {Event} from './events.js';
export type {ExecuteOptions} from './execute-options.js';
export type {TaskHash} from './hash.js';
export {init, isJugRunning, isWorker, setJugdir} from './init.js';
export * from './own-store.js';
export type {Summary} from './summary.js';
export {barrier, bvalue, CachedFunction, value} from './tasks/barrier.js';
export {CompoundTask, CompoundTaskGenerator} from './tasks/compound.js';
export {NoLoad} from './tasks/io.js';
export type {MappedTasks} from './tasks/map-reduce.js';
export * as mapreduce from './tasks/map-reduce.js';
export {hashOne} from './tasks/naming.js';
export {Task, Tasklet} from './tasks/task.js';
export {type Generator, TaskGenerator} from './tasks/task-generator.js';
export {CustomHash, identity, iterateTask, NoHash, returnTuple, timedPath} from './tasks/utils.js';
export type {Argument, Arguments, Deferred, Resolved} from './types.js';
export {registerClass} from './values/classes.js';

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
    const {startRun, wholeSummary} = await import('./execute.js');
    return wholeSummary(await startRun(jugfile, checked));
  });
  if (summary.end.kind === 'jugfile') throw summary.end.error;
  return summary;
}
