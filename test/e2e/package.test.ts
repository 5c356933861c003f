// The package as users get it: packed, installed into an empty folder, and used by a plain JavaScript project.

import {execFileSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {openRig, PACKAGE, rowsOf} from '../helpers/rig.js';

/** Needs the registry, or npm's cache, and up to half a minute. */
const isAsked = process.env.JUG_TEST_PACKAGE === '1';

test('what the README and the documentation lead to is in the package', t => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json', '--silent'], {
    cwd: PACKAGE,
  });
  const [{files}] = JSON.parse(packed.toString()) as [{files: readonly {path: string}[]}];
  const paths = new Set(files.map(file => file.path));
  const texts = [...paths].filter(name => /^(README|docs\/.*)\.md$/.test(name));
  t.true(texts.length > 10);
  for (const text of texts) {
    const content = readFileSync(path.join(PACKAGE, text), 'utf8');
    for (const [, link] of content.matchAll(/\]\(([^)#:]+\.md)(?:#[^)]*)?\)/g))
      t.true(paths.has(path.join(path.dirname(text), link!)), `${text} leads to ${link}`);
  }
});

(isAsked ? test : test.skip)(
  'the package, packed and installed elsewhere, runs a plain JavaScript project',
  async t => {
    const rig = await openRig(t);
    const packed = execFileSync(
      'npm',
      ['pack', '--ignore-scripts', '--silent', '--pack-destination', rig.folder],
      {cwd: PACKAGE},
    );
    const tarball = path.join(rig.folder, packed.toString().trim().split('\n').at(-1)!);
    mkdirSync(path.join(rig.folder, 'project'));
    rig.write({
      'project/package.json': '{"name": "project", "private": true, "type": "module"}',
      'project/jugfile.js': `
import {TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x) { return 2 * x; });
export const all = [1, 2, 3].map(x => double(x));
`,
      'project/read.js': `
import {init, value} from 'jug';
const {store, jugspace} = await init('jugfile.js');
console.log(JSON.stringify(await value(jugspace.all)));
await store.close();
`,
    });
    const options = {cwd: 'project'};
    const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball];
    const installed = await rig.run('npm', install, options);
    t.is(installed.code, 0, installed.stderr);
    const inPackage = (folder: string): string[] =>
      readdirSync(path.join(rig.folder, 'project/node_modules/jug', folder)).toSorted();
    t.deepEqual(inPackage('lib'), ['LICENSES.txt', 'src', 'workers']);
    // Types, which are those of the code that is not bundled.
    t.deepEqual(inPackage('dist'), ['src']);
    const run = await rig.run('npx', ['jug', 'execute', '-j', '2'], options);
    t.is(run.code, 0, run.stderr);
    t.deepEqual(rowsOf(run.stdout).Total, [3, 0, 0]);
    const read = await rig.run(process.execPath, ['read.js'], options);
    t.is(read.stdout, '[2,4,6]\n');
  },
);
