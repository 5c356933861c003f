// Which functions carry data besides their code, and which do not, however they look.

import {mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {format, promisify} from 'node:util';
import test from 'ava';
import {carriedBy} from '../../src/tasks/closures.js';
import {hashOne} from '../../src/tasks/function-names.js';
import type {AnyFunction} from '../../src/tasks/functions.js';
import {TaskGenerator} from '../../src/tasks/task-generator.js';
import {inlineHost} from '../helpers/inline-host.js';

const LIMIT = 3;
function isLarge(n: number): boolean {
  return n > LIMIT;
}
const isSmall = (n: number): boolean => !isLarge(n);

function between(low: number, high: number) {
  const isAbove = (n: number): boolean => n > low;
  function isInside(n: number): boolean {
    return isAbove(n) && n < high;
  }
  /** Stands beside variables, and uses none of them: the `low` is its own. */
  function isEqual(low: number, n: number): boolean {
    // Not high.
    return low === n && {high: true}.high;
  }
  const negated = (n: number): boolean => !isZero(n);
  function isZero(n: number): boolean {
    return n === 0 || n === LIMIT - 3;
  }
  return {isAbove, isInside, isEqual, negated, isZero};
}

class Line {
  static readonly unit = 'm';
  readonly #slope: number = 1;
  readonly offset = 2;
  static through(): Line {
    return new Line();
  }
  at(x: number): number {
    return this.#slope * x + this.offset;
  }
  get asFunction(): AnyFunction {
    return (x: number) => x + this.offset;
  }
  get asMethod(): {value(x: number): number} {
    const {offset} = this;
    return {value: (x: number): number => x + offset};
  }
}

const compose = (f: AnyFunction, g: AnyFunction) =>
  function composed(x: unknown): unknown {
    return f(g(x));
  };
function memoized() {
  const seen = new Map<number, number>();
  return function square(n: number): number {
    if (!seen.has(n)) seen.set(n, n * n);
    return seen.get(n)!;
  };
}
// As the compiler makes a namespace.
const halves = (function make(own: {half?: AnyFunction; quarter?: AnyFunction}) {
  own.half = function half(n: number): number {
    return n / 2;
  };
  own.quarter = function quarter(n: number): unknown {
    return own.half!(own.half!(n));
  };
  return own;
})({});
function first(): unknown {
  // biome-ignore lint/complexity/noArguments: it is what the test is about.
  const given = arguments;
  return [given.length, () => given[0] as unknown];
}
function inBlocks(): AnyFunction[] {
  const made: AnyFunction[] = [];
  for (const place of [1]) made.push(() => place);
  return made;
}

const HARMLESS: Readonly<Record<string, unknown>> = {
  'a declaration': isLarge,
  'an arrow function': isSmall,
  'a class with static fields': Line,
  'a static method': Line.through,
  'a method with private fields': Line.prototype.at,
  'one beside variables that it does not use': between(1, 2).isEqual,
  'one that uses a function beside it': between(1, 2).negated,
  'members of a namespace': halves.quarter,
  'one whose property is such a function': Object.assign((n: number) => n, {not: () => 0}),
  'one of the language': Math.max,
  'a method of the language': [].map,
  'a class of the language': Map,
  'one of Node': path.basename,
  'one that Node has tied to itself': console.log,
  'another of Node': format,
};

const CARRIES: Readonly<Record<string, readonly [fn: unknown, what: string]>> = {
  'a variable of the call that made it': [
    between(1, 2).isAbove,
    'the variable low of between, which made it',
  ],
  'one by way of a function beside it': [
    between(1, 2).isInside,
    'the variable isAbove of between, which made it',
  ],
  'the object it was made in': [new Line().asFunction, 'the object that was `this` where it was made'],
  'a variable of a getter': [new Line().asMethod.value, 'the variable offset of get asMethod, which made it'],
  'functions it was given': [compose(Math.max, Math.min), 'the variable f of compose, which made it'],
  'what it remembers': [memoized(), 'the variable seen of memoized, which made it'],
  'what a block has': [inBlocks()[0], 'the variable place of a block around it'],
  'arguments of another': [(first() as unknown[])[1], 'the variable given of first, which made it'],
  'a property': [Object.assign((n: number) => n, {unit: 'm'}), 'its property unit'],
  'a property that carries some': [
    Object.assign((n: number) => n, {low: between(1, 2).isAbove}),
    'its property low',
  ],
  'what it is bound to': [isLarge.bind(null, 1), 'what was bound to it'],
  'what it is bound to, under another name': [
    Object.defineProperty(isLarge.bind(null, 1), 'name', {value: 'tied'}),
    'what was bound to it',
  ],
  'what a Proxy makes of it': [new Proxy(isLarge, {}), 'it is a Proxy'],
  'what node made it from': [promisify(isLarge), 'the variable original of promisify, which made it'],
};

for (const [kind, fn] of Object.entries(HARMLESS)) {
  test(`the code of a function says all: ${kind}`, t => t.is(carriedBy(fn as AnyFunction), undefined));
}

for (const [kind, [fn, what]] of Object.entries(CARRIES)) {
  test(`a function carries data: ${kind}`, t => {
    t.is(carriedBy(fn as AnyFunction), what);
    t.is(carriedBy(fn as AnyFunction) === undefined, false, 'asked again');
  });
}

test('a property that is added later is seen, too', t => {
  const late = (n: number): number => n;
  t.is(carriedBy(late), undefined);
  t.is(carriedBy(Object.assign(late, {unit: 'm'})), 'its property unit');
});

test('a module of CommonJS is no call, and what a package exports under its name is its code', t => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'jug-closures-')));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const common = `
const LIMIT = 3;
exports.below = function below(x) { return x < LIMIT; };
exports.make = limit => function below(x) { return x < limit; };`;
  // As lodash: all of it in the call of a function, with its constants.
  const inOne = `
(function () {
  const LIMIT = 3;
  function library() {
    const scale = 2;
    function below(x) { return scale * x < LIMIT; }
    const curried = fn => function f2(x) { return fn(x); };
    return Object.assign(function all() {}, {VERSION: '1', below, curried: curried(below)});
  }
  module.exports = library();
})();`;
  mkdirSync(path.join(folder, 'node_modules/pack'), {recursive: true});
  writeFileSync(path.join(folder, 'mine.cjs'), common);
  writeFileSync(path.join(folder, 'one.cjs'), inOne);
  writeFileSync(path.join(folder, 'node_modules/pack/index.js'), inOne);
  const require = createRequire(pathToFileURL(path.join(folder, 'jugfile.mjs')));
  const mine = require('./mine.cjs') as {below: AnyFunction; make(limit: number): AnyFunction};
  t.is(carriedBy(mine.below), undefined);
  t.is(carriedBy(mine.make(3)), 'the variable limit of exports.make, which made it');
  const pack = require('pack') as {below: AnyFunction; curried: AnyFunction} & AnyFunction;
  t.is(carriedBy(pack), undefined);
  t.is(carriedBy(pack.below), undefined);
  t.is(carriedBy(pack.curried), 'the variable fn of curried, which made it', 'f2 may be any');
  const own = require('./one.cjs') as typeof pack;
  t.is(carriedBy(own.below), 'the variable scale of library, which made it');
  t.is(carriedBy(own), 'its property VERSION');
});

test.serial('what carries data is no argument, at any depth, and task functions are', t => {
  inlineHost();
  const use = TaskGenerator(function use(...all: unknown[]) {
    return all.length;
  });
  t.throws(() => use({graph: {isAbove: between(1, 2).isAbove}}).hash, {
    message:
      /; of argument 1, what is at \.graph\.isAbove in it is a function that carries data: the variable low of between, which made it\.\n.*Make it inside the task, from its settings, .*\.$/,
  });
  t.throws(() => hashOne(new Map([['f', between(1, 2).isAbove]])), {
    message: /\.get\("f"\) is a function that/,
  });
  t.throws(() => hashOne([isLarge.bind(null, 1)]), {
    message: /^\[0\] is a function that carries data: what was bound/,
  });
  t.notThrows(() => use(use, isLarge, [{isSmall}], new Set([between(1, 2).isZero])).hash);
});
