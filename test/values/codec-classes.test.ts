// Instances of registered classes in the codec.

import {types} from 'node:util';
import {serialize} from 'node:v8';
import test from 'ava';
import {registerClass} from '../../src/values/class-registry.js';
import {CODEC, decode} from '../../src/values/codec.js';
import {refusal, roundTrip} from './round-trip.js';

class Point {
  link: unknown;
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
  get norm(): number {
    return Math.hypot(this.x, this.y);
  }
}

registerClass(Point);

function listener() {}

test('the path of a refusal leads through sets, keys, errors and instances', t => {
  t.is(refusal(new Set([[listener]])).path, '<member>[0]');
  t.is(refusal(new Map([[{a: listener}, 1]])).path, '<key>.a');
  t.is(refusal({e: new Error('x', {cause: [listener]})}).path, '.e.cause[0]');
  t.is(refusal([new Point(listener as never, 1)]).path, '[0].x');
  t.regex(
    refusal({a: listener}).message,
    /^\.a is a function \(listener\)\.\nA result is made of plain data/,
  );
});

class Money {
  readonly #cents: bigint;
  constructor(cents: bigint) {
    this.#cents = cents;
  }
  get cents(): bigint {
    return this.#cents;
  }
}

registerClass(Money, {name: 'test.Money', encode: money => money.cents, decode: cents => new Money(cents)});

class Box {
  constructor(readonly content: unknown) {}
}

registerClass(Box, {encode: box => [box.content], decode: ([content]) => new Box(content)});

class HttpError extends RangeError {
  override readonly name = 'HttpError';
  constructor(readonly status: number) {
    super(`status ${status}`, {cause: new Point(0, status)});
  }
}

registerClass(HttpError);

test('instances of registered classes come back as instances, also inside each other', t => {
  const back = roundTrip({
    points: new Map([[new Point(3, 4), new Box(new Money(5n))]]),
    again: [new Point(1, 2)],
  });
  const [[point, box]] = [...back.points] as [[Point, Box]];
  t.true(point instanceof Point);
  t.is(point.norm, 5);
  t.is((box.content as Money).cents, 5n);
  t.true(back.again[0] instanceof Point);
});

test('a registered error comes back whole', t => {
  const error = new HttpError(404);
  const back = roundTrip(error);
  t.true(back instanceof HttpError);
  t.true(types.isNativeError(back));
  t.is(back.status, 404);
  t.is(back.stack, error.stack);
  t.is((back.cause as Point).norm, 404);
  t.deepEqual(Object.keys(back).sort(), ['name', 'status']);
});

test('cycles through instances of registered classes keep identity', t => {
  const point = new Point(1, 2);
  point.link = [point, new Box(new Point(3, 4))];
  const back = roundTrip(point);
  t.is((back.link as unknown[])[0], back);
});

test('what a decode() is given is complete, even where it holds a cycle of its own', t => {
  const ring: unknown[] = [1];
  ring.push(ring);
  const seen: unknown[][] = [];
  class Watched {
    constructor(readonly ring: unknown[]) {}
  }
  registerClass(Watched, {
    name: 'test.Watched',
    encode: watched => watched.ring,
    decode: encoded => {
      seen.push([...encoded]);
      return new Watched(encoded);
    },
  });
  const watched = new Watched(ring);
  const back = roundTrip([ring, watched, watched]) as [unknown[], Watched, Watched];
  t.is(seen.length, 1);
  t.is(seen[0]![0], 1);
  t.is(seen[0]![1], back[0]);
  t.is(back[1], back[2]);
  t.is(back[1].ring, back[0]);
});

test('a cycle through a class with its own decode() is refused, however it is reached', t => {
  const direct: {box?: Box} = {};
  direct.box = new Box(direct);
  t.regex(refusal(direct).reason, /cycle through an instance of Box/);
  // Found through an object that has been left already: root -> finished -> root, then root -> box -> finished.
  const finished: unknown[] = [];
  const root = [finished, new Box(finished)];
  finished.push(root);
  t.regex(refusal(root).reason, /cycle through an instance of Box/);
  class Self {}
  registerClass(Self, {name: 'test.Self', encode: self => self as unknown, decode: () => new Self()});
  t.regex(refusal(new Self()).reason, /returned itself/);
});

test('an instance of a subclass that is not registered itself is refused', t => {
  class Point3 extends Point {}
  t.regex(refusal([new Point3(1, 2)]).message, /^\[0\] is an instance of Point3.*registerClass\(Point3\)/);
});

test('setters of a class are not called for what is stored', t => {
  class Careful {
    set x(_value: number) {
      throw new Error('called');
    }
  }
  registerClass(Careful, {name: 'test.Careful'});
  const instance = Object.defineProperty(new Careful(), 'x', {value: 1, enumerable: true});
  t.is(Object.getOwnPropertyDescriptor(roundTrip(instance), 'x')?.value, 1);
});

test('an encode() that throws is refused with what it threw', t => {
  class Sore {}
  registerClass(Sore, {
    name: 'test.Sore',
    encode: (): unknown => {
      throw new Error('ouch');
    },
    decode: () => new Sore(),
  });
  t.regex(refusal({a: new Sore()}).message, /^\.a is an instance of test\.Sore whose encode\(\) threw: ouch/);
});

test('registering: the same class twice is fine, two classes under one name are not', t => {
  t.notThrows(() => registerClass(Point));
  const Other = {Point: class Point {}}.Point;
  t.throws(() => registerClass(Other), {
    message: /name Point belongs to another class.*\n.*name: 'another\.Point'/,
  });
  t.notThrows(() => registerClass(Other, {name: 'test.OtherPoint'}));
  t.throws(() => registerClass(class {}), {message: /anonymous/});
  t.throws(() => registerClass(class URL {}), {message: /belongs to another class/});
});

test('a value of a class that is not registered here names the class', t => {
  const rows = [[5, 'lib.Vanished', {}]];
  const error = t.throws(() => decode(CODEC.flat, serialize(rows)));
  t.regex(error.message, /lib\.Vanished.*not registered here.*\n.*Import the module/);
});
