// What a refusal says can be done, for the kinds of values that people meet: each gets them on in one try.

import {createSecretKey, generateKeyPairSync} from 'node:crypto';
import * as path from 'node:path';
import vm from 'node:vm';
import test from 'ava';
import {registerClass} from '../../src/values/class-registry.js';
import {reasonAgainst} from '../../src/values/unstorable.js';
import {refusal, roundTrip} from './round-trip.js';

/** A class that no module exports, with what leads to it. */
const {Tree, Twin} = packageWithInnerClass();

function packageWithInnerClass() {
  class TreeNode {
    value = 1;
  }
  class Tree {
    root: unknown = new TreeNode();
    compare: unknown = null;
  }
  class Twin {
    x = 1;
  }
  return {Tree, Twin};
}

registerClass(Tree);
registerClass({Twin: class Twin {}}.Twin);

const WHERE = "in the module that defines it (a package's class in a module of yours that all import)";

test('of a class inside a registered one, the registered one is named as well', t => {
  const {reason, path: where} = refusal({trees: [new Tree()]});
  t.is(where, '.trees[0].root');
  t.is(
    reason,
    `is an instance of TreeNode, of which only bare properties would be left: register it with registerClass(TreeNode) ${WHERE}; ` +
      'or give the registered class above it, Tree, {encode, decode}: registerClass(Tree, {encode: tree => […], decode: kept => new Tree(…)})',
  );
  const compared = Object.assign(new Tree(), {root: {}, compare: {by: [Math.max]}});
  t.regex(
    refusal(compared).reason,
    /^is a function \(max\); or give the registered class above it, Tree, \{encode, decode\}/,
  );
});

test('of a class inside what encode() returned, that is said', t => {
  const Box = {Box: class Box {}}.Box;
  registerClass(Box, {encode: () => [new Date(), Math.max], decode: () => new Box()});
  t.regex(
    refusal(new Box()).reason,
    /^is a function \(max\); or let encode\(\) of Box, above it, return plain data$/,
  );
});

test('of a class of which another copy is registered, that is said', t => {
  t.regex(
    refusal(new Twin()).reason,
    /^is an instance of another class named Twin than the one that is registered .*: use one copy everywhere, or .* registerClass\(Twin, \{name: 'other\.Twin'\}\)/,
  );
});

test('a class that a bare registration would refuse is shown with encode and decode at once', t => {
  class Purse {
    readonly #coins = 1;
    get coins(): number {
      return this.#coins;
    }
  }
  t.regex(
    refusal(new Purse()).reason,
    /registerClass\(Purse, \{encode: purse => \[…\], decode: kept => new Purse\(…\)\}\)/,
  );
  class Drawer {
    x = 1;
    dispose(): void {}
  }
  t.regex(refusal(new Drawer()).reason, /registerClass\(Drawer, \{encode: drawer => /);
});

const PLAIN_COPIES: Record<string, [value: object, copy: (it: never) => unknown, words: string]> = {
  Map: [new (class Groups extends Map<number, number> {})([[1, 2]]), it => new Map(it), 'new Map(it)'],
  Set: [new (class Names extends Set<number> {})([1]), it => new Set(it), 'new Set(it)'],
  Array: [new (class Rows extends Array<number> {})(), it => Array.from(it), 'Array.from(it)'],
  Date: [new (class Stamp extends Date {})(5), it => new Date(it), 'new Date(it)'],
  RegExp: [
    Reflect.construct(class Pattern extends RegExp {}, ['a', 'g']),
    it => new RegExp(it),
    'new RegExp(it)',
  ],
  Uint8Array: [new (class Pixels extends Uint8Array {})(3), it => new Uint8Array(it), 'new Uint8Array(it)'],
  Float64Array: [
    new (class Vector extends Float64Array {})(3),
    it => new Float64Array(it),
    'new Float64Array(it)',
  ],
};
for (const [name, [value, copy, words]] of Object.entries(PLAIN_COPIES)) {
  test(`of a class that comes from ${name}, the plain copy is shown, and can be stored`, t => {
    t.true(refusal(value).reason.endsWith(`, or hand over a plain copy: ${words}`), refusal(value).reason);
    t.is(
      Object.getPrototypeOf(roundTrip(copy(value as never))),
      (globalThis as never as Record<string, {readonly prototype: object}>)[name]!.prototype,
    );
  });
}

const FOREIGN = {
  '{a: 1}': 'an Object',
  '[1, 2]': 'an Array',
  'new Map([[1, 2]])': 'a Map',
  'new Date(5)': 'a Date',
  'Float64Array.of(1)': 'a Float64Array',
  '/a/g': 'a RegExp',
  "new TypeError('x')": 'a TypeError',
};
for (const [code, kind] of Object.entries(FOREIGN)) {
  test(`${code} of another realm is refused with a way that works`, t => {
    const value = vm.runInNewContext(`(${code})`) as object;
    t.is(refusal([value]).reason, `is ${kind} of another realm (vm, jsdom): hand over structuredClone(it)`);
    t.notThrows(() => roundTrip(structuredClone(value)));
  });
}

test('a Proxy is asked what it stands for', t => {
  class DataFrame {
    toRecords(): object[] {
      return [];
    }
  }
  t.is(
    refusal(new Proxy(new DataFrame(), {})).reason,
    'is a Proxy (of a DataFrame, as it says): hand over a plain copy of what it stands for, such as it.toRecords()',
  );
  const bare = 'is a Proxy: hand over a plain copy of what it stands for';
  t.is(refusal(new Proxy([1], {})).reason, bare);
  t.is(refusal(new Proxy({}, {})).reason, bare);
  const all = new Proxy(() => {}, {get: () => () => all});
  t.is(refusal(new Proxy({}, {get: () => all})).reason, bare);
  const sore = new Proxy(
    {},
    {
      get() {
        throw new Error('ouch');
      },
    },
  );
  t.is(refusal(sore).reason, bare);
});

const {publicKey, privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
const BUILT_IN: [value: object, name: string, instead: string][] = [
  [new Blob(['a']), 'Blob', 'its bytes, await it.arrayBuffer()'],
  [new File(['a'], 'a.txt'), 'File', 'its bytes, await it.arrayBuffer()'],
  [new Response('a'), 'Response', 'its body, await it.arrayBuffer() or await it.json()'],
  [new Headers(), 'Headers', 'its entries, [...it]'],
  [new FormData(), 'FormData', 'its entries, [...it]'],
  [new Intl.NumberFormat(), 'NumberFormat', 'what it is made from, it.resolvedOptions()'],
  [new TextDecoder(), 'TextDecoder', 'what it holds, as plain data'],
];
for (const [value, name, instead] of BUILT_IN) {
  test(`${name} is refused with what to hand over`, t => {
    t.is(
      refusal({value}).reason,
      `is an instance of ${name}, which is built in and whose content is not in its properties: hand over ${instead}`,
    );
  });
}

test('keys are refused with the way to take them out', t => {
  t.regex(refusal(createSecretKey(Buffer.from('a'))).reason, /: hand over the key, it\.export\(\)$/);
  t.regex(refusal(publicKey).reason, /it\.export\(\{type: 'spki', format: 'der'\}\)$/);
  t.regex(refusal(privateKey).reason, /it\.export\(\{type: 'pkcs8', format: 'der'\}\)$/);
});

test('what has no class that names it is told by what it says itself', t => {
  const prototype = {plus: () => 1};
  const Big = (): object => Object.assign(Object.create(prototype) as object, {constructor: Big, c: [1]});
  t.regex(
    refusal(Big()).reason,
    /^is an instance of a class without a name \(Big, as its constructor says\): register it with registerClass\(Big, \{name: 'Big'\}\) .*, or hand over a plain copy: \{\.\.\.it\}/,
  );
  t.regex(
    refusal(Object.create(prototype)).reason,
    /without a name: register it with registerClass\(Class, \{name: '…'\}\)/,
  );
});

test('a class of the name of a built-in one is not taken for that', t => {
  const Other = class {};
  Object.defineProperty(Other, 'name', {value: 'Map'});
  t.regex(
    refusal(new Other()).reason,
    /^is an instance of Map, a class of that name which is not the built-in one.*registerClass\(Map, \{name: 'other\.Map'\}\)/,
  );
});

test('modules, arguments and things with properties are called by their kinds', t => {
  t.is(refusal(path).reason, 'is a module (import * as …): hand over what is needed of it');
  t.regex(refusal(Object.assign(Buffer.from('a'), {unit: 1})).reason, /^is a Buffer with a property/);
  t.regex(refusal(Object.assign(new ArrayBuffer(1), {unit: 1})).reason, /^is an ArrayBuffer with a property/);
  t.regex(refusal(Object.assign(new Int8Array(1), {unit: 1})).reason, /^is an Int8Array with a property/);
});

test('what can be done instead is said of what people try', t => {
  const inherited: unknown = Object.create({a: 1});
  const schema = Object.assign(new (class Schema {})(), {pipe: () => 1});
  const said: readonly (readonly [unknown, RegExp])[] = [
    [process.env, /^is process\.env: .*\{\.\.\.process\.env\}$/],
    [
      inherited,
      /^is an object that inherits properties from another one .*\{\.\.\.Object\.getPrototypeOf\(it\), \.\.\.it\}$/,
    ],
    [
      schema,
      /^is an instance of Schema, which holds more than plain data \(\.pipe\): make it where it is used/,
    ],
  ];
  for (const [value, words] of said) t.regex(reasonAgainst(value), words);
  t.deepEqual({...(Object.getPrototypeOf(inherited) as object), ...(inherited as object)}, {a: 1});
});
