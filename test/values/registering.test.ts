// What registerClass refuses because properties do not say all, for a class or for an instance, and how it says so.

import {AsyncLocalStorage} from 'node:async_hooks';
import {EventEmitter, once} from 'node:events';
import {MIMEType} from 'node:util';
import vm from 'node:vm';
import test from 'ava';
import {JugError} from '../../src/core/errors.js';
import {registerClass} from '../../src/values/class-registry.js';
import {refusal, roundTrip} from './round-trip.js';

type Class = abstract new (...args: never[]) => object;

function message(register: () => void): string {
  try {
    register();
  } catch (error) {
    if (error instanceof JugError) return error.message;
    throw error;
  }
  throw new Error('was accepted');
}

class Tally {
  #n = 0;
  add(n: number): this {
    this.#n += n;
    return this;
  }
}
class Base {
  label = '';
  #secret() {
    return 1;
  }
  get secret(): number {
    return this.#secret();
  }
}
class Derived extends Base {
  x = 1;
}
class Helped {
  constructor() {
    // biome-ignore lint/suspicious/noExplicitAny: as a compiler writes it
    (globalThis as any).__privateAdd?.(this, 'n');
  }
}
class Texture {
  id = 1;
  dispose(): void {}
}
const memory = {HEAPU8: new Uint8Array(8)};
class Dataset {
  file = 1n;
  get value(): Uint8Array {
    return memory.HEAPU8.slice(Number(this.file));
  }
}
class DateOfOwn {
  constructor(readonly iso: string) {}
  static from(iso: string): DateOfOwn {
    return new DateOfOwn(iso);
  }
  static #made = 0;
  static count(): number {
    return ++DateOfOwn.#made;
  }
  close(): void {}
  toString(): string {
    return this.iso;
  }
}
class Names extends Map<string, number> {}
class Quiet extends Event {}
class Stopped extends DOMException {}

const hiding: Record<string, [Class, RegExp]> = {
  'private fields': [
    Tally,
    /^registerClass\(Tally\): what is in its private #n cannot be seen from outside, and would be lost\.\n.*registerClass\(Tally, \{encode: tally => \[…\], decode: kept => new Tally\(…\)\}\)/,
  ],
  'private methods of a base class': [Derived, /its private #secret of Base cannot be seen/],
  'private fields as compilers write them': [Helped, /private fields \(__privateAdd\) cannot be seen/],
  'a method that disposes of what is elsewhere': [
    Texture,
    /it has a method dispose\(\), .*\n.*or, if its properties are all there is, registerClass\(Texture, \{encode: texture => \(\{\.\.\.texture\}\)/,
  ],
  'methods that go to the memory of WebAssembly': [
    Dataset,
    /what is in the memory of WebAssembly, to which its methods go \(HEAPU8\), is not in its properties/,
  ],
  'what comes from a Map': [
    Names,
    /what a Map contains .*\n.*\{encode: names => \[\.\.\.names\], decode: kept => new Names\(kept\)\}/,
  ],
  'what comes from a class of node': [Quiet, /what an Event contains is not in its properties/],
  'what comes from DOMException': [Stopped, /what a DOMException contains/],
  Headers: [Headers, /what a Headers contains/],
  Blob: [Blob, /what a Blob contains/],
  'a class of a module of node': [MIMEType, /its private #type, #subtype and #parameters/],
  'a class of Intl': [Intl.NumberFormat, /what a NumberFormat contains/],
  'a class of WebAssembly': [wasm('Memory') as Class, /what a Memory contains/],
  'a Proxy of a class': [new Proxy(class Any {}, {}), /it is a Proxy/],
  'an Array of another realm': [foreign('Array'), /an Array of another realm .*structuredClone/],
  'an Object of another realm': [foreign('Object'), /an Object of another realm/],
  'a typed array of another realm': [foreign('Float64Array'), /a Float64Array of another realm/],
  'an Error of another realm': [foreign('TypeError'), /a TypeError of another realm/],
  'what comes from a Map of another realm': [
    foreign('class Deep extends Map {}; Deep'),
    /a Map of another realm/,
  ],
};

/** Of WebAssembly, which the types of node leave out. */
function wasm(name: string): unknown {
  return (globalThis as unknown as Record<string, Record<string, unknown>>).WebAssembly![name];
}

function foreign(code: string): Class {
  return vm.runInNewContext(code) as Class;
}

for (const [what, [Class, words]] of Object.entries(hiding)) {
  test(`a bare registration is refused: ${what}`, t => {
    const name = `hiding.${what}`;
    const text = message(() => registerClass(Class, {name}));
    t.regex(text.replaceAll(name, Class.name).replaceAll(/name: '[^']*', /g, ''), words);
    t.true(text.includes(`{name: '${name}', encode: `), text);
    t.notThrows(() => registerClass(Class, {name, encode: () => null, decode: () => null as never}));
  });
}

test('what only looks hidden may be registered as it is', t => {
  class Colour {
    /** #abcdef */
    text = '#fff';
    static #known = new Map<string, Colour>();
    static of(text: string): Colour | undefined {
      return Colour.#known.get(text);
    }
    delete(_key: string): void {}
  }
  registerClass(Colour, {name: 'test.Colour'});
  t.is(roundTrip(new Colour()).text, '#fff');
  const Foreign = vm.runInNewContext('class Far { x = 1 }; Far') as new () => {x: number};
  registerClass(Foreign, {name: 'test.Far'});
  t.true(roundTrip(new Foreign()) instanceof Foreign);
  class Failed extends (wasm('CompileError') as ErrorConstructor) {}
  registerClass(Failed, {name: 'test.Failed'});
  t.true(roundTrip(new Failed('x')) instanceof Failed);
});

test('a message shows the methods by which a class is kept, where it has them', t => {
  t.regex(
    message(() => registerClass(DateOfOwn)),
    /registerClass\(DateOfOwn, \{encode: dateOfOwn => dateOfOwn\.toString\(\), decode: kept => DateOfOwn\.from\(kept\)\}\)/,
  );
});

test('classes that jug keeps itself are not registered at all', t => {
  for (const Class of [
    ...[Object, Array, Map, Set, Date, RegExp, Number, ArrayBuffer, DataView, Float64Array, Buffer],
    ...[Error, TypeError, AggregateError, URL, URLSearchParams, DOMException],
  ] as never as Class[]) {
    const options = {encode: () => null, decode: () => null as never};
    for (const how of [{}, options, {...options, name: `test.${Class.name}`}]) {
      t.regex(
        message(() => registerClass(Class, how)),
        /whose instances it keeps as they are\.\nLeave that line out\./,
      );
    }
  }
});

test('what is no class is refused by what it is', t => {
  t.regex(
    message(() => registerClass({} as never)),
    /expected a class, found object/,
  );
  t.regex(
    message(() => registerClass(null as never)),
    /expected a class, found null/,
  );
  t.regex(
    message(() => registerClass(((): object => ({})).bind(null) as never)),
    /found .*, a function without a prototype: what it makes are instances of another class/,
  );
});

const state = new WeakMap<object, number>();
class Weak {
  constructor(n: number) {
    state.set(this, n);
  }
}
class Hidden {
  x = 1;
  constructor(n: number) {
    Object.defineProperty(this, '_n', {value: n, writable: true});
  }
}
class Symbolic {
  x = 1;
  constructor(n: number) {
    Object.defineProperty(this, Symbol('n'), {value: n});
  }
}
class Fake {
  x = 1;
}
class SymbolicError extends Error {
  constructor(n: number) {
    super('x');
    Object.defineProperty(this, Symbol('n'), {value: n});
  }
}
registerClass(Weak, {name: 'test.Weak'});
registerClass(Hidden);
registerClass(Symbolic);
registerClass(SymbolicError);
registerClass(Fake);

const instances: Record<string, [object, RegExp]> = {
  'no property of its own': [
    new Weak(1),
    /^is an instance of test\.Weak without any property of its own, so that nothing would be kept of it: register test\.Weak with \{encode, decode\}: registerClass\(Weak, \{name: 'test\.Weak', encode: weak => \[…\], .*if there is nothing to keep, registerClass\(Weak, \{encode: \(\) => null, decode: \(\) => new Weak\(\)\}\)/,
  ],
  'a property that is not enumerable': [
    new Hidden(1),
    /^has a property that is not enumerable \(\._n\).*\{encode, decode\}/,
  ],
  'a hidden property named by a symbol': [
    new Symbolic(1),
    /^has a property named by a symbol \(Symbol\(n\)\)/,
  ],
  'an error with such a property': [new SymbolicError(1), /^has a property named by a symbol/],
  'an array in disguise': [Object.setPrototypeOf([1], Fake.prototype), /not enumerable \(\.length\)/],
  'a Map in disguise': [
    Object.assign(Object.setPrototypeOf(new Map([[1, 1]]), Fake.prototype), {x: 1}),
    /^is an? .* that says it were an instance of Fake/,
  ],
  'a URL with a property': [
    Object.assign(new URL('http://a/'), {unit: 1}),
    /^is a URL with a property of its own \(\.unit\)/,
  ],
  'a DOMException with a property': [Object.assign(new DOMException('m'), {unit: 1}), /\(\.unit\)/],
};
for (const [what, [value, reason]] of Object.entries(instances)) {
  test(`an instance of a registered class is refused if there is more to it: ${what}`, t => {
    t.regex(refusal(value).reason, reason);
    t.is(refusal([{value}]).path, '[0].value');
  });
}

test('a DOMException comes back whole', t => {
  const cause = [new Error('why')];
  const plain = new DOMException('m', 'TimeoutError');
  const caused = new DOMException('m', {name: 'DataError', cause} as never);
  for (const error of [plain, caused, AbortSignal.abort().reason as DOMException]) {
    const back = roundTrip({error}).error;
    t.true(back instanceof DOMException);
    t.deepEqual(
      [back.name, back.message, back.code, back.stack],
      [error.name, error.message, error.code, error.stack],
    );
    t.deepEqual(Reflect.ownKeys(back).sort(), Reflect.ownKeys(error).sort());
    t.deepEqual(Object.keys(back), []);
  }
  t.true((roundTrip(caused).cause as Error[])[0] instanceof Error);
});

test('what node throws when work is aborted, and what assert throws, comes back as it was', async t => {
  const {setTimeout: sleep} = await import('node:timers/promises');
  const assert = await import('node:assert');
  const signal = AbortSignal.abort();
  const settled = await Promise.allSettled([
    sleep(1, 1, {signal}),
    once(new EventEmitter(), 'x', {signal}),
    (async () => assert.strictEqual(1, 2))(),
  ]);
  const back = roundTrip(settled);
  for (const [i, one] of settled.entries()) {
    const [was, is] = [one, back[i]!].map(each => (each as PromiseRejectedResult).reason as Error);
    t.is(Object.getPrototypeOf(is), Object.getPrototypeOf(was));
    t.is(is!.stack, was!.stack);
    t.deepEqual({...is}, {...was});
  }
  t.is(((back[0] as PromiseRejectedResult).reason as Error).name, 'AbortError');
});

test('a class of the name of an error of node is another one', t => {
  class AbortError extends Error {}
  registerClass(AbortError);
  t.is(Object.getPrototypeOf(roundTrip(new AbortError('x'))), AbortError.prototype);
  t.regex(refusal(new AsyncLocalStorage()).reason, /AsyncLocalStorage/);
});
