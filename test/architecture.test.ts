// The picture of docs/architecture.md, held against the import lines of the sources.

import {readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {importsOf, ROOT, sources} from './helpers/sources.js';

/**
 * Every source file has a layer, and imports only from its own and those before it. A layer is a list of names
 * relative to src/, without the extension if that is .ts; `workers` stands beside, and reaches only what is listed for it.
 */
const LAYERS: readonly (readonly [name: string, files: string])[] = [
  [
    'values, and what may be said of them',
    `
    errors awaited exits failure frame places hash numbering open-ends open-files output stray trouble types unawaited version checksums runtime source-maps suitable modules leaving stdin
    values/record values/serializer values/classes values/refusal values/survey values/flat values/canonical values/unflatten values/codec values/plain values/class-source values/hidden values/recipe values/node-errors values/path
  `,
  ],
  [
    'functions and tasks',
    `
    tasks/functions tasks/scope tasks/tree tasks/resolve tasks/host tasks/misuse tasks/naming tasks/references tasks/call-hash tasks/owners tasks/subscript tasks/task tasks/light-task tasks/task-generator tasks/origin tasks/target events stores/store tasks/instance tasks/scripts tasks/defined tasks/not-known tasks/parameters tasks/inspector tasks/scopes tasks/used-names tasks/closures tasks/hashing-time tasks/watching tasks/tasklet-function tasks/reached tasks/own-value
  `,
  ],
  [
    'what a jugfile is made of',
    `
    tasks/barrier tasks/compound tasks/io tasks/map-reduce tasks/utils tasks/arguments tasks/results
  `,
  ],
  [
    'parts that run, store and tell, each by itself',
    `
    find-jugfile hosts journal run-host own-store ui/table ui/plain ui/closing ui/amounts ui/equal-failures ui/github ui/json ui/cells ui/paint ui/printed ui/terminal ui/sketch ui/live ui/live-layout ui/live-view ui/model ui/recent ui/time-left ui/wording commands/batch-systems default-jobs
    ui/screen/arranged ui/screen/cursor ui/screen/details ui/screen/failures ui/screen/filter ui/screen/frame ui/screen/functions ui/screen/keyboard ui/screen/kept-output ui/screen/keys ui/screen/lanes ui/screen/order ui/screen/overview ui/screen/screen ui/screen/session ui/screen/show ui/screen/source ui/screen/tab ui/screen/task-list ui/screen/words ui/screen/workers
    graph/columns graph/graph graph/states graph/standing graph/held graph/times graph/watched
    run/ahead run/batching run/chain run/deaths run/lanes run/ordered run/protocol run/runner run/pool run/running run/threads run/descendants run/remains
    run/saving run/sign run/loss run/unsaved run/intake run/pace run/elsewhere run/end run/failures run/waiters run/queue run/outcomes run/under-way run/earlier run/others run/telling run/timings run/print-ring run/line-cutter run/prints
    settings/ini settings/settings settings/jugdir settings/programs
    typescript/typescript typescript/check typescript/errors typescript/exports typescript/hooks typescript/resolve typescript/transform
    stores/absent stores/asked stores/changing stores/checked stores/copying stores/damaged stores/folder stores/forwarding stores/beating.cts stores/guard stores/hash-bytes stores/hash-places stores/heartbeat stores/late stores/marker stores/open stores/owner stores/patient stores/password stores/pieces stores/sweep
    stores/lmdb/bundle stores/lmdb/bundle-index stores/lmdb/bundles stores/lmdb/claims stores/lmdb/environment stores/lmdb/gate stores/lmdb/holder stores/lmdb/large stores/lmdb/lmdb stores/lmdb/opened stores/lmdb/pages stores/lmdb/preflight stores/lmdb/presence stores/lmdb/read-only stores/lmdb/reading stores/lmdb/results stores/lmdb/rights stores/lmdb/room stores/lmdb/saving stores/lmdb/singles stores/lmdb/watch
    stores/file/beat-thread.cts stores/file/beats stores/file/contents stores/file/disk stores/file/file stores/file/locks stores/file/log stores/file/pack-entries stores/file/pack-index stores/file/packing stores/file/places stores/file/pool stores/file/ranges stores/file/results stores/file/segment stores/file/table stores/file/turns
    stores/redis/address stores/redis/connection stores/redis/errors stores/redis/health stores/redis/large stores/redis/layout stores/redis/locks stores/redis/looks stores/redis/redis stores/redis/renewal stores/redis/renewal-thread.cts stores/redis/results stores/redis/saving stores/redis/scripts stores/redis/session stores/redis/silence stores/redis/wire.cts
    stores/dict/dict stores/dict/file stores/dict/lock
    stores/module/answers stores/module/import stores/module/module
  `,
  ],
  ['the run loop, and a jugfile evaluated', 'run/scheduler jugfile turn'],
  ['a whole run, and results read from a script', 'execute execute-options init summary'],
  [
    'what a jugfile imports, and what a user types',
    `
    index commands/command commands/copy commands/index commands/no-tasks commands/settings commands/store
    commands/run-view commands/views commands/github-view commands/run-end commands/status-texts commands/check commands/cleanup commands/count commands/execute commands/invalidate commands/pack commands/status commands/submit commands/submit-options
    commands/live-keys commands/own-run commands/screen-acts commands/ui commands/watched-run
  `,
  ],
  ['the command line', 'cli'],
  ['its door', 'bin'],
];

/** What a file of `workers/` may import from src/, besides types: never the scheduler, the commands or the ui. */
const FOR_WORKERS =
  'run/print-ring tasks/watching tasks/resolve stdin tasks/arguments values/codec values/plain errors failure frame tasks/functions tasks/light-task hosts index journal run-host run/protocol values/record tasks/results stores/open stores/patient stores/store tasks/host tasks/scope tasks/task tasks/tree typescript/typescript checksums'.split(
    ' ',
  );

/** One library, one place. Everything else is imported from everywhere. */
const LIBRARIES: Readonly<Record<string, RegExp>> = {
  lmdb: /^src\/stores\/lmdb\//,
  ioredis: /^src\/stores\/redis\//,
  piscina: /^(src\/run\/pool|workers\/.*)\.ts$/,
  comlink: /^(src\/run\/pool|workers\/.*)\.ts$/,
  'fast-json-stable-stringify': /^src\/values\/canonical\.ts$/,
  commander: /^src\/(cli\.ts|commands\/.*)$/,
  'oxc-transform': /^src\/typescript\/.*\.ts$/,
  ink: /^src\/ui\/live\.ts$/,
  react: /^src\/ui\/live\.ts$/,
  ava: /^$/,
};

/** Libraries whose code is part of ours (rolldown.config.js): users do not install them. */
const BUNDLED = ['ink', 'react'];

const MOST_LINES = 400;

const ALL = sources();
const layerOf = new Map<string, number>(
  LAYERS.flatMap(([, files], layer) =>
    files
      .trim()
      .split(/\s+/)
      .map(name => [`src/${name.includes('.') ? name : `${name}.ts`}`, layer] as const),
  ),
);

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

test('every source file has a layer, and the table names no file that is not there', t => {
  const files = ALL.map(({file}) => file).filter(file => file.startsWith('src/'));
  t.deepEqual(
    files.filter(file => !layerOf.has(file)),
    [],
    'not in the table of layers',
  );
  t.deepEqual(
    [...layerOf.keys()].filter(file => !files.includes(file)),
    [],
    'in the table, and gone',
  );
});

test('a file imports only from its own layer and those below', t => {
  const wrong = ALL.flatMap(({file, imports}) =>
    imports
      .filter(({target}) => (layerOf.get(target) ?? -1) > (layerOf.get(file) ?? Infinity))
      .map(({target}) => `${file} → ${target}`),
  );
  t.deepEqual(wrong, []);
});

test('kinds of store know nothing of each other, and only open.ts knows which there are', t => {
  const kindOf = (file: string) => /^src\/stores\/([^/]+)\//.exec(file)?.[1];
  const wrong = ALL.filter(({file}) => file !== 'src/stores/open.ts').flatMap(({file, imports}) =>
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
      .filter(({target}) => !FOR_WORKERS.includes(target.slice('src/'.length, -'.ts'.length)))
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
    /^src\/(run\/.*|execute|ui\/.*|stores\/(?!open|owner|password|store).*)\.ts$|^(lmdb|piscina|comlink|commander)$/;
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
