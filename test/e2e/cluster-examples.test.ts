// examples/cluster: the jugfile is run, and each ready script is run as its batch system would, with a jug (and an ssh)
// that only tells how it was called.

import {chmodSync, copyFileSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {openRig, PACKAGE, type Rig, rowsOf} from '../helpers/rig.js';

const EXAMPLE = path.join(PACKAGE, 'examples/cluster');

async function exampleRig(t: ExecutionContext): Promise<Rig> {
  const rig = await openRig(t);
  rig.write({'my work/x': ''});
  for (const file of readdirSync(EXAMPLE).filter(name => /\.(ts|js|sh)$/.test(name))) {
    copyFileSync(path.join(EXAMPLE, file), path.join(rig.folder, 'my work', file));
  }
  return rig;
}

/** A program on the PATH. */
function program(rig: Rig, name: string, script: string): void {
  rig.write({[`bin/${name}`]: `#!/bin/sh\n${script}\n`});
  chmodSync(path.join(rig.folder, 'bin', name), 0o755);
}

const CALLED = `echo "job $SLURM_ARRAY_TASK_ID$SGE_TASK_ID$PBS_ARRAY_INDEX$LSB_JOBINDEX in $PWD: jug $*"`;

/** What each batch system tells its jobs, and where it starts them. */
const STARTS: Readonly<
  Record<string, {env: (work: string) => Record<string, string>; cwd: string; cores: RegExp}>
> = {
  slurm: {
    env: work => ({SLURM_ARRAY_TASK_ID: '3', SLURM_SUBMIT_DIR: work}),
    cwd: '',
    cores: /^#SBATCH --cpus-per-task=4$/m,
  },
  sge: {env: () => ({SGE_TASK_ID: '3'}), cwd: 'my work', cores: /^#\$ -cwd$[\s\S]*^#\$ -pe smp 4$/m},
  pbs: {
    env: work => ({PBS_ARRAY_INDEX: '3', PBS_O_WORKDIR: work}),
    cwd: '',
    cores: /^#PBS -l select=1:ncpus=4:/m,
  },
  lsf: {env: () => ({LSB_JOBINDEX: '3'}), cwd: 'my work', cores: /^#BSUB -n 4$/m},
};

for (const [system, {env, cwd, cores}] of Object.entries(STARTS)) {
  test(`${system}.sh runs jug in its folder, with a worker for each core it asks for`, async t => {
    const rig = await exampleRig(t);
    program(rig, 'jug', CALLED);
    const work = path.join(rig.folder, 'my work');
    const script = path.join(work, `${system}.sh`);
    const {code, stdout, stderr} = await rig.run('/bin/sh', [script], {
      cwd,
      env: {PATH: `${rig.folder}/bin:/usr/bin:/bin`, ...env(work)},
    });
    t.is(code, 0, stderr);
    t.is(stdout, `job 3 in ${work}: jug execute pi.ts -j 4 --jugdir file:pi.jugdata\n`);
    t.regex(readFileSync(script, 'utf8'), cores);
  });
}

test('ssh.sh runs jug on every machine that is named, in the same folder', async t => {
  const rig = await exampleRig(t);
  program(rig, 'jug', CALLED);
  // As sshd does: from elsewhere, by a shell, in one string. What a login shell adds to the PATH is here lost again.
  program(
    rig,
    'ssh',
    `for last; do :; done; cd /; echo "$*" | grep -o 'BatchMode=yes [a-z]*'; exec sh -c "$(echo "$last" | sed 's/sh -lc/sh -c/')"`,
  );
  const {code, stderr} = await rig.run('/bin/sh', ['my work/ssh.sh', 'alpha', 'beta'], {
    env: {PATH: `${rig.folder}/bin:/usr/bin:/bin`},
  });
  t.is(code, 0, stderr);
  for (const host of ['alpha', 'beta']) {
    t.is(
      rig.read(`my work/pi-${host}.log`),
      `BatchMode=yes ${host}\njob  in ${rig.folder}/my work: jug execute pi.ts --jugdir file:pi.jugdata\n`,
    );
  }
});

test('pi.ts is 3.14, by 200 tasks', async t => {
  const rig = await exampleRig(t);
  const {code, stdout, stderr} = await rig.jug('execute -j 2 pi.ts', {cwd: 'my work'});
  t.is(code, 0, stderr);
  t.deepEqual(rowsOf(stdout)['pi.throwPoints'], [200, 0, 0]);
  const printed = await rig.run(process.execPath, ['my work/print.js']);
  t.true(Math.abs(Number(printed.stdout) - Math.PI) < 0.001, printed.stdout + printed.stderr);
});
