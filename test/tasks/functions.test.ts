import {createHash} from 'node:crypto';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {JugError} from '../../src/core/errors.js';
import {type AnyFunction, derivation, FunctionRegistry, STANDS_FOR} from '../../src/tasks/functions.js';

/** As compiled: functions are named after dist/test/functions.test.js. */
const FOLDER = path.dirname(fileURLToPath(import.meta.url));

function registry(root = FOLDER): FunctionRegistry {
  return new FunctionRegistry(root);
}

function square(x: number): number {
  return x * x;
}

/** A function without a name. */
function anonymous(): AnyFunction {
  return (
    () => () =>
      1
  )();
}

/** Each time another function of one source. */
function makeAdder(n: number): (x: number) => number {
  return x => x + n;
}

test('a function is named after the module that it is written in, relative to the jugfile’s folder', t => {
  t.is(registry().add(square).name, 'functions.test.square');
  t.is(registry(path.dirname(FOLDER)).add(square).name, 'tasks.functions.test.square');
  t.is(registry(path.join(FOLDER, 'a', 'b')).add(square).name, 'functions.test.square');
});

test('a function is known by its name and by itself', t => {
  const functions = registry();
  t.is(functions.named('functions.test.square'), undefined);
  t.is(functions.known(square), undefined);
  const entry = functions.add(square);
  t.is(functions.named(entry.name), entry);
  t.is(functions.known(square), entry);
  t.is(functions.add(square), entry);
  t.is(entry.fn, square);
  t.regex(entry.site, /^functions\.test\.(ts|js):\d+$/);
});

test('a callable that stands for a function is that function', t => {
  const functions = registry();
  const entry = functions.add(square);
  const generator = Object.assign(() => {}, {[STANDS_FOR]: entry});
  t.is(functions.add(generator), entry);
  t.is(functions.known(generator), entry);
});

test('a function without a name is refused, with the place and the way out', t => {
  for (const [fn, found] of [
    [anonymous(), 'one without'],
    [square.bind(undefined), '"bound square"'],
  ] as const) {
    const error = t.throws(() => registry().add(fn), {instanceOf: JugError});
    t.regex(
      error.message,
      new RegExp(
        `^Expected a task function with a name, found ${found} \\(functions\\.test\\.[jt]s:\\d+\\)\\.\\n.*TaskGenerator\\(fn, \\{name: "…"\\}\\)\\.$`,
      ),
    );
  }
  t.is(registry().add(anonymous(), {name: 'one'}).name, 'functions.test.one');
});

test('what is no function is refused', t => {
  for (const [thing, found] of [
    [undefined, 'nothing'],
    [null, 'null'],
    [7, 'number 7'],
    [{}, 'an object'],
  ] as const) {
    t.throws(() => registry().add(thing as never), {
      instanceOf: JugError,
      message: new RegExp(
        `^Expected a function to make tasks of, found ${found} \\(functions\\.test\\.[jt]s:\\d+\\)\\.$`,
      ),
    });
  }
});

test('two functions under one name are refused, with both places', t => {
  const functions = registry();
  const first = functions.add(square);
  const other = {square: (x: number) => x ** 2}.square;
  const error = t.throws(() => functions.add(other), {instanceOf: JugError});
  const sites = [...error.message.matchAll(/functions\.test\.[jt]s:(\d+)/g)].map(([site]) => site);
  t.is(sites.length, 2);
  t.is(sites[1], first.site);
  t.not(sites[0], first.site);
  t.regex(
    error.message,
    /^Expected one function under the name functions\.test\.square, found another function at /,
  );
  t.is(functions.add(other, {name: 'square2'}).name, 'functions.test.square2');
});

test('a function that is made again, as in a loop, is told as that', t => {
  const functions = registry();
  const made = [1, 2].map(
    n =>
      function scaled(x: number) {
        return x * n;
      },
  );
  functions.add(made[0]!);
  const error = t.throws(() => made.slice(1).map(fn => functions.add(fn)), {instanceOf: JugError});
  t.regex(
    error.message,
    /^Expected one function under the name functions\.test\.scaled, found (that it is made more than once|another function) at /,
  );
});

test('files of one name in different folders are told apart by the way from the jugfile’s folder', t => {
  const functions = registry(path.join(FOLDER, 'a', 'b'));
  functions.add(square);
  const other = {square: (x: number) => x ** 2}.square;
  const site = String.raw`\.\.\/\.\.\/functions\.test\.[jt]s:\d+`;
  t.throws(() => functions.add(other), {
    message: new RegExp(`found another function at ${site} \\(the first: ${site}\\)\\.`),
  });
});

test('a function with a version is another task function only if its name is', t => {
  const functions = registry();
  const entry = functions.add(square, {version: '2'});
  t.is(entry.version, '2');
  t.is(functions.add(square, {version: '2'}), entry);
  t.is(functions.add(square), entry);
  t.throws(() => functions.add(square, {version: '3'}), {
    instanceOf: JugError,
    message: /found the same function with another version at /,
  });
  t.is(functions.add(square, {version: '3', name: 'cube'}).version, '3');
});

test('the fingerprint changes with the source, and with nothing else', t => {
  const source = createHash('sha256').update(square.toString()).digest('hex').slice(0, 16);
  t.is(registry().add(square).fingerprint, source);
  t.is(registry().add(square, {name: 'other', version: '2'}).fingerprint, source);
  t.not(registry().add(function square() {}).fingerprint, source);
});

test('a tasklet’s function needs no name: it is known by its source', t => {
  const functions = registry();
  const fn = anonymous();
  const entry = functions.addBySource(fn);
  const digest = createHash('sha256').update(fn.toString()).digest('hex').slice(0, 12);
  t.is(entry.name, `functions.test.<${digest}>`);
  t.is(functions.addBySource(fn), entry);
  t.is(functions.named(entry.name), entry);
});

test('a second tasklet’s function of the same source is refused: nothing tells what the two have captured', t => {
  const functions = registry();
  const first = functions.addBySource(makeAdder(1));
  const error = t.throws(() => functions.addBySource(makeAdder(2)), {instanceOf: JugError});
  t.regex(error.message, /^Expected a tasklet's function to be one function object/);
  t.true(error.message.includes(`(the first: ${first.site})`));
});

test('a function made from the user’s is named after them, and once', t => {
  derivation('twice', inner => (x: unknown) => inner(inner(x)));
  const functions = registry();
  const entry = functions.add(square, {version: '2'});
  const derived = functions.derive('twice', [entry]);
  t.is(derived.name, 'jug.twice(functions.test.square)');
  t.is(derived.fn(3), 81);
  t.is(derived.version, '["2"]');
  t.is(derived.fingerprint, functions.derive('twice', [entry]).fingerprint);
  const changed = registry();
  const rewritten = changed.derive('twice', [changed.add(function square() {})]);
  t.is(rewritten.name, derived.name);
  t.not(rewritten.fingerprint, derived.fingerprint);
  t.deepEqual(derived.parts, [entry]);
  t.is(functions.derive('twice', [entry]), derived);
  t.is(functions.named(derived.name), derived);
  t.is(registry().derive('twice', [registry().add(square)]).version, undefined);
});
