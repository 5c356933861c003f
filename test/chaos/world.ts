// The processes of one round: a crew of `jug execute` at one store, which the nemesis starts, stops and kills, and a
// line in the history for each time it does.

import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {appendFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {PACKAGE} from '../helpers/rig.js';
import type {Disturbance, Line} from './history.js';
import {DRIVER, JUGFILE, READER} from './random-graph.js';
import type {Ground} from './store-kinds.js';

const CLI = path.join(PACKAGE, 'lib/src/bin.js');

export interface End {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Member {
  readonly pid: number;
  readonly ended: Promise<End>;
  end: End | undefined;
  /** It was killed, and how it ends is no wonder. */
  doomed: boolean;
}

export interface Launch {
  readonly env?: Readonly<Record<string, string>>;
  /** `binary`: `jug execute`. `driver`: the library, which tells what is acknowledged. */
  readonly as?: 'binary' | 'driver';
  readonly options?: readonly string[];
  /** What stands before the name of the program: a tracer that becomes it. */
  readonly under?: readonly string[];
}

export class World {
  readonly crew: Member[] = [];
  readonly ends: End[] = [];
  kills = 0;
  #started = 0;

  constructor(
    readonly folder: string,
    readonly ground: Ground,
    /** The jugfile's arguments. */
    readonly args: readonly string[],
    readonly random: () => number,
  ) {
    mkdirSync(path.join(folder, 'node_modules'), {recursive: true});
    symlinkSync(PACKAGE, path.join(folder, 'node_modules/jug'));
    const files = {'jugfile.mjs': JUGFILE, 'driver.mjs': DRIVER, 'reader.mjs': READER, 'history.log': ''};
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  }

  /** Those that run. */
  get living(): Member[] {
    return this.crew.filter(member => member.end === undefined && !member.doomed);
  }

  /** Somebody has found everything finished. */
  get isDone(): boolean {
    return this.ends.some(({code}) => code === 0);
  }

  get history(): Line[] {
    return parse(readFileSync(path.join(this.folder, 'history.log'), 'utf8'));
  }

  /** How many results were told as durable. */
  get acknowledged(): number {
    const file = path.join(this.folder, 'acknowledged.log');
    return existsSync(file) ? readFileSync(file).length : 0;
  }

  /** Every other one is started by the library, unless it is said. */
  start(launch: Launch = {}): Member {
    const {env = {}, options = [], under = []} = launch;
    const as = launch.as ?? (this.#started % 2 === 0 ? 'binary' : 'driver');
    this.#started++;
    const own = ['jugfile.mjs', ...this.args];
    const words =
      as === 'driver'
        ? ['driver.mjs', this.ground.jugdir, ...this.args]
        : [CLI, 'execute', '-j', '2', '--jugdir', this.ground.jugdir, ...options, ...own];
    const [program, ...rest] = [...under, process.execPath, ...words];
    const child = spawn(program!, rest, {
      cwd: this.folder,
      env: {...cleanEnv(), ...env},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const member: Member = {pid: child.pid!, ended: endOf(child), end: undefined, doomed: false};
    this.crew.push(member);
    void member.ended.then(end => {
      member.end = end;
      this.ends.push(end);
    });
    return member;
  }

  /** Kills it for good; settles when it is gone. */
  async kill(member: Member, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (member.end !== undefined) return;
    member.doomed = true;
    this.note('killed', member.pid);
    process.kill(member.pid, signal);
    this.kills++;
    await member.ended;
  }

  /** It ended by itself, without giving back what it held. */
  crashed(member: Member): void {
    if (member.end?.signal !== null) {
      member.doomed = true;
      this.kills++;
    }
    this.note('crashed', member.pid);
  }

  note(what: Disturbance, pid: number): void {
    const at = process.hrtime.bigint() / 1000n;
    appendFileSync(path.join(this.folder, 'history.log'), `${what} ${pid} 0 0 ${at}\n`);
  }

  anyone(): Member | undefined {
    const {living} = this;
    return living[Math.floor(this.random() * living.length)];
  }

  /** Waits for a time between the two, in milliseconds, and not when everything is finished. */
  async pause(least: number, most: number): Promise<void> {
    const end = performance.now() + least + this.random() * (most - least);
    while (!this.isDone && performance.now() < end) await sleep(Math.min(20, most));
  }

  /** Settles when everyone has started a task, or found nothing left to do. */
  async atWork(): Promise<void> {
    const late = AbortSignal.timeout(30_000);
    while (!this.isDone && !late.aborted) {
      const seen = new Set(this.history.map(({pid}) => pid));
      if (this.living.every(({pid}) => seen.has(pid))) return;
      await sleep(30);
    }
  }

  /** Settles when all have ended; kills those that take too long, and answers with their number. */
  async finish(patience: number): Promise<number> {
    const late = AbortSignal.timeout(patience);
    while (this.crew.some(({end}) => end === undefined) && !late.aborted) await sleep(10);
    const hanging = this.crew.filter(({end}) => end === undefined);
    for (const {pid} of hanging) process.kill(pid, 'SIGKILL');
    await Promise.all(hanging.map(({ended}) => ended));
    return hanging.length;
  }

  /** A command of jug to its end. */
  jug(command: string, options: readonly string[] = []): Promise<End> {
    const words = [CLI, command, '--jugdir', this.ground.jugdir, ...options, 'jugfile.mjs', ...this.args];
    return this.#run(words);
  }

  read(): Promise<End> {
    return this.#run(['reader.mjs', this.ground.jugdir, ...this.args]);
  }

  #run(words: readonly string[]): Promise<End> {
    return endOf(
      spawn(process.execPath, words, {
        cwd: this.folder,
        env: cleanEnv(),
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 120_000,
        killSignal: 'SIGKILL',
      }),
    );
  }
}

function endOf(child: ChildProcess): Promise<End> {
  const texts = {stdout: '', stderr: ''};
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]!.setEncoding('utf8').on('data', (text: string) => {
      texts[stream] += text;
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({pid: child.pid!, code, signal, ...texts}));
  });
}

/** Microseconds in the file. */
function parse(text: string): Line[] {
  const lines: Line[] = [];
  for (const line of text.trimEnd().split('\n')) {
    const [kind, pid, task, value, at] = line.split(' ');
    const common = {pid: Number(pid), at: Number(at) / 1000};
    if (kind === 'start') lines.push({kind, ...common, task: Number(task)});
    else if (kind === 'end') lines.push({kind, ...common, task: Number(task), value: Number(value)});
    else if (kind !== '') lines.push({kind: kind as Disturbance, ...common});
  }
  return lines;
}

function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(AVA_|JUG_|NODE_OPTIONS$|NODE_CHANNEL|FORCE_COLOR$)/.test(name),
    ),
  );
}

/** A small filesystem of its own; false where that is not allowed. */
export function mountSmall(folder: string, size: string): boolean {
  try {
    mkdirSync(folder, {recursive: true});
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  }
}

export function unmount(folder: string): void {
  execFileSync('umount', ['-l', folder], {stdio: 'ignore'});
}
