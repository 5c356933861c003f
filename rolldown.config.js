// How the compiled code becomes the few files that users get: a command that reads five files is there sooner than one
// that reads two hundred. Everything of dist/ that somebody loads by its name is an entry here (src/core/package-files.ts), and stands
// in lib/ at the same place; packages stay outside. Types, and what the tests look into, stay in dist/.

import {readdirSync, readFileSync} from 'node:fs';
import {isBuiltin} from 'node:module';
import path from 'node:path';

const source = 'dist';
const {dependencies} = JSON.parse(readFileSync('package.json', 'utf8'));
const shared = {
  platform: 'node',
  treeshake: {moduleSideEffects: true},
  // What draws says no more than it must.
  transform: {define: {'process.env.NODE_ENV': '"production"'}},
};

/** Packages that users install stand outside; those that only draw, some forty, are read in one file a quarter as long. */
function isOutside(id) {
  const name = /^(?:@[^/]+\/)?[^./][^/]*/.exec(id)?.[0];
  return isBuiltin(id) || (name !== undefined && name in dependencies);
}

/** Leaves out what Ink loads to be looked into by React's tools, which are not there. */
const withoutTools = {
  name: 'without-tools',
  resolveId: (specifier, importer) =>
    specifier === './devtools.js' && importer?.includes('/node_modules/ink/') ? '\0nothing' : undefined,
  load: id => (id === '\0nothing' ? 'export {};' : undefined),
};

/** Writes the licences of the packages whose code is in the bundle. */
const licences = {
  name: 'licences',
  generateBundle(_options, bundle) {
    const folders = new Set();
    for (const {modules = {}} of Object.values(bundle))
      for (const id of Object.keys(modules)) {
        const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];
        if (folder !== undefined) folders.add(folder);
      }
    const texts = [...folders].sort().map(folder => {
      const {name, version, license} = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find(one => /^licen[cs]e/i.test(one));
      const text = file === undefined ? '' : `\n\n${readFileSync(path.join(folder, file), 'utf8').trim()}`;
      return `${name} ${version}: ${license}${text}`;
    });
    const source = `Parts of these packages are in lib/.\n\n${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
    this.emitFile({type: 'asset', fileName: 'LICENSES.txt', source});
  },
};

/** Of one graph, so that a process that has the command line and the library has each module once. */
const modules = [
  'src/bin',
  'src/cli',
  'src/index',
  'src/loader/hooks',
  'src/loader/exports',
  'workers/task-worker',
];
/**
 * Chunks that several entries share, from the lowest: each is what its files import that is in none before it, so that no
 * chunk imports one after it. `library` is all that a thread loads beside its own; `command`, what every command does;
 * `stores`, what most of them do with stores; `run`, what only a run does.
 */
const chunks = Object.entries({
  runtime: ['src/core/runtime'],
  loader: ['src/loader/hooks', 'src/loader/exports'],
  library: ['src/index'],
  threads: ['workers/task-worker'],
  command: [
    'src/cli',
    'src/commands/command',
    'src/commands/count',
    'src/commands/status',
    'src/stores/pending-calls',
  ],
  stores: ['src/stores/lmdb/driver', 'src/stores/cleanup'],
  run: ['src/api/run', 'src/commands/execute'],
});

/** Of the chunks, that of a module; `null`: it is part of what imports it. */
function chunkOf(id, context) {
  // An entry does something when it is loaded, and so do the worker's files: that is to happen in a worker only.
  if (context.getModuleInfo(id)?.isEntry || id.startsWith(path.resolve(source, 'workers'))) return null;
  const found = chunks.find(([, files]) => closure(files, context).has(id));
  return found === undefined ? null : found[0];
}

const closures = new Map();

/** Files, and all that they import before they run. */
function closure(files, context) {
  const found = closures.get(files) ?? new Set();
  if (found.size > 0) return found;
  closures.set(files, found);
  const add = id => {
    if (found.has(id)) return;
    found.add(id);
    for (const imported of context.getModuleInfo(id)?.importedIds ?? []) add(imported);
  };
  for (const file of files) add(path.resolve(source, `${file}.js`));
  return found;
}

/** Each by itself: what threads are started with. */
const scripts = ['workers/entry', 'src/stores/file/heartbeat-thread', 'src/stores/redis/lease-thread'];

export default [
  {
    ...shared,
    external: isOutside,
    plugins: [withoutTools, licences],
    // The chunks have more exports than the entries.
    preserveEntrySignatures: 'allow-extension',
    // A file that is in one chunk anyway may still be imported late by another.
    checks: {ineffectiveDynamicImport: false},
    input: Object.fromEntries(modules.map(name => [name, `${source}/${name}.js`])),
    output: {
      dir: 'lib',
      format: 'esm',
      entryFileNames: '[name].js',
      // As deep as package-files.ts is: it finds the others from where it stands.
      chunkFileNames: 'src/chunks/[name]-[hash].js',
      cleanDir: true,
      comments: {legal: true, annotation: false, jsdoc: false},
      codeSplitting: {groups: [{name: chunkOf, debugName: 'chunks'}], includeDependenciesRecursively: false},
    },
  },
  ...scripts.map(name => ({
    ...shared,
    input: {[name]: `${source}/${name}.cjs`},
    // The worker's entry imports another: as it stands there.
    external: /\.js$/,
    makeAbsoluteExternalsRelative: false,
    output: {dir: 'lib', format: 'cjs', entryFileNames: '[name].cjs'},
  })),
];
