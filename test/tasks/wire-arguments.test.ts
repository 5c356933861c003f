// Arguments on their way to a worker: packed, posted, unpacked.

import {isDeepStrictEqual} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {JugError} from '../../src/core/errors.js';
import {hashOne} from '../../src/tasks/function-names.js';
import {map} from '../../src/tasks/map-reduce.js';
import {NoLoad} from '../../src/tasks/no-load.js';
import {replaceTasks, resolveTree} from '../../src/tasks/substitute.js';
import {type Task, Tasklet} from '../../src/tasks/task.js';
import {TaskGenerator} from '../../src/tasks/task-generator.js';
import {neededBy} from '../../src/tasks/traverse.js';
import {CustomHash, NoHash} from '../../src/tasks/utils.js';
import {type Packed, pack, unpack} from '../../src/tasks/wire-arguments.js';
import {registerClass} from '../../src/values/class-registry.js';
import {inlineHost} from '../helpers/inline-host.js';
import {task} from '../helpers/tasks.js';

const {serial} = test;

/** As a worker gets them. */
function sent(...args: readonly unknown[]): readonly unknown[] {
  return unpack(structuredClone(pack(args)) as Packed);
}

/** With `results` in place of tasks, as the task function gets them. */
function received(args: readonly unknown[], results: ReadonlyMap<string, unknown>): unknown {
  const arrived = sent(...args);
  const needed = neededBy(arrived);
  return resolveTree(
    arrived,
    needed,
    needed.hashes.map(hash => results.get(hash)),
  );
}

const [a, b] = [task('a'), task('b')];
const results = new Map<string, unknown>([
  [a.hash, 'A'],
  [b.hash, {rows: [10, 20]}],
]);

serial('values arrive as they were', t => {
  inlineHost();
  const holes: unknown[] = [1, 2, 3];
  delete holes[1];
  const values = [
    1,
    -0,
    Number.NaN,
    'text',
    undefined,
    null,
    10n,
    [1, [undefined]],
    {a: {b: undefined}},
    holes,
    new Map([[{k: 1}, new Set([1])]]),
    new Date(5),
    /a/gi,
    Float64Array.of(1.5),
    Buffer.from('x'),
    Uint8Array.of(1, 2).buffer,
    new URL('https://jug.example/'),
    JSON.parse('{"__proto__":1}'),
    Object.assign(Object.create(null), {x: 1}),
  ];
  t.deepEqual(sent(...values), values);
  for (const value of values) t.deepEqual(sent(value), [value]);
  t.true(Buffer.isBuffer(sent(Buffer.from('x'))[0]));
  t.false(1 in (sent(holes, task('a'))[0] as unknown[]));
});

serial('an object that stands in two places stands in two places', t => {
  inlineHost();
  const shared = {x: 1};
  const [first, second] = sent([shared], shared) as [unknown[], unknown];
  t.is(first[0], second);
});

serial('of a view on a larger buffer, only what it shows is sent', t => {
  inlineHost();
  const large = new ArrayBuffer(2 ** 20);
  const views = [
    Uint8Array.of(1, 2, 3, 4).subarray(1, 3),
    new Float64Array(large, 8, 2).fill(1.5),
    new DataView(large, 3, 5),
    new BigInt64Array(large, 64, 1),
  ];
  for (const view of views) {
    for (const [arrived] of [sent(view), sent([view])[0], sent([view], a)[0]] as unknown[][]) {
      t.deepEqual(arrived, view);
      t.is((arrived as ArrayBufferView).buffer.byteLength, view.byteLength);
    }
  }
  const [first, second] = sent(views[0], [views[0]]) as [unknown, unknown[]];
  t.is(first, second[0]);
});

serial('tasks arrive as references, wherever they stand', t => {
  inlineHost();
  for (const [args, expected] of [
    [[a], ['A']],
    [
      [1, a, 'x'],
      [1, 'A', 'x'],
    ],
    [
      [a, [b]],
      ['A', [{rows: [10, 20]}]],
    ],
    [[[a, b, a]], [['A', {rows: [10, 20]}, 'A']]],
    [[[a]], [['A']]],
    [[{x: [1, {y: a}]}], [{x: [1, {y: 'A'}]}]],
    [
      [new Map([['k', a]]), new Set([a])],
      [new Map([['k', 'A']]), new Set(['A'])],
    ],
    [[[]], [[]]],
  ] as const) {
    t.deepEqual(received(args, results), expected);
    t.deepEqual(new Set(neededBy(sent(...args)).hashes), new Set(neededBy(args).hashes));
  }
});

serial('tasklets arrive with their way into the result', t => {
  inlineHost();
  const last = (value: {rows: readonly number[]}): number => value.rows.at(-1)!;
  t.deepEqual(
    received(
      [
        new Tasklet(b, {get: ['rows', 1]}),
        new Tasklet(new Tasklet(b, {get: ['rows']}), {get: [0]}),
        new Tasklet(b, last),
        [new Tasklet(b, value => (value as {rows: number[]}).rows.length)],
      ],
      results,
    ),
    [20, 10, 20, [2]],
  );
});

serial('a tasklet that arrived says in messages of which function’s result it is a part', t => {
  inlineHost();
  for (const [tasklet, text] of [
    [new Tasklet(b, {get: ['rows', 'x']}), "test.work(…).get('rows', 'x')"],
    [new Tasklet(new Tasklet(b, {get: ['rows']}), {get: ['x']}), "test.work(…).get('rows').get('x')"],
    [new Tasklet([b] as never, {get: [0, 'x']}), "[ Task a task(…) ].get(0, 'x')"],
  ] as const) {
    const error = t.throws(() => received([tasklet], results), {instanceOf: TypeError});
    t.true(error.message.endsWith(` (in ${text}).`), error.message);
  }
});

serial('a part of a map arrives as that part, needing its blocks alone', t => {
  inlineHost();
  function square(n: number): number {
    return n * n;
  }
  const mapped = map(square, [0, 1, 2, 3, 4, 5, 6], {mapStep: 2}).slice(3, 6);
  const blocks = new Map(
    (mapped.parts[0] as readonly Task[]).map(block => [
      block.hash as string,
      (block.args[0] as number[]).map(square),
    ]),
  );
  t.is(blocks.size, 2);
  t.deepEqual(received([mapped], blocks), [[9, 16, 25]]);
});

serial('what is wrapped arrives without its wrapper, and NoLoad without need of a result', t => {
  inlineHost();
  t.deepEqual(received([new NoHash({x: a}), new CustomHash([1], () => 'x')], results), [{x: 'A'}, [1]]);
  const [wrapped] = sent(new NoLoad(a)) as [NoLoad];
  t.true(wrapped instanceof NoLoad);
  t.is(wrapped.base.name, a.name);
  t.is(wrapped.base.hash, a.hash);
  t.deepEqual(neededBy(wrapped).hashes, []);
});

serial('functions arrive as the functions of that name', t => {
  inlineHost();
  function callback(): void {}
  const generator = TaskGenerator(function made(n: number) {
    return n;
  });
  hashOne(callback);
  t.deepEqual(sent(callback, {on: callback}), [callback, {on: callback}]);
  t.is(sent(generator)[0], generator.f);
  const packed = pack([callback]);
  inlineHost();
  t.throws(() => unpack(packed), {
    message: /Expected the jugfile to define the function tasks\.wire-arguments\.test\.callback in a worker/,
  });
});

serial('functions behind what is wrapped are named where the task is made, not where it is sent', t => {
  const {functions} = inlineHost().host;
  function log(): void {}
  function other(): void {}
  const add = TaskGenerator(function add(x: unknown) {
    return x;
  });
  const {args} = add(new NoHash({log: [log]}));
  t.is(functions.known(log)?.name, 'tasks.wire-arguments.test.log');
  t.deepEqual(sent(...args), [{log: [log]}]);
  t.throws(() => pack([new NoHash(other)]), {message: /that has no name yet \(other\)/});
  t.throws(() => add(new NoHash([() => 1])), {
    message: /of argument 1, what is at \[0\] in it is a function that has no name yet/,
  });
});

serial('an argument that can be hashed and not be sent is refused, with its place', t => {
  inlineHost();
  class Connection {
    [Symbol.for('jug.hash')](): string {
      return 'db';
    }
  }
  const error = t.throws(() => pack([{db: new Connection()}]));
  t.regex(error!.message, /\.db/);
});

serial('whatever the arguments, they arrive as they were', t => {
  inlineHost();
  const anything = fc.anything({
    maxDepth: 4,
    withBigInt: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
  });
  fc.assert(
    fc.property(
      fc.array(anything, {maxLength: 3}),
      args =>
        isDeepStrictEqual(sent(...args, new Date(5)), [...args, new Date(5)]) &&
        isDeepStrictEqual(sent(...args, a).slice(0, -1), args) &&
        isDeepStrictEqual(received([[a, ...args]], results), [['A', ...args]]),
    ),
    {numRuns: 300},
  );
  t.pass();
});

class Reading {
  constructor(
    readonly value: unknown,
    readonly unit: string,
  ) {}
}
registerClass(Reading, {name: 'arguments.Reading'});
class Stamp extends Date {
  unit = 'h';
}
registerClass(Stamp, {
  name: 'arguments.Stamp',
  encode: stamp => [stamp.getTime(), stamp.unit] as const,
  decode: ([time, unit]) => Object.assign(new Stamp(time), {unit}),
});

/** What a library may return: containers of containers, with properties beside the members, instances, and tasks anywhere. */
/** Assigning a property named `__proto__` would do something else. */
function withProperties<T extends object>(object: T, properties: object): T {
  return Object.defineProperties(object, Object.getOwnPropertyDescriptors(properties));
}

const rich = richValues(true);

function richValues(withWrappers: boolean): fc.Arbitrary<unknown> {
  return fc.letrec(tie => {
    const properties = fc.dictionary(fc.constantFrom('a', 'unit', '__proto__', '$jug'), tie('value'), {
      maxKeys: 2,
    });
    return {
      value: fc.oneof(
        {maxDepth: 4, withCrossShrink: true},
        fc.constantFrom(a, b),
        fc.anything({maxDepth: 0, withBigInt: true, withTypedArray: true}),
        // Two invalid dates are not equal to this Node, whatever they are.
        fc.date({noInvalidDate: true}),
        fc.constantFrom<unknown>(
          /x/g,
          new URL('http://a/'),
          Object(1),
          Object('text'),
          new RangeError('no'),
          new Stamp(5),
        ),
        fc.uint8Array({maxLength: 3}).map(bytes => Buffer.from(bytes).subarray(1)),
        fc
          .tuple(fc.array(tie('value'), {maxLength: 3}), properties)
          .map(([members, extra]) => withProperties(members, extra)),
        fc.tuple(fc.array(fc.double(), {minLength: 60, maxLength: 70}), tie('value')).map(members => members),
        properties,
        properties.map(extra => withProperties(Object.create(null), extra)),
        fc.array(fc.tuple(tie('value'), tie('value')), {maxLength: 2}).map(entries => new Map(entries)),
        fc.array(tie('value'), {maxLength: 2}).map(members => new Set(members)),
        tie('value').map(value => new Reading(value, 'm')),
        tie('value').map(value => [value, value]),
        ...(withWrappers ? [tie('value').map(value => new NoHash(value))] : []),
      ),
    };
  }).value;
}

serial(
  'whatever the arguments, they are what the function gets, deeply equal, or are refused at the call',
  t => {
    inlineHost();
    const see = TaskGenerator(function see(..._all: readonly unknown[]) {});
    let refused = 0;
    fc.assert(
      fc.property(fc.array(rich, {maxLength: 3}), args => {
        let made: Task;
        try {
          made = see(...(args as never[]));
        } catch (error) {
          refused++;
          return error instanceof JugError && /^Expected arguments/.test(error.message);
        }
        // With the results in place of the tasks, as they stand in this thread.
        const expected = replaceTasks(args, ({hash}) => results.get(hash));
        return isDeepStrictEqual(received(made.args, results), expected);
      }),
      {numRuns: 2000},
    );
    t.true(refused > 50 && refused < 1000, `${refused} refused`);
  },
);

serial('whatever the arguments, they have one hash if and only if the function gets the same', t => {
  inlineHost();
  const hashed = (value: unknown): string | undefined => {
    try {
      return hashOne(value);
    } catch {
      return undefined;
    }
  };
  const seen = new Map<string, unknown>();
  fc.assert(
    fc.property(fc.array(richValues(false), {maxLength: 2}), args => {
      const value = args.length === 1 ? args[0] : args;
      const hash = hashed(value);
      if (hash === undefined) return true;
      const known = seen.get(hash);
      if (known === undefined) seen.set(hash, value);
      return known === undefined || isDeepStrictEqual(withHashes(known), withHashes(value));
    }),
    {numRuns: 5000},
  );
  t.true(seen.size > 1000, `${seen.size} different`);
});

function withHashes(value: unknown): unknown {
  return replaceTasks(value, ({hash}) => hash);
}

serial('what is beside the members of an array arrives, and is waited for', t => {
  inlineHost();
  const list = Object.assign([a, 2], {unit: 'm', first: b, reading: new Reading(1, 's')});
  const [arrived] = received([list], results) as [typeof list];
  t.deepEqual(
    arrived as unknown,
    Object.assign(['A', 2], {unit: 'm', first: {rows: [10, 20]}, reading: new Reading(1, 's')}),
  );
  const match = /(?<y>a)/.exec('a')!;
  t.deepEqual(received([[match, a]], results), [[match, 'A']]);
  t.is(Object.getPrototypeOf((sent(match)[0] as RegExpExecArray).groups), null);
});

serial('a subclass of what is built in arrives as itself', t => {
  inlineHost();
  const stamp = Object.assign(new Stamp(7), {unit: 'd'});
  for (const args of [
    [stamp],
    [[stamp]],
    [new NoHash(stamp)],
    [new CustomHash(stamp, () => 'x')],
    [{stamp, a}],
  ]) {
    const [arrived] = sent(...args) as [unknown];
    const found = arrived instanceof Stamp ? arrived : Object.values(arrived as object)[0];
    t.true(found instanceof Stamp);
    t.deepEqual(found, stamp);
  }
});

serial('a task inside an instance, of which nobody would know, is refused', t => {
  inlineHost();
  const see = TaskGenerator(function see(..._all: unknown[]) {});
  const plain = {inner: [a]};
  for (const arg of [
    new Reading(a, 'm'),
    [new Reading({deep: [a]}, 'm')],
    [plain, new Reading(plain, 'm')],
  ]) {
    t.throws(() => void see(arg), {message: /holds a task, .* not looked for inside an instance/});
  }
  t.notThrows(() => see(new Reading(1, 'm'), a));
});

serial('a function inside an instance is one by name', t => {
  inlineHost();
  function kernel(): void {}
  const see = TaskGenerator(function see(..._all: unknown[]) {});
  const [arrived] = sent(...see(new Reading({kernel}, 'm')).args) as [Reading];
  t.deepEqual(arrived, new Reading({kernel}, 'm'));
});

serial('what is wrapped and cannot be sent is refused at the call, where it is', t => {
  inlineHost();
  const see = TaskGenerator(function see(..._all: unknown[]) {});
  for (const arg of [new NoHash({x: new WeakMap()}), new CustomHash({x: new WeakMap()}, () => 'x')]) {
    t.throws(() => see(1, [arg]), {message: /of argument 2, what is at \[0\]\.x in it is a WeakMap/});
  }
  class Table {
    readonly lock = new WeakMap();
    [Symbol.for('jug.hash')](): string {
      return 'table';
    }
  }
  t.throws(() => see(new Table()), {message: /of argument 1, it is an instance of Table/});
});

serial('how deep the arguments are does not matter', async t => {
  inlineHost();
  let nested: unknown = a;
  for (let level = 0; level < 1e5; level++) nested = level % 2 === 0 ? [nested] : {a: nested};
  const see = TaskGenerator(function see(_all: unknown) {});
  const made = see(nested);
  t.deepEqual(made.dependencies(), [a]);
  let found = (await received(made.args, results)) as unknown;
  for (let level = 0; level <= 1e5; level++) found = Object.values(found as object)[0];
  t.is(found, 'A');
});
