import test from 'ava';
import fc from 'fast-check';
import {Batching} from '../../src/run/batch-size.js';
import {functionNamed} from '../helpers/tasks.js';

const f = functionNamed('test.f');

test('a function that nobody has seen run goes one at a time', t => {
  const batching = new Batching();
  t.is(batching.size(f, 1_000_000, 1), 1);
  batching.observe(f, 0, 0);
  t.is(batching.size(f, 1_000_000, 1), 1);
});

test('a slow function goes one at a time', t => {
  const batching = new Batching();
  batching.observe(f, 1, 3_600_000);
  t.is(batching.size(f, 1_000_000, 1), 1);
});

test('a batch of a quick function takes some tens of milliseconds', t => {
  const batching = new Batching();
  batching.observe(f, 10, 10);
  const size = batching.size(f, 1_000_000, 1);
  t.true(size >= 10 && size <= 100, String(size));
});

test('a function that turns out slower is believed at once; one that turns out quicker, step by step', t => {
  const batching = new Batching();
  batching.observe(f, 100, 10);
  const before = batching.size(f, 1_000_000, 1);
  batching.observe(f, 1, 60);
  t.is(batching.size(f, 1_000_000, 1), 1);
  let last = 1;
  for (let i = 0; i < 40; i++) {
    batching.observe(f, 100, 10);
    const size = batching.size(f, 1_000_000, 1);
    t.true(size >= last);
    t.true(i > 0 || size < before);
    last = size;
  }
  t.true(last > before / 2);
});

test('one function’s tasks say nothing of another’s', t => {
  const batching = new Batching();
  batching.observe(f, 100, 1);
  t.is(batching.size(functionNamed('test.g'), 1000, 1), 1);
});

test('whatever was observed, a batch is never empty, and leaves the other workers their share', t => {
  const observation = fc.tuple(fc.integer({min: 0, max: 5000}), fc.double({min: 0, max: 1e7, noNaN: true}));
  fc.assert(
    fc.property(
      fc.array(observation, {maxLength: 10}),
      fc.integer({min: 1, max: 100_000}),
      fc.integer({min: 1, max: 64}),
      (observations, ready, workers) => {
        const batching = new Batching();
        for (const [tasks, elapsed] of observations) batching.observe(f, tasks, elapsed);
        const size = batching.size(f, ready, workers);
        return Number.isInteger(size) && size >= 1 && size <= Math.ceil(ready / workers);
      },
    ),
  );
  t.pass();
});
