// What the codec refuses, and the path by which it tells where that is.

import {EventEmitter} from 'node:events';
import {Readable} from 'node:stream';
import test from 'ava';
import {registerClass} from '../../src/values/class-registry.js';
import {refusal, roundTrip} from './round-trip.js';

class Plain {}

class Custom extends Error {}

class Names extends Map<unknown, unknown> {}

class List extends Array {}

class Bytes extends Uint8Array {}

function* generator() {
  yield 1;
}

function named() {}

const detached = new ArrayBuffer(8);

structuredClone(detached, {transfer: [detached]});

const refused: Record<string, [unknown, RegExp]> = {
  'a function': [named, /function \(named\)/],
  'a class': [Plain, /function \(Plain\)/],
  'a symbol': [Symbol('s'), /symbol \(Symbol\(s\)\)/],
  'a Promise': [Promise.resolve(), /Promise: await it/],
  'a WeakMap': [new WeakMap(), /WeakMap/],
  'a WeakSet': [new WeakSet(), /WeakSet/],
  'a WeakRef': [new WeakRef({}), /WeakRef/],
  'a generator': [generator(), /is a Generator/],
  'an asynchronous generator': [(async function* () {})(), /is an AsyncGenerator/],
  'an iterator': [new Map().keys(), /Map Iterator/],
  'a stream': [new Readable(), /stream/],
  'a web stream': [new ReadableStream(), /stream/],
  'a Proxy': [new Proxy({}, {}), /Proxy/],
  'a Proxy of an array': [new Proxy([1], {}), /Proxy/],
  'a revoked Proxy': [revoked(), /Proxy/],
  'an unregistered instance': [new Plain(), /registerClass\(Plain\)/],
  'an unregistered error': [new Custom('x'), /registerClass\(Custom\)/],
  'a subclass of Map': [
    new Names(),
    /registerClass\(Names, \{encode: names => \[\.\.\.names\], decode: kept => new Names\(kept\)\}\).*or hand over a plain copy: new Map\(it\)/,
  ],
  'a subclass of Array': [
    List.of(1),
    /registerClass\(List, \{encode: list => Array\.from\(list\), .*plain copy: Array\.from\(it\)/,
  ],
  'a subclass of a typed array': [
    new Bytes(3),
    /registerClass\(Bytes, \{encode: bytes => new Uint8Array\(bytes\), .*plain copy: new Uint8Array\(it\)/,
  ],
  'an instance of an anonymous class': [new (class {})(), /class without a name/],
  'a SharedArrayBuffer': [new SharedArrayBuffer(8), /SharedArrayBuffer/],
  'a view on a SharedArrayBuffer': [new Uint8Array(new SharedArrayBuffer(8)), /SharedArrayBuffer/],
  'memory that is gone': [detached, /transferred/],
  'a view on memory that is gone': [detachedView(), /transferred/],
  'a platform object': [new Blob([]), /Blob/],
  'an emitter': [new EventEmitter(), /EventEmitter/],
  Math: [Math, /built-in object Math/],
  arguments: [argumentsObject(), /built-in object Arguments/],
  'a boxed symbol': [Object(Symbol('x')), /Symbol/],
  'a property named by a symbol': [{[Symbol('s')]: 1}, /Symbol\(s\)/],
  'an array with a property named by a symbol': [Object.assign([1], {[Symbol('s')]: 1}), /Symbol\(s\)/],
  'a Map with a property': [Object.assign(new Map(), {unit: 1}), /Map with a property of its own \(\.unit\)/],
  'a Date with a property': [Object.assign(new Date(), {unit: 1}), /\.unit/],
  'a boxed string with a property': [Object.assign(new String('abc'), {unit: 1}), /\.unit/],
  'a typed array with a property': [Object.assign(new Float32Array(100), {unit: 1}), /\.unit/],
  'what only claims to be a Date': [Object.create(Date.prototype), /Date/],
};

for (const [name, [value, reason]] of Object.entries(refused)) {
  test(`refused wherever it is: ${name}`, t => {
    const root = refusal(value);
    t.is(root.path, '');
    t.true(root.message.startsWith('the result itself '));
    t.regex(root.reason, reason);
    const inside = refusal({rows: [1, 2, 3, new Map([['k', {'call back': [value]}]])]});
    t.is(inside.path, '.rows[3].get("k")["call back"][0]');
    t.regex(inside.reason, reason);
    // Past the few that are searched one by one, and past the depth at which the short way gives up.
    t.is(refusal([...Array.from({length: 300}, () => ({})), {value}]).path, '[300].value');
    t.is(refusal(Object.assign(Array.from({length: 50}, Number), {value})).path, '.value');
  });
}

test('a getter that throws is refused by name', t => {
  const bad = {
    get size(): number {
      throw new Error('no size');
    },
  };
  const {path, reason, cause} = refusal([bad]);
  t.is(path, '[0].size');
  t.regex(reason, /no size/);
  t.true(cause instanceof Error);
});

test('the path into a very deep value is cut', t => {
  let value: unknown = named;
  for (let i = 0; i < 50_000; i++) value = {value};
  t.regex(refusal(value).path, /^(\.value)+.*… \(50000 levels deep\)$/);
});

test('registering: what hides its content from properties needs encode and decode', t => {
  for (const Class of [Names, List, Bytes, class extends Date {}, class extends Promise<void> {}]) {
    t.throws(() => registerClass(Class as never, {name: 'test.Hidden'}), {message: /would be lost/});
  }
  t.throws(() => registerClass(class Half {}, {encode: () => 1}), {message: /encode without decode/});
  registerClass(Names, {encode: names => [...names], decode: entries => new Names(entries)});
  t.deepEqual([...roundTrip(new Names([[1, 2]]))], [[1, 2]]);
});

function revoked(): object {
  const {proxy, revoke} = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function detachedView(): Uint8Array {
  const view = new Uint8Array(8);
  structuredClone(view.buffer, {transfer: [view.buffer]});
  return view;
}

function argumentsObject(): unknown {
  // biome-ignore lint/complexity/noArguments: it is what is tested
  return arguments;
}
