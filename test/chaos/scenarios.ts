// What is done to the processes, as a table. A scenario starts a crew, disturbs it, and leaves at least one process
// that nobody disturbs any more; what must hold afterwards is the same for all of them (round.ts).

import {execFileSync} from 'node:child_process';
import {existsSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {StoreKind} from './store-kinds.js';
import {mountSmall, unmount, type World} from './world.js';

export interface Task {
  /** How many processes it is to kill in this round, as long as there is something to do. */
  readonly kills: number;
  /** How often it is to do what is no kill. */
  readonly times: number;
  readonly leases: boolean;
  readonly complain: (text: string) => void;
}

export interface Scenario {
  readonly name: string;
  /** In all, over as many rounds as it takes; 0: one round without kills. */
  readonly kills: number;
  readonly size: number;
  /** Milliseconds, by which waiting tasks are slowed down. */
  readonly pace: number;
  /** Exit codes other than 0 that are right. */
  readonly codes: readonly number[];
  readonly suits: (kind: StoreKind) => boolean;
  /** Why it cannot be played here, if it cannot. */
  readonly absent: () => string | undefined;
  /** Before there is a store in `folder`; answers with how to undo it. */
  readonly prepare?: (folder: string) => () => void;
  readonly play: (world: World, task: Task) => Promise<void>;
}

const everywhere = (): undefined => undefined;
const onServers = (kind: StoreKind): boolean => kind.leases;
const onDisks = (kind: StoreKind): boolean => !kind.leases;
const COMMON = {kills: 0, size: 2500, pace: 2, codes: [], suits: () => true, absent: everywhere};

/** libfaketime, where Debian and others put it. */
const FAKETIME = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib']
  .map(folder => `${folder}/faketime/libfaketime.so.1`)
  .find(file => existsSync(file));

/** System calls that write, rename or send: a process is killed in the n-th of them. */
const CRASH_POINTS = 'pwrite64 pwritev fdatasync fsync link rename unlink write writev'.split(' ');

const canTrace = works('strace', ['-D', '-f', '-o', '/dev/null', 'true']);

export const SCENARIOS: readonly Scenario[] = [
  {
    ...COMMON,
    name: 'killed at random',
    kills: 32,
    async play(world, {kills}) {
      for (let i = 0; i < 3; i++) world.start();
      while (world.kills < kills && !world.isDone) {
        await world.pause(30, 700);
        const victim = world.anyone();
        if (world.isDone || victim === undefined) break;
        await world.kill(victim);
        world.start();
      }
    },
  },
  {
    ...COMMON,
    name: 'killed while it starts',
    kills: 20,
    async play(world, {kills}) {
      for (let i = 0; i < 2; i++) world.start();
      while (world.kills < kills && !world.isDone) {
        const newcomer = world.start();
        await world.pause(0, 500);
        await world.kill(newcomer);
      }
    },
  },
  {
    ...COMMON,
    name: 'all killed at once',
    kills: 9,
    async play(world, {kills, complain}) {
      while (world.kills < kills && !world.isDone) {
        const crew = Array.from({length: 3}, () => world.start({as: 'driver'}));
        await world.pause(500, 1500);
        await Promise.all(crew.map(member => world.kill(member)));
        const {acknowledged} = world;
        const {code, stdout, stderr} = await world.jug('status', ['--json']);
        if (code !== 0) {
          complain(`after that, jug status ended with ${code}: ${stderr}`);
          break;
        }
        const {finished} = (JSON.parse(stdout) as {total: {finished: number}}).total;
        if (finished < acknowledged) complain(`${acknowledged} were told as finished, ${finished} are there`);
      }
      world.start();
    },
  },
  {
    ...COMMON,
    name: 'killed in a system call',
    kills: 9,
    absent: () => (canTrace ? undefined : 'strace is not there, or may not trace'),
    async play(world, {kills}) {
      world.start({as: 'binary'});
      while (world.kills < kills && !world.isDone) {
        const call = CRASH_POINTS[Math.floor(world.random() * CRASH_POINTS.length)]!;
        const inject = `inject=${call}:signal=KILL:when=${1 + Math.floor(world.random() ** 2 * 30)}`;
        const under = ['strace', '-D', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject];
        const victim = world.start({under});
        // Nobody can say how long it takes until a process comes to its n-th call, or whether it does.
        await Promise.race([victim.ended, world.pause(2500, 2500)]);
        if (victim.end === undefined) await world.kill(victim);
        else if (victim.end.signal === 'SIGKILL') world.crashed(victim);
      }
    },
  },
  {
    ...COMMON,
    name: 'crashed (SIGSEGV)',
    kills: 3,
    async play(world, {kills}) {
      for (let i = 0; i < 2; i++) world.start();
      while (world.kills < kills && !world.isDone) {
        await world.pause(300, 900);
        const victim = world.anyone();
        if (world.isDone || victim === undefined) break;
        await world.kill(victim, 'SIGSEGV');
        world.start();
      }
    },
  },
  {
    ...COMMON,
    name: 'stopped for longer than the lease',
    async play(world, {leases, times}) {
      for (let i = 0; i < 3; i++) world.start({as: 'binary', options: leases ? ['--lease', '2'] : []});
      for (let round = 0; round < times; round++) {
        await world.pause(400, 900);
        const sleeper = world.anyone();
        if (world.isDone || sleeper === undefined) break;
        process.kill(sleeper.pid, 'SIGSTOP');
        if (leases) world.note('lapsed', sleeper.pid);
        await sleep(leases ? 4000 : 1500);
        process.kill(sleeper.pid, 'SIGCONT');
        if (leases) world.note('woken', sleeper.pid);
      }
    },
  },
  {
    ...COMMON,
    name: 'asked to end (SIGTERM)',
    codes: [143],
    async play(world) {
      for (let i = 0; i < 3; i++) world.start({as: 'binary'});
      for (let round = 0; round < 6; round++) {
        await world.pause(400, 900);
        // Before it has begun, a signal ends it as any program.
        await world.atWork();
        const member = world.living[0];
        if (world.isDone || member === undefined) break;
        process.kill(member.pid, 'SIGTERM');
        await member.ended;
        world.start({as: 'binary'});
      }
    },
  },
  {
    ...COMMON,
    name: 'joined while others commit',
    async play(world) {
      for (let i = 0; i < 7; i++) {
        world.start();
        await world.pause(0, 400);
      }
    },
  },
  {
    ...COMMON,
    name: 'clocks hours apart',
    absent: () => (FAKETIME === undefined ? 'libfaketime is not there' : undefined),
    async play(world) {
      for (const FAKETIME_OFFSET of ['+2h', '-90s', '-30d'])
        world.start({env: {LD_PRELOAD: FAKETIME!, FAKETIME: FAKETIME_OFFSET, DONT_FAKE_MONOTONIC: '1'}});
      world.start();
    },
  },
  {
    ...COMMON,
    name: 'server killed and started anew',
    suits: onServers,
    async play(world) {
      const server = world.ground.server!;
      for (let i = 0; i < 3; i++) world.start();
      await world.atWork();
      for (let round = 0; round < 3; round++) {
        await world.pause(100, 900);
        await server.kill();
        await sleep(1000 * world.random());
        await server.start();
      }
    },
  },
  {
    ...COMMON,
    name: 'server stands still',
    suits: onServers,
    async play(world) {
      const server = world.ground.server!;
      for (let i = 0; i < 3; i++) world.start();
      await world.atWork();
      server.signal('SIGSTOP');
      await sleep(5000);
      server.signal('SIGCONT');
    },
  },
  {
    ...COMMON,
    name: 'server stands still until all leases are over',
    suits: onServers,
    async play(world) {
      const server = world.ground.server!;
      for (let i = 0; i < 3; i++) world.start({as: 'binary', options: ['--lease', '2']});
      await world.atWork();
      server.signal('SIGSTOP');
      for (const {pid} of world.living) world.note('lapsed', pid);
      await sleep(5000);
      server.signal('SIGCONT');
      for (const {pid} of world.living) world.note('woken', pid);
    },
  },
  {
    ...COMMON,
    name: 'disk full, and freed',
    codes: [4],
    suits: onDisks,
    absent: () => (canMount ? undefined : 'a small filesystem cannot be mounted here'),
    prepare(folder) {
      mountSmall(folder, '16m');
      return () => unmount(folder);
    },
    async play(world) {
      const crew = [world.start({as: 'binary'}), world.start()];
      await world.atWork();
      const filler = path.join(world.folder, 'store', 'filler');
      for (let round = 0; round < 2; round++) {
        await world.pause(100, 500);
        fill(filler);
        await Promise.race([Promise.all(crew.map(({ended}) => ended)), sleep(3000)]);
        rmSync(filler, {force: true});
        execFileSync('mount', ['-o', 'remount,size=400m', path.dirname(filler)]);
      }
      await sleep(0);
      for (const member of crew) {
        if (member.end === undefined || member.end.code === 0) continue;
        world.crashed(member);
        world.start();
      }
    },
  },
];

const canMount = process.getuid?.() === 0 && works('mount', ['--version']);

function fill(file: string): void {
  try {
    for (let i = 0; i < 400; i++) writeFileSync(file, new Uint8Array(2 ** 20), {flag: 'a'});
  } catch {
    // That is the idea.
  }
}

function works(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, {stdio: 'ignore', timeout: 10_000});
    return true;
  } catch {
    return false;
  }
}
