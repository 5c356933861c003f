// Results of every type come back equal and of the same type: through the store, into another task, and to a script.

import {readdirSync} from 'node:fs';
import test from 'ava';
import {openRig, rowsOf} from '../helpers/rig.js';

const VALUES = `
export class Point {
  constructor(x, y) { this.x = x; this.y = y; }
  get length() { return Math.hypot(this.x, this.y); }
}
export class Secret {
  #hidden;
  constructor(hidden) { this.#hidden = hidden; }
  get hidden() { return this.#hidden; }
}
export class OwnError extends Error {}
OwnError.prototype.name = 'OwnError';

const cycle = {name: 'cycle', list: []};
cycle.self = cycle;
cycle.list.push(cycle.list);
const shared = {once: 1};

export const values = () => ({
  undefined: undefined,
  null: null,
  nan: NaN,
  minusZero: -0,
  infinities: [Infinity, -Infinity],
  bigint: [0n, -(2n ** 70n)],
  text: ['', 'ä€😀', '\\ud800', 'x'.repeat(70_000)],
  date: [new Date(0), new Date(8.64e15)],
  invalid: new Date(NaN),
  regexp: /a(?<n>b)/giu,
  map: new Map([['k', 1], [{deep: true}, new Map()]]),
  set: new Set([1, 'two', [3]]),
  typed: [new Uint8Array([1, 2]), new Float64Array([NaN, -0]), new BigInt64Array([5n]), new Uint8ClampedArray(3)],
  buffers: [new Uint8Array([1, 2, 3]).buffer, Buffer.from('buffer'), new DataView(new ArrayBuffer(4), 1, 2)],
  error: new RangeError('outer', {cause: new Error('inner', {cause: 'text'})}),
  aggregate: new AggregateError([new TypeError('a'), 1], 'several'),
  own: new OwnError('mine'),
  cycle,
  shared: [shared, shared],
  holes: [1, , 3],
  noPrototype: Object.assign(Object.create(null), {a: 1}),
  undefinedInside: {a: undefined, b: [undefined]},
  awkwardKeys: {__proto__x: 1, '': 2, 'a b': 3, constructor: 4, ['__proto__']: {y: 5}},
  boxed: [Object(1), Object('s'), Object(true)],
  url: new URL('https://user@example.org:81/p?q=1#h'),
  point: new Point(3, 4),
  secret: new Secret('h'),
  deep: Array.from({length: 3000}).reduce(inner => ({inner}), 'bottom'),
  empty: [{}, [], new Map(), new Set(), new Uint8Array()],
  boolean: [true, false],
  numbers: [1, 0.1, 2 ** 53, 5e-324, -1e308],
});
`;

const JUGFILE = `
import {registerClass, TaskGenerator} from 'jug';
import {OwnError, Point, Secret, values} from './values.mjs';
registerClass(Point);
registerClass(OwnError);
registerClass(Secret, {encode: (secret: any) => secret.hidden, decode: (hidden: any) => new Secret(hidden)});
const make = TaskGenerator(function make(name: string): any { return (values() as any)[name]; });
const pass = TaskGenerator(function pass(value: any, wrapped: any) { return {value, again: wrapped.inside[0]}; });
export const made = Object.fromEntries(Object.keys(values()).map(name => [name, make(name)]));
export const passed = Object.fromEntries(Object.entries(made).map(([name, task]) => [name, pass(task, {inside: [task]})]));
`;

test('each special value comes back equal and of the same type', async t => {
  const rig = await openRig(t);
  rig.write({'values.mjs': VALUES, 'jugfile.ts': JUGFILE});
  const run = await rig.jug('execute -j 2');
  t.is(run.code, 0, run.stderr);
  const {code, stdout, stderr} = await rig.script(`
import assert from 'node:assert';
import {init, value} from 'jug';
import {Point, Secret, values} from './values.mjs';
const {store, jugspace: {made, passed}} = await init('jugfile.ts');
const wrong = [];
for (const [name, expected] of Object.entries(values())) {
  try {
    const result = await made[name].value();
    const {value: direct, again} = await passed[name].value();
    for (const [found, way] of [[result, 'made'], [direct, 'passed'], [again, 'passed inside']]) {
      if (name === 'invalid') {
        // Some versions of assert hold that no invalid date equals another.
        assert.ok(found instanceof Date && Number.isNaN(found.getTime()), way);
      } else if (name === 'deep') {
        let depth = 0;
        for (let at = found; at !== 'bottom'; at = at.inner) depth++;
        assert.strictEqual(depth, 3000, way);
      } else {
        assert.deepStrictEqual(found, expected, way);
        assert.strictEqual(Object.getPrototypeOf(Object(found)), Object.getPrototypeOf(Object(expected)), way);
      }
    }
    assert.ok(direct === again || direct !== direct || Object.is(direct, again), 'one object stays one object');
  } catch (error) {
    wrong.push(name + ': ' + error.message);
  }
}
const shared = await made.shared.value();
assert.strictEqual(shared[0], shared[1]);
const cycle = await made.cycle.value();
assert.strictEqual(cycle.self, cycle);
assert.strictEqual((await made.point.value()).length, 5);
assert.strictEqual((await made.secret.value()).hidden, 'h');
assert.ok(Object.is(await made.minusZero.value(), -0));
assert.ok(!(1 in await made.holes.value()));
console.log(JSON.stringify(wrong));
await store.close();
`);
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), []);
});

test('special values are told apart as arguments too', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {inspect} from 'node:util';
import {TaskGenerator} from 'jug';
const show = TaskGenerator(function show(x: any) { return inspect(x, {depth: 9}); });
const args = [undefined, null, NaN, -0, 0, 1n, 1, '1', [], [undefined], [null], {}, {a: undefined}, {a: null}, new Date(0),
  /a/g, /a/i, new Map([[1, 2]]), new Map([[1, '2']]), new Set([1]), new Set(['1']), new Uint8Array([1]), new Int8Array([1]), new Uint8Array([1]).buffer, [1], true, 'true'];
export const count = args.length;
export const shown = args.map(x => show(x));
export const expected = args.map(x => inspect(x, {depth: 9}));
`,
  });
  const run = await rig.jug('execute -j 2');
  t.is(run.code, 0, run.stderr);
  const {count, shown, expected} = await rig.values('count shown expected');
  t.is(count, rowsOf(run.stdout).Total![0], 'each is a task of its own');
  t.deepEqual(shown, expected);
});

test('results of 5 MB and of nothing work, and a large one is handed to eight tasks without filling main', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const bytes = TaskGenerator(function bytes(n: number) { return new Uint8Array(n).map((_, i) => i % 251); });
const text = TaskGenerator(function text(n: number) { return 'é'.repeat(n); });
const rows = TaskGenerator(function rows(n: number) { return Array.from({length: n}, (_, i) => ({i, name: 'row ' + i})); });
const size = TaskGenerator(function size(x: any) { return x.length; });
const last = TaskGenerator(function last(x: any) { return x[x.length - 1]; });
const floats = TaskGenerator(function floats(n: number) { return new Float64Array(n).map((_, i) => i / 8); });
const part = TaskGenerator(function part(xs: Float64Array, i: number) { return xs[i * 1000] + xs.length; });
export const sizes = [bytes(5_000_000), bytes(0), text(2_500_000), rows(100_000)].map(x => size(x));
export const ends = [bytes(5_000_000), rows(100_000)].map(x => last(x));
const large = floats(12_500_000);
export const parts = Array.from({length: 8}, (_, i) => part(large, i));
`,
  });
  const {code, stdout, stderr} = await rig.script(`
import {execute} from 'jug';
let most = 0;
const before = process.memoryUsage();
const look = () => { const {external, heapUsed} = process.memoryUsage(); most = Math.max(most, external + heapUsed); };
setInterval(look, 5).unref();
const {exitCode} = await execute('jugfile.ts', {jobs: 2, onEvent: look});
console.log(JSON.stringify([exitCode, (most - before.external - before.heapUsed) / 1e8]));
`);
  t.is(code, 0, stderr);
  const [exitCode, copies] = JSON.parse(stdout);
  t.is(exitCode, 0);
  t.true(copies <= 2, `main held ${copies.toFixed(2)} copies of 100 MB`);
  t.deepEqual(await rig.values('sizes ends parts'), {
    sizes: [5_000_000, 0, 2_500_000, 100_000],
    ends: [4_999_999 % 251, {i: 99_999, name: 'row 99999'}],
    parts: [0, 1, 2, 3, 4, 5, 6, 7].map(i => (i * 1000) / 8 + 12_500_000),
  });
});

test('a result above the limit fails its task, saying how large it is and what to do', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {TaskGenerator} from 'jug';
const huge = TaskGenerator(function huge() { return new Uint8Array(2 ** 30 + 2 ** 17); });
export const result = huge();
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1');
  t.is(code, 1);
  t.regex(
    stderr,
    /FAILED jugfile\.huge\(\)[\s\S]*Expected a result of at most 1 GiB, found one of 1\.00 GiB: write it to a file/,
  );
});

for (const [how, waiting] of Object.entries({
  'bvalue()': 'await bvalue(large(7))',
  'barrier() and value()': '(large(7), await barrier(), await value(large(7)))',
  CachedFunction: 'await CachedFunction(many, 7)',
})) {
  test(`a result that the jugfile waits for by ${how}, and that is lost, is made again before it goes on, in workers too`, async t => {
    const rig = await openRig(t);
    rig.write({
      'jugfile.ts': `
import {barrier, bvalue, CachedFunction, TaskGenerator, value} from 'jug';
function many(n: number) { return new Uint8Array(5_000_000).fill(n); }
const large = TaskGenerator(many);
const late = TaskGenerator(function late(n: number) { return n; });
const bytes = ${waiting};
late(bytes.length);
`,
    });
    t.is((await rig.jug('execute -j 2')).code, 0);
    const folder = 'jugfile.jugdata/large';
    for (const name of readdirSync(`${rig.folder}/${folder}`)) rig.remove(`${folder}/${name}`);
    const {code, stdout, stderr} = await rig.jug('execute -j 2');
    t.is(code, 0, stderr);
    t.regex(stderr, /^warning: The result of jugfile\.many\(7\) .* it is computed again\.$/m);
    t.deepEqual(rowsOf(stdout)['jugfile.many'], [1, 1, 0]);
  });
}
