// What the compiler accepts and infers. The compiler is the test: a line that is wrong does not compile. Nothing runs.

import test from 'ava';
import {bvalue, CachedFunction, value} from '../../src/tasks/barrier.js';
import {CompoundTaskGenerator} from '../../src/tasks/compound.js';
import {currymap, map, mapreduce, reduce} from '../../src/tasks/map-reduce.js';
import {Task, Tasklet} from '../../src/tasks/task.js';
import {TaskGenerator} from '../../src/tasks/task-generator.js';
import {CustomHash, identity, iterateTask, NoHash, returnTuple, timedPath} from '../../src/tasks/utils.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;

/** Compiles only if `A` and `B` are the same type. */
function same<A, B>(_proof: Same<A, B>): void {}

interface Options {
  readonly depth: number;
  readonly names?: readonly string[];
}

/** Never called. */
async function accepted(): Promise<void> {
  const isPrime = TaskGenerator(async function isPrime(n: number) {
    return n > 1;
  });
  const count = TaskGenerator(function count(all: boolean[]) {
    return all.filter(Boolean).length;
  });
  const search = TaskGenerator(function search(text: string, options: Options, when: Date = new Date()) {
    return {text, hits: [options.depth, when.getTime()], pair: ['a', 1] as [string, number]};
  });
  const names = TaskGenerator(function names(all: boolean[]) {
    return all.map(String);
  });
  const lookup = TaskGenerator(function lookup(table: Map<string, number>, keys: Set<string>) {
    return new Map([...keys].map(key => [key, table.get(key)] as const));
  });

  const nested = TaskGenerator(function nested() {
    return {rows: [{cells: ['a']}]};
  });
  const double = TaskGenerator(async function double(n: number) {
    return 2 * n;
  });
  const add = TaskGenerator(function add(a: number, b: number) {
    return a + b;
  });

  // Results: what was promised is awaited.
  same<typeof prime, Task<boolean>>(true);
  const prime = isPrime(7);
  same<ReturnType<typeof count>, Task<number>>(true);

  // Arguments: values, tasks of them, and tasks at any depth.
  isPrime(count([true, false]));
  count([isPrime(1), true, isPrime(2)]);
  count([isPrime(1), isPrime(2)]);
  search('x', {depth: 1});
  search('x', {depth: count([prime]), names: ['a', search('x', {depth: 1}).get('text')]});
  search(search('x', {depth: 1}).get('text'), {depth: 2}, new Date());
  lookup(new Map([['a', count([])]]), new Set(['a']));
  // @ts-expect-error: not a number
  isPrime('7');
  // @ts-expect-error: a task of a boolean is no number
  isPrime(prime);
  // @ts-expect-error: a number is missing
  isPrime();
  // @ts-expect-error: one too many
  isPrime(1, 2);
  // @ts-expect-error: tasks of numbers are no booleans
  count([count([])]);
  // @ts-expect-error: no such option
  search('x', {depth: 1, width: 2});
  // @ts-expect-error: a task of a string at a place for a number
  search('x', {depth: search('x', {depth: 1}).get('text')});
  // @ts-expect-error: a map of strings
  lookup(new Map([['a', 'b']]), new Set());

  // Parts of results.
  const found = search('x', {depth: 1});
  same<ReturnType<typeof textOf>, Tasklet<string>>(true);
  const textOf = () => found.get('text');
  const hits = found.get('hits');
  same<typeof hits, Tasklet<number[]>>(true);
  const hit = hits[3]!;
  same<typeof hit, Tasklet<number>>(true);
  const first = found.get('pair')[0];
  same<typeof first, Tasklet<string>>(true);
  const second = found.get('pair').get(1);
  same<typeof second, Tasklet<number>>(true);
  const entry = lookup(new Map(), new Set()).get('a');
  same<typeof entry, Tasklet<number | undefined>>(true);
  isPrime(hits.get(count([])));
  // @ts-expect-error: the first of the pair is a string
  isPrime(first);
  const size = new Tasklet(found, (result: {hits: number[]}) => result.hits.length);
  same<typeof size, Tasklet<number>>(true);
  const depth = new Tasklet(found, result => result.hits.length);
  same<typeof depth, Tasklet<number>>(true);
  const text = new Tasklet(textOf(), line => line.length);
  same<typeof text, Tasklet<number>>(true);
  const sum = new Tasklet([found, 3], ([result, n]) => result.hits.length + n);
  same<typeof sum, Tasklet<number>>(true);
  const deep = new Tasklet({pair: [found, [first, 3]], plain: 'x'}, base => base);
  type Found = {text: string; hits: number[]; pair: [string, number]};
  same<typeof deep, Tasklet<{pair: [Found, [string, number]]; plain: string}>>(true);
  const flags = new Tasklet(
    [hits, hits].map(part => isPrime(part[0])),
    list => list,
  );
  same<typeof flags, Tasklet<boolean[]>>(true);
  const mapped = new Tasklet(new Map([['a', count([])]]), table => table.get('a'));
  same<typeof mapped, Tasklet<number | undefined>>(true);
  new Tasklet(3, n => n) satisfies Tasklet<number>;
  isPrime(sum);
  // @ts-expect-error: made by a function of numbers
  count(sum);
  new Tasklet([count([]), 3], (pair: [number, number]) => pair[0]);
  new Tasklet([count([]), 3], (both: readonly number[]) => both[0]);
  new Tasklet(found, (whatever: unknown) => whatever);
  // @ts-expect-error: the text is a string
  new Tasklet(textOf(), (n: number) => n);
  // @ts-expect-error: the result has no such property
  new Tasklet(found, result => result.width);
  // @ts-expect-error: the second of the pair is a number
  new Tasklet([found, 3], ([_, name]: [Found, string]) => name);
  // @ts-expect-error: a task inside an object stands for its result
  new Tasklet({inside: [count([])]}, (base: {inside: string[]}) => base);
  const [, next, ...others] = iterateTask(hits, 2);
  same<typeof next, Tasklet<number>>(true);
  same<typeof others, []>(true);
  const several = iterateTask(hits, Number('3'));
  same<typeof several, Tasklet<number>[]>(true);
  const many = iterateTask(hits, 1000);
  same<typeof many, Tasklet<number>[]>(true);
  const tail = found.get('pair', 1);
  same<typeof tail, Tasklet<number>>(true);
  const row = nested().get('rows', 3, 'cells', count([]));
  same<typeof row, Tasklet<string>>(true);
  const somewhere = nested().get(...(['rows'] as string[]));
  same<typeof somewhere, Tasklet<unknown>>(true);
  // @ts-expect-error: the cells are strings
  isPrime(nested().get('rows', 3, 'cells', 0));

  // Places from the end, and slices.
  same<typeof lastHit, Tasklet<number>>(true);
  const lastHit = hits.at(-1);
  isPrime(hits.get(-1));
  count([isPrime(hits.at(count([])))]);
  same<typeof someHits, Tasklet<number[]>>(true);
  const someHits = hits.slice(1, count([]));
  same<typeof start, Tasklet<string>>(true);
  const start = textOf().slice(0, 3);
  same<typeof both2, Tasklet<(string | number)[]>>(true);
  const both2 = found.get('pair').slice(0, 1);

  // What a task has and its result has, too, is not read for the result's.
  const person = TaskGenerator(function person(_id: number) {
    return {
      name: 'x',
      hash: 1,
      args: ['a'],
      function: 'f',
      base: 3,
      step: 4,
      value: 5,
      nick: '' as string | undefined,
    };
  });
  const maybe = TaskGenerator(function maybe(): {name?: string} | undefined {
    return undefined;
  });
  const greet = TaskGenerator(function greet(name: string) {
    return `${name}!`;
  });
  const someone = person(1);
  const part = new Tasklet(someone, one => one);
  greet(someone.get('name'));
  isPrime(someone.get('value'));
  // @ts-expect-error: the name of the task's function
  greet(someone.name);
  // @ts-expect-error: that may be the result's
  greet(maybe().name);
  // @ts-expect-error: the hash of the task
  someone.hash satisfies string;
  // @ts-expect-error: the arguments of the task
  someone.args.length;
  // @ts-expect-error: the function of the task
  greet(someone.function);
  // @ts-expect-error: a method of the task
  isPrime(someone.value);
  // @ts-expect-error: what the tasklet is made from
  isPrime(part.base);
  // @ts-expect-error: how the tasklet is made
  isPrime(part.step);
  // @ts-expect-error: the task has no such property
  someone.nick;
  // @ts-expect-error: nor can it be taken apart
  const {nick} = someone;
  (someone as Task).name satisfies string;
  (someone as Task).hash satisfies string;
  prime.name satisfies string;
  prime.args satisfies readonly unknown[];
  part.value satisfies () => Promise<{name: string}>;
  // Such a task fits wherever another does.
  [someone, maybe(), prime] satisfies Task[];
  [part, new Tasklet(maybe(), one => one), hits] satisfies Tasklet<unknown>[];
  part satisfies Tasklet<{name: string}>;
  part satisfies Tasklet<unknown>;
  // @ts-expect-error: the name is a string
  part satisfies Tasklet<{name: number}>;
  identity(someone);
  iterateTask(part, 1);

  // Results themselves.
  const results = await value({a: [prime, count([])], b: new Map([['k', found]]), c: 'plain'});
  same<typeof results.c, string>(true);
  const list: readonly (boolean | number)[] = results.a;
  same<ReturnType<typeof results.b.get>, {text: string; hits: number[]; pair: [string, number]} | undefined>(
    true,
  );
  same<Awaited<ReturnType<typeof bvalue<Task<string>>>>, string>(true);
  same<Awaited<ReturnType<typeof prime.value>>, boolean>(true);
  const cached = await CachedFunction(async (n: number) => `${n}`, count([]));
  same<typeof cached, string>(true);
  const cachedTask = await CachedFunction(double, count([]));
  same<typeof cachedTask, number>(true);
  // @ts-expect-error: CachedFunction's function takes a number
  await CachedFunction((n: number) => n, 'x');

  // Map and reduce.
  const squares = map(async (n: number) => n * n, [1, count([]), 3]);
  const square = squares[0]!;
  same<typeof square, Tasklet<number>>(true);
  const all = await bvalue(squares);
  same<typeof all, number[]>(true);
  count(map((n: number) => n > 1, squares));
  const total = reduce((a: number, b: number) => a + b, squares);
  same<typeof total, Task<number>>(true);
  same<typeof joined, Task<string>>(true);
  const joined = mapreduce(
    (a: string, b: string) => a + b,
    (n: number) => String(n),
    [1, count([])],
  );
  const pairs = currymap(
    (a: string, n: number) => a.repeat(n),
    [
      ['x', 1],
      ['y', count([])],
    ],
  );
  isPrime(reduce((a: string, b: string) => a + b, pairs).get('length') as Tasklet<number>);
  const unannotated = reduce(function product(a, b) {
    return a * b;
  }, squares);
  same<typeof unannotated, Task<number>>(true);
  map((n: number) => n, new Float64Array(3));
  map((n: number) => n, new Set([1, count([])]));
  currymap((a: string, n: number) => a.repeat(n), new Map([['x', 1]]));

  // Task generators in place of plain functions.
  const doubled = map(double, squares);
  same<ReturnType<typeof doubled.value>, Promise<number[]>>(true);
  const totalOfDoubled = reduce(add, doubled);
  same<typeof totalOfDoubled, Task<number>>(true);
  const atOnce = mapreduce(add, double, [1, double(2)]);
  same<typeof atOnce, Task<number>>(true);
  const mixed = mapreduce(add, (word: string) => word.length, ['a']);
  same<typeof mixed, Task<number>>(true);
  const sums = currymap(add, [[1, 2]]);
  same<ReturnType<typeof sums.value>, Promise<number[]>>(true);
  // @ts-expect-error: the generator takes numbers
  map(double, ['x']);
  // @ts-expect-error: the generator reduces numbers
  reduce(add, ['x']);
  // @ts-expect-error: what reduces two numbers is a number
  reduce((a: number, b: number) => `${a} ${b}`, [1, 2]);
  // @ts-expect-error: a task cannot be iterated
  map(String, names([]));
  // @ts-expect-error: a mapper of strings over numbers
  map((text: string) => text, new Set([1]));
  // @ts-expect-error: the mapper takes numbers
  map((n: number) => n, ['x']);
  // @ts-expect-error: mapped strings are no booleans
  count(map(String, [1]));

  // The small helpers.
  isPrime(identity(7));
  isPrime(new NoHash(7));
  isPrime(new CustomHash(count([]), () => 'x'));
  search(timedPath('a.csv'), {depth: 1});
  // @ts-expect-error: a wrapped string is no number
  isPrime(new NoHash('7'));
  // @ts-expect-error: identity does not change what it is
  isPrime(identity('7'));
  const [left, right] = returnTuple(2, names)([isPrime(1), true]);
  same<typeof left, Tasklet<string>>(true);
  search(right, {depth: 1});
  const labelled = TaskGenerator(function labelled(n: number): [string, number] {
    return ['n', n];
  });
  const [label, labelledNumber] = returnTuple(2, labelled)(3);
  same<typeof label, Tasklet<string>>(true);
  same<typeof labelledNumber, Tasklet<number>>(true);
  const twice = CompoundTaskGenerator(async (n: number) => [isPrime(n), count([])] as const);
  const both = await (await twice(3)).value();
  const flag: boolean = both[0];
  const number: number = both[1];
  new Task(async (n: number) => n, 1) satisfies Task<number>;

  void [list, flag, number, nick];
}

test('the types compile', t => {
  t.is(typeof accepted, 'function');
});
