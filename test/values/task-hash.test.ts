// Identity. The golden hashes are an API: results on disk are found by them. They never change, whatever else does.

import {createHash} from 'node:crypto';
import {inspect} from 'node:util';
import test from 'ava';
import {NoLoad} from '../../src/tasks/no-load.js';
import {Tasklet} from '../../src/tasks/task.js';
import {CustomHash, NoHash} from '../../src/tasks/utils.js';
import {registerClass} from '../../src/values/class-registry.js';
import {HASH, hashCall, hashValue, isTaskHash, type TaskHash} from '../../src/values/task-hash.js';
import {call, named, nameOf, versioned} from '../helpers/calls.js';
import {task} from '../helpers/tasks.js';

function sha256(text: string): TaskHash {
  return createHash('sha256').update(text).digest('hex') as TaskHash;
}

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
  [HASH](): unknown {
    return [this.x, this.y];
  }
}

class Vector {
  constructor(readonly x: number) {}
}
registerClass(Vector);

const HOLES: unknown[] = [1, 2, 3];
delete HOLES[1];

const GOLDEN: readonly (readonly [args: readonly unknown[], hash: string])[] = [
  [[], 'b0248c18f5b5ed9ecf7782dcad065b71d58639e955cca6f7736665e10d7c2094'],
  [[0], 'db0eed60d34bef6a93b70d96a18bcbf62d93176d744c3deb69f8c019e7d38ceb'],
  [[21], '7ee8c3262c751fbcf90e582ffb5c17694694bd40c8dd3bcb75052c24fde1e7e3'],
  [[-1.5], '22884503ef301b18aa03da5b7663ca3f6ce4cb2b50c55f9eb347e58820463717'],
  [[1e21], '60854d8187975553991d49f1bbcbecd4a51e2d0021576bf204dd59006fa372f7'],
  [[5e-324], 'ea37d2b0b4f624fafede43bdbaf22f52c1a474b49870dd5dc41b1d2f54e7aad1'],
  [[''], '97b79120333850748e5aa64f547cba0cdf5b9de4ef761669c267948b48a83984'],
  [['a "quoted" \\ text'], '79c27cc34872cdb41f0c73469975bee1dc28a6cd9bced5c9eded5a9f6dadc7a9'],
  [['é 漢 😀 \u2028'], 'ae12c2bdda9ba59991cb8acb5cc492b72cb26196e9bb4678c9beba44f2a02f00'],
  [['\ud800'], 'aa2957c1cb8485381c927c348f81627a26f76229ea6d1fbd5ac23cbb2c3d1950'],
  [[true], 'ee4227adceb27b9157082d47b52bc117d90867ff11bf24d111ce167a490635dc'],
  [[null], 'ca1e203fc4fde2c4c3b0c9d397d972e39f306a9d73370bc0e252a659404e40e9'],
  [[undefined], 'fed79f246a241bc74740cbafd9f8938516c34db0fcda4ce30108ad14b0ba6444'],
  [[NaN], 'ce536f5980f94d63fb8579d6e12bfddbc09df0098d3fa022f2636b9e195b3380'],
  [[Infinity], 'bbf5714cbe8b6f81e046df9e57bff3f330a353c006cb3f4a3e263e3c5df3fd8f'],
  [[-Infinity], 'a391d4b46562da7a72b773686327de5659cb083ce89bb63b29c1e3c9f11e7d86'],
  [[-0], '9e831a92d153119a42487199dc74dcb25b6f18638d0d86be6293dcd977a9b182'],
  [[10n], '579a4b402b65bfed9bbd6e1fe87ca8d2e32b19044ee95b8e7582bd5caef32f53'],
  [[1, 'a', null], '73bb9839af20ad3023e56bc21cb95f77fa61aae414591221c60df6990f4ceabe'],
  [[[]], '32c9eb985e520897a5485c4a3671f40fdfc7325d5fe7db3498203132bdd687c1'],
  [[[1, [2, [3]]]], '45a97ef5594f0c7944bdd3f47ce93d0fc99bc5ca35f512794a204d628e701ec3'],
  [[{}], '092a9f36e5783647bdda4b2c3f9dabc05828031bdf5f871bb67ceb551a8aeae5'],
  [[{b: 1, a: {d: [2], c: 3}}], '1df602d1ad1f5c3fa401859664d6373ef8de81b94afe86a1ee0dcec8398255a4'],
  [[{a: undefined}], '5d22240c004e050916278f601f0dc68fe2f02ee112be22bda7030bd726faeee3'],
  [[HOLES], 'f6415008af447049d1f9da6c5f47314da99529cae36b82c45e308f794d666636'],
  [[Object.assign([1], {index: 2})], '322842e4b617e6a419f8340df3755ea77eea11f483ae5fb488f0cf34a991cb30'],
  [
    [
      new Map<unknown, unknown>([
        ['b', 1],
        [2, {x: 1}],
      ]),
    ],
    '48343b3936131fe91580c39fd76385ce0beb5b153ed2780bbfabab44053ffb8b',
  ],
  [[new Set([3, 'a', undefined])], '849acf81a256f942876f4dfec393e3463d0841e713fa98eb1ee311a83a955077'],
  [[new Date(86_400_000)], 'ecbd0e02e3300db92be82c00e96139c3eb4610baf5e0e3b66f05e3ce434091ae'],
  [[new Date(Number.NaN)], '1c57e72e6991722cbd2a9d9e02d6271d0aca17d18ffd81699cfbc4b2755e2976'],
  [[/a+\/b/gi], 'c32f4b7892d33bb348970a6969aaa7ad44a9a019598537d50bae21a213d059bf'],
  [[Uint8Array.of(1, 2, 3)], 'd4b432a34e82c00dadb1646b93f3c502dbc6c084dbb2c3429fb634fad6ffdb8f'],
  [[Float64Array.of(0.1, -0)], '070523b1dd98392af8838303031548fe966d46695df3d0e1e5cd34d910734ddc'],
  [[Buffer.from('jug')], 'b19a81f22d336d12b13be5771c895a83036677e858b143fc90f04c75b4a4762b'],
  [[Uint8Array.of(1, 2, 3).buffer], 'e221830159d7d923397a3d1310de9dee38a8ba3b59c9e71e7510089b2250b432'],
  [
    [new URL('https://jug.example/a?b=1')],
    '89a7177d1cedb7132eafbc1e8e933d43474b9505c1517953af95eec9f9bc90d7',
  ],
  [[named], 'e0fac0f43f443feb35f23f0c862ab73c018f1a1580ad36ab2f2ccc410277fe7f'],
  [[{$jug: 'number', of: '-0'}], '811d5c7c9fe6becbf27e23f924f7dca54545f67e8b97bf6b29465dcfac803314'],
  [[JSON.parse('{"__proto__":1}')], 'cf43935c20c1b01b6d6b7b47ce14d01af35cae1ab222253c5a414a40b56f9f79'],
  [[task('a')], 'af336c78f56ad3761b4856f0978753e26f07251568a4dc601f67b67b8b3bf6f6'],
  [[[task('a'), task('b', [task('a')])]], '864e359be2a518e04694a87373e5110c92a602dbf2728f80a07e18520a1b88f2'],
  [[{of: task('a')}], '501f42cef64f44e9f08bf04db8d9f4eee72a35e4cb95901dc33a14637f59ee77'],
  [
    [new Tasklet(task('a'), {get: ['rows', 3]})],
    'c252c57be23328aa404ed2fb50951027c40c80c16d40f951d8dad2dd0b32ef20',
  ],
  [[new NoLoad(task('a'))], 'b867c691e4f5e4e9c9386e3319a887d12e3a1bda6074f3013a456bc4fa6d04ec'],
  [[new Point(1, 2)], '63fb70d0b52aa2d4e9f95170397443e080af6bb9e8941c27cf25c2a6b452b7ba'],
  [
    [new CustomHash('data.csv', () => Buffer.from([1, 2]))],
    'eb4f67ccad59359dc4f8be94086009587e0ce1dda76b727f1d95b0faac945777',
  ],
  [[new NoHash(1)], 'ed5e5c2014d14b06615c205e97db5809f4e42f492a6fa67ec6c68c86516ae507'],
];

test('the hash of a call is pinned for ever', t => {
  for (const [args, hash] of GOLDEN) t.is(call(...args) as string, hash, inspect(args));
  t.is(new Set(GOLDEN.map(([, hash]) => hash)).size, GOLDEN.length);
});

test('the text that is hashed is the format, the name, the version and the arguments as canonical JSON', t => {
  t.is(hashCall('primes.isPrime', undefined, [21], nameOf), sha256('jug1\nprimes.isPrime\n\n[21]'));
  t.is(hashCall('primes.isPrime', '2', [21], nameOf), sha256('jug1\nprimes.isPrime\n"2"\n[21]'));
  t.is(call('é"\n', {b: 1, a: [true, null]}), sha256('jug1\nm.f\n\n["é\\"\\n",{"a":[true,null],"b":1}]'));
  t.is(call(-0), sha256('jug1\nm.f\n\n[{"$jug":"number","of":"-0"}]'));
  const {hash} = task('a');
  t.is(call(task('a')), sha256(`jug1\nm.f\n\n[{"$jug":"hash","of":"${hash}"}]`));
  t.is(hashValue([1, 'x']), sha256('jug1\n[1,"x"]'));
});

test('what is not plain is hashed by its rows, as it travels, in the order of their text', t => {
  const rows = (text: string): TaskHash => sha256(`jug1\nm.f\n\nrows:${text}`);
  t.is(call(named), rows('A[C"function""m.named",]'));
  t.is(call(versioned), rows('A[C"function"A["m.versioned","2",],]'));
  t.is(call(HOLES), rows('A[S3{"0":1,"2":3,},]'));
  t.is(call(Object.assign([1], {unit: 'm'})), rows('A[S1{"0":1,"unit":"m",},]'));
  t.is(
    call(
      new Map<unknown, unknown>([
        ['b', -0],
        [2n, undefined],
      ]),
    ),
    rows('A[M["b":-0,2n:undefined,],]'),
  );
  t.is(call(new Set(['b', 'a', true])), rows('A[T["b","a",true,],]'));
  t.is(call(/a"/g), rows('A[R["a\\"","g"],]'));
  t.is(call(Object.create(null)), rows('A[Z{},]'));
  t.is(call(new Point(1, 2)), rows('A[C"hash"A["Point",A[1,2,],],]'));
  t.is(call(new Vector(3)), rows('A[I"Vector"{"x":3,},]'));
  t.is(call(new URL('http://a/')), rows('A[C"URL""http://a/",]'));
  t.is(call(Object(1), new RangeError('no')), rows('A[X1,E"RangeError"{"message":"no",},]'));
  t.is(call(named, 'x'.repeat(300)), rows(`A[C"function""m.named",#${sha256(`"${'x'.repeat(300)}"`)},]`));
  const long = `A[${'"members",'.repeat(30)}]`;
  t.is(call(named, Array(30).fill('members')), rows(`A[C"function""m.named",#${sha256(long)},]`));
});

test('an array of many numbers is hashed by their bytes', t => {
  const many = Array.from({length: 65}, (_, n) => n / 4);
  const bytes = createHash('sha256').update(Float64Array.from(many)).digest('hex');
  t.is(call(many), sha256(`jug1\nm.f\n\n[{"$jug":"numbers","of":"${bytes}"}]`));
  const others = [
    Float64Array.from(many),
    many.map(String),
    many.with(64, -0),
    many.with(64, Number.NaN),
    many.with(64, Number.POSITIVE_INFINITY),
    many.with(64, 1n as never),
    many.slice(1),
    [many],
    Object.assign([...many], {unit: 'm'}),
    Object.assign(Array(65), {...many.slice(0, 64)}),
  ];
  t.is(new Set([many, ...others].map(value => call(value))).size, others.length + 1);
});

test('name, version and every argument are in the hash', t => {
  const hashes = [
    hashCall('m.f', undefined, [1], nameOf),
    hashCall('m.g', undefined, [1], nameOf),
    hashCall('m.f', '1', [1], nameOf),
    hashCall('m.f', '', [1], nameOf),
    hashCall('m.f', undefined, [1, 1], nameOf),
    hashCall('m.f', undefined, [[1]], nameOf),
    hashCall('m.f', undefined, [1, undefined], nameOf),
    hashCall('m.f', undefined, [], nameOf),
    hashValue([1]),
    hashValue(1),
  ];
  t.is(new Set(hashes).size, hashes.length);
  t.true(hashes.every(isTaskHash));
});

test('only 64 lower-case hex digits are a hash', t => {
  for (const text of [
    '',
    'f'.repeat(63),
    'f'.repeat(65),
    'F'.repeat(64),
    `${'f'.repeat(63)}\n`,
    'g'.repeat(64),
  ]) {
    t.false(isTaskHash(text), text);
  }
});

test('the order of keys never matters, at any depth', t => {
  t.is(call({a: 1, b: {c: 2, d: 3}}), call({b: {d: 3, c: 2}, a: 1}));
  t.is(call(new Map([[1, {a: 1, b: 2}]])), call(new Map([[1, {b: 2, a: 1}]])));
});

test('the order of members always matters: whoever goes through them sees it', t => {
  const entries = [
    ['x', 1],
    ['y', 2],
  ] as const;
  t.not(call(new Map(entries)), call(new Map(entries.toReversed())));
  t.not(call({deep: [new Map(entries)]}), call({deep: [new Map(entries.toReversed())]}));
  t.not(call(new Set([1, 'a', true])), call(new Set(['a', true, 1])));
  t.not(call(new Map([[new Set([1, 2]), 1]])), call(new Map([[new Set([2, 1]), 1]])));
  t.not(call([1, 2]), call([2, 1]));
});

test('objects with and without a prototype are different, as they are to the function', t => {
  t.not(call(Object.assign(Object.create(null), {a: 1})), call({a: 1}));
});

test('a key named $jug is a key like any other', t => {
  const objects = [
    {$jug: 'number', of: '-0'},
    {$jug: 'undefined', of: null},
    {$jug: 'object', of: {$jug: 1}},
    {$jug: 1},
    {$jug: undefined},
    {a: {$jug: 'undefined', of: null}},
    {a: undefined},
    {},
    -0,
    undefined,
  ];
  t.is(new Set(objects.map(object => call(object))).size, objects.length);
  t.is(call({of: '-0', $jug: 'number'}), call({$jug: 'number', of: '-0'}));
});

test('a key named __proto__ is a key like any other', t => {
  const objects = [
    '{}',
    '{"__proto__":1}',
    '{"__proto__":null}',
    '{"__proto__":{}}',
    '{"__proto__":{"a":1}}',
    '{"a":1}',
    '{"a":1,"__proto__":{"b":2}}',
    '{"a":{"__proto__":[]}}',
  ].map(text => JSON.parse(text) as unknown);
  t.is(new Set(objects.map(object => call(object))).size, objects.length);
  t.is(call(JSON.parse('{"__proto__":1,"b":-0}')), call(JSON.parse('{"b":-0,"__proto__":1}')));
});

test('arrays with holes, with properties and with undefined in them are different', t => {
  const withProperty = (value: unknown): unknown[] => Object.assign([1], {index: value});
  // Not an index of an array any more, though it looks like one.
  const withLargeKey = (value: unknown): unknown[] => Object.assign([], {4294967295: value});
  const arrays = [
    [1, undefined, 3],
    HOLES,
    [1, null, 3],
    [1, 3],
    [1],
    withProperty(1),
    withProperty(2),
    withProperty(undefined),
    Object.assign([1], {other: 1}),
    [],
    new Array(1),
    withLargeKey(1),
    withLargeKey(2),
  ];
  t.is(new Set(arrays.map(array => call(array))).size, arrays.length);
});

test('bytes are told apart by their type as well as their content', t => {
  const bytes = [1, 2, 3, 4, 5, 6, 7, 8];
  const buffer = Uint8Array.from(bytes).buffer;
  const values = [
    Uint8Array.from(bytes),
    Uint8ClampedArray.from(bytes),
    Int8Array.from(bytes),
    new Uint16Array(buffer),
    new Float64Array(buffer),
    new BigInt64Array(buffer),
    Buffer.from(bytes),
    buffer,
    new DataView(buffer),
    Uint8Array.from([...bytes, 9]),
    bytes,
    '0102030405060708',
  ];
  t.is(new Set(values.map(value => call(value))).size, values.length);
  const larger = Uint8Array.from([0, ...bytes, 0]);
  t.is(call(larger.subarray(1, 9)), call(Uint8Array.from(bytes)));
});

test('a task counts as its hash, whether alone, in an array, or deep inside', t => {
  t.is(call(task('a')), call(task('a')));
  const values = [
    task('a'),
    task('b'),
    [task('a')],
    [task('a'), task('b')],
    [task('b'), task('a')],
    [[task('a'), task('b')]],
    [task('a'), 1],
    {x: task('a')},
    {x: [task('a')]},
    new Map([[task('a'), 1]]),
    new Set([task('a')]),
    task('a').hash,
    [task('a').hash],
    new Tasklet(task('a'), {get: [0]}),
    new Tasklet(task('a'), {get: ['0']}),
    new Tasklet(task('a'), {get: [task('b')]}),
    new Tasklet(new Tasklet(task('a'), {get: [0]}), {get: [0]}),
    new Tasklet(task('a'), {get: [0, 0]}),
    new NoLoad(task('a')),
  ];
  t.is(new Set(values.map(value => call(value))).size, values.length);
});

test('an object decides by its method what stands for it', t => {
  t.is(call(new Point(1, 2)), call(new Point(1, 2)));
  t.not(call(new Point(1, 2)), call(new Point(2, 1)));
  t.not(call(new Point(1, 2)), call([1, 2]));
  t.is(call(new CustomHash({a: () => {}}, () => 'x')), call(new CustomHash(7, () => 'x')));
  t.not(call(new CustomHash(7, () => 'x')), call(new CustomHash(7, () => 'y')));
  t.is(
    call(new CustomHash(7, () => Buffer.from('ab'))),
    call(new CustomHash(7, () => Uint8Array.of(97, 98))),
  );
  t.is(call(new NoHash(1)), call(new NoHash(() => {})));
  const standing = (...texts: readonly string[]) => texts.map(text => new CustomHash(0, () => text));
  t.not(call(standing('ab', 'c')), call(standing('a', 'bc')));
  t.is(
    call(Object.assign(() => {}, {[HASH]: () => 'me'})),
    call(Object.assign(() => 1, {[HASH]: () => 'me'})),
  );
});

test('an object that stands in several places is hashed as its equals there would be', t => {
  const shared = {a: 1};
  t.is(call([shared, shared]), call([{a: 1}, {a: 1}]));
  t.is(call(named, [shared, shared]), call(named, [{a: 1}, {a: 1}]));
  const tree = (levels: number): unknown => (levels === 0 ? [1, 2] : [tree(levels - 1), tree(levels - 1)]);
  const dag = (levels: number): unknown => {
    let node: unknown = [1, 2];
    for (let level = 0; level < levels; level++) node = [node, node];
    return node;
  };
  // 8191 objects are few, 16383 are many.
  for (const levels of [0, 1, 5, 12, 13, 14]) t.is(call(dag(levels)), call(tree(levels)), `${levels}`);
  const hashes = [12, 13, 14, 100, 1000].map(levels => call(dag(levels)));
  t.is(new Set(hashes).size, hashes.length, 'each object once, or it would not end');
  const set = new Set([1]);
  t.is(call([set, set]), call([new Set([1]), new Set([1])]));
});

test('two classes with the same answer are two', t => {
  class Celsius {
    constructor(readonly degrees: number) {}
    [HASH](): unknown {
      return {degrees: this.degrees};
    }
  }
  class Fahrenheit extends Celsius {}
  t.is(call(new Celsius(20)), call(new Celsius(20)));
  t.not(call(new Celsius(20)), call(new Fahrenheit(20)));
  t.not(call([new Celsius(20)]), call([{degrees: 20}]));
  const before = call(new Fahrenheit(20));
  registerClass(Fahrenheit, {name: 'Kelvin'});
  t.not(call(new Fahrenheit(20)), before, 'the name that is registered counts');
});

test('instances of registered classes are hashed by the name and what they are made of', t => {
  class Money {
    constructor(readonly cents: bigint) {}
  }
  registerClass(Money, {encode: money => money.cents, decode: cents => new Money(cents)});
  class Stamp extends Date {
    unit = 'h';
  }
  registerClass(Stamp, {
    encode: stamp => [stamp.getTime(), stamp.unit],
    decode: ([time]) => new Stamp(time as number),
  });
  const values = [
    new Money(1n),
    new Money(2n),
    1n,
    [1n],
    new Vector(1),
    new Vector(2),
    {x: 1},
    new Stamp(0),
    Object.assign(new Stamp(0), {unit: 'd'}),
    new Date(0),
  ];
  t.is(new Set(values.map(value => call(value))).size, values.length);
  t.is(call(new Money(1n)), call(new Money(1n)));
});

test('whatever the depth, there is a hash, and the ends count', t => {
  const nested = (depth: number, end: unknown): unknown => {
    let value = end;
    for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : {a: value};
    return value;
  };
  for (const depth of [99, 100, 101, 102, 1e3, 1e5]) {
    t.is(call(nested(depth, 1)), call(nested(depth, 1)));
    t.not(call(nested(depth, 1)), call(nested(depth, 2)));
    t.not(call(nested(depth, 1)), call(nested(depth + 2, 1)));
  }
});

test('an array of many numbers that was changed since it was hashed has another hash', t => {
  const numbers = Array.from({length: 10_000}, (_, i) => i / 3);
  const before = call(numbers);
  t.is(call(numbers), before);
  numbers[9999] = -1;
  const after = call(numbers);
  t.not(after, before);
  numbers[9999] = 9999 / 3;
  t.is(call(numbers), before);
  t.is(call(numbers.slice()), before);
  t.not(call(numbers.slice(1)), before);
});
