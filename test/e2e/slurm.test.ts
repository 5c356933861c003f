// A real Slurm, started and ended by test/nightly/slurm.sh. Half a minute, and only where Slurm is installed: so only
// if JUG_TEST_SLURM=1 asks for it.

import {execFile} from 'node:child_process';
import path from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {PACKAGE} from '../helpers/rig.js';

const run = promisify(execFile);
/** What the script ends with where Slurm is not installed. */
const NOT_HERE = 77;
const asked = process.env.JUG_TEST_SLURM === '1' ? test : test.skip;

asked(
  'an array of jobs of a real Slurm shares the work, while one is cancelled and one is killed',
  async t => {
    t.timeout(170_000);
    try {
      const {stdout} = await run('bash', [path.join(PACKAGE, 'test/nightly/slurm.sh')], {timeout: 160_000});
      t.log(stdout);
      t.regex(stdout, /right: every task was done, .*\n$/);
    } catch (error) {
      const {code, stdout} = error as {code: unknown; stdout: string};
      t.log(stdout);
      t.is(code, NOT_HERE);
    }
  },
);
