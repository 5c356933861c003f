import {isDeepStrictEqual, types} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {CODEC, decode, encode} from '../../src/values/codec.js';
import {roundTrip} from './round-trip.js';

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
