import test from 'ava';
import fc from 'fast-check';
import type {TaskId} from '../../src/graph/graph.js';
import {Lane, Lanes} from '../../src/run/ready-queues.js';
import {functionNamed} from '../helpers/tasks.js';

const [f, g] = [functionNamed('test.f'), functionNamed('test.g')];

test('the lane whose head was defined first is next', t => {
  const lanes = new Lanes();
  t.is(lanes.next(), undefined);
  lanes.of(g).push(3 as TaskId);
  lanes.of(f).push(5 as TaskId);
  lanes.of(g).push(7 as TaskId);
  t.is(lanes.length, 3);
  t.is(lanes.next()!.fn, g);
  lanes.next()!.take(1);
  t.is(lanes.next()!.fn, f);
  lanes.next()!.take(1);
  t.is(lanes.next()!.fn, g);
  lanes.next()!.take(1);
  t.is(lanes.next(), undefined);
  t.is(lanes.length, 0);
});

test('a function has one lane', t => {
  const lanes = new Lanes();
  t.is(lanes.of(f), lanes.of(f));
  t.not(lanes.of(f), lanes.of(g));
});

test('whatever is pushed, taken and pushed again, a lane gives out what was defined first', t => {
  const command = fc.oneof(
    fc.record({kind: fc.constant('push' as const), ids: fc.array(fc.nat(9999), {maxLength: 200})}),
    fc.record({kind: fc.constant('run' as const), count: fc.integer({min: 1, max: 3000})}),
    fc.record({kind: fc.constant('take' as const), count: fc.integer({min: 1, max: 6000})}),
    fc.record({kind: fc.constant('again' as const), count: fc.integer({min: 0, max: 40})}),
  );
  fc.assert(
    fc.property(fc.array(command, {maxLength: 40}), commands => {
      const lane = new Lane(f);
      let expected: number[] = [];
      let next = 10_000;
      let last: number[] = [];
      const push = (ids: readonly number[]): void => {
        for (const id of ids) lane.push(id as TaskId);
        expected = [...expected, ...ids].sort((a, b) => a - b);
      };
      for (const command of commands) {
        if (command.kind === 'push') push(command.ids);
        else if (command.kind === 'run') push(Array.from({length: command.count}, () => next++));
        else if (command.kind === 'take') {
          last = expected.splice(0, command.count);
          t.deepEqual<number[], number[]>(lane.take(command.count), last);
        } else push(last.splice(-command.count));
        t.is(lane.length, expected.length);
        t.is<number | undefined, number | undefined>(lane.head, expected[0]);
        t.deepEqual<number[], number[]>(lane.all, expected);
        const places = Array.from({length: lane.length}, (_, place) => lane.at(place));
        t.deepEqual<number[], number[]>(
          places.sort((a, b) => a - b),
          expected,
        );
      }
    }),
    {numRuns: 50},
  );
});

test('a lane that is turned goes on with its second half, then with the first, and loses nothing', t => {
  const lane = new Lane(f);
  for (let i = 0; i < 8; i++) lane.push(i as TaskId);
  lane.take(1);
  lane.turn();
  t.deepEqual<number[], number[]>(lane.take(3), [4, 5, 6]);
  for (const id of [8, 5, 0]) lane.push(id as TaskId);
  t.deepEqual<number[], number[]>(lane.all, [5, 7, 8, 0, 1, 2, 3]);
  lane.turn();
  t.deepEqual<number[], number[]>(lane.take(5), [0, 1, 2, 3, 5]);
  t.deepEqual<number[], number[]>(lane.take(9), [7, 8]);
  lane.turn();
  for (const id of [2, 1]) lane.push(id as TaskId);
  t.deepEqual<number[], number[]>(lane.take(9), [1, 2]);
});
