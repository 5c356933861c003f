// What has no hash, and how it is told where that is.

import {inspect} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {isTaskHash, UnhashableError} from '../src/hash.js';
import {call} from './helpers/calls.js';

test('a key named toJSON does not stand for its object', t => {
  t.not(call({toJSON: 1, a: 1}), call({toJSON: 1, a: 2}));
  t.is(refusal({toJSON: () => 1}).path, '[0].toJSON');
});

function refusal(...args: readonly unknown[]): UnhashableError {
  try {
    call(...args);
  } catch (error) {
    if (error instanceof UnhashableError) return error;
    throw error;
  }
  throw new Error(`${inspect(args)} was not refused`);
}

function refuses(t: ExecutionContext, value: unknown, path: string, reason: RegExp): void {
  const error = refusal(value);
  t.is(error.path, `[0]${path}`, inspect(value));
  t.regex(error.reason, reason);
  t.is(error.message, `[0]${path} ${error.reason}`);
}

test('what has no canonical form is refused, with the way to it', t => {
  const cycle: Record<string, unknown> = {};
  cycle.deep = [cycle];
  refuses(t, () => 1, '', /is a function without a name/);
  refuses(t, {options: {onDone: () => {}}}, '.options.onDone', /is a function without a name/);
  refuses(t, [0, [Symbol('s')]], '[1][0]', /is a symbol \(Symbol\(s\)\)/);
  refuses(t, {[Symbol('key')]: 1}, '', /property named by a symbol/);
  refuses(t, {a: new (class Account {})()}, '.a', /instance of Account, .*jug\.hash/);
  refuses(t, new (class extends Map {})(), '', /instance of/);
  refuses(t, new (class Vector extends Array {})(), '', /instance of Vector/);
  refuses(t, [new Error('no')], '[0]', /instance of Error/);
  refuses(t, new WeakMap(), '', /instance of WeakMap/);
  refuses(t, Object('boxed'), '', /instance of String/);
  refuses(t, {p: Promise.resolve(1)}, '.p', /is a promise: await it first/);
  refuses(t, {rows: new Proxy([1], {})}, '.rows', /is a Proxy: hand over a plain copy/);
  refuses(t, cycle, '.deep[0]', /cycle/);
  refuses(t, new Set([Symbol('s')]), '<member>', /is a symbol/);
  refuses(t, new Map([[Symbol('s'), 1]]), '<key>', /is a symbol/);
  refuses(t, new Map([['k', Symbol('s')]]), '.get("k")', /is a symbol/);
  refuses(t, Object.assign([1], {extra: Symbol('s')}), '.extra', /is a symbol/);
  t.is(refusal(1, {a: Symbol('s')}).path, '[1].a');
});

test('what is lost on the way to a worker is not hashed as if it were not there', t => {
  const symbol = Symbol('s');
  refuses(t, Object.assign([1], {[symbol]: 1}), '', /property named by a symbol/);
});

test('a value that is nested too deeply is refused, wherever the stack happens to end', t => {
  for (const depth of [1e5, 2e5]) {
    let nested: unknown = 1;
    for (let i = 0; i < depth; i++) nested = i % 2 === 0 ? [nested] : {a: nested};
    const error = refusal(nested);
    t.is(error.reason, 'is nested too deeply');
    t.true(error.path.length <= 60);
  }
  // Whatever the depth, the answer is a hash or a refusal, never another error.
  for (let depth = 500; depth < 20_000; depth = Math.floor(depth * 1.05)) {
    let nested: unknown = 1;
    for (let i = 0; i < depth; i++) nested = [nested];
    try {
      t.true(isTaskHash(call(nested)));
    } catch (error) {
      t.true(error instanceof UnhashableError, String(error));
    }
  }
});
