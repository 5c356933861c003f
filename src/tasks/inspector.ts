// Node's inspector, asked by jug about this very thread: it knows of functions what the language does not tell. No debugger need
// be attached, and none is disturbed. The first question costs some 3 ms, others a tenth of one. Knows nothing of what is asked.

import type {Session} from 'node:inspector';
import {JugError} from '../core/errors.js';

export interface RemoteObject {
  readonly objectId?: string;
  readonly description?: string;
  readonly value?: unknown;
}

interface Properties {
  readonly result: readonly {readonly name: string; readonly value?: RemoteObject}[];
  readonly internalProperties?: readonly {readonly name: string; readonly value?: RemoteObject}[];
}

/** Where a question finds what it is about, while it is asked, and leaves what it finds. */
const ASKED = Symbol.for('jug.asked');
const EXPRESSION = 'globalThis[Symbol.for("jug.asked")]';
const GROUP = 'jug';

let session: Session | undefined;

/** What `look` finds, given the inspector's name of a thing. Errors: a JugError where Node has no inspector. */
export function inspected<T>(thing: object, look: (objectId: string) => T): T {
  opened();
  try {
    const evaluated = {expression: EXPRESSION, objectGroup: GROUP};
    const {objectId} = holding(
      thing,
      () => ask<{readonly result: RemoteObject}>('Runtime.evaluate', evaluated).result,
    );
    return look(objectId!);
  } finally {
    ask('Runtime.releaseObjectGroup', {objectGroup: GROUP});
  }
}

/** What V8 alone knows of an object: `[[Scopes]]`, for one. */
export function internalsOf(objectId: string): ReadonlyMap<string, RemoteObject | undefined> {
  const {internalProperties = []} = propertiesOf(objectId);
  return new Map(internalProperties.map(({name, value}) => [name, value]));
}

/** Those of its own that are objects, in their order. */
export function membersOf(objectId: string): readonly RemoteObject[] {
  return propertiesOf(objectId).result.flatMap(({value}) => (value?.objectId === undefined ? [] : [value]));
}

/** What stands in a remote object as `object`: the thing itself. */
export function objectIn(objectId: string): unknown {
  const box: {object?: unknown} = {};
  const functionDeclaration = `function () { ${EXPRESSION}.object = this.object; }`;
  holding(box, () => ask('Runtime.callFunctionOn', {objectId, functionDeclaration, objectGroup: GROUP}));
  return box.object;
}

function propertiesOf(objectId: string): Properties {
  return ask<Properties>('Runtime.getProperties', {objectId, ownProperties: true});
}

function holding<T>(thing: object, run: () => T): T {
  Object.defineProperty(globalThis, ASKED, {value: thing, configurable: true});
  try {
    return run();
  } finally {
    Reflect.deleteProperty(globalThis, ASKED);
  }
}

export function ask<T>(method: string, params: object = {}): T {
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

export function opened(): Session {
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
