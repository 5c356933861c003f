// Jugfiles that are refused: one clear message, with the line and what to do, and an exit code.

import test from 'ava';
import {noStackOfOurs} from '../helpers/jugfile.js';
import {openRig} from '../helpers/rig.js';

interface Refusal {
  readonly files?: Readonly<Record<string, string>>;
  readonly jugfile: string;
  readonly code: number;
  readonly says: readonly RegExp[];
}

/** Refused by every command, in one message. */
const refused = test.macro(async (t, {files = {}, jugfile, code, says}: Refusal) => {
  const rig = await openRig(t);
  rig.write({...files, 'jugfile.ts': jugfile});
  for (const command of ['execute -j 2', 'status']) {
    const result = await rig.jug(command);
    t.is(result.code, code, result.stderr);
    for (const pattern of says) t.regex(result.stderr, pattern);
    t.is(result.stderr.match(/^jug: /gm)?.length, 1, result.stderr);
    noStackOfOurs(t, result);
    t.is(result.stdout, '');
  }
});

const F = `
import {TaskGenerator} from 'jug';
const f = TaskGenerator(function f(n: number, o?: any): any { return n; });
`;

test('a jugfile that throws ends with its own message and the stack of its own lines', refused, {
  files: {
    'lib/helper.ts': `interface A { n: number }\nexport function fail(a: A): never {\n  throw new RangeError('own words', {cause: a.n});\n}\n`,
  },
  jugfile: `${F}import {fail} from './lib/helper';\nf(1);\nfail({n: 1});\n`,
  code: 3,
  says: [
    /^jug: The jugfile jugfile\.ts threw:\n\nRangeError: own words\n/,
    /^ +at fail \(.*\/lib\/helper\.ts:3:9\)$/m,
    /^ +at .*\/jugfile\.ts:6:1\)?$/m,
  ],
});

test('a jugfile may throw anything', refused, {
  jugfile: `${F}throw null;`,
  code: 3,
  says: [
    /^jug: The jugfile jugfile\.ts threw null, which is not an Error\.\nOnly an Error says at which line/,
  ],
});

test('a jugfile that rejects after an await is told as one that throws', refused, {
  jugfile: `${F}await null;\nawait Promise.reject(new TypeError('late'));`,
  code: 3,
  says: [/TypeError: late\n +at .*jugfile\.ts:5:/],
});

test('a jugfile that does not parse is shown with the place', refused, {
  jugfile: `${F}const g = function ( { return 1; };`,
  code: 3,
  says: [/^jug: .*\/jugfile\.ts:4:\d+ does not parse: /, /^ +4 \| const g = function/m],
});

test('a module that does not parse is shown with its own place', refused, {
  files: {'lib/broken.js': 'export const a = 1;\nexport const = 2;\n'},
  jugfile: `import {a} from './lib/broken.js';\nconsole.error(a);`,
  code: 3,
  says: [/^jug: .*\/lib\/broken\.js:2:\d+ does not parse: /],
});

test('a module that is not there is told with who asks for it', refused, {
  jugfile: `${F}import {a} from './lib/nowhere';\nf(a);`,
  code: 3,
  says: [/^jug: .*[Cc]annot find '\.\/lib\/nowhere', imported from .*jugfile\.ts:4:17/],
});

test('a package that is not installed is told with what to do', refused, {
  jugfile: `${F}import {a} from 'no-such-package-at-all';\nf(a);`,
  code: 3,
  says: [/Cannot find the package 'no-such-package-at-all', imported from .*jugfile\.ts:4:\d+; install it/],
});

test('a task function without a name is refused with the fix', refused, {
  jugfile: `${F}export const g = TaskGenerator((x: number) => x);`,
  code: 3,
  says: [
    /^jug: Expected a task function with a name, found one without \(jugfile\.ts:4\)\.\n.*\{name: "…"\}/,
  ],
});

test('two different functions under one name are refused with both places', refused, {
  jugfile: `${F}const g = TaskGenerator(function f(n: number) { return n + 1; });`,
  code: 3,
  says: [
    /^jug: Expected one function under the name jugfile\.f, found another function at jugfile\.ts:4 \(the first: jugfile\.ts:3\)/,
  ],
});

test('something that is no function is refused', refused, {
  jugfile: `${F}const g = TaskGenerator('f' as any);`,
  code: 3,
  says: [/^jug: Expected a function to make tasks of, found string f \(jugfile\.ts:4\)/],
});

for (const [what, argument, path, reason] of [
  ['an instance of a class', 'new (class Point { x = 1 })()', '', 'is an instance of Point'],
  [
    'an instance deep inside',
    '{rows: [{}, {p: new (class Point {})()}]}',
    '.rows[1].p',
    'is an instance of Point',
  ],
  ['a symbol', '{s: Symbol("x")}', '.s', 'is a symbol'],
  ['a function without a name', '[{f: [() => 1]}]', '[0].f[0]', 'is a function without a name'],
  ['a promise', 'new Map([["k", Promise.resolve(1)]])', '.get("k")', 'is a Promise: await it'],
  ['a WeakMap', '[new WeakMap()]', '[0]', 'is'],
  ['a generator', '[(function* () { yield 1; })()]', '[0]', 'is'],
] as const) {
  test(`${what} as an argument is refused, naming task, argument and path`, refused, {
    jugfile: `${F}export const t = f(1, ${argument});`,
    code: 3,
    says: [
      /^jug: Expected arguments that can be hashed for the task jugfile\.f \(jugfile\.ts:4\); of argument 2, /,
      new RegExp(`of argument 2, ${path === '' ? 'it' : `what is at ${escaped(path)} in it`} ${reason}`),
    ],
  });
}

function escaped(text: string): string {
  return text.replace(/[.[\]()]/g, '\\$&');
}

test('a barrier outside jug is refused; the functions and the tasks work', async t => {
  const rig = await openRig(t);
  rig.write({
    'compiled.mjs': `
import {barrier, isJugRunning, TaskGenerator} from 'jug';
const double = TaskGenerator(function double(n) { return 2 * n; });
console.log(isJugRunning(), double.f(2), String(double(double(1))));
await barrier();
console.log('never');
`,
  });
  const plain = await rig.run(process.execPath, ['compiled.mjs']);
  t.is(plain.code, 1);
  t.is(plain.stdout, 'false 4 compiled.double(Task compiled.double(…))\n');
  t.regex(
    plain.stderr,
    /JugError: Expected to run under jug to reach a barrier; this is plain node\.\nRun `jug execute`/,
  );
  t.notRegex(plain.stderr, /(?:dist|lib)\/src|exitCode/);
  const under = await rig.jug('execute -j 1 compiled.mjs');
  t.is(under.code, 0);
  t.is(under.stderr.split('\n')[0], 'true 4 compiled.double(Task compiled.double(…))');
});

test('a value that is not there yet is refused, naming the task and what to do', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.ts': `${F}import {value} from 'jug';\nexport const one = f(1);\nawait value([one]);\n`,
  });
  const result = await rig.jug('execute -j 1');
  t.is(result.code, 3);
  t.regex(
    result.stderr,
    /Expected the result of jugfile\.f\(1\) \([0-9a-f]{12}\) to be there; it has not been computed yet\.\nRun `jug execute` first, or in a jugfile wait for it: await barrier\(\), or await bvalue\(task\)\.\n {4}at .*jugfile\.ts:\d+:\d+\)?\n$/,
  );
  noStackOfOurs(t, result);
  rig.write({
    'jugfile.ts': `${F}import {barrier, value} from 'jug';\nexport const one = f(1);\nbarrier();\nawait value(f(one));\n`,
  });
  const forgotten = await rig.jug('execute -j 1');
  t.is(forgotten.code, 3);
  t.regex(
    forgotten.stderr,
    /\n {4}at .*jugfile\.ts:\d+:\d+\)?\nThe jugfile has gone on behind jugfile\.ts:\d+, where it was to wait: is an `await` missing there\?\n$/,
  );
});

for (const read of [
  'load().X',
  "load()['X']",
  '((data) => { const {X} = data; return X; })(load())',
  'load().ok ? 1 : 2',
  'load().get("rows").X',
  'load()[-1]',
  'mapreduce.map(Math.sqrt, [1, 2])[99]',
  'load().value',
]) {
  test(`reading ${read} of what is not known yet is refused at its line`, refused, {
    files: {'load.mjs': 'export const any = x => x;'},
    jugfile: `${F}import {mapreduce} from 'jug';\nimport {any} from './load.mjs';\nconst load = any(f) as () => any;\nf(${read});\n`,
    code: 3,
    says: [/^jug: Expected .* \(jugfile\.ts:7\)/, /\nUse (task|mapped)\.(get|at)\(/],
  });
}
