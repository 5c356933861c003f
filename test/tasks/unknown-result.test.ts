// Reading, writing and looping over what is not known yet: refused at the line, and harmless where it is only asked what
// it is.

import assert from 'node:assert';
import {inspect, isDeepStrictEqual, types} from 'node:util';
import test from 'ava';
import {JugError} from '../../src/core/errors.js';
import {bvalue, value} from '../../src/tasks/barrier.js';
import {CompoundTask} from '../../src/tasks/compound.js';
import {lightTask} from '../../src/tasks/light-task.js';
import {map} from '../../src/tasks/map-reduce.js';
import {Task, Tasklet} from '../../src/tasks/task.js';
import {identity} from '../../src/tasks/utils.js';
import {generators} from './generators.js';

const {serial} = test;

type Anything = Record<string, never>;

/** All that stands for one result, by its name in messages. */
function standing(): readonly (readonly [thing: Anything, text: string])[] {
  const {table, pair} = generators();
  const task = table(2);
  return [
    [task, 'tasks.generators.table(2)'],
    [task.get('rows'), "tasks.generators.table(2).get('rows')"],
    [new Tasklet(task, String), 'node.String(tasks.generators.table(2))'],
    [new Task(pair.f, 1), 'tasks.generators.pair(1)'],
    [lightTask(task.function as never, [2]), 'tasks.generators.table(2)'],
  ] as never;
}

serial('what is read of a result that is not known yet is refused, with the ways to it', t => {
  for (const [thing, text] of standing()) {
    for (const [read, key] of [
      [() => thing.X, 'X'],
      [() => thing['two words'], 'two words'],
      [() => (thing as Partial<Anything>)?.X, 'X'],
      [
        () => {
          const {X, y} = thing;
          return [X, y];
        },
        'X',
      ],
      [
        () => {
          if (thing.ok) t.fail();
        },
        'ok',
      ],
      [() => Reflect.get(thing, 'X'), 'X'],
    ] as const) {
      const {message} = t.throws(read, {instanceOf: JugError})!;
      t.true(
        message.startsWith(`Expected a value that has "${key}", found ${text} (unknown-result.test.`),
        message,
      );
      t.regex(message, /, whose result is not known yet: /);
      t.true(
        message.endsWith(
          `\nUse task.get("${key}") for what the result has there, or await bvalue(task) to wait for the result.`,
        ),
        message,
      );
    }
    t.throws(() => (thing.map as never as (fn: unknown) => unknown)(String), {
      instanceOf: JugError,
      message: /"map"[\s\S]*new Tasklet\(task, result => result\.map\(…\)\)/,
    });
  }
});

serial('a place that no array has is refused', t => {
  for (const [thing, text] of standing()) {
    for (const key of ['-1', '1.5', 'Infinity', '1e21', '-0.5']) {
      const {message} = t.throws(() => thing[key], {instanceOf: JugError})!;
      const start = `Expected a whole number from 0 as a place in the result of ${text}, found [${key}] (unknown-result.test.`;
      t.true(message.startsWith(start), message);
    }
    t.throws(() => thing[-1], {message: /Use task\.at\(-1\), which counts from the end\.$/});
  }
});

serial('what `map` returned refuses places it has not, and all that arrays have and it has not', t => {
  generators();
  const mapped = map(Math.sqrt, [1, 4, 9]) as never as Anything & {get(place: number): unknown};
  for (const [read, found] of [
    [() => mapped[3], '[3]'],
    [() => mapped[99], '[99]'],
    [() => mapped[-1], '[-1]'],
    [() => mapped[1.5], '[1.5]'],
    [() => mapped.get(3), '[3]'],
    [() => mapped.get(-4), '[-4]'],
    [() => mapped.get(0.5), '[0.5]'],
  ] as const) {
    const {message} = t.throws(read, {instanceOf: JugError})!;
    t.true(
      message.startsWith(
        `Expected a member from 0 to 2 of what map returned, found ${found} (unknown-result.test.`,
      ),
      message,
    );
  }
  t.throws(() => (map(Math.sqrt, []) as never as Anything)[0], {message: /which is empty/});
  t.throws(() => mapped.filter, {message: /found "filter" [\s\S]*Use \[\.\.\.mapped\]\.filter\(…\)/});
  t.throws(() => mapped.X, {message: /found "X" [\s\S]*Use mapped\.get\(i, "X"\)/});
  for (const use of [() => `${mapped}`, () => (mapped as never as number) + 1, () => JSON.stringify(mapped)])
    t.throws(use, {instanceOf: JugError, message: /MappedTasks of length 3 .*whose result is not known yet/});
  t.is(String(mapped), 'MappedTasks of length 3');
});

serial('nothing is written into a result that is not known yet', t => {
  const mapped = map(Math.sqrt, [1]) as never as Anything;
  for (const [thing] of [...standing(), [mapped] as const]) {
    for (const write of [
      () => Object.assign(thing, {X: 1}),
      () => {
        thing[0] = 1 as never;
      },
    ])
      t.throws(write, {
        instanceOf: JugError,
        message: /^Expected a value into which "(X|0)" can be written, found /,
      });
    t.deepEqual(Object.keys(thing), []);
  }
});

serial('a loop over the keys of a result that is not known yet is refused', t => {
  for (const [thing] of [...standing(), [map(Math.sqrt, [1])] as const]) {
    t.throws(
      () => {
        for (const key in thing) t.fail(key);
      },
      {
        instanceOf: JugError,
        message: /^Expected an object to go through by its keys, found a task \(unknown-result/,
      },
    );
  }
});

serial('a method of a task is not taken for the same of its result', t => {
  const {table, show} = generators();
  const task = table(1);
  for (const [method, name] of [
    [task.value, 'value'],
    [[{of: task.get('rows').get}], 'get'],
    [map(Math.sqrt, [1]).slice, 'slice'],
  ] as const)
    t.throws(() => show(method), {
      instanceOf: JugError,
      message: new RegExp(`found ${name} \\(unknown-result.*as a method\\.\\nUse task\\.get\\("${name}"\\)`),
    });
});

serial('what is a promise of a task is refused where its properties are read', async t => {
  const {numbers} = generators();
  const promise = CompoundTask(function made() {
    return numbers(1);
  });
  t.throws(() => (promise as never as Anything).X, {
    instanceOf: JugError,
    message: /^Expected a value, found Promise[\s\S]*\nAwait it first\.$/,
  });
  t.throws(() => (value(1) as never as Anything)[0], {
    message: /Await it first/,
  });
  t.true(promise instanceof Promise);
  t.true(types.isPromise(promise));
  t.is((promise as never as Anything).nodeType, undefined);
  t.true((await Promise.all([promise]))[0] instanceof Task);
  await t.notThrowsAsync(promise.finally(() => {}));
});

serial('who asks only what it is does no harm', async t => {
  const {numbers} = generators();
  for (const [thing, text] of [...standing(), [map(Math.sqrt, [1]), 'MappedTasks of length 1'] as const]) {
    const probed = thing as Record<PropertyKey, unknown>;
    for (const key of [
      'then',
      'asymmetricMatch',
      '$$typeof',
      'nodeType',
      'inspect',
      '@@__IMMUTABLE_RECORD__@@',
      '__esModule',
    ])
      t.is(probed[key], undefined, key);
    for (const symbol of [Symbol.toStringTag, Symbol.asyncIterator, Symbol.for('any')])
      t.is(probed[symbol], undefined);
    t.is(typeof probed.toJSON, 'function');
    t.is(typeof probed.constructor, 'function');
    for (const key of ['then', 'nodeType', Symbol('any')]) t.false(key in probed);
    // As a library asks, whose code is not the user's.
    for (const key of ['X', '0', 'then'])
      t.false(Reflect.apply(Function.prototype.call, Object.hasOwn, [null, probed, key]));
    for (const key of ['X', '0'])
      t.throws(() => key in probed, {
        message: /^Expected an object to look for "[X0]" in, found a task \(unknown-result/,
      });
    t.false(Object.hasOwn(probed, 'X'));
    // biome-ignore lint/suspicious/noPrototypeBuiltins: that it may be called.
    t.false((probed as object).hasOwnProperty('X'));
    t.is(probed.valueOf!, Object.prototype.valueOf);
    t.is(await (probed as never as Promise<unknown>), probed as unknown);
    t.is((await Promise.all([probed]))[0], probed);
    t.true(inspect(probed).includes(text.slice(0, 5)));
    t.notThrows(() => inspect({probed}, {depth: 9, showHidden: true, showProxy: true, getters: true}));
    t.notThrows(() => inspect(probed, {customInspect: false, showHidden: true}));
    t.true(isDeepStrictEqual(probed, probed));
    t.notThrows(() => isDeepStrictEqual([probed], [{}]));
    t.notThrows(() => assert.deepStrictEqual([probed], [probed]));
    t.deepEqual([probed], [probed]);
    t.notDeepEqual([probed], [numbers()]);
    t.notThrows(() => structuredClone(probed));
    for (const is of Object.values(types)) t.false((is as (x: unknown) => boolean)(probed));
  }
});

serial('a place is counted from the end where it is negative, in arrays, texts and typed arrays', async t => {
  const {numbers, show, pair} = generators();
  const task = numbers(10, 20, 30);
  const list = [10, 20, 30];
  for (const index of [0, 2, -1, -3, 1.9, -1.9, -0.5, Number.NaN]) {
    t.is(await bvalue(task.at(index)), list.at(index) as number, `at(${index})`);
    t.is(await bvalue(identity(Int8Array.of(10, 20, 30)).at(index)), list.at(index) as number);
  }
  t.is(await bvalue(task.get(-1)), 30);
  t.is(await bvalue(task.at(numbers(-2)[0] as Tasklet<number>)), 20);
  t.is(await bvalue(identity('abc').at(-1)), 'c');
  t.is(await bvalue(identity({a: [1, [2, 3]]}).get('a', -1, -2) as Tasklet<number>), 2);
  t.is(await bvalue(identity(new Map([[-1, 'x']])).get(-1)), 'x');
  for (const place of [3, -4])
    await t.throwsAsync(bvalue(task.at(place)), {
      message: /^Expected a member -?\d, found an array of length 3/,
    });
  await t.throwsAsync(bvalue(identity({x: 1}).get(-1) as Tasklet<number>), {
    message: /found an object with 'x'/,
  });
  t.is(show(task.at(1.5)).hash, show(task[1]).hash);
  const mapped = map(Math.sqrt, [1, 4, 9]);
  for (const place of [-1, -3, 0, 2]) t.is(await bvalue(mapped.get(place)), [1, 2, 3].at(place) as number);
  t.is(mapped.at(3), undefined);
  t.is(await bvalue(mapped.at(-1.5)!), 3);
  t.is(await bvalue(mapped.get('length')), 3);
  t.is(await bvalue(mapped.get(numbers(1)[0])), 2);
  t.is(await bvalue(map(pair.f, [1, 2]).get(-1, -1) as Tasklet<number>), -2);
});

serial('a slice of a task is that of its result, with the bounds of arrays', async t => {
  const {numbers, show, add} = generators();
  const list = [10, 20, 30, 40];
  const task = numbers(...list);
  const mapped = map(Math.abs, list, {mapStep: 3});
  const bounds = [undefined, 0, 1, 3, 4, 9, -1, -3, -9, 1.7, -1.7, Number.NaN, Infinity, -Infinity];
  for (const start of bounds) {
    for (const end of bounds) {
      const expected = list.slice(start, end);
      const text = `slice(${start}, ${end})`;
      t.deepEqual(await bvalue(task.slice(start, end)), expected, text);
      t.deepEqual(await bvalue(mapped.slice(start, end)), expected, text);
      t.deepEqual(await bvalue(task.slice(start, end).slice(1)), expected.slice(1), text);
    }
  }
  t.deepEqual(await bvalue(task.slice(add(0, 1), add(1, 2))), [20, 30]);
  t.is(await bvalue(task.slice(1)[0]), 20);
  t.is(await bvalue(identity('abcd').slice(1, -1)), 'bc');
  t.deepEqual(await bvalue(identity(Float32Array.of(1, 2, 3)).slice(-2)), Float32Array.of(2, 3));
  t.is(show(task.slice(1.2, 2.9)).hash, show(task.slice(1, 2)).hash);
  t.not(show(task.slice(1, 3)).hash, show(task.slice(1, 2)).hash);
  t.deepEqual(task.slice(add(0, 1)).dependencies(), [task, add(0, 1)]);
  t.is(String(task.slice(1, 3)), 'tasks.generators.numbers(10, 20, 30, 40).slice(1, 3)');
  t.is(inspect([task.slice(-2)[0]]), '[ Tasklet tasks.generators.numbers(10, 20, 30, 40).slice(-2).get(0) ]');
  await t.throwsAsync(bvalue(identity({x: 1}).slice(1) as Tasklet<unknown>), {
    message: /^Expected an array or a text to take slice\(1, \) of, found an object with 'x'/,
  });
});

serial('a Proxy that was revoked is refused at the call, wherever it stands', t => {
  const {proxy, revoke} = Proxy.revocable({}, {});
  revoke();
  for (const tree of [proxy, [proxy], {deep: proxy}, new Map([[1, proxy]]), new Set([proxy])])
    t.throws(() => generators().table(tree as never), {
      message: /^Expected a value, found a Proxy that has been revoked \(unknown-result\.test\./,
    });
});
