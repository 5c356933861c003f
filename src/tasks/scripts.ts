// In which script the source of a function stands, and where: asked of Node's inspector, which alone knows it of every
// function. To ask which scripts there are takes 30 ms and more, since V8 then computes a checksum of each. Knows nothing of
// names.

import type {Position} from '../core/module-exports.js';
import {ask, inspected, internalsOf, opened} from './inspector.js';

type Any = (...args: never[]) => unknown;

export interface Location {
  readonly script: string;
  /** Where its parameters begin, or all of it. */
  readonly position: Position;
}

interface Place {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface ScriptParsed {
  readonly params: {
    readonly scriptId: string;
    readonly url: string;
    /** What it was called when it was loaded: a comment in its text may say another `url`. */
    readonly embedderName?: string;
  };
}

/**
 * Of a bound function, or a Proxy, it is that of what is behind. `undefined`: it has no source in JavaScript. Errors: a
 * JugError where Node has no inspector.
 */
export function locationOf(fn: Any): Location | undefined {
  return inspected(fn, id => {
    let objectId: string | undefined = id;
    while (objectId !== undefined) {
      const internal = internalsOf(objectId);
      const location = internal.get('[[FunctionLocation]]')?.value as Place | undefined;
      if (location !== undefined) {
        const {scriptId: script, lineNumber, columnNumber} = location;
        return {script, position: {line: lineNumber + 1, column: columnNumber + 1}};
      }
      objectId = (internal.get('[[TargetFunction]]') ?? internal.get('[[Target]]'))?.objectId;
    }
    return undefined;
  });
}

/** All that there are, by what they were called when they were loaded: a path, a URL, or nothing. */
export function scriptNames(): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const take = ({params: {scriptId, url, embedderName}}: ScriptParsed): void => {
    names.set(scriptId, embedderName ?? url);
  };
  const inspector = opened();
  inspector.on('Debugger.scriptParsed', take);
  // Nothing is run in between, so that nothing is slower for it.
  ask('Debugger.enable');
  ask('Debugger.disable');
  inspector.off('Debugger.scriptParsed', take);
  return names;
}
