// Identity at random: what hashes promise of any value.

import {isDeepStrictEqual} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {call} from './helpers/calls.js';

const leaf = fc.oneof(
  {weight: 4, arbitrary: fc.jsonValue({maxDepth: 0})},
  fc.integer({min: -3, max: 3}),
  fc.constantFrom(
    undefined,
    NaN,
    -0,
    0,
    Infinity,
    -Infinity,
    '',
    '-0',
    'NaN',
    'undefined',
    true,
    'true',
    null,
    'null',
  ),
  fc.string({unit: 'binary', maxLength: 3}),
  fc.constantFrom('\ud800', '\udc00', '\\ud800', '"', '\u2028'),
  fc.bigInt({min: -3n, max: 3n}),
  fc.date({min: new Date(0), max: new Date(3), noInvalidDate: true}),
  fc.constantFrom(/a/, /a/g, /b/),
  fc.uint8Array({maxLength: 2}),
  fc.uint8Array({maxLength: 2}).map(bytes => Buffer.from(bytes)),
  fc.int8Array({maxLength: 2}),
  fc.constantFrom(new URL('https://a.example/'), new URL('https://a.example/b')),
);

const key = fc.constantFrom('a', 'b', '$jug', 'of', '__proto__', 'length', '0', 'toJSON');

const {value: anything} = fc.letrec(tie => ({
  value: fc.oneof(
    {maxDepth: 3, withCrossShrink: true},
    leaf,
    tie('array'),
    tie('object'),
    tie('map'),
    tie('set'),
  ),
  array: fc.array(tie('value'), {maxLength: 3}),
  object: fc
    .array(fc.tuple(key, tie('value')), {maxLength: 3})
    .map(entries => withKeys(entries as [string, unknown][])),
  map: fc.array(fc.tuple(leaf, tie('value')), {maxLength: 2}).map(entries => new Map(entries)),
  set: fc.array(leaf, {maxLength: 3}).map(members => new Set(members)),
}));

function withKeys(entries: readonly [string, unknown][]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

/** The same value, with keys of objects in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value instanceof Map) return new Map([...value].map(([name, member]) => [name, shuffled(member)]));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  const entries = Object.entries(value).reverse();
  return withKeys(entries.map(([name, member]) => [name, shuffled(member)]));
}

/** The same, with Maps and Sets as whoever goes through them sees them: in their order. */
function asSeen(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asSeen);
  if (value instanceof Map) return ['Map', [...value].map(asSeen)];
  if (value instanceof Set) return ['Set', [...value].map(asSeen)];
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return withKeys(Object.entries(value).map(([name, member]) => [name, asSeen(member)]));
}

test('whatever the value, the order of keys never matters', t => {
  fc.assert(
    fc.property(anything, value => call(value) === call(shuffled(value))),
    {numRuns: 1000},
  );
  t.pass();
});

test('whatever the values, they have one hash if and only if a function sees the same of them', t => {
  fc.assert(
    fc.property(
      anything,
      anything,
      (one, other) => (call(one) === call(other)) === isDeepStrictEqual(asSeen(one), asSeen(other)),
    ),
    {numRuns: 3000},
  );
  t.pass();
});

test('whatever is changed in a value, its hash changes', t => {
  fc.assert(
    fc.property(anything, leaf, leaf, (value, one, other) => {
      fc.pre(!isDeepStrictEqual(one, other));
      const wraps: ((inner: unknown) => unknown)[] = [
        inner => [value, inner],
        inner => ({a: value, b: inner}),
        inner => new Map([['k', [inner, value]]]),
      ];
      return (
        wraps.every(wrap => call(wrap(one)) !== call(wrap(other))) && call(one, value) !== call([one, value])
      );
    }),
    {numRuns: 1000},
  );
  t.pass();
});
