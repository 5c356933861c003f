import test from 'ava';
import {unsuitable} from '../../src/core/runtime.js';
import {sources} from '../helpers/sources.js';

test('Node.js from 20.19 on can run jug, and what is older is told which is needed', t => {
  for (const node of ['20.19.0', '20.20.2', '22.0.0', '24.1.0', '100.0.0'])
    t.is(unsuitable({node}), undefined, node);
  for (const node of ['0.10.48', '8.17.0', '18.20.4', '20.0.0', '20.9.0', '20.18.3'])
    t.is(unsuitable({node}), `jug needs Node.js 20.19 or newer; this is Node.js ${node}`);
  t.is(unsuitable(), undefined);
});

test('other runtimes are told so, though they say that they are Node.js', t => {
  const node = '26.3.0';
  t.is(unsuitable({node, bun: '1.4.5'}), 'jug needs Node.js 20.19 or newer; this is Bun 1.4.5');
  t.is(unsuitable({node, deno: '2.9.6'}), 'jug needs Node.js 20.19 or newer; this is Deno 2.9.6');
});

test('an older Node.js can link what says so: nothing imports by name what it does not have', t => {
  const all = sources();
  const linked = new Set(['src/index.ts', 'src/bin.ts']);
  for (const file of linked) {
    const imports = all.find(source => source.file === file)?.imports ?? [];
    for (const {target, when} of imports) if (when === 'loaded') linked.add(target);
  }
  t.true(linked.has('src/values/record.ts'));
  const missing: string[] = [];
  for (const {file, text} of all) {
    if (!linked.has(file)) continue;
    for (const [, list, module] of text.matchAll(/^import \{([^}]+)\} from 'node:([^']+)'/gm)) {
      for (const name of list!.split(',').map(word => word.trim().replace(/ as .*/, '')))
        if (SINCE_18.includes(`${module} ${name}`)) missing.push(`${file}: ${name} of ${module}`);
    }
  }
  t.deepEqual(missing, [], 'such a thing is read from the module when it is used');
});

/** What Node.js 20 exports and 18 does not. */
const SINCE_18: readonly string[] = [
  ...['crypto hash', 'fs openAsBlob', 'http2 performServerHandshake', 'path matchesGlob'],
  ...['process availableMemory', 'process getBuiltinModule', 'process loadEnvFile', 'stream duplexPair'],
  ...['timers promises', 'util parseEnv', 'util styleText', 'v8 queryObjects', 'vm constants'],
  ...['worker_threads postMessageToThread', 'zlib crc32'],
];
