import test from 'ava';
import {MappedTasks} from '../../src/tasks/map-reduce.js';
import {resolveTree} from '../../src/tasks/substitute.js';
import {type Task, Tasklet} from '../../src/tasks/task.js';
import {collectTasks, neededBy} from '../../src/tasks/traverse.js';
import {CustomHash, NoHash} from '../../src/tasks/utils.js';
import type {TaskHash} from '../../src/values/task-hash.js';
import {task, work} from '../helpers/tasks.js';

const [a, b] = [task('a'), task('b')];
const results = new Map<TaskHash, unknown>([
  [a.hash, {rows: [10, 20]}],
  [b.hash, 1],
]);

function tasksIn(tree: unknown): Task[] {
  const tasks = new Set<Task>();
  collectTasks(tree, tasks);
  return [...tasks];
}

function resolved(tree: unknown, known: ReadonlyMap<TaskHash, unknown> = results): unknown {
  const needed = neededBy(tree);
  return resolveTree(
    tree,
    needed,
    needed.hashes.map(hash => known.get(hash)),
  );
}

test('tasks are found in arrays, objects, maps and sets, at any depth, each once', t => {
  t.deepEqual(tasksIn([1, [a], {x: {y: b}}, a]), [a, b]);
  t.deepEqual(
    tasksIn(
      new Map<unknown, unknown>([
        [a, 1],
        [2, [b]],
      ]),
    ),
    [a, b],
  );
  t.deepEqual(tasksIn(new Set([[a], b])), [a, b]);
  t.deepEqual(tasksIn(Object.assign(Object.create(null), {a})), [a]);
  t.deepEqual(tasksIn([1, 'a', null, undefined, () => {}, new Date(), Uint8Array.of(1)]), []);
});

test('tasks are found through what stands for them', t => {
  t.deepEqual(tasksIn(new Tasklet(a, {get: [0]})), [a]);
  t.deepEqual(tasksIn(new Tasklet(new Tasklet(a, {get: [0]}), {get: [b]})), [a, b]);
  t.deepEqual(tasksIn([new CustomHash([a], () => ''), new NoHash({b})]), [a, b]);
  t.deepEqual(tasksIn(new MappedTasks([a, b] as Task<unknown[]>[], 4, 0, 6)), [a, b]);
  t.deepEqual(tasksIn(new MappedTasks([a, b] as Task<unknown[]>[], 4, 4, 2)), [b]);
});

test('an instance of a class is a leaf, whatever it holds', t => {
  class Box {
    readonly inside = a;
  }
  const box = new Box();
  t.deepEqual(tasksIn(box), []);
  t.is(resolved(box), box);
});

test('results take the places of tasks, at any depth', t => {
  t.deepEqual(resolved([1, [b], {x: {y: b}}]), [1, [1], {x: {y: 1}}]);
  t.deepEqual(
    resolved(
      new Map<unknown, unknown>([
        [b, 'k'],
        ['v', b],
      ]),
    ),
    new Map<unknown, unknown>([
      [1, 'k'],
      ['v', 1],
    ]),
  );
  t.deepEqual(resolved(new Set([b, 2])), new Set([1, 2]));
  t.deepEqual(resolved([new CustomHash([b], () => ''), new NoHash({b})]), [[1], {b: 1}]);
});

test('a tasklet becomes its part of the result', t => {
  t.is(resolved(new Tasklet(a, {get: ['rows', 1]})), 20);
  t.is(resolved(new Tasklet(a, {get: ['rows', b]})), 20);
  t.is(resolved(new Tasklet(new Tasklet(a, {get: ['rows']}), {get: [0]})), 10);
  t.deepEqual(resolved(new Tasklet(b, {call: work})), [1]);
  t.is(resolved(new Tasklet(a, {get: ['k']}), new Map([[a.hash, new Map([['k', 'v']])]])), 'v');
  t.throws(() => resolved(new Tasklet(a, {get: ['x', 'y']}), new Map([[a.hash, {x: undefined}]])), {
    instanceOf: TypeError,
    message: /^Expected a value to take y of, found undefined \(in .*get\('x', 'y'\)\)\.$/,
  });
});

class Point {
  constructor(readonly x: number) {}
  get double(): number {
    return 2 * this.x;
  }
}

test('a member that is there and undefined, a length and what a class has are parts of a result', t => {
  const of = (result: unknown, ...keys: unknown[]) =>
    resolved(new Tasklet(a, {get: keys}), new Map([[a.hash, result]]));
  t.is(of({x: undefined}, 'x'), undefined);
  t.is(of(new Map([[undefined, undefined]]), undefined), undefined);
  t.is(of([1, undefined], 1), undefined);
  t.is(of(new Array(3), 2), undefined);
  t.is(of([1, 2], 'length'), 2);
  t.is(of('abc', 'length'), 3);
  t.is(of('abc', 1), 'b');
  t.is(of(Float32Array.of(1, 2), 1), 2);
  t.is(of(new Set([1]), 'size'), 1);
  t.is(of(new Point(2), 'double'), 4);
  t.is(of(Object.assign(Object.create(null), {x: 1}), 'x'), 1);
});

test('a member that is not there is refused, with those that are', t => {
  for (const [result, key, found] of [
    [{rows: 1, 'a b': 2}, 'missing', "an object with 'rows', 'a b'"],
    [{}, 'toString', 'an object without any'],
    [Object.fromEntries(Array.from('abcdefghijkl', c => [c, c])), 'z', "an object with .*'j' and 2 more"],
    [new Map([[1, 'one']]), '1', 'a Map with 1'],
    [new Map(), 'size', 'a Map without any'],
    [[1, 2], 2, 'an array of length 2'],
    [[1, 2], -3, 'an array of length 2'],
    [[1, 2], 0.5, 'an array of length 2'],
    [{a: 1}, -1, "an object with 'a'"],
    [Uint8Array.of(1), 1, 'an Uint8Array of length 1'],
    ['abc', 3, 'a string of length 3'],
    [new Point(1), 'y', "a Point with 'x'"],
    [7, 'x', 'the number 7'],
  ] as const) {
    const error = t.throws(
      () => resolved(new Tasklet(a, {get: ['at', key]}), new Map([[a.hash, {at: result}]])),
      {instanceOf: TypeError},
    );
    t.regex(
      error.message,
      new RegExp(
        `^Expected a member .*${key}.*, found ${found} \\(in .*get\\('at', ${typeof key === 'string' ? `'${key}'` : key}\\)\\)\\.$`,
      ),
    );
  }
});

test('what holds no task is returned as it is, not copied', t => {
  const plain = {a: [1, {b: 2}], m: new Map([[1, 2]]), s: new Set([3])};
  t.is(resolved(plain), plain);
  const mixed = {plain, b};
  const copy = resolved(mixed) as typeof mixed;
  t.is(copy.plain, plain);
  t.is(mixed.b, b);
});

test('an object that is met twice is one object in the answer', t => {
  const shared = [b];
  const [first, second] = resolved([shared, shared]) as unknown[];
  t.deepEqual(first, [1]);
  t.is(first, second);
  const rows = new Tasklet(a, {get: ['rows']});
  const [one, other] = resolved([rows, rows]) as unknown[];
  t.is(one, other);
});

test('a key named __proto__ stays a key when the task under it is replaced', t => {
  const tree = JSON.parse('{"__proto__":1,"b":2}') as Record<string, unknown>;
  Object.defineProperty(tree, '__proto__', {value: b, enumerable: true, configurable: true, writable: true});
  const copy = resolved(tree) as object;
  t.deepEqual(Object.entries(copy), [
    ['__proto__', 1],
    ['b', 2],
  ]);
  t.is(Object.getPrototypeOf(copy), Object.prototype);
});

test('holes of arrays stay holes', t => {
  const holes: unknown[] = [b, 1, b];
  delete holes[1];
  const copy = resolved(holes) as unknown[];
  t.is(copy.length, 3);
  t.false(1 in copy);
  t.is(copy[2], 1);
});

test('what refers back to itself is walked once', t => {
  const loop: Record<string, unknown> = {a};
  loop.self = [loop];
  t.deepEqual(tasksIn(loop), [a]);
});

test('a result that equals a member of a set or map still takes the place of its task', t => {
  t.deepEqual(resolved(new Set([b, 1])), new Set([1]));
  t.deepEqual(resolved(new Set([1, b])), new Set([1]));
  t.deepEqual(
    resolved(
      new Map<unknown, unknown>([
        [b, 'x'],
        [1, 'x'],
      ]),
    ),
    new Map([[1, 'x']]),
  );
  t.deepEqual(resolved(new Map([[1, b]])), new Map([[1, 1]]));
  const plain = [new Set([1, Number.NaN]), new Map([[Number.NaN, Number.NaN]])];
  for (const tree of plain) t.is(resolved(tree), tree);
});
