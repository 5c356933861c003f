// What users run is lib/, the compiled code in few files: that it has what is loaded by name, and comes up without circles.

import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('../../', import.meta.url));

function filesOf(folder: string, ending: RegExp): string[] {
  return readdirSync(path.join(root, folder), {recursive: true, encoding: 'utf8'})
    .filter(file => ending.test(file))
    .map(file => path.join(root, folder, file));
}

test('whatever the code loads by its name is in the bundle under that name', t => {
  const sources = [...filesOf('src', /\.c?ts$/), ...filesOf('workers', /\.c?ts$/)];
  const named = sources
    .flatMap(file => [...readFileSync(file, 'utf8').matchAll(/\bentry(?:Url|Path)\('([^']+)'\)/g)])
    .map(([, entry]) => entry!);
  t.true(named.length >= 6);
  for (const entry of named) t.true(existsSync(path.join(root, 'lib', entry)), entry);
});

test('nothing but package-files.ts knows where its file stands', t => {
  // The two others only say from where packages and built-in modules are looked for.
  const own = new Set([
    'src/core/package-files.ts',
    'src/core/module-exports.ts',
    'src/loader/transform.ts',
    'workers/task-worker.ts',
  ]);
  const sources = [...filesOf('src', /\.c?ts$/), ...filesOf('workers', /\.c?ts$/)];
  const found = sources
    .filter(file => /\bimport\.meta\b/.test(readFileSync(file, 'utf8').replace(/\/\/.*/g, '')))
    .map(file => path.relative(root, file));
  t.deepEqual(
    found.filter(file => !own.has(file)),
    [],
  );
});

test('no chunk imports itself by way of others before it runs', t => {
  const imports = new Map(
    filesOf('lib', /\.js$/).map(file => [
      file,
      [...readFileSync(file, 'utf8').matchAll(/^import (?:.* from )?"(\.[^"]+)";$/gm)].map(([, specifier]) =>
        path.resolve(file, '..', specifier!),
      ),
    ]),
  );
  t.true([...imports.values()].flat().length > 20);
  const done = new Set<string>();
  const walk = (file: string, above: readonly string[]): void => {
    if (above.includes(file)) return void t.fail([...above, file].join(' → '));
    if (done.has(file)) return;
    for (const next of imports.get(file)!) walk(next, [...above, file]);
    done.add(file);
  };
  for (const file of imports.keys()) walk(file, []);
});

test('what draws is in one file, with the licences of the packages that it is made of', t => {
  const live = filesOf('lib/src/chunks', /^ink-canvas-[^/]+\.js$/);
  t.is(live.length, 1);
  const others = filesOf('lib', /\.c?js$/).filter(file => file !== live[0]);
  const named = (file: string): string[] =>
    [...readFileSync(file, 'utf8').matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].map(([, name]) => name!);
  const packages = new Set(named(live[0]!));
  t.true(packages.has('ink') && packages.has('react'));
  for (const file of others)
    t.deepEqual(
      named(file).filter(name => packages.has(name)),
      [],
      file,
    );
  const licences = readFileSync(path.join(root, 'lib/LICENSES.txt'), 'utf8');
  for (const name of packages) t.regex(licences, new RegExp(`^${name} \\d+\\.\\d+.*: \\S+`, 'm'));
});
