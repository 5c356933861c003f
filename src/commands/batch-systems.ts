// What each batch system of a cluster wants to be told, and in which words: the lines at the head of a script that
// starts an array of jobs. Text only; knows nothing of jugfiles, stores, or whether such a system is here.

export interface ArrayJob {
  readonly name: string;
  /** How many jobs. */
  readonly count: number;
  /** Of each job. */
  readonly cores: number;
  /** Whole minutes that a job may take; the site's limit, if not given. */
  readonly minutes: number | undefined;
  /** Of each job, not of each core; the site's amount, if not given. */
  readonly megabytes: number | undefined;
  readonly queue: string | undefined;
  /** The absolute path of the folder for what the jobs print. It is there before the script is submitted. */
  readonly logs: string;
}

export interface BatchSystem {
  readonly title: string;
  /** Submits the script that it reads from stdin. */
  readonly command: string;
  /** The variable in which a job finds its number. */
  readonly index: string;
  /** Begins a line that is meant for the batch system. */
  readonly prefix: string;
  /** What follows the prefix, a line each; `undefined`: no such line. */
  readonly directives: (job: ArrayJob) => readonly (string | undefined)[];
}

const slurm: BatchSystem = {
  title: 'Slurm',
  command: 'sbatch',
  index: 'SLURM_ARRAY_TASK_ID',
  prefix: '#SBATCH',
  directives: ({name, count, cores, minutes, megabytes, queue, logs}) => [
    `--job-name=${name}`,
    `--array=1-${count}`,
    '--nodes=1',
    '--ntasks=1',
    `--cpus-per-task=${cores}`,
    `--output="${logs}/%x-%A_%a.log"`,
    given(minutes, limit => `--time=${clock(limit)}:00`),
    given(megabytes, () => `--mem=${megabytes}M`),
    given(queue, () => `--partition=${queue}`),
  ],
};

const sge: BatchSystem = {
  title: 'SGE',
  command: 'qsub',
  index: 'SGE_TASK_ID',
  prefix: '#$',
  directives: ({name, count, cores, minutes, megabytes, queue, logs}) => [
    `-N ${name}`,
    `-t 1-${count}`,
    // The shell and the environment are otherwise the site's choice, often csh and none.
    '-S /bin/sh',
    '-V',
    // `smp` is what most sites call their parallel environment for the cores of one host.
    cores > 1 ? `-pe smp ${cores}` : undefined,
    '-j y',
    `-o "${logs}/$JOB_NAME-$JOB_ID.$TASK_ID.log"`,
    given(minutes, limit => `-l h_rt=${clock(limit)}:00`),
    // Not h_vmem: it limits addresses, of which Node.js reserves gigabytes that it never uses, and does not start.
    given(megabytes, () => `-l mem_free=${megabytes}M`),
    given(queue, () => `-q ${queue}`),
  ],
};

const pbs: BatchSystem = {
  title: 'PBS',
  command: 'qsub',
  index: 'PBS_ARRAY_INDEX',
  prefix: '#PBS',
  directives: ({name, count, cores, minutes, megabytes, queue, logs}) => [
    `-N ${name}`,
    // An array of one is refused.
    count > 1 ? `-J 1-${count}` : undefined,
    '-S /bin/sh',
    '-V',
    `-l select=1:ncpus=${cores}${megabytes === undefined ? '' : `:mem=${megabytes}mb`}`,
    '-j oe',
    // A folder: each job then writes a file of its own, named after job and number.
    `-o "${logs}/"`,
    given(minutes, limit => `-l walltime=${clock(limit)}:00`),
    given(queue, () => `-q ${queue}`),
  ],
};

const lsf: BatchSystem = {
  title: 'LSF',
  command: 'bsub',
  index: 'LSB_JOBINDEX',
  prefix: '#BSUB',
  directives: ({name, count, cores, minutes, megabytes, queue, logs}) => [
    `-J "${name}[1-${count}]"`,
    `-n ${cores}`,
    '-R "span[hosts=1]"',
    `-o "${logs}/${name}-%J_%I.log"`,
    given(minutes, limit => `-W ${clock(limit)}`),
    // At the limit LSF sends SIGUSR2, which ends Node.js at once; so it is to send SIGTERM a minute earlier.
    given(minutes, limit => (limit > 1 ? '-wa TERM -wt 1' : undefined)),
    given(megabytes, () => `-M ${megabytes}MB -R "rusage[mem=${megabytes}MB]"`),
    given(queue, () => `-q ${queue}`),
  ],
};

/** By the flag that asks for it. */
export const BATCH_SYSTEMS: Readonly<Record<string, BatchSystem>> = {slurm, sge, pbs, lsf};

/** The script of which every job of the array runs a copy: `argv`, in `folder`. */
export function arrayScript(
  {prefix, index, directives}: BatchSystem,
  job: ArrayJob,
  folder: string,
  argv: readonly string[],
): string {
  const head = directives(job).filter(line => line !== undefined);
  return `#!/bin/sh
${head.map(line => `${prefix} ${line}\n`).join('')}
echo "job \${${index}:-1} of ${job.count} on $(uname -n)" >&2
cd ${shellWord(folder)} || exit 2
# With exec, a signal of the batch system goes to jug itself, which then finishes or releases what it runs.
exec ${argv.map(shellWord).join(' ')}
`;
}

/** As one word of a POSIX shell, whatever is in it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function given<T>(value: T | undefined, line: (value: T) => string | undefined): string | undefined {
  return value === undefined ? undefined : line(value);
}

/** 90 → 1:30 */
function clock(minutes: number): string {
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}
