import test from 'ava';
import fc from 'fast-check';
import {Numbering} from '../../src/values/hash-index.js';
import type {TaskHash} from '../../src/values/task-hash.js';
import {hashesOf} from '../stores/records.js';

test('hashes are numbered in the order in which they are added, also when there are many', t => {
  const numbering = new Numbering();
  const hashes = hashesOf(20_000);
  for (const [number, hash] of hashes.entries()) t.is(numbering.add(hash), number);
  t.is(numbering.size, 20_000);
  for (const [number, hash] of hashes.entries()) t.is(numbering.find(hash), number);
  t.is(numbering.find(hashesOf(1, 'another')[0]!), undefined);
});

test('it answers as a Map would, also where hashes begin alike', t => {
  const digit = fc.constantFrom('0', '1', 'f');
  const hash = fc
    .tuple(fc.array(digit, {minLength: 8, maxLength: 8}), fc.array(digit, {minLength: 56, maxLength: 56}))
    .map(([first, rest]) => [...first, ...rest].join('') as TaskHash);
  fc.assert(
    fc.property(fc.array(hash, {maxLength: 300}), fc.array(hash), (added, asked) => {
      const numbering = new Numbering();
      const map = new Map<TaskHash, number>();
      for (const one of added) {
        const expected = map.has(one) ? undefined : map.size;
        if (expected !== undefined) map.set(one, expected);
        t.is(numbering.add(one), expected);
      }
      for (const one of [...added, ...asked]) t.is(numbering.find(one), map.get(one));
    }),
  );
});
