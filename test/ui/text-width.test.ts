import test from 'ava';
import {clipped, clippedInside, columnsOf, padded, paddedLeft} from '../../src/ui/text-width.js';

test('wide characters take two columns, what is put on top of others none', t => {
  t.deepEqual(['abc', 'é', 'e\u0301', '日本', '🙂', '👩‍👩‍👧', '⚠️'].map(columnsOf), [3, 1, 1, 4, 2, 2, 2]);
});

test('what is too long is cut between characters', t => {
  t.is(clipped('primes', 6), 'primes');
  t.is(clipped('primes', 4), 'pri…');
  t.is(clipped('日本語', 4), '日…');
  t.is(clipped('👩‍👩‍👧👩‍👩‍👧', 3), '👩‍👩‍👧…');
  t.is(clipped('primes', 0), '');
});

test('a name is cut inside', t => {
  t.is(clippedInside('features.extractAll', 10), 'fea…actAll');
  t.is(clippedInside('日本語日本語', 7), '日…本語');
  t.is(clippedInside('short', 5), 'short');
});

test('cells are filled by what is seen', t => {
  t.is(padded('日', 4), '日  ');
  t.is(paddedLeft('日', 4), '  日');
});
