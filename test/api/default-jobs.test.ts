import test from 'ava';
import {defaultJobs} from '../../src/api/default-jobs.js';

interface Played {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly parallelism?: number;
}

function jobs({env = {}, files = {}, parallelism = 16}: Played): readonly [number, string] {
  const read = (file: string): string | undefined => files[file];
  const {jobs, from} = defaultJobs({env, read, parallelism});
  return [jobs, from];
}

const QUOTA = 'the CPU quota of this container';

test('without a quota or an allotment there is a worker a core', t => {
  t.deepEqual(jobs({}), [16, 'all cores']);
  t.deepEqual(jobs({parallelism: 0}), [1, 'all cores']);
  t.deepEqual(
    jobs({
      files: {
        '/proc/self/cgroup': '0::/user.slice/session-1.scope\n',
        '/sys/fs/cgroup/user.slice/cpu.max': 'max 100000\n',
      },
    }),
    [16, 'all cores'],
  );
  t.true(defaultJobs().jobs >= 1);
});

test('the quota of a control group counts, also that of one above, and the least of all', t => {
  const files = {'/proc/self/cgroup': '0::/kubepods/pod7/main\n'};
  const at = (quotas: Readonly<Record<string, string>>) => jobs({files: {...files, ...quotas}});
  t.deepEqual(at({'/sys/fs/cgroup/kubepods/pod7/main/cpu.max': '400000 100000\n'}), [4, QUOTA]);
  t.deepEqual(at({'/sys/fs/cgroup/kubepods/cpu.max': '150000 50000\n'}), [3, QUOTA]);
  t.deepEqual(
    at({
      '/sys/fs/cgroup/kubepods/cpu.max': '800000 100000\n',
      '/sys/fs/cgroup/kubepods/pod7/cpu.max': '200000 100000\n',
      '/sys/fs/cgroup/kubepods/pod7/main/cpu.max': 'max 100000\n',
    }),
    [2, QUOTA],
  );
  t.deepEqual(at({'/sys/fs/cgroup/kubepods/cpu.max': '9900000 100000\n'}), [16, 'all cores']);
});

test('a fraction of a core is one more worker', t => {
  const of = (quota: string) =>
    jobs({files: {'/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': quota}})[0];
  t.deepEqual(
    ['50000 100000\n', '100000 100000\n', '150000 100000\n', '1000 100000\n'].map(of),
    [1, 1, 2, 1],
  );
  // The kernel's own default for the period, should it not be there.
  t.is(of('250000\n'), 3);
});

test('a container sees its own group as the root, whatever name the host has for it', t => {
  const max = {'/sys/fs/cgroup/cpu.max': '200000 100000\n'};
  t.deepEqual(jobs({files: {...max, '/proc/self/cgroup': '0::/\n'}}), [2, QUOTA]);
  t.deepEqual(jobs({files: {...max, '/proc/self/cgroup': '0::/../../outside\n'}}), [2, QUOTA]);
  t.deepEqual(jobs({files: max}), [2, QUOTA]);
});

test('groups of version 1 have two files, wherever they are mounted', t => {
  const quota = (folder: string, microseconds: number) => ({
    [`${folder}/cpu.cfs_quota_us`]: `${microseconds}\n`,
    [`${folder}/cpu.cfs_period_us`]: '100000\n',
  });
  const cgroup = '12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n';
  const at = (files: Readonly<Record<string, string>>) =>
    jobs({files: {'/proc/self/cgroup': cgroup, ...files}});
  t.deepEqual(at(quota('/sys/fs/cgroup/cpu,cpuacct/docker/abc', 300_000)), [3, QUOTA]);
  t.deepEqual(at(quota('/sys/fs/cgroup/cpu/docker', 300_000)), [3, QUOTA]);
  t.deepEqual(at(quota('/sys/fs/cgroup/cpu', 300_000)), [3, QUOTA]);
  t.deepEqual(at(quota('/sys/fs/cgroup/cpu', -1)), [16, 'all cores']);
  // Not a group of the CPU's.
  t.deepEqual(at(quota('/sys/fs/cgroup/memory/docker/abc', 300_000)), [16, 'all cores']);
  const mountinfo =
    '30 23 0:26 /docker/abc /cg/cpu rw,nosuid shared:9 master:10 - cgroup cgroup rw,cpu,cpuacct\n' +
    '31 23 0:27 / /cg/memory rw - cgroup cgroup rw,memory\n';
  const mounted = (folder: string) => at({'/proc/self/mountinfo': mountinfo, ...quota(folder, 300_000)});
  t.deepEqual(mounted('/cg/cpu'), [3, QUOTA]);
  t.deepEqual(mounted('/cg/memory/docker/abc'), [16, 'all cores']);
  t.deepEqual(
    jobs({
      files: {
        '/proc/self/cgroup': '0::/a/b\n',
        '/proc/self/mountinfo': '31 23 0:27 /a /mnt/unified rw - cgroup2 cgroup2 rw\n',
        '/mnt/unified/b/cpu.max': '100000 100000\n',
      },
    }),
    [1, QUOTA],
  );
});

test('what a batch system has allotted counts, the least of it, and never more than there are cores', t => {
  const of = (env: Readonly<Record<string, string>>) => jobs({env});
  for (const name of [
    ...['SLURM_CPUS_PER_TASK', 'SLURM_CPUS_ON_NODE', 'SLURM_JOB_CPUS_PER_NODE'],
    ...['NCPUS', 'PBS_NUM_PPN', 'NSLOTS', 'LSB_DJOB_NUMPROC'],
  ]) {
    t.deepEqual(of({[name]: '6'}), [6, name]);
    t.deepEqual(of({[name]: '64'}), [16, 'all cores'], name);
    for (const nonsense of ['', '0', '-2', 'many', '4.5', '4x'])
      t.deepEqual(of({[name]: nonsense}), [16, 'all cores'], `${name}=${nonsense}`);
  }
  t.deepEqual(of({SLURM_CPUS_PER_TASK: '2', SLURM_CPUS_ON_NODE: '8', SLURM_JOB_CPUS_PER_NODE: '8'}), [
    2,
    'SLURM_CPUS_PER_TASK',
  ]);
  t.deepEqual(jobs({env: {NSLOTS: '6'}, files: {'/sys/fs/cgroup/cpu.max': '300000 100000'}}), [3, QUOTA]);
});

test('Slurm counts node by node, and which node this is counts', t => {
  const of = (text: string, node?: string) =>
    jobs({env: {SLURM_JOB_CPUS_PER_NODE: text, ...(node !== undefined && {SLURM_NODEID: node})}})[0];
  t.is(of('4(x2)'), 4);
  t.is(of('8(x2),4'), 8);
  t.deepEqual(
    ['0', '1', '2'].map(node => of('8(x2),4', node)),
    [8, 8, 4],
  );
  t.is(of('8(x2),4', '3'), 16);
  t.is(of('2,8(x3)', '3'), 8);
  t.is(of('8(x2),4(y)', '2'), 16);
});
