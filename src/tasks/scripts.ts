// Which script the source of a function stands in, and from which file that was loaded: asked of Node's inspector, which
// alone knows it of every function, without a debugger being attached. Costs milliseconds at the first question, some
// twenty at the first about a script that does not call, and a tenth of one later. Knows nothing of names.

import type {Session} from 'node:inspector';
import {JugError} from '../errors.js';
import {type Frame, isUsers, pathOf} from '../frame.js';

type Any = (...args: never[]) => unknown;

interface RemoteObject {
  readonly objectId?: string;
  readonly value?: {readonly scriptId: string};
}

interface CallFrame {
  readonly scriptId: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface ScriptParsed {
  readonly params: {
    readonly scriptId: string;
    readonly url: string;
    /** What it was called when it was loaded; a comment in its text may say another `url`. */
    readonly embedderName?: string;
  };
}

/** Where a question finds what it is about, while it is asked. */
const ASKED = Symbol.for('jug.asked');
const GROUP = 'jug';

let session: Session | undefined;
/** Script id → its file as an absolute path, or the name it has instead. Of those that were met. */
const names = new Map<string, string>();

/**
 * The absolute path of the file in which the source of `fn` stands, `node:…` if that is Node's, or '' if it is in no file:
 * for a function of the language, or one that was made by eval. `caller`: who calls now, whose script is known for less.
 * Errors: a JugError where Node has no inspector.
 */
export function scriptNameOf(fn: Any, caller: Frame): string {
  const id = scriptOf(fn);
  if (id === undefined) return 'node:';
  if (!names.has(id)) nameCaller(caller);
  if (!names.has(id)) nameAll();
  return names.get(id) ?? '';
}

/** Of a bound function, or a Proxy, the script of what is behind it. `undefined`: it has no source in JavaScript. */
function scriptOf(fn: Any): string | undefined {
  const inspector = opened();
  Object.defineProperty(globalThis, ASKED, {value: fn, configurable: true});
  try {
    const expression = 'globalThis[Symbol.for("jug.asked")]';
    let object = ask<{result: RemoteObject}>('Runtime.evaluate', {expression, objectGroup: GROUP}).result;
    while (object.objectId !== undefined) {
      const internal = internalsOf(object.objectId);
      const location = internal.get('[[FunctionLocation]]')?.value;
      if (location !== undefined) return location.scriptId;
      const behind = internal.get('[[TargetFunction]]') ?? internal.get('[[Target]]');
      if (behind === undefined) return undefined;
      object = behind;
    }
    return undefined;
  } finally {
    Reflect.deleteProperty(globalThis, ASKED);
    inspector.post('Runtime.releaseObjectGroup', {objectGroup: GROUP});
  }
}

function internalsOf(objectId: string): ReadonlyMap<string, RemoteObject | undefined> {
  const {internalProperties = []} = ask<{
    internalProperties?: readonly {readonly name: string; readonly value?: RemoteObject}[];
  }>('Runtime.getProperties', {objectId, ownProperties: true});
  return new Map(internalProperties.map(({name, value}) => [name, value]));
}

/** By the stack, which an exception has with it as long as somebody listens. */
function nameCaller(caller: Frame): void {
  if (caller.file === undefined) return;
  ask('Runtime.enable');
  const {exceptionDetails} = ask<{
    exceptionDetails?: {stackTrace?: {callFrames: readonly CallFrame[]}};
  }>('Runtime.evaluate', {expression: 'throw 0', silent: true});
  ask('Runtime.disable');
  const frame = exceptionDetails?.stackTrace?.callFrames.find(({url}) => url !== '' && isUsers(url));
  if (frame !== undefined && caller.isAt(frame.lineNumber + 1, frame.columnNumber + 1))
    names.set(frame.scriptId, caller.file);
}

/** All scripts there are are told whenever the debugger is turned on; nothing is run while it is. */
function nameAll(): void {
  const take = ({params: {scriptId, url, embedderName}}: ScriptParsed): void => {
    names.set(scriptId, pathOf(embedderName || url));
  };
  const inspector = opened();
  inspector.on('Debugger.scriptParsed', take);
  ask('Debugger.enable');
  ask('Debugger.disable');
  inspector.off('Debugger.scriptParsed', take);
}

function ask<T>(method: string, params: object = {}): T {
  let answer: {readonly error: unknown; readonly result: T} | undefined;
  // In one thread, the answer is there before the call returns.
  opened().post(method, params, (error: unknown, result?: object) => {
    answer = {error, result: result as T};
  });
  if (answer === undefined || answer.error !== null)
    throw new Error(`This is a bug in jug: the inspector did not answer to ${method}`, {
      cause: answer?.error,
    });
  return answer.result;
}

function opened(): Session {
  if (session !== undefined) return session;
  const inspector = process.getBuiltinModule('node:inspector') as typeof import('node:inspector') | undefined;
  if (inspector === undefined) throw noInspector();
  try {
    const opening = new inspector.Session();
    opening.connect();
    session = opening;
  } catch (error) {
    throw noInspector(error);
  }
  return session;
}

function noInspector(cause?: unknown): JugError {
  return new JugError(
    `Expected Node's inspector, which says in which file a function is defined, found a Node that has none, or that forbids it.\n` +
      'Write functions where they become task functions, as in TaskGenerator(function name(…) {…}), or run a Node with an inspector.',
    3,
    {cause},
  );
}
