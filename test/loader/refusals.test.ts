import {compileFunction} from 'node:vm';
import test, {type ExecutionContext} from 'ava';
import {run} from '../fixtures/typescript/run.js';

async function refuses(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
  expected: (folder: string) => string,
): Promise<void> {
  const {folder, main, worker} = await run(t, files);
  for (const {error} of [main, worker]) {
    t.is(error?.message, expected(folder));
    t.true(error?.isJugError);
    t.is(error?.exitCode, 3);
  }
}

test('such a .js that does not parse is told with its place', async t => {
  const files = {
    'jugfile.js': `import './a.js';\n`,
    'package.json': '{"type": "commonjs"}',
    'a.js': `export const a = = 1;\n`,
  };
  await refuses(
    t,
    files,
    folder =>
      `${folder}/a.js:1:18 does not parse: Unexpected token\n  1 | export const a = = 1;\n    |                  ^`,
  );
});

test('a file that does not parse is refused with its line, its column and a caret', async t => {
  const text = `// é😀\nexport const a: number = 1;\n\tconst b = ;\n`;
  const says = (name: string) => (folder: string) =>
    `${folder}/${name}:3:12 does not parse: Unexpected token\n  3 | \tconst b = ;\n    | \t          ^`;
  await refuses(t, {'jugfile.ts': text}, says('jugfile.ts'));
  await refuses(t, {'jugfile.ts': `import './part';`, 'part.ts': text}, says('part.ts'));
  await refuses(t, {'jugfile.mjs': text.replace(': number', '')}, says('jugfile.mjs'));
});

test('what only Node finds wrong in a file is refused with its place in the file as it was written', async t => {
  await refuses(
    t,
    {'jugfile.ts': `import './part';`, 'part.ts': `type A = 1;\n\nexport const a: any = /(/;\n`},
    folder =>
      `${folder}/part.ts:3:23 does not parse: Invalid regular expression: /(/: Unterminated group\n` +
      '  3 | export const a: any = /(/;\n    |                       ^',
  );
});

test('what this Node does not know yet is refused with its line, and what to write instead', async t => {
  const types = 'interface Size {\n  width: number;\n}\n';
  for (const [name, text, place, what, instead] of [
    ['a.ts', `const log = (x: any): any => x;\n@log\nexport class A {}\n`, '5:1', 'decorators', DECORATED],
    ['a.ts', `class A {\n  x: Size;\n  @(console.log as any) m() {}\n}\n`, '6:3', 'decorators', DECORATED],
    ['a.ts', `class A {\n  static accessor x: number = 1;\n}\n`, '5:19', '`accessor`', ACCESSOR],
    ['a.ts', `function f(): void {\n\tusing x = null;\n}\n`, '5:8', '`using`', USING],
    ['a.mts', `for (await using x of []) {}\n`, '4:18', '`using`', USING],
    ['a.js', `export const a = 1;\n{ using x = null; }\n`, '2:9', '`using`', USING],
  ] as const) {
    if (what === '`using`' && knowsUsing()) continue;
    const full = name === 'a.js' ? text : types + text;
    const row = Number(place.split(':')[0]);
    const says = new RegExp(
      `^/.*/${name}:${place} does not parse: Node v\\S+ does not know ${what} \\(${instead}\\)\n  ${row} \\| `,
    );
    for (const files of [
      {[name]: full},
      {'jugfile.ts': `import './b';`, 'b.ts': `import './${name}';`, [name]: full},
    ]) {
      const {main, worker} = await run(t, files);
      for (const {error} of [main, worker]) {
        t.regex(error?.message ?? '', says);
        t.true(error?.isJugError);
      }
    }
  }
});

function knowsUsing(): boolean {
  try {
    compileFunction('using x = null;');
    return true;
  } catch {
    return false;
  }
}

const DECORATED = 'call the function instead';

const ACCESSOR = 'write a getter and a setter instead';

const USING = 'write try … finally instead';

test('an import that leads nowhere is refused with its place and what was looked for', async t => {
  await refuses(
    t,
    {'jugfile.ts': `type A = 1;\nimport {x} from './x';\nexport const y = x;`},
    folder =>
      `Cannot find './x', imported from ${folder}/jugfile.ts:2:17; looked in ${folder} for x, x.ts, x.mts, x.tsx, x.js, x.mjs, x.cts, x.cjs, x.jsx, x/index.ts, x/index.mts, x/index.tsx, x/index.js, x/index.mjs`,
  );
  await refuses(
    t,
    {'jugfile.js': `import x from '@a/b/c';\nexport const y = x;`},
    folder =>
      `Cannot find the package '@a/b', imported from ${folder}/jugfile.js:1:15; install it beside the jugfile: npm install @a/b`,
  );
  await refuses(
    t,
    {'jugfile.js': `import x from 'jug/src/task.js';\nexport const y = x;`},
    folder =>
      `Cannot find 'jug/src/task.js', imported from ${folder}/jugfile.js:1:15; import from 'jug' itself`,
  );
});

test('an export that is not there is refused with the place of its import', async t => {
  await refuses(
    t,
    {
      'jugfile.ts': `type A = 1;\n\nimport {x} from './y';\nexport const z = x;`,
      'y.ts': `export const y = 1;`,
    },
    folder =>
      `The requested module './y' does not provide an export named 'x', imported from ${folder}/jugfile.ts:3:17; export it there, or if it is a type import and export it with the word \`type\``,
  );
});
