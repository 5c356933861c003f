// The loader as a user meets it: real processes import real files, in main and in a worker given what main transformed.
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {type Run, run} from '../fixtures/typescript/run.js';

async function gives(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
  values: Readonly<Record<string, unknown>>,
): Promise<Run> {
  const got = await run(t, files);
  t.deepEqual(got.main, {values});
  t.deepEqual(got.worker, {values});
  t.is(got.stderr, '');
  return got;
}

test('a jugfile may use enums, parameter properties, namespaces and type imports', async t => {
  const got = await gives(
    t,
    {
      'jugfile.ts': `
import type {Size} from './types.js';
import {type Size as Same, big} from './types.js';
enum Colour {Red = 'red', Green = 'green'}
namespace Geometry { export const area = (side: number): number => side ** 2; }
class Box { constructor(private readonly side: Size, readonly colour: Colour) {} area() { return Geometry.area(this.side); } }
const box = new Box(big satisfies Same, Colour.Green);
export const area = box.area();
export const colour = box.colour;
`,
      'types.ts': `export type Size = number;\nexport const big: Size = 4;\n`,
    },
    {area: 16, colour: 'green'},
  );
  t.is(got.handed.length, 2);
});

test('relative imports may leave out the extension, name a folder, or name the .js that is a .ts', async t => {
  await gives(
    t,
    {
      'jugfile.ts': `
import {a} from './a';
import {b} from './b.js';
import {c} from './c.mjs';
import {d} from './d';
import {e} from './lib/e';
import {f} from './f.part';
export {a, b, c, d, e, f};
`,
      'a.ts': `export const a: string = 'a';`,
      'b.ts': `export const b: string = 'b';`,
      'c.mts': `export const c: string = 'c';`,
      'd/index.ts': `export const d: string = 'd';`,
      'lib/e.js': `export {e} from '../e';`,
      'e.mts': `export const e: string = 'e';`,
      'f.part.ts': `export const f: string = 'f';`,
    },
    {a: 'a', b: 'b', c: 'c', d: 'd', e: 'e', f: 'f'},
  );
});

test('a file that is there as written wins over the one its name could stand for', async t => {
  const files = {
    'jugfile.ts': `export * from './a.js';`,
    'a.js': `export const from = 'js';`,
    'a.ts': `export const from = 'ts';`,
  };
  await gives(t, files, {from: 'js'});
});

test('top-level await, JSON imports and import.meta.url work', async t => {
  const {folder, main} = await run(t, {
    'jugfile.ts': `
import numbers from './numbers.json' with {type: 'json'};
import {setTimeout} from 'node:timers/promises';
export const slept: string = await setTimeout(5, 'slept');
export const first: number = numbers[0];
export const url = import.meta.url;
`,
    'numbers.json': '[7, 8]',
  });
  t.deepEqual(main, {values: {slept: 'slept', first: 7, url: `file://${join(folder, 'jugfile.ts')}`}});
});

test("'jug' means this package in every file, with nothing installed", async t => {
  const jug = new URL('../../src/index.js', import.meta.url).href;
  await gives(
    t,
    {
      'jugfile.ts': `export {a as b} from './a.js'; export const a = import.meta.resolve('jug');`,
      'a.js': `export const a = import.meta.resolve('jug');`,
    },
    {a: jug, b: jug},
  );
});

test('a TypeScript file is an ES module whatever the package.json says', async t => {
  await gives(
    t,
    {'jugfile.ts': `export const a: number = 1;`, 'package.json': '{"type": "commonjs"}'},
    {a: 1},
  );
});

test('a .js jugfile is an ES module where no package.json says otherwise, without a warning', async t => {
  const got = await gives(
    t,
    {'jugfile.js': `#!/usr/bin/env node\nexport const a = 1;\n`, 'package.json': '{"name": "x"}'},
    {a: 1},
  );
  t.is(got.handed.length, 0);
  await gives(t, {'jugfile.js': `import {sep} from 'node:path';\nexport const a = sep;\n`}, {a: '/'});
});

test('a .js with import or export is an ES module where a package.json says commonjs, and one without stays CommonJS', async t => {
  const got = await gives(
    t,
    {
      'jugfile.js': `
import {sep} from 'node:path';
import {a} from './a.js';
import b from './b.js';
import {c} from './c.js';
export const all = [sep, a, b, c];
`,
      'package.json': '{"type": "commonjs"}',
      'a.js': `export const a = await Promise.resolve('a');`,
      'b.js': `
// a comment about
// import and
/*
export */
module.exports = require('node:path').basename(__filename);
`,
      'c.js': `exports.c = typeof require;`,
    },
    {all: ['/', 'a', 'b.js', 'function']},
  );
  t.is(got.handed.length, 0);
});

test('CommonJS helpers stay CommonJS', async t => {
  await gives(
    t,
    {
      'jugfile.ts': `
import {createRequire} from 'node:module';
import js from './helper.js';
import cjs from './helper.cjs';
import cts from './helper.cts';
const required = createRequire(import.meta.url)('./helper.cjs');
export const all = [js.name, cjs.name, required === cjs, cts.name];
`,
      'helper.js': `/*\nimport nothing\n*/\nexports.name = require('./helper.cjs').name + require('node:path').basename(__filename);`,
      'helper.cjs': `exports.name = 'cjs';`,
      'helper.cts': `import path = require('node:path'); const name: string = path.basename(__filename); export = {name};`,
    },
    {all: ['cjshelper.js', 'cjs', true, 'helper.cts']},
  );
});

test('a TypeScript file can be imported later, when a function runs', async t => {
  await gives(
    t,
    {
      'jugfile.mts': `export async function late(): Promise<string> { const {name} = await import('./late'); return name; }`,
      'late.ts': `enum Name {Late = 'late'}\nexport const name = Name.Late;`,
    },
    {late: 'late'},
  );
});

test('an error of the jugfile passes unchanged and points at its line and column', async t => {
  const {folder, main, worker} = await run(t, {
    'jugfile.ts': `
interface Unused {
  readonly a: string;
}

enum Fruit {Apple}

export function fail(fruit: Fruit = Fruit.Apple): never {
  throw Object.assign(new RangeError('no ' + Fruit[fruit]), {code: 'E_FRUIT'});
}
`,
  });
  for (const {error} of [main, worker]) {
    t.false(error?.isJugError);
    t.is(error?.message, 'no Apple');
    t.is(error?.code, 'E_FRUIT');
    t.regex(error?.stack ?? '', new RegExp(`${folder}/jugfile.ts:9:23\\)?\\n`));
  }
});

test('a plain .js jugfile leaves source maps off', async t => {
  const files = {
    'jugfile.js': `export const mapped = new Error('x').stack.includes('.ts');\nthrow new Error('here');\n//# sourceMappingURL=data:application/json,{"version":3,"sources":["x.ts"],"names":[],"mappings":"AAAA;AACA"}`,
  };
  const {folder, main} = await run(t, files);
  t.true(main.error?.stack.includes(`${folder}/jugfile.js:2:7`), main.error?.stack);
});

test('a jugfile can ask whether an optional package is there', async t => {
  await gives(
    t,
    {
      'jugfile.ts': `export const code = await import('not-installed-at-all' as string).catch((error: any) => error.code);`,
    },
    {code: 'ERR_MODULE_NOT_FOUND'},
  );
});

test("beside another loader ours only resolves 'jug'", async t => {
  const jug = new URL('../../src/index.js', import.meta.url).href;
  const flags = ['--import', 'data:text/javascript,//tsx'];
  const files = {
    'jugfile.js': `export const a = import.meta.resolve('jug');`,
    'package.json': '{"type": "module"}',
  };
  t.deepEqual((await run(t, files, flags)).main, {values: {a: jug}});
});
