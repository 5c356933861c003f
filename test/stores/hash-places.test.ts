import test from 'ava';
import fc from 'fast-check';
import {ABSENT, HashPlaces} from '../../src/stores/hash-places.js';
import type {TaskHash} from '../../src/values/task-hash.js';
import {hashesOf} from './records.js';

test('hashes get places in the order in which they come, also when there are many', t => {
  const places = new HashPlaces();
  const hashes = hashesOf(20_000);
  const bytes = Buffer.from(hashes.join(''), 'hex');
  for (const place of hashes.keys()) t.is(places.add(bytes, place * 32), place);
  t.is(places.size, 20_000);
  for (const [place, hash] of hashes.entries()) {
    t.is(places.find(hash), place);
    t.is(places.findBytes(bytes, place * 32), place);
    t.is(places.at(place).toString('hex'), hash);
  }
  t.is(places.find(hashesOf(1, 'another')[0]!), ABSENT);
});

test('room that is made at once changes nothing of what is there', t => {
  const places = new HashPlaces();
  const hashes = hashesOf(2000);
  const bytes = Buffer.from(hashes.join(''), 'hex');
  for (let place = 0; place < 1000; place++) places.add(bytes, place * 32);
  places.reserve(1500);
  for (let place = 1000; place < 2000; place++) places.add(bytes, place * 32);
  for (const [place, hash] of hashes.entries()) t.is(places.find(hash), place);
});

test('it answers as a Map would, also where hashes begin alike', t => {
  const digit = fc.constantFrom('0', '1', 'f');
  const hash = fc
    .tuple(fc.array(digit, {minLength: 8, maxLength: 8}), fc.array(digit, {minLength: 56, maxLength: 56}))
    .map(([first, rest]) => [...first, ...rest].join('') as TaskHash);
  fc.assert(
    fc.property(fc.array(hash, {maxLength: 300}), fc.array(hash), (added, asked) => {
      const places = new HashPlaces();
      const map = new Map<TaskHash, number>();
      for (const one of added) {
        if (!map.has(one)) map.set(one, map.size);
        t.is(places.add(Buffer.from(one, 'hex'), 0), map.get(one)!);
      }
      for (const one of [...added, ...asked]) t.is(places.find(one), map.get(one) ?? ABSENT);
    }),
  );
});
