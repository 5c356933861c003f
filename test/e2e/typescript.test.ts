// Jugfiles in TypeScript as users write them, with modules beside them, run with nothing installed.

import module from 'node:module';
import path from 'node:path';
import test from 'ava';
import {openRig, PACKAGE, rowsOf, withoutProgress} from '../helpers/rig.js';

test('a project of enums, namespaces, types, extension-less and .js imports, and top-level await', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `
import {readFile} from 'node:fs/promises';
import {TaskGenerator, type Task} from 'jug';
import {compute, type Options} from './lib/features';
import {Colour, paint} from './lib/colours.js';
import {plain} from './lib/plain.mjs';
import {fromIndex} from './lib';
enum Step { First = 1, Second }
const config = JSON.parse(await readFile('config.json', 'utf8')) as {n: number};
class Holder<T> { constructor(private readonly held: T) {} get(): T { return this.held; } }
const options = {scale: Step.Second} satisfies Options;
export const features: Task<number>[] = Array.from({length: config.n}, (_, i) => compute(i, options));
export const colour = paint(Colour.Green);
export const more = plain(new Holder(features[2]!).get() as any);
export const index = fromIndex(3);
const local = TaskGenerator(async function local<T extends number>(x: T): Promise<number> { return x! as number; });
export const last = local(features[1] as any);
`,
    'config.json': '{"n": 3}',
    'lib/features.ts': `
import {TaskGenerator} from 'jug';
export interface Options { readonly scale: number }
export const compute = TaskGenerator(function compute(x: number, {scale}: Options): number { return x * scale; });
`,
    'lib/colours.ts': `
import {TaskGenerator} from 'jug';
export enum Colour { Red = 'red', Green = 'green' }
export const paint = TaskGenerator(function paint(colour: Colour) { return 'painted ' + colour; });
`,
    'lib/plain.mjs': `
import {TaskGenerator} from 'jug';
export const plain = TaskGenerator(function plain(x) { return -x; });
`,
    'lib/index.ts': `
import {TaskGenerator} from 'jug';
function fn(x: number) { return x + 0.5; }
export const fromIndex = TaskGenerator(fn, {name: 'fromIndex'});
`,
  });
  const {code, stdout, stderr} = await rig.jug('execute -j 2');
  t.is(code, 0, stderr);
  t.deepEqual(Object.keys(rowsOf(stdout)).sort(), [
    ...['Total', 'jugfile.local', 'lib.colours.paint', 'lib.features.compute', 'lib.index.fromIndex'],
    'lib.plain.plain',
  ]);
  t.deepEqual(await rig.values('features colour more index last'), {
    features: [0, 2, 4],
    colour: 'painted green',
    more: -4,
    index: 3.5,
    last: 2,
  });
});

test('functions are named by their module, from whatever folder the command is called', async t => {
  const rig = await openRig(t);
  rig.write({
    'project/primes.ts': `
import {compute} from './lib/features';
import {other} from '../shared/other';
export const all = [compute(1), other(2)];
`,
    'project/lib/features.ts': `
import {TaskGenerator} from 'jug';
export const compute = TaskGenerator(function compute(x: number) { return x; });
`,
    'shared/other.ts': `
import {TaskGenerator} from 'jug';
export const other = TaskGenerator(function other(x: number) { return x; });
`,
  });
  t.is((await rig.jug('execute -j 1 project/primes.ts')).code, 0);
  t.is((await rig.jug('check primes.ts', {cwd: 'project'})).code, 0);
  const {stdout} = await rig.jug('count ../primes.ts', {cwd: 'project/lib'});
  t.deepEqual(Object.keys(rowsOf(stdout)), ['lib.features.compute', 'shared.other.other', 'Total']);
  t.is((await rig.jug('invalidate --target lib.features.compute project/primes.ts')).code, 0);
  t.deepEqual(
    rowsOf((await rig.jug('status project/primes.ts')).stdout)['lib.features.compute'],
    [0, 0, 1, 0, 0],
  );
});

test('an error in a module beside the jugfile points at its .ts line, from main and from workers', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `import {deep} from './lib/deep';\n\n\nexport const a = deep(1);\n`,
    'lib/deep.ts': `
import {TaskGenerator} from 'jug';
interface Row {
  readonly id: number;
}
enum Kind { A, B }

function helper(row: Row | undefined, kind: Kind): number {
  // The enum above is many lines of JavaScript.
  return row!.id + kind;
}
export const deep = TaskGenerator(function deep(x: number): number {
  const rows: Row[] = [];

  return helper(rows[x], Kind.B);
});
`,
  });
  const {code, stderr} = await rig.jug('execute -j 1');
  t.is(code, 1);
  t.regex(
    stderr,
    /TypeError: .*'id'.*\n +at helper \(.*\/lib\/deep\.ts:10:15\)\n +at deep \(.*\/lib\/deep\.ts:15:10\)\n(?! +at)/,
  );
});

test('a jugfile in plain JavaScript with a package.json of its own runs as well', async t => {
  const rig = await openRig(t);
  rig.write({
    'package.json': '{"type": "module"}',
    'jugfile.js': `
import {TaskGenerator} from 'jug';
import {twice} from './twice.js';
const double = TaskGenerator(function double(x) { return twice(x); });
export const two = double(1);
`,
    'twice.js': 'export const twice = x => 2 * x;\n',
  });
  const {code, stderr} = await rig.jug('execute -j 1');
  t.is(code, 0);
  t.is(withoutProgress(stderr), '');
  t.deepEqual(await rig.values('two', 'jugfile.js'), {two: 2});
});

test('a .js with import or export runs where the package.json says commonjs, required or not, or it is told how', async t => {
  const rig = await openRig(t);
  rig.write({
    'package.json': '{"type": "commonjs"}',
    'jugfile.js': `
import {TaskGenerator} from 'jug';
import {twice} from './twice.js';
const double = TaskGenerator(function double(x) { return twice(x); });
export const two = double(1);
`,
    'twice.js': 'export const twice = x => 2 * x;\n',
    'requires.js': "exports.twice = require('./twice.js').twice;\n",
  });
  const {code, stderr} = await rig.jug('execute -j 1');
  t.is(code, 0, stderr);
  t.is(withoutProgress(stderr), '');
  t.deepEqual(await rig.values('two', 'jugfile.js'), {two: 2});
  const required = await rig.jug('count requires.js');
  // Before 22.15, Node asks nobody how to load what is required.
  if ('registerHooks' in module) t.is(required.code, 0, required.stderr);
  else {
    t.is(required.code, 3, required.stderr);
    t.regex(required.stderr, /jug: Expected CommonJS at \S+twice\.js:1, since it is loaded by require\(\)/);
  }
});

for (const folder of ['ein Ördner #1%20', `O'Neil's "$\{x}" \`?`]) {
  test(`a jugfile in the folder ${folder} runs`, async t => {
    const rig = await openRig(t);
    const jugfile = `${folder}/jügfile's.ts`;
    rig.write({
      [jugfile]: `
import {TaskGenerator} from 'jug';
import {fn} from "./mod ule's";
export const two = TaskGenerator(fn)(1);
`,
      [`${folder}/mod ule's.ts`]:
        'export function fn(x: number) { if (x > 1) throw new Error("no"); return 2 * x; }\n',
    });
    const {code, stdout, stderr} = await rig.jug(['execute', '-j', '1', jugfile]);
    t.is(code, 0, stderr);
    t.deepEqual(rowsOf(stdout).Total, [1, 0, 0]);
    t.true(rig.exists(`${folder}/jügfile's.jugdata`));
    t.regex((await rig.jug(['status', '--short', jugfile])).stdout, /^All tasks complete/);
  });
}

test('a compiler that checks the types of libraries, too, finds in jug’s nothing that asks for more than jug', async t => {
  const rig = await openRig(t);
  rig.write({
    'package.json': '{"type": "module"}',
    'jugfile.ts': `
import {barrier, mapreduce, TaskGenerator, Tasklet} from 'jug';
const double = TaskGenerator(function double(n: number) { return {twice: 2 * n}; });
export const four = double(2);
export const twice = new Tasklet(four, ({twice}) => twice + 1);
export const all = mapreduce.map((n: number) => n + 1, [1, 2, 3]);
await barrier();
`,
    'read.ts': `
import {execute, init, readHead, value, type OpenOwnStore} from 'jug';
const {store, jugspace} = await init('jugfile.ts');
export const head = readHead(new Uint8Array(48));
export const found: unknown = await value(jugspace.four);
export const open: OpenOwnStore = () => store;
export const {exitCode} = await execute('jugfile.ts');
await store.close();
`,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'ES2023',
        lib: ['ES2023'],
        module: 'nodenext',
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        types: [],
      },
      files: ['jugfile.ts', 'read.ts'],
    }),
  });
  const {code, stdout} = await rig.run(process.execPath, [
    path.join(PACKAGE, 'node_modules/typescript/bin/tsc'),
  ]);
  t.is(stdout, '');
  t.is(code, 0);
});
