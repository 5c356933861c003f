// jug submit: what it writes for each batch system, that the script really runs the jugfile, and how it is handed over.

import {chmodSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {openRig, PACKAGE, type Rig, rowsOf} from '../helpers/rig.js';

const JUGFILE = `
import {appendFileSync} from 'node:fs';
import {TaskGenerator} from 'jug';
const square = TaskGenerator(function square(n) { return n * n; });
export const squares = [1, 2, 3].map(n => square(n));
appendFileSync(new URL('arguments.txt', import.meta.url), JSON.stringify(process.argv.slice(2)) + '\\n');
`;

/** The directives of a script; the rig's folder is `~`. */
function directives(rig: Rig, script: string): string[] {
  return script
    .replaceAll(rig.folder, '~')
    .split('\n')
    .filter(line => /^#[^! ]/.test(line));
}

/** A program on a PATH of its own that keeps what it reads in `<name>.stdin`. Returns that PATH. */
function fake(rig: Rig, name: string, ends = 'echo "Submitted batch job 4242"'): string {
  const file = `bin/${name}`;
  rig.write({[file]: `#!/bin/sh\n/bin/cat >'${path.join(rig.folder, `${name}.stdin`)}'\n${ends}\n`});
  chmodSync(path.join(rig.folder, file), 0o755);
  return path.join(rig.folder, 'bin');
}

const ALL = 'submit squares.js -n 20 --name squares-1 --time 1:30:10 --memory 4G --queue long --print';
const WANTED: Readonly<Record<string, {index: string; all: string[]; least: string[]}>> = {
  slurm: {
    index: 'SLURM_ARRAY_TASK_ID',
    all: [
      '#SBATCH --job-name=squares-1',
      '#SBATCH --array=1-20',
      '#SBATCH --nodes=1',
      '#SBATCH --ntasks=1',
      '#SBATCH --cpus-per-task=8',
      '#SBATCH --output="~/my logs/%x-%A_%a.log"',
      '#SBATCH --time=1:31:00',
      '#SBATCH --mem=4096M',
      '#SBATCH --partition=long',
    ],
    least: [
      '#SBATCH --job-name=squares',
      '#SBATCH --array=1-1',
      '#SBATCH --nodes=1',
      '#SBATCH --ntasks=1',
      '#SBATCH --cpus-per-task=1',
      '#SBATCH --output="~/%x-%A_%a.log"',
    ],
  },
  sge: {
    index: 'SGE_TASK_ID',
    all: [
      '#$ -N squares-1',
      '#$ -t 1-20',
      '#$ -S /bin/sh',
      '#$ -V',
      '#$ -pe smp 8',
      '#$ -j y',
      '#$ -o "~/my logs/$JOB_NAME-$JOB_ID.$TASK_ID.log"',
      '#$ -l h_rt=1:31:00',
      '#$ -l mem_free=4096M',
      '#$ -q long',
    ],
    least: [
      '#$ -N squares',
      '#$ -t 1-1',
      '#$ -S /bin/sh',
      '#$ -V',
      '#$ -j y',
      '#$ -o "~/$JOB_NAME-$JOB_ID.$TASK_ID.log"',
    ],
  },
  pbs: {
    index: 'PBS_ARRAY_INDEX',
    all: [
      '#PBS -N squares-1',
      '#PBS -J 1-20',
      '#PBS -S /bin/sh',
      '#PBS -V',
      '#PBS -l select=1:ncpus=8:mem=4096mb',
      '#PBS -j oe',
      '#PBS -o "~/my logs/"',
      '#PBS -l walltime=1:31:00',
      '#PBS -q long',
    ],
    least: [
      '#PBS -N squares',
      '#PBS -S /bin/sh',
      '#PBS -V',
      '#PBS -l select=1:ncpus=1',
      '#PBS -j oe',
      '#PBS -o "~/"',
    ],
  },
  lsf: {
    index: 'LSB_JOBINDEX',
    all: [
      '#BSUB -J "squares-1[1-20]"',
      '#BSUB -n 8',
      '#BSUB -R "span[hosts=1]"',
      '#BSUB -o "~/my logs/squares-1-%J_%I.log"',
      '#BSUB -W 1:31',
      '#BSUB -wa TERM -wt 1',
      '#BSUB -M 4096MB -R "rusage[mem=4096MB]"',
      '#BSUB -q long',
    ],
    least: [
      '#BSUB -J "squares[1-1]"',
      '#BSUB -n 1',
      '#BSUB -R "span[hosts=1]"',
      '#BSUB -o "~/squares-%J_%I.log"',
    ],
  },
};

for (const [system, {index, all, least}] of Object.entries(WANTED)) {
  test(`--${system} says to the batch system what was asked for, and nothing that was not`, async t => {
    const rig = await openRig(t);
    rig.write({'squares.js': JUGFILE});
    const full = await rig.jug([...ALL.split(' '), `--${system}`, '--output', 'my logs', '--', '-j', '8']);
    t.is(full.code, 0, full.stderr);
    t.deepEqual(directives(rig, full.stdout), all);
    // Batch systems do not make it, and lose what is printed.
    t.regex(full.stderr, /^Before the script is submitted, make the folder .*my logs$/m);
    t.false(rig.exists('my logs'));
    const bare = await rig.jug(`submit squares.js -n 1 --${system} --print`);
    t.deepEqual(directives(rig, bare.stdout), least);
    t.notRegex(bare.stderr, /make the folder/);
    t.false(rig.exists('arguments.txt'), 'the jugfile was evaluated');
  });

  test(`the script for --${system} runs the jugfile, from anywhere, whatever is in its path`, async t => {
    const rig = await openRig(t);
    const home = `ann's $HOME "work" 1`;
    rig.write({[`${home}/squares.js`]: JUGFILE, 'else/where.txt': ''});
    const words = `submit squares.js -n 2 --${system} --print --output ../logs`.split(' ');
    const {stdout, stderr} = await rig.jug(
      [...words, 'a b', "it's", '--', '--keep-going', '--jugdir', 'my $results', '--', '--dry', '*'],
      {cwd: home},
    );
    rig.write({'else/script.sh': stdout});
    t.deepEqual(await rig.run('bash', ['-n', 'else/script.sh']), {
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    });
    // No PATH to speak of: what runs was recorded.
    const env = {PATH: '/usr/bin:/bin', [index]: '2'};
    const run = await rig.run('/bin/sh', ['script.sh'], {cwd: 'else', env});
    t.is(run.code, 0, stderr + run.stderr);
    t.deepEqual(rowsOf(run.stdout).Total, [3, 0, 0]);
    t.regex(run.stderr, /^job 2 of 2 on \S+$/m);
    t.true(rig.exists(`${home}/my $results`));
    const seen = rig.read(`${home}/arguments.txt`).trim().split('\n');
    t.deepEqual([...new Set(seen)], [JSON.stringify(['a b', "it's", '--dry', '*'])]);
  });
}

test('jobs have one worker unless -j says how many', async t => {
  const rig = await openRig(t);
  rig.write({'squares.js': JUGFILE});
  const script = async (...flags: string[]): Promise<string> =>
    (await rig.jug(['submit', 'squares.js', '--slurm', '-n', '2', '--print', '--', ...flags])).stdout;
  t.regex(await script(), /cpus-per-task=1$[\s\S]* execute squares\.js -j 1$/m);
  t.regex(await script('--keep-going'), /cpus-per-task=1$[\s\S]* execute squares\.js -j 1 --keep-going$/m);
  t.regex(await script('--jobs=3'), /cpus-per-task=3$[\s\S]* execute squares\.js --jobs=3$/m);
});

test('a signal to the script is one to jug', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.js': `
import {TaskGenerator} from 'jug';
import {gate, ran} from './rig.mjs';
const stand = TaskGenerator(async function stand(n) { await gate('g'); ran(String(n)); return n; });
export const all = [1, 2, 3].map(n => stand(n));
`,
  });
  rig.hold('g');
  rig.write({'script.sh': (await rig.jug('submit --slurm -n 1 --print')).stdout});
  const run = rig.run('sh', ['-c', 'echo $$ >pid; exec sh script.sh 2>told']);
  await rig.arrived('g');
  process.kill(Number(rig.read('pid')), 'SIGTERM');
  await rig.until('it to stop', () => rig.read('told').includes('stopping'));
  rig.release('g');
  t.is((await run).code, 143);
  // What was running was finished, and nothing was begun.
  t.deepEqual(rig.runs(), ['1']);
  const {stdout} = await rig.jug('status --short');
  t.regex(stdout, /^2 tasks waiting to be run, 0 failed, 1 complete, \(none active\)/);
});

test('the script is handed to the batch system, and what that says is passed on', async t => {
  const rig = await openRig(t);
  rig.write({'squares.js': JUGFILE});
  const words = 'submit squares.js --slurm -n 20 --output logs/today';
  const printed = await rig.jug(`${words} --print -- -j 8`);
  const env = {PATH: fake(rig, 'sbatch')};
  const {code, stdout, stderr} = await rig.jug(`${words} -- -j 8`, {env});
  t.is(code, 0, stderr);
  t.is(stdout, 'Submitted batch job 4242\n');
  t.is(rig.read('sbatch.stdin'), printed.stdout);
  t.true(rig.exists('logs/today'));
});

test('a batch system that refuses is heard', async t => {
  const rig = await openRig(t);
  rig.write({'squares.js': JUGFILE});
  const env = {PATH: fake(rig, 'qsub', 'echo "qsub: no queue for you" >&2; exit 3')};
  const {code, stdout, stderr} = await rig.jug('submit squares.js --pbs -n 20', {env});
  t.is(code, 4);
  t.is(stdout, '');
  t.regex(stderr, /^qsub: no queue for you\njug: qsub did not take the script \(exit code 3\)\.$/m);
});

test('a batch system that is not there is told by what was looked for', async t => {
  const rig = await openRig(t);
  rig.write({'squares.js': JUGFILE});
  for (const [flag, command] of [
    ['slurm', 'sbatch'],
    ['sge', 'qsub'],
    ['pbs', 'qsub'],
    ['lsf', 'bsub'],
  ]) {
    const {code, stderr} = await rig.jug(`submit squares.js --${flag} -n 1`, {env: {PATH: '/nowhere'}});
    t.is(code, 2);
    t.regex(
      stderr,
      new RegExp(`^jug: Expected \\w+'s ${command} on the PATH, found none\\. Looked in /nowhere\\.$`, 'm'),
    );
  }
});

test('slips of the pen are told before anything is submitted', async t => {
  const rig = await openRig(t);
  rig.write({'squares.js': JUGFILE});
  const env = {PATH: fake(rig, 'sbatch')};
  const refused: readonly [string, RegExp][] = [
    ['squares.js -n 2', /Expected one of --slurm, --sge, --pbs, --lsf, .* found none/],
    ['squares.js --slurm --lsf -n 2', /Expected one of .* found --slurm and --lsf/],
    ['squares.js --slurm', /Expected -n N/],
    ['squares.js --slurm -n 0', /argument '0' is invalid\. Expected a whole number of at least 1/],
    ['squares.js --slurm -n 2.5', /argument '2\.5' is invalid/],
    ['circles.js --slurm -n 2', /Expected a jugfile at .*circles\.js, found nothing there/],
    ['squares.js --slurm -n 2 --time 2:30', /argument '2:30' is invalid\. Expected a time like 90m/],
    ['squares.js --slurm -n 2 --memory lots', /argument 'lots' is invalid\. Expected an amount like 500M/],
    ['squares.js --slurm -n 2 --name a;b', /argument 'a;b' is invalid/],
    ['squares.js --slurm -n 2 --queue a$b', /argument 'a\$b' is invalid/],
    ['squares.js --slurm -n 2 --output 50%', /Expected a folder for the output without "%" in its path/],
    ['squares.js --slurm -n 2 -- --jbos 8', /^After --, for jug execute: error: unknown option '--jbos'/m],
    ['squares.js --slurm -n 2 -- -j many', /^After --, for jug execute: error: option '-j, --jobs <n>'/m],
    ['squares.js --slurm -n 2 --jugdir dict_store', /Expected a jugdir that all jobs share/],
    ['squares.js --slurm -n 2 -- --jugdir dict_store:x', /Expected a jugdir that all jobs share/],
  ];
  for (const [words, says] of refused) {
    const {code, stdout, stderr} = await rig.jug(`submit ${words}`, {env});
    t.is(code, 2, words);
    t.is(stdout, '', words);
    t.regex(stderr, says, words);
    t.notRegex(stderr, /(?:dist|lib)\/src|This is a bug/);
  }
  t.false(rig.exists('sbatch.stdin'));
});

test('a jugdir that machines may not share is pointed out', async t => {
  const rig = await openRig(t);
  rig.write({'squares.js': JUGFILE});
  const said = async (words: string): Promise<string> =>
    (await rig.jug(`submit squares.js --slurm -n 2 --print ${words}`)).stderr;
  t.regex(await said(''), /^The jugdir squares\.jugdata is an LMDB store, which works on one machine only\./);
  t.regex(await said('--jugdir lmdb:there'), /^The jugdir lmdb:there is an LMDB store/);
  t.regex(await said('-- --jugdir lmdb:there'), /^The jugdir lmdb:there is an LMDB store/);
  t.regex(
    await said('--jugdir redis://ann:secret@localhost:6379/1'),
    /^The jugdir redis:\/\/ann:…@localhost:6379\/1 is reached by a name that means another machine elsewhere/,
  );
  for (const shared of ['file:there', 'redis://store.example.org/1', 'module:./mine.js']) {
    t.is(await said(`--jugdir ${shared}`), '');
  }
});

test('the folder is called as the user calls it, not as links make of it', async t => {
  const rig = await openRig(t);
  rig.write({'disk7/squares.js': JUGFILE});
  const home = path.join(rig.folder, 'home');
  await rig.run('ln', ['-s', 'disk7', 'home']);
  const script = async (PWD: string): Promise<string> =>
    (await rig.jug('submit squares.js --slurm -n 2 --print', {cwd: 'home', env: {PWD}})).stdout;
  t.regex(await script(home), /^cd \S+\/home \|\|/m);
  // A PWD that is not the folder is left over from elsewhere.
  t.regex(await script(PACKAGE), /^cd \S+\/disk7 \|\|/m);
});
