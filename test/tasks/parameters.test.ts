// The arguments that a function can receive, read from its source: every way to write a function, and a parameter.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are sources of functions.

import {Script} from 'node:vm';
import test from 'ava';
import fc from 'fast-check';
import {bvalue} from '../../src/tasks/barrier.js';
import {CompoundTask, CompoundTaskGenerator} from '../../src/tasks/compound.js';
import {map} from '../../src/tasks/map-reduce.js';
import {mostReceived, received} from '../../src/tasks/parameters.js';
import {Task} from '../../src/tasks/task.js';
import {TaskGenerator} from '../../src/tasks/task-generator.js';
import {inlineHost} from '../helpers/inline-host.js';
import {generators} from './generators.js';

const {serial} = test;

/** Each with how many arguments it takes. */
const WRITTEN: readonly (readonly [source: string, most: number])[] = [
  ['function f() {}', 0],
  ['function f(a) {}', 1],
  ['function f(a, b,) {}', 2],
  ['async function* f /* (x, y) */ (a /*, b */, // c\n d) {}', 2],
  ['(function (a) {})', 1],
  ['x => x', 1],
  ['async x => x', 1],
  ['(a, b) => a', 2],
  ['async (a, b) => a', 2],
  ['() => {}', 0],
  ['(a, b = 1) => a', 2],
  ['(a, b = [1, 2], c = {x: 1, y: (1, 2)}) => a', 3],
  ['({a, b: [c, d]}, [e, , f] = [1, 2]) => a', 2],
  ['(a, b = (x, y) => [x, y], c = function (p, q) { return "a,b"; }) => a', 3],
  ['(a = ",", b = \'),(\', c = `,${[1, 2].map((x, i) => `${x},${i}`)},`) => a', 3],
  ['(a = /[,)/]\\/,/g, b = 4 / 2, c = a / b / 2) => a', 3],
  ['(a, b = [8][0] / 2, c = /,/) => a', 3],
  ['(a, b = typeof /,/, c = 0) => a', 3],
  ['(a, {b, ...c}, [d, ...e] = []) => a', 3],
  ['(...all) => all', Infinity],
  ['(a, ...all) => all', Infinity],
  ['(a, ...[b, c]) => b', Infinity],
  ['function f(a) { return arguments[1]; }', Infinity],
  ['function f(a, b = arguments.length) {}', Infinity],
  ['function f(a) { return `${`${arguments[1]}`}`; }', Infinity],
  ['function f(a) { return (() => arguments)(); }', Infinity],
  ['function f(a) { return \\u0061rguments[1]; }', Infinity],
  ['function f(a) { return eval("argu" + "ments"); }', Infinity],
  ['function f(a) { return f.arguments[1]; }', Infinity],
  ['function f(a) { return a.of / 2 + arguments.length / 2; }', Infinity],
  ['function f(a) { if (a) /"/.test(a); return arguments[1]; /"/; }', Infinity],
  ['function f(a) { /* arguments */ return "arguments"; } // arguments', 1],
  ['function f(a) { return /arguments/.test(a) ? `arguments` : 4 / 2; }', 1],
  ['function f(a) { return a["x"] / 2 + \'arguments\'.length / 2; }', 1],
  ['(a) => "arguments"', 1],
  ['({m(a, b) {}}).m', 2],
  ['({async *m(a) {}}).m', 1],
  ['({["(a, b" + ")"](a) {}})["(a, b)"]', 1],
  ['({"(x, y)"(a) {}})["(x, y)"]', 1],
  ['({12(a) {}})[12]', 1],
  ['({class(a) {}}).class', 1],
  ['({get(a) {}}).get', 1],
  ['Object.getOwnPropertyDescriptor(class { set x(v) {} }.prototype, "x").set', 1],
  ['Object.getOwnPropertyDescriptor(class { get [["(", "x"][1]]() {} }.prototype, "x").get', 0],
  ['class { static async m(a, b) {} }.m', 2],
  ['new (class { m = (a, b) => a; })().m', 2],
  ['new (class { #p(a) {} get p() { return this.#p; } })().p', 1],
  ['class { constructor(a) {} }', Infinity],
  ['class X extends Object {}', Infinity],
  ['Math.max', Infinity],
  ['(a => a).bind(undefined)', Infinity],
  ['new Proxy(a => a, {})', Infinity],
  ['new Function("a", "b", "return a")', 2],
];

for (const [source, most] of WRITTEN) {
  test(`of ${JSON.stringify(source)}, ${most} arguments are received at most`, t => {
    const fn = new Script(`(${source.replace(/ ?\/\/ arguments$/, '')})`).runInThisContext() as never;
    t.is(mostReceived(Function.prototype.toString.call(fn)), most);
  });
}

/** Parameters as a program may have them, all of which take one argument. */
const PARAMETERS = [
  'a',
  '{b, c: [d]}',
  '[e, , f] = [1, (2, 3)]',
  'g = (x, y) => ({x, y})',
  'h = function (p, q) { return [p, q]; }',
  'i = "),("',
  'j = `),${[1, 2].join(`,${")"}`)},(`',
  'k = /[),/]+,/u',
  'l = 6 / 2',
  'm = class { n(o, p) {} static q = (1, 2); }',
  'r /* , s */',
  't = {"u,": 1, v(w, x) {}, [`y${1}`]: 2}',
];
const FORMS: readonly ((list: string) => string)[] = [
  list => `(function f(${list}) {})`,
  list => `(async function* (${list}) {})`,
  list => `((${list}) => {})`,
  list => `(async (${list}) => {})`,
  list => `({m(${list}) {}}).m`,
  list => `(class { static async *["(x,y"](${list}) {} })["(x,y"]`,
];

test('whatever the parameters are, and however the function is written, they are counted', t => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...PARAMETERS)),
      fc.constantFrom(...FORMS),
      fc.constantFrom('', ', ...z', ','),
      (parameters, form, end) => {
        if (parameters.length === 0 && end !== '') return;
        const source = form(`${parameters.join(' , ')}${end}`);
        const fn = new Script(source).runInThisContext() as () => unknown;
        t.is(mostReceived(String(fn)), end.includes('.') ? Infinity : parameters.length, source);
      },
    ),
    {numRuns: 500},
  );
});

test('what is cut off stands at the end, and a call without too much is left as it is', t => {
  const args = [1, 2, 3];
  t.deepEqual(
    received((a: number) => a, args),
    [1],
  );
  t.is(
    received((...all: number[]) => all, args),
    args,
  );
  t.is(
    received((a, b, c) => [a, b, c], args),
    args,
  );
  t.is(
    received((a, b = 1, c = 2) => [a, b, c], args),
    args,
  );
});

serial(
  'a list can be mapped over a task function, which gets the members and depends on them alone',
  async t => {
    generators();
    const double = TaskGenerator(function double(n: number) {
      return 2 * n;
    });
    const tasks = [1, 2, 3].map(double);
    t.deepEqual(
      tasks.map(task => task.args),
      [[1], [2], [3]],
    );
    t.deepEqual(
      [3, 1].map(double).map(task => task.hash),
      [double(3).hash, double(1).hash],
    );
    const again = tasks.map(double as never) as Task[];
    t.deepEqual(
      again.map(task => task.dependencies()),
      tasks.map(task => [task]),
    );
    t.deepEqual(await bvalue(again), [4, 8, 12]);
  },
);

serial('a function that can receive the index gets it', t => {
  inlineHost();
  const indexed = TaskGenerator(function indexed(n: number, index = 0) {
    return n * index;
  });
  const all = TaskGenerator(function all(...members: unknown[]) {
    return members.length;
  });
  t.deepEqual(
    [5, 6].map(indexed).map(task => task.args),
    [
      [5, 0],
      [6, 1],
    ],
  );
  t.is([5].map(all as (n: number) => Task)[0]!.args.length, 3);
});

serial('each way to call a function leaves out what it cannot receive', async t => {
  const {numbers} = generators();
  function one(n: number): number {
    return n;
  }
  const extra = numbers(1);
  const hash = new Task(one, 1).hash;
  t.is(new Task(one, 1, extra).hash, hash);
  t.deepEqual(new Task(one, 1, extra).dependencies(), []);
  t.is(TaskGenerator(one)(...([1, 2] as never as [number])).hash, hash);
  const made = CompoundTaskGenerator(function made(n: number) {
    return numbers(n);
  });
  const [first, second] = (await Promise.all([1, 2].map(made as never))) as Task[];
  t.is(first!.hash, (await made(1)).hash);
  t.is(second!.hash, (await CompoundTask(made.f, ...([2, extra] as never as [number]))).hash);
  t.deepEqual(await map(one, [1, 2]).canLoad(), false);
});
