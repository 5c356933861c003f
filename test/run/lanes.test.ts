import test from 'ava';
import fc from 'fast-check';
import type {TaskId} from '../../src/graph/graph.js';
import {Lane, Lanes} from '../../src/run/lanes.js';
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

test('whatever is pushed, taken and put back, a lane is a queue', t => {
  const command = fc.oneof(
    fc.record({kind: fc.constant('push' as const), count: fc.integer({min: 1, max: 3000})}),
    fc.record({kind: fc.constant('take' as const), count: fc.integer({min: 1, max: 6000})}),
    fc.record({kind: fc.constant('putBack' as const), count: fc.integer({min: 0, max: 4})}),
  );
  fc.assert(
    fc.property(fc.array(command, {maxLength: 40}), commands => {
      const lane = new Lane(f);
      const queue: number[] = [];
      let next = 0;
      let last: number[] = [];
      for (const {kind, count} of commands) {
        if (kind === 'push') {
          for (let i = 0; i < count; i++, next++) {
            lane.push(next as TaskId);
            queue.push(next);
          }
        } else if (kind === 'take') {
          last = queue.splice(0, count);
          t.deepEqual<number[], number[]>(lane.take(count), last);
        } else {
          const back = last.slice(-count);
          last = [];
          lane.putBack(back as TaskId[]);
          queue.unshift(...back);
        }
        t.is(lane.length, queue.length);
        t.is<number | undefined, number | undefined>(lane.head, queue[0]);
      }
    }),
    {numRuns: 50},
  );
});

test('a lane that is turned goes on with its second half, and loses nothing', t => {
  const lane = new Lane(f);
  for (let i = 0; i < 8; i++) lane.push(i as TaskId);
  lane.take(1);
  lane.turn();
  t.deepEqual<number[], number[]>(lane.take(3), [4, 5, 6]);
  lane.push(8 as TaskId);
  lane.turn();
  t.deepEqual<number[], number[]>(lane.take(9), [2, 3, 8, 7, 1]);
});
