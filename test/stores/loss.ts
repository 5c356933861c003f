// The two situations in which lmdb-js loses acknowledged commits, run for a while; counts what is lost.

import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {reasonOf} from '../../src/stores/folder.js';
import {type Child, startChild} from './child.js';

export interface Loss {
  readonly acknowledged: number;
  readonly lost: number;
  readonly opens: number;
  /** What the processes that ended with an error or a signal, or did not answer, said last. */
  readonly crashes: readonly string[];
}

export interface Setting {
  readonly gate: boolean;
  /** On a tmpfs a synced commit takes no time, which is when it happens. */
  readonly sync: boolean;
}

/** Milliseconds that a process may take for one answer. */
const PATIENCE = 20_000;

export const NONE: Loss = {acknowledged: 0, lost: 0, opens: 0, crashes: []};

export function add(a: Loss, b: Loss): Loss {
  return {
    acknowledged: a.acknowledged + b.acknowledged,
    lost: a.lost + b.lost,
    opens: a.opens + b.opens,
    crashes: [...a.crashes, ...b.crashes],
  };
}

/** Crew of processes; one that crashed is replaced when it is needed again. */
export class Crew {
  readonly #setting: Setting;
  readonly #children = new Map<string, Child>();
  readonly crashes: string[] = [];

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  /** What the process `name` answers, or `undefined` when it died over it. */
  async ask(name: string, line: string): Promise<string | undefined> {
    let child = this.#children.get(name);
    if (child === undefined) {
      const {gate, sync} = this.#setting;
      child = startChild('loss', [gate ? 'gate' : 'bare', sync ? 'sync' : 'nosync']);
      this.#children.set(name, child);
    }
    // Without the gate a damaged environment can block for ever.
    let isPatient = true;
    const patience = setTimeout(() => {
      isPatient = false;
      child.process.kill('SIGKILL');
    }, PATIENCE);
    try {
      return await child.ask(line);
    } catch (error) {
      this.#children.delete(name);
      const why = isPatient ? reasonOf(error) : `no answer for ${PATIENCE / 1000} s`;
      this.crashes.push(`${line.split(' ', 1)}: ${why}`);
      return undefined;
    } finally {
      clearTimeout(patience);
    }
  }

  async end(): Promise<void> {
    await Promise.all([...this.#children.values()].map(child => child.kill()));
  }
}

/** Three processes that create and open an environment at the same instant, and commit at once. */
export async function startTogether(crew: Crew, folder: string, commits: number): Promise<Loss> {
  const names = ['a', 'b', 'c'];
  return inFolder(crew, folder, names, async (env, logs) => {
    const at = Date.now() + 10;
    await Promise.all(
      names.map((name, i) => crew.ask(name, `write ${env} ${logs[i]} ${name} 0 ${commits} ${at}`)),
    );
    return names.length;
  });
}

/** Two processes that commit for as long as two others open and close the environment. */
export async function openWhileWriting(crew: Crew, folder: string, commits: number): Promise<Loss> {
  const writers = ['a', 'b'];
  return inFolder(crew, folder, writers, async (env, logs) => {
    let opens = 0;
    let writing = true;
    const opener = async (name: string) => {
      while (writing) opens += Number((await crew.ask(name, `open ${env} ${Date.now() + 100}`)) ?? 0);
    };
    const openers = [opener('o'), opener('p')];
    await Promise.all(
      writers.map((name, i) => crew.ask(name, `write ${env} ${logs[i]} ${name} 0 ${commits} 0`)),
    );
    writing = false;
    await Promise.all(openers);
    return opens;
  });
}

async function inFolder(
  crew: Crew,
  folder: string,
  writers: readonly string[],
  run: (env: string, logs: readonly string[]) => Promise<number>,
): Promise<Loss> {
  const env = join(folder, 'env');
  rmSync(folder, {recursive: true, force: true});
  mkdirSync(folder, {recursive: true});
  const logs = writers.map(name => join(folder, `log-${name}`));
  for (const log of logs) writeFileSync(log, '');
  const before = crew.crashes.length;
  const opens = await run(env, logs);
  const answer = await crew.ask('checker', `check ${env} ${logs.join(' ')}`);
  const [lost = 0, acknowledged = 0] = (answer ?? '').split(' ').map(Number);
  rmSync(folder, {recursive: true, force: true});
  return {acknowledged, lost, opens, crashes: crew.crashes.slice(before)};
}
