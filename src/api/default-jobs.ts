// How many workers a run has if nobody says: as many as the cores that it may use, by what the system, the container and
// the batch system say, whichever is least. What Node.js counts before version 22 leaves out a container's quota.

import {readFileSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import path from 'node:path';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; `undefined` if it cannot be read. */
  readonly read: (file: string) => string | undefined;
  /** Cores on which this process may run. */
  readonly parallelism: number;
}

export interface DefaultJobs {
  readonly jobs: number;
  /** Who says so: `all cores`, a variable, or the container. */
  readonly from: string;
}

/** What batch systems say of the cores that a job has where it runs. */
const ALLOTMENTS: Readonly<Record<string, (text: string, env: Surroundings['env']) => number | undefined>> = {
  SLURM_CPUS_PER_TASK: count,
  SLURM_CPUS_ON_NODE: count,
  SLURM_JOB_CPUS_PER_NODE: (text, {SLURM_NODEID}) => countOfNode(text, Number(SLURM_NODEID ?? 0)),
  // PBS Professional, and Torque.
  NCPUS: count,
  PBS_NUM_PPN: count,
  // SGE.
  NSLOTS: count,
  LSB_DJOB_NUMPROC: count,
};

/** Where control groups usually are, should nothing else be known. */
const USUAL_MOUNTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/cpu'];

export function defaultJobs(around: Surroundings = here()): DefaultJobs {
  const {env, parallelism} = around;
  let least: DefaultJobs = {jobs: Math.max(1, Math.floor(parallelism)), from: 'all cores'};
  const heed = (cores: number | undefined, from: string): void => {
    if (cores === undefined) return;
    const jobs = Math.max(1, Math.ceil(cores));
    if (jobs < least.jobs) least = {jobs, from};
  };
  for (const [name, read] of Object.entries(ALLOTMENTS)) {
    const text = env[name];
    if (text !== undefined) heed(read(text, env), name);
  }
  for (const group of groups(around)) heed(quotaOf(group, around), 'the CPU quota of this container');
  return least;
}

function here(): Surroundings {
  const read = (file: string): string | undefined => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  };
  return {env: process.env, read, parallelism: availableParallelism()};
}

function count(text: string): number | undefined {
  return /^\s*[1-9]\d*\s*$/.test(text) ? Number(text) : undefined;
}

/** `8(x2),4`: two nodes with 8, then one with 4, in the order of the nodes. The batch script runs on the first. */
function countOfNode(text: string, node: number): number | undefined {
  let before = 0;
  for (const part of text.split(',')) {
    const [, cores, nodes = '1'] = /^\s*(\d+)(?:\(x(\d+)\))?\s*$/.exec(part) ?? [];
    if (cores === undefined) return undefined;
    before += Number(nodes);
    if (node < before) return count(cores);
  }
  return undefined;
}

/** The folders of all control groups that this process is in: a quota of one counts for all below it. */
function groups({read}: Surroundings): ReadonlySet<string> {
  const folders = new Set(USUAL_MOUNTS);
  const mounts = mountsIn(read('/proc/self/mountinfo') ?? '');
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, group] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || group === undefined) continue;
    // Version 2 has one group for all controllers, and names none.
    if (controllers !== '' && !controllers.split(',').includes('cpu')) continue;
    const usual = controllers === '' ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${controllers}`;
    for (const {root, folder} of [...mounts, ...USUAL_MOUNTS.map(toMount), toMount(usual)]) {
      // In a container, what is mounted may be the container's own group, of which the name is the host's.
      const isBelow = root !== '/' && `${group}/`.startsWith(`${root}/`);
      const within = isBelow ? group.slice(root.length) : group;
      for (let at = path.posix.join('/', within); ; at = path.posix.dirname(at)) {
        folders.add(path.posix.join(folder, at).replace(/\/$/, ''));
        if (at === '/') break;
      }
    }
  }
  return folders;
}

interface Mount {
  /** Which group is seen in `folder`. */
  readonly root: string;
  readonly folder: string;
}

function toMount(folder: string): Mount {
  return {root: '/', folder};
}

function mountsIn(mountinfo: string): readonly Mount[] {
  return mountinfo.split('\n').flatMap(line => {
    const [, root, folder, kind, options] =
      /^\d+ \d+ \S+ (\S+) (\S+) .*? - (cgroup2?) \S+ (\S+)/.exec(line) ?? [];
    if (root === undefined || folder === undefined) return [];
    return kind === 'cgroup2' || options?.split(',').includes('cpu') ? [{root, folder}] : [];
  });
}

/** In cores; `undefined` if the group has none of its own. */
function quotaOf(group: string, {read}: Surroundings): number | undefined {
  const [quota, period] =
    read(`${group}/cpu.max`)?.trim().split(/\s+/) ??
    ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map(name => read(`${group}/${name}`)?.trim());
  const cores = Number(quota) / Number(period ?? 100_000);
  return cores > 0 && Number.isFinite(cores) ? cores : undefined;
}
