// The README and the docs are replayed: every file they show is written, every command they show is run, and what it
// prints is compared. `JUG_UPDATE_DOCS=1 npx ava dist/test/docs.test.js` writes what was printed into the pages.

import {execFile} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {mkdir, mkdtemp, readFile, realpath, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {Command as Parser} from 'commander';
import {COMMANDS} from '../src/commands/index.js';
import {KEY_LINES} from '../src/ui/screen/keys.js';
import {isAsExpected, project, runCommand, stepsOf} from './helpers/transcript.js';

const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const updating = process.env.JUG_UPDATE_DOCS !== undefined;
const all = await realpath(await mkdtemp(path.join(tmpdir(), 'jug-docs-')));
test.after.always(() => rm(all, {recursive: true, force: true}));

const docs = readdirSync(path.join(root, 'docs')).filter(name => name.endsWith('.md'));
const pages = ['README.md', ...docs.map(name => `docs/${name}`)];

for (const page of pages) {
  test.serial(`${page} does what it says`, async t => {
    const file = path.join(root, page);
    const text = await readFile(file, 'utf8');
    const folder = path.join(all, path.basename(page, '.md'));
    await project(folder, root);
    const lines = text.split('\n');
    let moved = 0;
    const unused = new Set<string>();
    for (const step of stepsOf(text)) {
      if (step.kind === 'file') {
        await mkdir(path.dirname(path.join(folder, step.name)), {recursive: true});
        await writeFile(path.join(folder, step.name), step.text);
        if (step.name.endsWith('.ts') && /from 'jug'/.test(step.text)) unused.add(step.name);
        continue;
      }
      const output = await runCommand(step.line, folder);
      for (const name of unused) if (step.line.includes(name)) unused.delete(name);
      if (isAsExpected(output, step.expected)) continue;
      if (updating) {
        const printed = output === '' ? [] : output.split('\n');
        lines.splice(step.from + moved, step.to - step.from, ...printed);
        moved += printed.length - (step.to - step.from);
      } else {
        t.is(output, step.expected, `$ ${step.line}`);
      }
    }
    // A jugfile that no command of the page names is run all the same.
    for (const name of unused) {
      const output = await runCommand(`jug execute -j 2 ${name}; echo "exit code $?"`, folder);
      t.regex(output, /exit code 0$/, name);
    }
    if (moved !== 0 || lines.join('\n') !== text) await writeFile(file, lines.join('\n'));
    t.pass();
  });
}

test.serial('what the pages show is well typed', async t => {
  const config = {
    compilerOptions: {
      target: 'ES2023',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      noUncheckedIndexedAccess: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [path.join(root, 'node_modules/@types')],
    },
    include: ['*/**/*.ts'],
    exclude: ['**/node_modules', '**/unparsable.ts'],
  };
  await writeFile(path.join(all, 'tsconfig.json'), JSON.stringify(config));
  const {stdout} = await promisify(execFile)(
    process.execPath,
    [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', all],
    {cwd: all},
  ).catch(error => error as {stdout: string});
  t.is(stdout, '');
});

test.serial('the keys of the full screen are those of its table', async t => {
  const file = path.join(root, 'docs/commands.md');
  const lines = KEY_LINES.map(({keys, does}) => `| ${keys.map(key => `\`${key}\``).join(' ')} | ${does} |`);
  const table = ['| key | |', '| --- | --- |', ...lines].join('\n');
  const text = await readFile(file, 'utf8');
  const there = /^\| key \| \|\n(?:\|.*\n)+/m.exec(text)?.[0] ?? '';
  if (updating && there !== `${table}\n`)
    await writeFile(
      file,
      text.replace(there, () => `${table}\n`),
    );
  else t.is(there, `${table}\n`);
  t.pass();
});

test.serial('links between the pages lead somewhere', async t => {
  for (const page of pages) {
    const text = await readFile(path.join(root, page), 'utf8');
    for (const [, link] of text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
      await t.notThrowsAsync(
        readFile(path.join(root, path.dirname(page), link!)).catch(error => {
          if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
        }),
        `${page}: ${link}`,
      );
    }
  }
});

test.serial('each option is told of: of a command in its section, of execute() in its row', async t => {
  const commands = await readFile(path.join(root, 'docs/commands.md'), 'utf8');
  for (const [name, {load}] of Object.entries(COMMANDS)) {
    const section = new RegExp(`^## ${name}\\n(.*?)(?=^## )`, 'ms').exec(commands)?.[1] ?? '';
    const parser = new Parser();
    (await load()).configure(parser);
    for (const {long} of parser.options) t.true(section.includes(long!), `${name} ${long}`);
  }
  const source = await readFile(path.join(root, 'src/api/run-options.ts'), 'utf8');
  const [, members] = /^export interface ExecuteOptions \{\n(.*?)^\}/ms.exec(source)!;
  const names = [...members!.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name]) => name!);
  t.true(names.length > 10);
  const tasks = await readFile(path.join(root, 'docs/tasks.md'), 'utf8');
  const row = /^\| `execute\(jugfile, options\)`.*$/m.exec(tasks)![0];
  for (const name of names) t.true(row.includes(`\`${name}\``), name);
});
