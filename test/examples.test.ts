// Every worked example is run for real, as its README says, and its values are looked at.

import {execFile} from 'node:child_process';
import {cp, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {init, value} from '../src/index.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const cli = path.join(root, 'lib/src/bin.js');
const examples = path.join(root, 'examples');
const folder = await mkdtemp(path.join(tmpdir(), 'jug-examples-'));
test.after.always(() => rm(folder, {recursive: true, force: true}));

async function node(...args: string[]): Promise<string> {
  return (await run(process.execPath, args, {cwd: folder})).stdout;
}

function execute(jugfile: string, jugdir: string, ...args: string[]): Promise<string> {
  return node(cli, 'execute', '-j', '2', jugfile, '--jugdir', jugdir, '--', ...args);
}

/** What the jugfile exports, with results in place of tasks. */
async function results<T>(jugfile: string, jugdir: string, ...args: string[]): Promise<T> {
  const {store, jugspace} = await init(jugfile, jugdir, args);
  try {
    return (await value(jugspace)) as T;
  } finally {
    await store.close();
  }
}

test.serial('primes: counts 25 primes, writes output.txt, and runs nothing twice', async t => {
  // Copied, because it writes output.txt beside itself.
  const jugfile = path.join(folder, 'primes.ts');
  await cp(path.join(examples, 'primes/primes.ts'), jugfile);
  const first = await node(cli, 'execute', '-j', '2', jugfile);
  t.regex(first, /^ +99 +0 +0 {2}primes\.isPrime$/m);
  t.is(await readFile(path.join(folder, 'output.txt'), 'utf8'), 'Found 25 primes <= 100.\n');
  const second = await node(cli, 'execute', '-j', '2', jugfile);
  t.regex(second, /^ +0 +101 +0 {2}Total$/m);
  const {primes100, nPrimes} = await results<{primes100: boolean[]; nPrimes: number}>(
    jugfile,
    path.join(folder, 'primes.jugdata'),
  );
  t.is(nPrimes, 25);
  const found = primes100.flatMap((isPrime, i) => (isPrime ? [i + 2] : []));
  t.deepEqual(found.slice(0, 8), [2, 3, 5, 7, 11, 13, 17, 19]);
});

test.serial('primes: print.js shows the results', async t => {
  const jugdir = path.join(folder, 'primes.jugdata');
  // The same functions and arguments under the same jugfile name: the results of the copy are those of the original.
  t.regex(await node(path.join(examples, 'primes/print.js'), jugdir), /primes: 25\n$/);
});

test.serial('decrypt: finds the password among those that are plausible', async t => {
  const jugfile = path.join(examples, 'decrypt/decrypt.ts');
  const jugdir = path.join(folder, 'decrypt.jugdata');
  t.regex(await execute(jugfile, jugdir), /^ +26 +0 +0 {2}decrypt\.decrypt$/m);
  const {decryptions} = await results<{decryptions: {password: string; text: string}[]}>(jugfile, jugdir);
  t.is(decryptions[0]!.password, 'cedar');
  t.regex(decryptions[0]!.text, /^The lighthouse keeper wrote down every ship.*in pencil\.\n$/s);
  t.is(decryptions.length, 12);
  t.regex(await node(path.join(examples, 'decrypt/print.js'), jugdir), /cedar.*\n\nThe lighthouse keeper/);
});

test.serial('decrypt: encrypt.js makes the message that is there', async t => {
  const copy = path.join(folder, 'encrypt.mjs');
  await cp(path.join(examples, 'decrypt/encrypt.js'), copy);
  await node(copy);
  const [made, kept] = await Promise.all([
    readFile(path.join(folder, 'secret.msg')),
    readFile(path.join(examples, 'decrypt/secret.msg')),
  ]);
  t.true(made.equals(kept));
});

interface Words {
  readonly globalCounts: Map<string, number>;
  readonly specific: Record<string, {word: string; count: number; times: number}[]>;
}

test.serial('text: counts the words of any folder, and only changed documents again', async t => {
  const jugfile = path.join(examples, 'text/jugfile.ts');
  const jugdir = path.join(folder, 'text.jugdata');
  const documents = path.join(folder, 'documents');
  await mkdir(path.join(documents, 'inner'), {recursive: true});
  await writeFile(path.join(documents, 'birds.txt'), 'The owl, the OWL and the owl; the sea.');
  await writeFile(path.join(documents, 'inner/fish.md'), 'The cod and the cod and the cod and the sea.');
  await writeFile(path.join(documents, 'ignored.csv'), 'owl,owl,owl');
  await execute(jugfile, jugdir, documents);
  const {globalCounts, specific} = await results<Words>(jugfile, jugdir, documents);
  t.deepEqual([...globalCounts].sort(), [
    ['and', 4],
    ['cod', 3],
    ['owl', 3],
    ['sea', 2],
    ['the', 8],
  ]);
  t.is(specific['birds.txt']![0]!.word, 'owl');
  t.is(specific['inner/fish.md']![0]!.word, 'cod');

  await writeFile(
    path.join(documents, 'birds.txt'),
    'The crow and the crow and the crow and the sea, the sea.',
  );
  t.regex(await execute(jugfile, jugdir, documents), /^ +1 +1 +0 {2}jugfile\.countWords$/m);
  const again = await results<Words>(jugfile, jugdir, documents);
  t.is(again.specific['birds.txt']![0]!.word, 'crow');
  t.is(again.globalCounts.get('owl'), undefined);
  t.regex(
    await node(path.join(examples, 'text/print.js'), documents, jugdir),
    /^most frequent: the 9, and 6, /,
  );
});

test.serial('text: takes the docs if no folder is named', async t => {
  const jugfile = path.join(examples, 'text/jugfile.ts');
  const jugdir = path.join(folder, 'docs.jugdata');
  await execute(jugfile, jugdir);
  const {globalCounts, specific} = await results<Words>(jugfile, jugdir);
  t.true(globalCounts.get('task')! > 100);
  t.true('tutorial.md' in specific);
});

test.serial('features: four kinds of images are four clusters', async t => {
  const jugfile = path.join(examples, 'features/jugfile.ts');
  const jugdir = path.join(folder, 'features.jugdata');
  t.regex(await execute(jugfile, jugdir), /^ +40 +0 +0 {2}kmeans\.kmeans$/m);
  const {bestK, clusterings} = await results<{
    bestK: number;
    clusterings: {k: number; labels: Uint8Array}[];
  }>(jugfile, jugdir);
  t.is(bestK, 4);
  const {labels} = clusterings.find(({k}) => k === 4)!;
  t.true(labels instanceof Uint8Array);
  // Image i is of the kind i % 4; nearly all images of a kind are in one cluster.
  const clusters = [0, 1, 2, 3].map(kind => mostFrequent(labels.filter((_, i) => i % 4 === kind)));
  t.is(new Set(clusters).size, 4);
  t.true(labels.filter((label, i) => label === clusters[i % 4]).length > 0.95 * labels.length);
  t.regex(await node(path.join(examples, 'features/print.js'), jugdir), /^k = 4 .*<- best$/m);
});

function mostFrequent(labels: Uint8Array): number {
  const count = (label: number) => labels.filter(other => other === label).length;
  return [...labels].reduce((left, right) => (count(right) > count(left) ? right : left));
}

test.serial('the examples are well typed', async t => {
  const {stdout} = await run(
    process.execPath,
    [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', examples],
    {cwd: root},
  ).catch(error => error as {stdout: string});
  t.is(stdout, '');
});
