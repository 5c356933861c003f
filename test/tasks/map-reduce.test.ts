import test from 'ava';
import fc from 'fast-check';
import {JugError} from '../../src/core/errors.js';
import {bvalue} from '../../src/tasks/barrier.js';
import {currymap, map, mapreduce, reduce} from '../../src/tasks/map-reduce.js';
import {TaskGenerator} from '../../src/tasks/task-generator.js';
import {inlineHost} from '../helpers/inline-host.js';

const {serial} = test;

function square(n: number): number {
  return n * n;
}
async function word(n: number): Promise<string> {
  return `<${n}>`;
}
function join(left: string, right: string): string {
  return left + right;
}
function power(base: number, exponent: number): number {
  return base ** exponent;
}
function numbers(length: number): number[] {
  return Array.from({length}, (_, i) => i);
}

serial('map makes one task a block of calls, and behaves like an array of its results', async t => {
  const {host, ran} = inlineHost();
  const squares = map(square, numbers(10), {mapStep: 4});
  t.is(host.graph.size, 3);
  t.is(squares.length, 10);
  t.deepEqual(await bvalue(squares), numbers(10).map(square));
  t.is(await bvalue(squares[9]!), 81);
  t.is(await bvalue(squares.at(-1)!), 81);
  t.is(squares.at(-11), undefined);
  t.is(await bvalue(squares.at(1.5)!), 1);
  t.deepEqual(await bvalue([...squares]), numbers(10).map(square));
  t.deepEqual(ran, Array(3).fill('jug.map(tasks.map-reduce.test.square)'));
  t.true(await squares.canLoad());
  t.deepEqual(await squares.value(), numbers(10).map(square));
});

serial('a part of a map needs only the blocks that it is in', async t => {
  const {ran, host} = inlineHost();
  const squares = map(square, numbers(12), {mapStep: 4});
  t.deepEqual(await bvalue(squares.slice(5, 7)), [25, 36]);
  t.is(ran.length, 1);
  const total = TaskGenerator(function total(all: number[]) {
    return all.reduce((a, b) => a + b, 0);
  })(squares.slice(2, 6));
  t.is(host.graph.dependencies(host.graph.find(total.hash)!).length, 2);
  t.is(await bvalue(total), 4 + 9 + 16 + 25);
  t.deepEqual(await bvalue(squares.slice(4, 4)), []);
});

serial('slices of maps are those of arrays, whatever is asked for', async t => {
  inlineHost();
  const all = numbers(11);
  const mapped = map(square, all, {mapStep: 3});
  await bvalue(mapped);
  const index = fc.option(fc.integer({min: -14, max: 14}), {nil: undefined});
  await fc.assert(
    fc.asyncProperty(index, index, index, index, async (a, b, c, d) => {
      t.deepEqual(await bvalue(mapped.slice(a, b).slice(c, d)), all.slice(a, b).slice(c, d).map(square));
    }),
  );
});

serial('a part of a map is known by its place, not by how it was reached', t => {
  inlineHost();
  const mapped = map(square, numbers(12), {mapStep: 4});
  const show = TaskGenerator(function show(all: number[]) {
    return all;
  });
  t.is(show(mapped.slice(2).slice(3, 5)).hash, show(mapped.slice(5, 7)).hash);
  t.not(show(mapped.slice(5, 7)).hash, show(mapped.slice(6, 8)).hash);
  t.not(show(mapped.slice(5, 7)).hash, show(mapped.slice(5, 8)).hash);
  t.not(show(mapped).hash, show(map(square, numbers(12), {mapStep: 3})).hash);
});

serial('maps may be mapped, of tasks as well as of values', async t => {
  inlineHost();
  const twice = map(square, map(square, numbers(6), {mapStep: 2}), {mapStep: 3});
  t.deepEqual(await bvalue(twice), [0, 1, 16, 81, 256, 625]);
  const one = TaskGenerator(function one() {
    return 1;
  });
  t.deepEqual(await bvalue(map(word, [one(), 2])), ['<1>', '<2>']);
});

serial('currymap spreads each member over the arguments', async t => {
  inlineHost();
  t.deepEqual(
    await bvalue(
      currymap(power, [
        [2, 3],
        [3, 2],
      ]),
    ),
    [8, 9],
  );
});

serial('the order of the inputs is kept, whatever the steps', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({min: 0, max: 40}),
      fc.integer({min: 1, max: 9}),
      fc.integer({min: 2, max: 9}),
      async (length, mapStep, reduceStep) => {
        inlineHost();
        const all = numbers(length);
        const expected = all.map(n => `<${n}>`).join('');
        const direct = mapreduce(join, word, all, {mapStep, reduceStep});
        const apart = reduce(join, map(word, all, {mapStep}), {reduceStep});
        t.deepEqual<unknown, unknown>(
          await bvalue([direct, apart]),
          length === 0 ? [[], []] : [expected, expected],
        );
      },
    ),
    {numRuns: 30},
  );
});

serial('reducing many takes few tasks', t => {
  const {host} = inlineHost();
  mapreduce(join, word, numbers(64), {mapStep: 4, reduceStep: 4});
  t.is(host.graph.size, 16 + 4 + 1);
});

serial('one input is reduced to itself', async t => {
  inlineHost();
  t.is(await bvalue(reduce(join, ['x'])), 'x');
  t.is(await bvalue(mapreduce(join, word, [7])), '<7>');
});

serial('steps that are no whole numbers, or too small to end, are refused', t => {
  inlineHost();
  for (const mapStep of [0, -1, 1.5, Number.NaN, '4' as never]) {
    const error = t.throws(() => map(square, [1], {mapStep}), {instanceOf: JugError});
    t.regex(
      error.message,
      /^Expected mapStep to be a whole number of at least 1, found .+ \(map-reduce\.test\.js:\d+\)\.$/,
    );
  }
  t.throws(() => reduce(join, ['a', 'b'], {reduceStep: 1}), {
    instanceOf: JugError,
    message: /^Expected reduceStep to be a whole number of at least 2, found 1 \(/,
  });
});

serial('options that mean nothing are refused', t => {
  inlineHost();
  t.throws(() => map(square, [1], 10 as never), {
    instanceOf: JugError,
    message: /^Expected the options of mapreduce\.map to be an object, as \{mapStep: …\}, found 10 \(/,
  });
  t.throws(() => mapreduce(join, word, [1], {mapstep: 10} as never), {
    instanceOf: JugError,
    message:
      /^Expected the options of mapreduce\.mapreduce to be among mapStep, reduceStep, found 'mapstep' \(/,
  });
});

/** All four, over the same. */
function over(sequence: unknown): readonly (() => unknown)[] {
  return [
    () => map(square, sequence as never),
    () => currymap(power, sequence as never),
    () => reduce(join, sequence as never),
    () => mapreduce(join, word, sequence as never),
  ];
}

serial('whatever can be iterated is a sequence, with the tasks of an array of its members', async t => {
  const {host} = inlineHost();
  const squares = map(square, [1, 2, 3, 4, 5]);
  await bvalue(squares);
  const tasks = host.graph.size;
  const all = [1, 2, 3, 4, 5];
  for (const same of [new Set(all), all.values(), Float64Array.from(all)] as const) {
    const mapped = map(square, same as never);
    t.is(mapped.length, 5);
    t.deepEqual(await bvalue<unknown>(mapped), [1, 4, 9, 16, 25]);
  }
  t.is(host.graph.size, tasks);
  t.deepEqual(await bvalue<unknown>(currymap(power, new Map([[2, 3]]) as never)), [8]);
  t.is(await bvalue(reduce(join, new Set(['a', 'b']) as never)), 'ab');
  t.is(await bvalue(mapreduce(join, word, new Set([1, 2]) as never)), '<1><2>');
});

serial('a task is no sequence, and two ways out are named', t => {
  inlineHost();
  const list = TaskGenerator(function list() {
    return [1, 2];
  })();
  for (const [thing, name] of [
    [list, 'list()'],
    [list.get('x'), "list().get('x')"],
  ] as const) {
    for (const call of over(thing)) {
      const {message} = t.throws(call, {instanceOf: JugError});
      t.true(message.includes(`found tasks.map-reduce.test.${name} (map-reduce.test.js:`), message);
      t.regex(message, /iterateTask\(task, n\).*await bvalue\(task\)/);
    }
  }
});

serial('what cannot be iterated is refused', t => {
  inlineHost();
  for (const [thing, found] of [
    [{a: 1}, '{ a: 1 }'],
    [{length: 2}, '{ length: 2 }'],
    [5, '5'],
    [undefined, 'undefined'],
    [null, 'null'],
  ] as const) {
    for (const call of over(thing)) {
      const {message} = t.throws(call, {instanceOf: JugError});
      t.regex(message, /^Expected a sequence in mapreduce\.(map|currymap|reduce|mapreduce), found /);
      t.true(message.includes(`found ${found} (map-reduce.test.js:`), message);
    }
  }
  t.throws(() => map(square, Promise.resolve([1]) as never), {
    instanceOf: JugError,
    message: /found Promise .*\.\nAwait it first\.$/,
  });
});

serial('a function of another step, or of another mapper, is another task', t => {
  const {host} = inlineHost();
  map(square, numbers(4));
  map(square, numbers(4));
  t.is(host.graph.size, 1);
  map(word, numbers(4));
  currymap(power, [[1, 1]]);
  reduce(join, ['a', 'b']);
  t.deepEqual(
    [...host.graph.tasks()].map(({name}) => name),
    [
      'jug.map(tasks.map-reduce.test.square)',
      'jug.map(tasks.map-reduce.test.word)',
      'jug.currymap(tasks.map-reduce.test.power)',
      'jug.reduce(tasks.map-reduce.test.join)',
    ],
  );
});
