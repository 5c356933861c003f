// The function of a tasklet under its name: one without a name is known by its source. Knows no task.

import {refuseData} from './function-names.js';
import type {AnyFunction, FunctionOptions, TaskFunction} from './functions.js';
import {currentHost} from './host.js';

const BESIDE_THE_BASE =
  'Put the data beside the base, and write one function of both at the top level of a module, as in new Tasklet([task, factor], scale).';

/** Errors: a JugError for a function that carries data, and for the second of one source without a name. */
export function taskletFunction(fn: AnyFunction, options?: FunctionOptions): TaskFunction {
  refuseData(fn, 'function of a tasklet', BESIDE_THE_BASE);
  const {functions} = currentHost();
  const isNamed = fn.name !== '' || options?.name !== undefined;
  if (isNamed && (options !== undefined || functions.known(fn) === undefined))
    return functions.add(fn, options);
  return functions.addBySource(fn, options?.version);
}
