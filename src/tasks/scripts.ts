// In which script the source of a function stands, and where: asked of Node's inspector, which alone knows it of every
// function; no debugger need be attached. The first question costs some 3 ms, others a tenth of one. To ask which scripts
// there are takes 30 ms and more, since V8 then computes a checksum of each. Knows nothing of names.

import type {Session} from 'node:inspector';
import {JugError} from '../errors.js';
import type {Position} from '../modules.js';

type Any = (...args: never[]) => unknown;

export interface Location {
  readonly script: string;
  /** Where its parameters begin, or all of it. */
  readonly position: Position;
}

interface RemoteObject {
  readonly objectId?: string;
  readonly value?: {readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number};
}

interface Properties {
  readonly internalProperties?: readonly {readonly name: string; readonly value?: RemoteObject}[];
}

interface ScriptParsed {
  readonly params: {
    readonly scriptId: string;
    readonly url: string;
    /** What it was called when it was loaded: a comment in its text may say another `url`. */
    readonly embedderName?: string;
  };
}

/** Where a question finds what it is about, while it is asked. */
const ASKED = Symbol.for('jug.asked');
const EXPRESSION = 'globalThis[Symbol.for("jug.asked")]';
const GROUP = 'jug';

let session: Session | undefined;

/**
 * Of a bound function, or a Proxy, it is that of what is behind. `undefined`: it has no source in JavaScript. Errors: a
 * JugError where Node has no inspector.
 */
export function locationOf(fn: Any): Location | undefined {
  opened();
  Object.defineProperty(globalThis, ASKED, {value: fn, configurable: true});
  try {
    const evaluated = {expression: EXPRESSION, objectGroup: GROUP};
    let {objectId} = ask<{readonly result: RemoteObject}>('Runtime.evaluate', evaluated).result;
    while (objectId !== undefined) {
      const internal = internalsOf(objectId);
      const location = internal.get('[[FunctionLocation]]')?.value;
      if (location !== undefined) {
        const {scriptId: script, lineNumber, columnNumber} = location;
        return {script, position: {line: lineNumber + 1, column: columnNumber + 1}};
      }
      objectId = (internal.get('[[TargetFunction]]') ?? internal.get('[[Target]]'))?.objectId;
    }
    return undefined;
  } finally {
    Reflect.deleteProperty(globalThis, ASKED);
    ask('Runtime.releaseObjectGroup', {objectGroup: GROUP});
  }
}

function internalsOf(objectId: string): ReadonlyMap<string, RemoteObject | undefined> {
  const {internalProperties = []} = ask<Properties>('Runtime.getProperties', {objectId, ownProperties: true});
  return new Map(internalProperties.map(({name, value}) => [name, value]));
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

function ask<T>(method: string, params: object = {}): T {
  const answers: {readonly error: unknown; readonly result: unknown}[] = [];
  // In one thread, the answer is there before the call returns.
  opened().post(method, params, (error: unknown, result?: object) => void answers.push({error, result}));
  const [answer] = answers;
  if (answer === undefined || answer.error !== null) {
    const {error: cause} = answer ?? {};
    throw new Error(`This is a bug in jug: the inspector gives no answer to ${method}`, {cause});
  }
  return answer.result as T;
}

function opened(): Session {
  if (session !== undefined) return session;
  const inspector: typeof import('node:inspector') | undefined = process.getBuiltinModule('node:inspector');
  if (inspector === undefined) throw noInspector();
  const opening = new inspector.Session();
  try {
    opening.connect();
  } catch (error) {
    throw noInspector(error);
  }
  session = opening;
  return session;
}

function noInspector(cause?: unknown): JugError {
  return new JugError(
    "Expected Node's inspector, which says in which file a function is defined, found a Node that has none or forbids it.\n" +
      'Run another, or write each function in the call that makes a task function of it: TaskGenerator(function name(…) {…}).',
    3,
    {cause},
  );
}
