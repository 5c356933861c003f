// jug submit, and where its jobs keep results and what they print: what cannot be is refused before they are submitted.

import test from 'ava';
import {openRig} from '../helpers/rig.js';

const JUGFILE = `
import {TaskGenerator} from 'jug';
const square = TaskGenerator(function square(n) { return n * n; });
export const squares = [1, 2, 3].map(n => square(n));
`;

test('a jugdir that jug execute would refuse is refused, and no server is asked', async t => {
  const rig = await openRig(t);
  rig.write({'squares.js': JUGFILE, 'photos/cat.jpg': ''});
  for (const [jugdir, says] of [
    ['nope:/x', /found one that begins with nope:, which is not known/],
    ['redis://127.0.0.1:1/abc', /'\/abc' is not the number of a database/],
    ['REDIS://ann:se/cret@127.0.0.1:1', /found redis:\/\/ann:…@127\.0\.0\.1:1, where it is not clear/],
    ['file://nas/results', /found another machine after the two slashes/],
    ['file:', /to name a folder, found nothing after the colon/],
    ['photos', /photos is not a jug store: it has files in it/],
    ['squares.js', /squares\.js should be a folder, but it is a file/],
  ] as const) {
    for (const dashes of [[], ['--']]) {
      const flags = [...dashes, '--jugdir', jugdir];
      const {code, stdout, stderr} = await rig.jug(['submit', 'squares.js', '--slurm', '-n2', ...flags], {
        env: {PATH: '/nowhere'},
      });
      t.is(code, 2, stderr);
      t.is(stdout, '');
      t.regex(stderr, says);
      t.notRegex(stderr, /sbatch|cret@/);
    }
  }
  // Nobody listens there: what was written will do, and the rest is for the jobs to see.
  const {code, stdout} = await rig.jug(
    'submit squares.js --slurm -n2 --print --jugdir REDIS://ann:secret@127.0.0.1:1/2',
  );
  t.is(code, 0);
  t.regex(stdout, /--jugdir redis:\/\/ann:secret@127\.0\.0\.1:1\/2 /);
});

test('a folder for the output that is a file, or is to be in one, is refused with --print and without', async t => {
  const rig = await openRig(t);
  rig.write({'squares.js': JUGFILE});
  for (const [output, says] of [
    [
      'squares.js',
      /^jug: Expected a folder for the output at \S+\/squares\.js, found a file\. Choose another with --output$/m,
    ],
    [
      'squares.js/logs',
      /^jug: Expected a folder .* at \S+\/logs, found that \S+\/squares\.js is a file\. Choose/m,
    ],
  ] as const) {
    for (const print of ['', ' --print']) {
      const words = `submit squares.js --slurm -n 2 --jugdir file:there --output ${output}${print}`;
      const {code, stdout, stderr} = await rig.jug(words, {env: {PATH: '/nowhere'}});
      t.is(code, 2);
      t.is(stdout, '');
      t.regex(stderr, says);
    }
  }
});
