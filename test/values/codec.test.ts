import {EventEmitter} from 'node:events';
import {Readable} from 'node:stream';
import {isDeepStrictEqual, types} from 'node:util';
import {serialize} from 'node:v8';
import test from 'ava';
import fc from 'fast-check';
import {registerClass} from '../../src/values/classes.js';
import {CODEC, decode, encode, UnstorableError} from '../../src/values/codec.js';

/** Through bytes that hold nothing else, as from a file, and through a window at an odd place, as from a record. */
function roundTrip<T>(value: T, odd = true): T {
  const {codec, payload} = encode(value);
  const memory = new Uint8Array(payload.length + (odd ? 7 : 0));
  memory.set(payload, odd ? 3 : 0);
  return decode(codec, odd ? memory.subarray(3, 3 + payload.length) : memory) as T;
}

function refusal(value: unknown): UnstorableError {
  try {
    encode(value);
  } catch (error) {
    if (error instanceof UnstorableError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

const values = fc.letrec(tie => ({
  leaf: fc.oneof(
    ...[fc.integer(), fc.double(), fc.string({unit: 'binary'}), fc.boolean(), fc.bigInt()],
    ...[fc.constantFrom(null, undefined, -0, Number.NaN, '\ud800', '__proto__')],
    fc.date({noInvalidDate: true}),
    fc.uint8Array(),
    fc.float64Array(),
    fc.bigInt64Array(),
    fc.webUrl().map(text => new URL(text)),
    fc.string().map(text => new TypeError(text, {cause: text})),
  ),
  key: fc.oneof(fc.string(), fc.constantFrom('__proto__', '0', 'constructor', 'length', 'toString')),
  value: fc.oneof(
    {maxDepth: 4, depthSize: 'small'},
    tie('leaf'),
    fc.array(tie('value'), {maxLength: 20}),
    fc.sparseArray(tie('value'), {maxNumElements: 5}),
    fc.dictionary(fc.string(), tie('value'), {noNullPrototype: false, maxKeys: 20}),
    fc.array(fc.tuple(tie('key'), tie('value')), {maxLength: 5}).map(Object.fromEntries),
    fc.array(fc.tuple(tie('value'), tie('value')), {maxLength: 5}).map(pairs => new Map(pairs as never)),
    fc.array(tie('value'), {maxLength: 5}).map(members => new Set(members)),
  ),
})).value;

test('whatever is stored comes back equal and of the same type', t => {
  fc.assert(
    fc.property(values, fc.boolean(), (value, odd) => isDeepStrictEqual(roundTrip(value, odd), value)),
    {numRuns: 400},
  );
  t.pass();
});

test('it does so on the careful way as well', t => {
  fc.assert(
    fc.property(values, value => {
      const url = new URL('jug:here');
      return isDeepStrictEqual(roundTrip([value, url]), [value, url]);
    }),
    {numRuns: 400},
  );
  t.pass();
});

const table: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  true: true,
  false: false,
  zero: 0,
  'minus zero': -0,
  'minus zero inside': [-0],
  NaN: Number.NaN,
  'NaN inside': {x: Number.NaN},
  Infinity: Number.NEGATIVE_INFINITY,
  'Infinity inside': [Number.POSITIVE_INFINITY],
  'undefined inside': {x: undefined, y: [undefined]},
  'a bigint': -(2n ** 200n),
  'a lone surrogate': 'a\ud800b\udc00',
  'a lone surrogate inside': {'\udfff': ['\ud800']},
  'a long string': 'ä€😀'.repeat(5000),
  'a byte order mark': '\ufeffx',
  'an empty string': '',
  Date: new Date(1234),
  RegExp: /a\/b/giu,
  Map: new Map<unknown, unknown>([[{a: 1}, new Set([new Map()])]]),
  'a boxed number': new Number(-0),
  'a boxed string': new String('abc'),
  'a boxed boolean': new Boolean(false),
  'a boxed bigint': Object(5n),
  // biome-ignore lint/suspicious/noSparseArray: it is what is tested
  holes: [1, , 3, , undefined],
  'holes alone': new Array(3),
  // biome-ignore lint/suspicious/noSparseArray: it is what is tested
  'holes and a URL': [, new URL('x:y'), ,],
  'an array with more properties': Object.assign([1, 2], {unit: 'kg', __proto_: 1}),
  'a large array with more properties': Object.assign(Array.from({length: 100}, Number), {
    of: new URL('x:y'),
  }),
  'the match of an expression': 'abc'.match(/(?<x>b)/),
  'an object without prototype': Object.assign(Object.create(null), {a: Object.create(null)}),
  'the key __proto__': JSON.parse('{"__proto__": {"a": 1}, "b": 2}'),
  'the key __proto__, with a URL in it': Object.defineProperty({}, '__proto__', {
    ...{value: new URL('x:y'), enumerable: true, writable: true, configurable: true},
  }),
  'an array with the property __proto__': Object.defineProperty([1], '__proto__', {
    ...{value: {a: new URL('x:y')}, enumerable: true, writable: true, configurable: true},
  }),
  URL: new URL('https://user@host/a?b#c'),
  URLSearchParams: new URLSearchParams('a=1&a=2'),
  Buffer: Buffer.from('abc'),
  'an empty Buffer': Buffer.alloc(0),
  'a Buffer inside': {x: Buffer.from('abc')},
  ArrayBuffer: new Uint8Array([1, 2, 3]).buffer,
  'an empty ArrayBuffer': new ArrayBuffer(0),
  DataView: new DataView(new Uint8Array([1, 2, 3]).buffer, 1),
  'what could be taken for a mention of a row': [[0], {row: [1]}, new URL('x:y'), [7, 'Error', {}, []]],
  'a getter': Object.defineProperty({}, 'x', {get: () => 5, enumerable: true}),
};
for (const [name, value] of Object.entries(table)) {
  test(`comes back: ${name}`, t => {
    for (const odd of [true, false]) {
      const back = roundTrip(value, odd);
      t.true(isDeepStrictEqual(back, name === 'a getter' ? {x: 5} : value));
      if (typeof value === 'object' && value !== null) {
        t.is(Object.getPrototypeOf(back), Object.getPrototypeOf(value));
        if (value instanceof URL) t.is((back as URL).href, value.href);
      }
    }
  });
}

const arrays = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array],
].map(Kind => Kind.of(1, 2, 3));
for (const array of [...arrays, BigInt64Array.of(-1n), BigUint64Array.of(2n ** 64n - 1n)]) {
  test(`${array.constructor.name} comes back with a buffer of its own bytes only`, t => {
    for (const odd of [true, false]) {
      for (const back of [roundTrip(array, odd), roundTrip({array}, odd).array]) {
        t.deepEqual(back, array);
        t.is(back.constructor, array.constructor);
        t.is(back.buffer.byteLength, array.byteLength);
      }
    }
    const part = array.subarray(1);
    t.deepEqual(roundTrip(part), part);
  });
}

test('the payload of a typed array is its own memory, and memory that holds nothing else is not copied back', t => {
  const array = Float64Array.of(1, 2);
  const {codec, payload} = encode(array);
  t.is(payload.buffer, array.buffer);
  t.is((decode(codec, payload) as Float64Array).buffer, array.buffer);
});

test('an invalid date stays an invalid date', t => {
  t.true(Number.isNaN(roundTrip(new Date(Number.NaN)).getTime()));
});

test('constants have no payload', t => {
  for (const value of [undefined, null, true, false]) t.is(encode(value).payload.length, 0);
  t.is(encode(1.5).payload.length, 8);
  t.is(encode({a: [1, 'x', {b: null}]}).codec, CODEC.json);
  t.is(encode([1n]).codec, CODEC.clone);
});

for (const Kind of [Error, RangeError, SyntaxError, TypeError, EvalError, ReferenceError, URIError]) {
  test(`${Kind.name} keeps message, stack, cause and what was added to it`, t => {
    const error = Object.assign(new Kind('boo', {cause: {deep: new Kind('why')}}), {code: 'E_BOO', at: [1n]});
    const back = roundTrip(error);
    t.is(Object.getPrototypeOf(back), Kind.prototype);
    t.true(types.isNativeError(back));
    t.deepEqual(Reflect.ownKeys(back).sort(), Reflect.ownKeys(error).sort());
    t.deepEqual(Object.keys(back), ['code', 'at']);
    t.is(back.stack, error.stack);
    t.is((back.cause as {deep: Error}).deep.message, 'why');
    t.deepEqual(back.at, [1n]);
  });
}

test('an error without message or stack stays without', t => {
  const error = new Error();
  delete error.stack;
  t.deepEqual(Reflect.ownKeys(roundTrip(error)), []);
});

test('AggregateError keeps its errors', t => {
  const back = roundTrip(new AggregateError([new TypeError('a'), 'b'], 'both'));
  t.true(back instanceof AggregateError);
  t.is(back.message, 'both');
  t.true(back.errors[0] instanceof TypeError);
  t.is(back.errors[1], 'b');
  t.deepEqual(Object.keys(back), []);
});

test('an error of node keeps its code', t => {
  const error = t.throws(() => Buffer.alloc('x' as never)) as NodeJS.ErrnoException;
  t.is(roundTrip(error).code, 'ERR_INVALID_ARG_TYPE');
});

for (const [name, extra] of Object.entries({'the short way': 0n, 'the careful way': new URL('x:y')})) {
  test(`cycles and shared objects stay so on ${name}`, t => {
    const shared = {a: 1};
    const view = Uint8Array.of(1);
    const map = new Map<unknown, unknown>([[shared, view]]);
    const value: Record<string, unknown> = {shared, again: shared, map, list: [view, view], extra};
    value.self = value;
    map.set(map, new Set([value, map]));
    const back = roundTrip(value) as typeof value;
    const backMap = back.map as typeof map;
    t.is(back.self, back);
    t.is(back.shared, back.again);
    t.deepEqual(backMap.get(back.shared), view);
    t.is((back.list as unknown[])[0], backMap.get(back.shared));
    t.deepEqual([...(backMap.get(backMap) as Set<unknown>)], [back, backMap]);
  });
}

test('an object that is met twice in a small value is one object afterwards', t => {
  const shared: unknown[] = [];
  const back = roundTrip([shared, shared]);
  t.is(back[0], back[1]);
});

test('many objects that share many are walked once each', t => {
  let value: unknown = {};
  for (let i = 0; i < 100; i++) value = [value, value];
  const back = roundTrip(value) as unknown[];
  t.is(back[0], back[1]);
});

test('a cycle of an error and its cause stays so', t => {
  const error = new Error('a');
  error.cause = error;
  const back = roundTrip(error);
  t.is(back.cause, back);
  t.true(Object.keys(back).includes('cause'));
});

test('depth is no obstacle', t => {
  for (const depth of [190, 210, 3000, 100_000]) {
    let value: unknown = 'bottom';
    for (let i = 0; i < depth; i++) value = i % 2 === 0 ? {value} : [value];
    let back = roundTrip(value);
    for (let i = 0; i < depth; i++) back = Object.values(back as object)[0];
    t.is(back, 'bottom');
  }
});

test('an array that is mostly holes costs what it holds', t => {
  const array: unknown[] = [];
  array[4_000_000_000] = 'far';
  const back = roundTrip({array}).array;
  t.is(back.length, array.length);
  t.deepEqual(Object.keys(back), ['4000000000']);
});

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
  'a subclass of Map': [new Names(), /registerClass\(Names, \{encode, decode\}\)/],
  'a subclass of Array': [List.of(1), /registerClass\(List, \{encode, decode\}\)/],
  'a subclass of a typed array': [new Bytes(3), /registerClass\(Bytes, \{encode, decode\}\)/],
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

test('the path of a refusal leads through sets, keys, errors and instances', t => {
  t.is(refusal(new Set([[named]])).path, '<member>[0]');
  t.is(refusal(new Map([[{a: named}, 1]])).path, '<key>.a');
  t.is(refusal({e: new Error('x', {cause: [named]})}).path, '.e.cause[0]');
  t.is(refusal([new Point(named as never, 1)]).path, '[0].x');
  t.regex(refusal({a: named}).message, /^\.a is a function \(named\)\.\nA result is made of plain data/);
});

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

class Point {
  link: unknown;
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
  get norm(): number {
    return Math.hypot(this.x, this.y);
  }
}
registerClass(Point);

class Money {
  readonly #cents: bigint;
  constructor(cents: bigint) {
    this.#cents = cents;
  }
  get cents(): bigint {
    return this.#cents;
  }
}
registerClass(Money, {name: 'test.Money', encode: money => money.cents, decode: cents => new Money(cents)});

class Box {
  constructor(readonly content: unknown) {}
}
registerClass(Box, {encode: box => [box.content], decode: ([content]) => new Box(content)});

class HttpError extends RangeError {
  override readonly name = 'HttpError';
  constructor(readonly status: number) {
    super(`status ${status}`, {cause: new Point(0, status)});
  }
}
registerClass(HttpError);

test('instances of registered classes come back as instances, also inside each other', t => {
  const back = roundTrip({
    points: new Map([[new Point(3, 4), new Box(new Money(5n))]]),
    again: [new Point(1, 2)],
  });
  const [[point, box]] = [...back.points] as [[Point, Box]];
  t.true(point instanceof Point);
  t.is(point.norm, 5);
  t.is((box.content as Money).cents, 5n);
  t.true(back.again[0] instanceof Point);
});

test('a registered error comes back whole', t => {
  const error = new HttpError(404);
  const back = roundTrip(error);
  t.true(back instanceof HttpError);
  t.true(types.isNativeError(back));
  t.is(back.status, 404);
  t.is(back.stack, error.stack);
  t.is((back.cause as Point).norm, 404);
  t.deepEqual(Object.keys(back).sort(), ['name', 'status']);
});

test('cycles through instances of registered classes keep identity', t => {
  const point = new Point(1, 2);
  point.link = [point, new Box(new Point(3, 4))];
  const back = roundTrip(point);
  t.is((back.link as unknown[])[0], back);
});

test('what a decode() is given is complete, even where it holds a cycle of its own', t => {
  const ring: unknown[] = [1];
  ring.push(ring);
  const seen: unknown[][] = [];
  class Watched {
    constructor(readonly ring: unknown[]) {}
  }
  registerClass(Watched, {
    name: 'test.Watched',
    encode: watched => watched.ring,
    decode: encoded => {
      seen.push([...encoded]);
      return new Watched(encoded);
    },
  });
  const watched = new Watched(ring);
  const back = roundTrip([ring, watched, watched]) as [unknown[], Watched, Watched];
  t.is(seen.length, 1);
  t.is(seen[0]![0], 1);
  t.is(seen[0]![1], back[0]);
  t.is(back[1], back[2]);
  t.is(back[1].ring, back[0]);
});

test('a cycle through a class with its own decode() is refused, however it is reached', t => {
  const direct: {box?: Box} = {};
  direct.box = new Box(direct);
  t.regex(refusal(direct).reason, /cycle through an instance of Box/);
  // Found through an object that has been left already: root -> finished -> root, then root -> box -> finished.
  const finished: unknown[] = [];
  const root = [finished, new Box(finished)];
  finished.push(root);
  t.regex(refusal(root).reason, /cycle through an instance of Box/);
  class Self {}
  registerClass(Self, {name: 'test.Self', encode: self => self as unknown, decode: () => new Self()});
  t.regex(refusal(new Self()).reason, /returned itself/);
});

test('an instance of a subclass that is not registered itself is refused', t => {
  class Point3 extends Point {}
  t.regex(refusal([new Point3(1, 2)]).message, /^\[0\] is an instance of Point3.*registerClass\(Point3\)/);
});

test('setters of a class are not called for what is stored', t => {
  class Careful {
    set x(_value: number) {
      throw new Error('called');
    }
  }
  registerClass(Careful, {name: 'test.Careful'});
  const instance = Object.defineProperty(new Careful(), 'x', {value: 1, enumerable: true});
  t.is(Object.getOwnPropertyDescriptor(roundTrip(instance), 'x')?.value, 1);
});

test('an encode() that throws is refused with what it threw', t => {
  class Sore {}
  registerClass(Sore, {
    name: 'test.Sore',
    encode: (): unknown => {
      throw new Error('ouch');
    },
    decode: () => new Sore(),
  });
  t.regex(refusal({a: new Sore()}).message, /^\.a is an instance of test\.Sore whose encode\(\) threw: ouch/);
});

test('registering: the same class twice is fine, two classes under one name are not', t => {
  t.notThrows(() => registerClass(Point));
  const Other = {Point: class Point {}}.Point;
  t.throws(() => registerClass(Other), {
    message: /name Point belongs to another class.*\n.*name: 'another\.Point'/,
  });
  t.notThrows(() => registerClass(Other, {name: 'test.OtherPoint'}));
  t.throws(() => registerClass(class {}), {message: /anonymous/});
  t.throws(() => registerClass(class URL {}), {message: /belongs to another class/});
});

test('registering: what hides its content from properties needs encode and decode', t => {
  for (const Class of [Names, List, Bytes, class extends Date {}, class extends Promise<void> {}, Map]) {
    t.throws(() => registerClass(Class as never, {name: 'test.Hidden'}), {message: /would be lost/});
  }
  t.throws(() => registerClass(class Half {}, {encode: () => 1}), {message: /encode without decode/});
  registerClass(Names, {encode: names => [...names], decode: entries => new Names(entries)});
  t.deepEqual([...roundTrip(new Names([[1, 2]]))], [[1, 2]]);
});

test('a value of a class that is not registered here names the class', t => {
  const rows = [[5, 'lib.Vanished', {}]];
  const error = t.throws(() => decode(CODEC.flat, serialize(rows)));
  t.regex(error.message, /lib\.Vanished.*not registered here.*\n.*Import the module/);
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
