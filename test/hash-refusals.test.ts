// What has no hash, and how it is told where that is.

import {inspect} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {registerClass} from '../src/values/class-registry.js';
import {HASH, UnhashableError} from '../src/values/task-hash.js';
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
  refuses(t, {a: new (class Account {})()}, '.a', /instance of Account, .*registerClass/);
  refuses(t, new (class extends Map {})(), '', /instance of/);
  refuses(t, new (class Vector extends Array {})(), '', /instance of Vector/);
  refuses(t, [new (class Mine extends Error {})('no')], '[0]', /instance of Mine/);
  refuses(t, new WeakMap(), '', /is a WeakMap/);
  refuses(t, Object(Symbol('boxed')), '', /instance of Symbol/);
  refuses(t, {p: Promise.resolve(1)}, '.p', /is a Promise: await it/);
  refuses(t, {rows: new Proxy([1], {})}, '.rows', /is a Proxy: .* a plain copy/);
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
  for (const [value, kind] of [
    [Float64Array.of(1), 'Float64Array'],
    [Buffer.from('a'), 'Buffer'],
    [new Date(0), 'Date'],
    [new Map(), 'Map'],
    [new Set(), 'Set'],
    [/a/, 'RegExp'],
    [new ArrayBuffer(1), 'ArrayBuffer'],
    [Object(1), 'Number'],
  ] as const) {
    const path = kind === 'Map' ? '.get("v")' : '.x';
    const owner = kind === 'Map' ? new Map([['v', value]]) : {x: value};
    refuses(t, Object.assign(value, {unit: 'm'}), '', new RegExp(`is an? ${kind} with a property .*\\.unit`));
    refuses(t, owner, path, /\.unit/);
  }
  const used = /a/g;
  used.test('a');
  refuses(t, used, '', /lastIndex is not 0/);
  refuses(t, String.raw, '', /function/);
  const hidden = Object.defineProperty({a: 1}, 'b', {value: 1});
  refuses(t, [hidden], '[0]', /a property that is not enumerable \(\.b\)/);
  const strings = ((...all: unknown[]) => all[0])`a\n${1}`;
  refuses(t, strings, '', /a property that is not enumerable \(\.raw\)/);
  const long = Object.defineProperty(Array(100).fill(0), 'raw', {value: 1});
  refuses(t, long, '', /not enumerable \(\.raw\)/);
});

test('memory that is shared would stay shared, and is refused', t => {
  const shared = new SharedArrayBuffer(8);
  refuses(t, shared, '', /is a SharedArrayBuffer/);
  refuses(t, {view: new Float64Array(shared)}, '.view', /is a view on a SharedArrayBuffer/);
  refuses(t, new DataView(shared), '', /is a view on a SharedArrayBuffer/);
});

test('a subclass of what is built in is refused, unless it is registered', t => {
  for (const Base of [
    Map,
    Set,
    Array,
    Date,
    RegExp,
    Uint8Array,
    Float64Array,

    Error,
    Promise,
  ] as const) {
    class Mine extends (Base as new () => object) {}
    const mine = Base === Promise ? Object.setPrototypeOf(Promise.resolve(), Mine.prototype) : new Mine();
    refuses(t, {mine}, '.mine', /instance of Mine|Promise/);
  }
});

test('what encode() and what decides itself answer with is held to the same', t => {
  class Holder {
    constructor(readonly held: unknown) {}
  }
  registerClass(Holder, {encode: ({held}) => ({held}), decode: ({held}) => new Holder(held)});
  refuses(t, [new Holder(Symbol('s'))], '[0]<encoded>.held', /is a symbol/);
  refuses(t, {a: {[HASH]: () => [() => {}]}}, '.a<encoded>[1][0]', /is a function without a name/);
});
