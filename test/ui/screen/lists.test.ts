// Orders and filters of lists, held against what arrays would answer.

import test from 'ava';
import fc from 'fast-check';
import type {TaskId} from '../../../src/graph/graph.js';
import {STATES} from '../../../src/graph/task-states.js';
import {Arranged, SORT_KEYS} from '../../../src/ui/screen/arranged.js';
import {Cursor} from '../../../src/ui/screen/cursor.js';
import {Filter} from '../../../src/ui/screen/filter.js';
import {sorted} from '../../../src/ui/screen/order.js';
import {TestSource} from '../../helpers/screen-source.js';
import {functionNamed, task} from '../../helpers/tasks.js';

function ended<T>(work: Generator<undefined, T>): T {
  for (;;) {
    const {done, value} = work.next();
    if (done === true) return value;
  }
}

test('tasks are put in the order of their numbers, and equal ones stay where they are', t => {
  fc.assert(
    fc.property(fc.array(fc.integer({min: -5, max: 1_000_000})), fc.boolean(), (keys, isDescending) => {
      const ids = Uint32Array.from(keys, (_, place) => place * 3);
      const found = [...ended(sorted(ids, Float64Array.from(keys), isDescending))];
      const by = (id: number): number => (isDescending ? -keys[id / 3]! : keys[id / 3]!);
      t.deepEqual(
        found,
        [...ids].sort((a, b) => by(a) - by(b)),
      );
    }),
  );
});

function all(arranged: Arranged): number[] {
  while (arranged.isAtWork) arranged.work(1000, () => performance.now());
  return Array.from({length: arranged.length}, (_, place) => arranged.at(place)!);
}

function sourceOf(count: number): TestSource {
  const source = new TestSource();
  const functions = [functionNamed('lib.fold'), functionNamed('lib.collect')];
  for (let place = 0; place < count; place++) source.add(task(`part ${place}`, [], functions[place % 2]));
  return source;
}

test('a list has what fits its filter, in its order, whatever is asked for after what', t => {
  const words = fc.constantFrom(
    'fold',
    'fold(',
    'collect',
    'part',
    "'part 1",
    '1',
    '12',
    'failed',
    'ready',
    'state:finished',
    'FOLD',
    'zz',
  );
  const step = fc.oneof(
    fc.array(words, {maxLength: 3}).map(parts => (arranged: Arranged) => arranged.filterBy(parts.join(' '))),
    fc.constantFrom(...SORT_KEYS).map(sort => (arranged: Arranged) => arranged.sortBy(sort)),
    fc.constant((arranged: Arranged) => arranged.reverse()),
  );
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...STATES), {minLength: 1, maxLength: 40}),
      fc.array(step, {maxLength: 8}),
      (states, steps) => {
        const source = sourceOf(states.length);
        for (const [place, state] of states.entries()) {
          const id = place as TaskId;
          if (state === 'finished')
            source.finish(id, 1000 + (place % 7), (place * 37) % 11, {bytes: place % 5});
          else source.leave(id, state);
        }
        const arranged = new Arranged(source, SORT_KEYS[0]!);
        for (const go of steps) {
          go(arranged);
          // Be it that what came before was not done.
          arranged.work(0, () => 0);
        }
        const fresh = new Filter(arranged.filter.text);
        const ids = states.map((_, place) => place as TaskId).filter(id => fresh.fits(source.columns, id));
        const {keyOf} = arranged.sort;
        const sign = arranged.isDescending ? -1 : 1;
        const by = (id: TaskId): number => sign * (keyOf === undefined ? id : keyOf(source, id));
        t.deepEqual(
          all(arranged),
          [...ids].sort((a, b) => by(a) - by(b)),
        );
      },
    ),
    {numRuns: 200},
  );
});

test('words are parts of a call or the beginning of a hash, and states are states', t => {
  const source = sourceOf(20);
  source.leave(3 as TaskId, 'failed');
  const fitting = (text: string): number[] => {
    const filter = new Filter(text);
    return [...source.graph.ids()].filter(id => filter.fits(source.columns, id));
  };
  t.deepEqual(
    fitting('part 7'),
    [7, 17].filter(id => id === 7 || String(id).includes('7')),
  );
  t.deepEqual(fitting('failed'), [3]);
  t.deepEqual(fitting('failed fold'), []);
  t.deepEqual(fitting("'part 12'"), [12]);
  t.deepEqual(fitting(source.graph.task(5 as TaskId).hash.slice(0, 8)), [5]);
  t.deepEqual(fitting('collect('), [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
  t.deepEqual(fitting('ollect'), [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
});

test('the selected row is seen, and the window is full as long as there are rows', t => {
  const actions = ['up', 'down', 'pageUp', 'pageDown', 'first', 'last'] as const;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...actions), fc.nat(30), fc.integer({min: 1, max: 12})), {
        minLength: 1,
      }),
      moves => {
        const cursor = new Cursor();
        for (const [action, length, height] of moves) {
          cursor.fit(length, height);
          cursor.move(action);
          if (length === 0) return;
          t.true(cursor.selected >= 0 && cursor.selected < length);
          t.true(cursor.selected >= cursor.offset && cursor.selected < cursor.offset + height);
          t.true(cursor.offset >= 0 && (cursor.offset === 0 || cursor.offset + height <= length));
        }
      },
    ),
  );
});
