// What stands for a result that is not known yet, and is refused where it is used as if it were: read, looped over, made
// text of, written into. The end of its prototype chain is a Proxy, so that only what nobody has defined arrives there, and
// having tasks costs nothing. Knows of tasks no more than their text and how to get a member.

import {userCallerOf} from '../core/call-site.js';
import {REFUSAL} from '../values/unstorable.js';
import {cannotList, cannotTell, cannotWrite, isProbed, notKnown, primitiveOf} from './usage-errors.js';

/** A method: what stands at a place, counted from 0. */
export const MEMBER: unique symbol = Symbol('jug.member') as never;
/** A method: the error for a property that it has not. */
export const MISSING: unique symbol = Symbol('jug.missing') as never;
/** Those of tasks. They are no functions of the jugfile's, which may be handed over. */
const methods = new WeakSet<object>();

export abstract class NotKnown {
  abstract [MEMBER](place: number): unknown;
  abstract [MISSING](key: string): Error;
  abstract toString(): string;

  toLocaleString(): never {
    throw notKnown('make text of', String(this));
  }

  get [REFUSAL](): string {
    return (
      `is a task, ${String(this)}, which nobody would compute: tasks are made by the jugfile. Call the function ` +
      'itself, as in double.f(x), or make the tasks in a CompoundTask'
    );
  }

  [Symbol.toPrimitive](hint: string): string {
    return primitiveOf(this, hint);
  }
}

function cannotSerialise(this: unknown): never {
  throw notKnown('write as JSON', String(this));
}

const handler: ProxyHandler<object> = {
  get(target, key, receiver: NotKnown) {
    if (typeof key === 'symbol' || key in target) return Reflect.get(target, key, receiver);
    if (/^\d+$/.test(key)) return receiver[MEMBER](Number(key));
    if (isProbed(key)) return undefined;
    // Without a word, a file would get what the task is made of.
    if (key === 'toJSON') return cannotSerialise;
    throw receiver[MISSING](key);
  },
  set(target, key, value, receiver: NotKnown) {
    if (typeof key === 'symbol' || isProbed(key)) return Reflect.set(target, key, value, receiver);
    throw cannotWrite(String(receiver), key);
  },
  /** Of a question that nobody is known to ask of all objects. */
  has(target, key) {
    const isThere = Reflect.has(target, key);
    if (isThere || typeof key === 'symbol' || isProbed(key) || userCallerOf(handler.has!) === undefined)
      return isThere;
    throw cannotTell(key);
  },
  // A `for (const key in task)` of the user's own comes here. Libraries that compare or copy do it, too.
  ownKeys(target) {
    if (userCallerOf(handler.ownKeys!) !== undefined) throw cannotList();
    return Reflect.ownKeys(target);
  },
};
Object.setPrototypeOf(NotKnown.prototype, new Proxy(Object.create(Object.prototype), handler));

/** Says that what the prototype has are methods of tasks. */
export function declareMethods(prototype: object): void {
  for (const [key, {value}] of Object.entries(Object.getOwnPropertyDescriptors(prototype)))
    if (key !== 'constructor' && typeof value === 'function') methods.add(value);
}

export function isMethod(fn: object): boolean {
  return methods.has(fn);
}
