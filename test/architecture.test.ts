// The picture of docs/architecture.md, held against the import lines of the sources.

import {readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {importsOf, ROOT, sources} from './helpers/sources.js';

/**
 * The law of imports: the rooms of src/ from the lowest floor to the highest, one a floor. A file imports from its own room and
 * from those below. `index`, `cli` and `bin` are the doors, a file each; `workers` stands beside.
 */
const LAW =
  'core → values → loader → stores → tasks → settings → graph → evaluation → ui → run → api → index → commands → cli → bin';
const FLOORS = LAW.split(' → ');

/** The room of a file of src/; of a door, its name. */
function roomOf(file: string): string {
  const [, room = ''] = file.split('/');
  return room.replace(/\.c?ts$/, '');
}

/** What a file of `workers/` may import from src/, besides types: never the scheduler, the commands or the ui. */
const FOR_WORKERS =
  /^src\/(?:(?:core|values|loader|stores|tasks|evaluation)\/|index\.ts$|run\/(?:protocol|journal|run-host|print-ring)\.ts$)/;

/** One library, one place. Everything else is imported from everywhere. */
const LIBRARIES: Readonly<Record<string, RegExp>> = {
  lmdb: /^src\/stores\/lmdb\//,
  ioredis: /^src\/stores\/redis\//,
  piscina: /^(src\/run\/pool|workers\/.*)\.ts$/,
  comlink: /^(src\/run\/pool|workers\/.*)\.ts$/,
  'fast-json-stable-stringify': /^src\/values\/canonical-text\.ts$/,
  commander: /^src\/(cli\.ts|commands\/.*)$/,
  'oxc-transform': /^src\/loader\/.*\.ts$/,
  ink: /^src\/ui\/ink-canvas\.ts$/,
  react: /^src\/ui\/ink-canvas\.ts$/,
  ava: /^$/,
};

/** Libraries whose code is part of ours (rolldown.config.js): users do not install them. */
const BUNDLED = ['ink', 'react'];

const MOST_LINES = 400;

const ALL = sources();
test('the import lines of the sources are found', t => {
  t.deepEqual(
    importsOf(
      'src/ui/x.ts',
      `#!/usr/bin/env node
// import {no} from './comment.js';
import fs from 'node:fs';
import {type A, b} from '../a.js';
import type {C} from './c.js';
import {
  type D,
  type E,
} from '../d.js';
import './e.js';
export {f} from '../f.js';
export * as g from 'g';
const h = await import('../h.js');
import i = require('./i.cjs');
`,
    ),
    [
      {target: 'node:fs', when: 'loaded'},
      {target: 'src/a.ts', when: 'loaded'},
      {target: 'src/ui/c.ts', when: 'compiled'},
      {target: 'src/d.ts', when: 'compiled'},
      {target: 'src/ui/e.ts', when: 'loaded'},
      {target: 'src/f.ts', when: 'loaded'},
      {target: 'g', when: 'loaded'},
      {target: 'src/ui/i.cts', when: 'loaded'},
      {target: 'src/h.ts', when: 'called'},
    ],
  );
  const files = new Set(ALL.map(({file}) => file));
  for (const {file, imports} of ALL) {
    for (const {target} of imports) {
      if (/^(src|workers)\//.test(target)) t.true(files.has(target), `${file} imports ${target}`);
    }
  }
});

test('every source file is in a room, and no room is empty', t => {
  const rooms = new Set(ALL.filter(({file}) => file.startsWith('src/')).map(({file}) => roomOf(file)));
  t.deepEqual([...rooms].sort(), [...FLOORS].sort());
  const loose = ALL.map(({file}) => file).filter(file => /^src\/[^/]+$/.test(file));
  t.deepEqual(
    loose.sort(),
    ['src/bin.ts', 'src/cli.ts', 'src/index.ts'],
    'beside the rooms stand the doors alone',
  );
});

test('a file imports only from its own room and from lower floors', t => {
  const floorOf = (file: string): number => FLOORS.indexOf(roomOf(file));
  const wrong = ALL.filter(({file}) => file.startsWith('src/')).flatMap(({file, imports}) =>
    imports
      .filter(({target}) => target.startsWith('src/') && floorOf(target) > floorOf(file))
      .map(({target}) => `${file} → ${target}`),
  );
  t.deepEqual(wrong, []);
});

test('the page of the architecture shows the law', t => {
  const page = readFileSync(path.join(ROOT, 'docs/architecture.md'), 'utf8');
  t.true(page.replace(/\s+/g, ' ').includes(LAW));
});

test('kinds of store know nothing of each other, and only registry.ts knows which there are', t => {
  const kindOf = (file: string) => /^src\/stores\/([^/]+)\//.exec(file)?.[1];
  const wrong = ALL.filter(({file}) => file !== 'src/stores/registry.ts').flatMap(({file, imports}) =>
    imports
      .filter(({target, when}) => when !== 'compiled' && kindOf(target) !== undefined)
      .filter(({target}) => kindOf(target) !== kindOf(file))
      .map(({target}) => `${file} → ${target}`),
  );
  t.deepEqual(wrong, []);
});

test('workers know nothing of the scheduler, the commands and the ui', t => {
  const wrong = ALL.filter(({file}) => file.startsWith('workers/')).flatMap(({file, imports}) =>
    imports
      .filter(({target, when}) => target.startsWith('src/') && when !== 'compiled')
      .filter(({target}) => !FOR_WORKERS.test(target))
      .map(({target}) => `${file} → ${target}`),
  );
  t.deepEqual(wrong, []);
  for (const {file, imports} of ALL) {
    if (!file.startsWith('src/')) continue;
    t.false(
      imports.some(({target}) => target.startsWith('workers/')),
      file,
    );
  }
});

test('the thread of a heartbeat loads nothing but what node has, and what is loaded like itself', t => {
  const files = ALL.filter(({file}) => /^src\/stores\/.*\.cts$/.test(file));
  t.true(files.length > 0);
  const wrong = files.flatMap(({file, imports}) =>
    imports
      .filter(({target, when}) => when !== 'compiled' && !/^(node:|src\/stores\/.*\.cts$)/.test(target))
      .map(({target}) => `${file} → ${target}`),
  );
  t.deepEqual(wrong, []);
});

test('no file imports itself through others, be it only for types', t => {
  const imports = new Map(ALL.map(source => [source.file, source.imports.map(({target}) => target)]));
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, above: readonly string[]): void => {
    if (above.includes(file)) {
      cycles.push([...above.slice(above.indexOf(file)), file].join(' → '));
      return;
    }
    if (finished.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...above, file]);
    finished.add(file);
  };
  for (const {file} of ALL) visit(file, []);
  t.deepEqual(cycles, []);
});

test('a jugfile that imports jug loads neither the scheduler, nor the pool, nor a store, nor what draws', t => {
  const loaded = new Set(['src/index.ts']);
  for (const file of loaded) {
    const imports = ALL.find(source => source.file === file)?.imports ?? [];
    for (const {target, when} of imports) if (when === 'loaded') loaded.add(target);
  }
  t.true(loaded.has('src/tasks/task.ts'));
  const heavy =
    /^src\/(run\/(?!run-host|journal).*|api\/run|ui\/.*|stores\/(?!registry|owner|redact|store|failure-record).*)\.ts$|^(lmdb|piscina|comlink|commander)$/;
  t.deepEqual(
    [...loaded].filter(file => heavy.test(file)),
    [],
  );
});

test('each library is used in one place', t => {
  const wrong = ALL.flatMap(({file, imports}) =>
    imports
      .filter(({target}) => !target.startsWith('src/') && !target.startsWith('workers/'))
      .filter(({target}) => {
        const library = target
          .split('/')
          .slice(0, target.startsWith('@') ? 2 : 1)
          .join('/');
        return LIBRARIES[library]?.test(file) === false;
      })
      .map(({target}) => `${file} → ${target}`),
  );
  t.deepEqual(wrong, []);
});

test('every library that is used is a dependency, or in the bundle, and every dependency is used', t => {
  const {dependencies, devDependencies} = JSON.parse(
    readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
  const used = new Set(
    ALL.flatMap(({imports}) => imports.map(({target}) => target.split('/')[0]!)).filter(
      name => !name.startsWith('node:') && name !== 'src' && name !== 'workers',
    ),
  );
  t.deepEqual([...used].sort(), [...Object.keys(dependencies), ...BUNDLED].sort());
  for (const library of BUNDLED) t.true(library in devDependencies, library);
});

test(`no file is longer than ${MOST_LINES} lines`, t => {
  const long = ALL.map(({file, text}) => [file, text.trimEnd().split('\n').length] as const);
  t.deepEqual(
    long.filter(([, lines]) => lines > MOST_LINES),
    [],
  );
});

test('every file opens with what it is about', t => {
  const silent = ALL.filter(({text}) => !/^(#!.*\n)?\/\/ \S/.test(text));
  t.deepEqual(
    silent.map(({file}) => file),
    [],
  );
});

test('only the command line ends the process', t => {
  // What stands in a text for the user is no call.
  const ending = ALL.filter(({text}) =>
    /\bprocess\.exit\(/.test(text.replace(/`[^`]*`/g, '').replace(/\/\/.*/g, '')),
  );
  t.deepEqual(
    ending.map(({file}) => file),
    ['src/cli.ts'],
  );
});
