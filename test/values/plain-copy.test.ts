// Copies of decoded plain data are what another decoding would give, and have nothing in common with it that can change.

import {inspect, isDeepStrictEqual} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {copyOfPlain, freezePlain, isPlainData, plainOf} from '../../src/values/plain-copy.js';
import {roundTrip} from './round-trip.js';

const anything = fc.anything({
  withBigInt: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: false,
});

const ALL = {depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null} as const;

/** All objects in it, each once. */
function objectsIn(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found;
  found.add(value);
  if (ArrayBuffer.isView(value)) return found.add(value.buffer);
  for (const member of Object.values(value)) objectsIn(member, found);
  if (value instanceof Map) for (const entry of value) objectsIn(entry, found);
  if (value instanceof Set) for (const member of value) objectsIn(member, found);
  return found;
}

test('a copy of decoded data is as the data is, and no object in common with it', t => {
  let copied = 0;
  fc.assert(
    fc.property(anything, fc.boolean(), (made, isTwice) => {
      let decoded: unknown;
      try {
        decoded = roundTrip(isTwice ? [made, {made}, new Date(5)] : made);
      } catch {
        return true;
      }
      const plain = plainOf(decoded);
      if (plain === undefined) return true;
      copied++;
      freezePlain(plain);
      const copy = copyOfPlain(plain);
      const mine = objectsIn(copy);
      const others = objectsIn(decoded);
      return (
        isDeepStrictEqual(copy, decoded) &&
        inspect(copy, ALL) === inspect(decoded, ALL) &&
        mine.size === others.size &&
        [...mine].every(object => Object.isExtensible(object) && !others.has(object))
      );
    }),
    {numRuns: 1000},
  );
  t.true(copied > 500, `${copied} were plain`);
});

test('a copy of a cycle is a cycle', t => {
  const cycle: {list: unknown[]} = {list: []};
  cycle.list.push(cycle, new Map([[cycle, new Set([cycle])]]));
  const copy = copyOfPlain(plainOf(cycle)!) as typeof cycle;
  const [same, map] = copy.list as [unknown, Map<unknown, Set<unknown>>];
  t.not(copy, cycle);
  t.is(same, copy);
  t.deepEqual([...map.get(copy)!], [copy]);
});

test('what is not quite plain is told from what is', t => {
  class Row {}
  const withMore = Object.assign([1], {more: 1});
  let deep: unknown = [];
  for (let level = 0; level < 1000; level++) deep = [deep];
  const others: readonly unknown[] = [
    new Row(),
    [new Row()],
    new Map([[new Row(), 1]]),
    /x/,
    new Error('x'),
    new URL('http://x.y'),
    new (class extends Map {})(),
    Object.create(null),
    JSON.parse('{"__proto__": 1}'),
    {[Symbol.iterator]: 1},
    // biome-ignore lint/suspicious/noSparseArray: that is what is asked.
    [1, , 2],
    withMore,
    Object.assign(new Map(), {more: 1}),
    Object.assign(new Date(), {more: 1}),
    new Float64Array(new ArrayBuffer(32), 8, 2),
    new Float64Array(new SharedArrayBuffer(32)),
    new Proxy({}, {}),
    [() => 1],
    [Symbol('x')],
    Object(1),
    deep,
  ];
  for (const [place, other] of others.entries()) t.is(plainOf(other), undefined, String(place));
  t.true(isPlainData({a: [1, 'x', null, undefined, 1n, new Date(), Buffer.from('x')]}, 100));
  t.false(isPlainData(Array(1000).fill(0), 100), 'that is too much to look through');
});
