// Runs a command as a whole process and tells how long it took and how much memory it needed.

import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const CLI = fileURLToPath(new URL('../../lib/src/bin.js', import.meta.url));

export interface Measured {
  /** Milliseconds of wall time. */
  readonly wall: number;
  /** Milliseconds of CPU time of all threads, where GNU time is there to tell; else of wall time. Steadier beside others. */
  readonly cpu: number;
  /** Bytes of resident memory at the most, where GNU time is there to tell. */
  readonly resident: number | undefined;
  readonly stderr: string;
}

export function measure(args: readonly string[], cwd: string): Measured {
  return measureWords([process.execPath, ...args], cwd);
}

function measureWords(words: readonly string[], cwd: string): Measured {
  const [file, ...rest] = existsSync('/usr/bin/time')
    ? ['/usr/bin/time', '-f', 'resident %M cpu %U %S', ...words]
    : words;
  const begun = performance.now();
  const {status, stderr} = spawnSync(file!, rest, {cwd, env: ENV, encoding: 'utf8', maxBuffer: 2 ** 26});
  const wall = performance.now() - begun;
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}:\n${stderr}`);
  const kilobytes = /resident (\d+)/.exec(stderr)?.[1];
  const seconds = /cpu ([\d.]+) ([\d.]+)/.exec(stderr);
  const cpu = seconds === null ? wall : 1000 * (Number(seconds[1]) + Number(seconds[2]));
  return {wall, cpu, resident: kilobytes === undefined ? undefined : Number(kilobytes) * 1024, stderr};
}

/** Certificates that somebody has node read at its start are no part of what is measured. */
const {NODE_EXTRA_CA_CERTS: _, ...ENV} = process.env;

export const hasTerminals = spawnSync('script', ['--version']).stdout?.includes('util-linux') === true;

/** As `jug`, in a terminal of 120 columns and 40 rows, which `script` of util-linux makes; its own CPU time is counted, too. */
export function jugOnTerminal(words: string, cwd: string): Measured {
  const line = `stty cols 120 rows 40; exec '${process.execPath}' '${CLI}' ${words}`;
  return measureWords(['script', '--quiet', '--return', '--command', line, '/dev/null'], cwd);
}

export function jug(words: string, cwd: string): Measured {
  return measure([CLI, ...words.split(' ')], cwd);
}

/** Milliseconds of wall time until the last of several processes has ended. */
export async function together(commands: readonly string[], cwd: string): Promise<number> {
  const begun = performance.now();
  const ends = commands.map(async words => {
    const [code] = await once(
      spawn(process.execPath, [CLI, ...words.split(' ')], {cwd, env: ENV, stdio: 'ignore'}),
      'exit',
    );
    if (code !== 0) throw new Error(`jug ${words} ended with ${code}`);
  });
  await Promise.all(ends);
  return performance.now() - begun;
}

/** Milliseconds of CPU, at best. */
export function leastCpu(times: number, run: () => Measured): number {
  return Math.min(...Array.from({length: times}, () => run().cpu));
}

/** The fastest of `times`: what disturbs a measurement only ever makes it slower. */
export function fastest(times: number, run: () => Measured): Measured {
  return Array.from({length: times}, run).reduce((best, next) => (next.wall < best.wall ? next : best));
}

export interface Answered {
  /** Milliseconds until the first picture stood. */
  readonly first: number;
  /** Milliseconds between each key and the next picture. */
  readonly answers: readonly number[];
}

/** As `jug`, in such a terminal, which is given one key after the other, `pause` milliseconds apart. */
export async function keysOnTerminal(
  words: string,
  cwd: string,
  {
    keys,
    pause,
    picture,
  }: {readonly keys: readonly string[]; readonly pause: number; readonly picture: RegExp},
): Promise<Answered> {
  const line = `stty cols 120 rows 40; exec '${process.execPath}' '${CLI}' ${words}`;
  const begun = performance.now();
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
    cwd,
    env: {...ENV, TERM: 'xterm-256color', SHELL: '/bin/sh'},
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let seen = '';
  let onOutput: () => void = () => {};
  child.stdout.on('data', (data: Buffer) => {
    seen += data.toString();
    onOutput();
  });
  const until = (isThere: () => boolean): Promise<void> =>
    new Promise(resolve => {
      onOutput = () => {
        if (isThere()) resolve();
      };
      onOutput();
    });
  await until(() => picture.test(seen));
  const first = performance.now() - begun;
  const answers: number[] = [];
  for (const key of keys) {
    await new Promise(resolve => void setTimeout(resolve, pause));
    seen = '';
    const pressed = performance.now();
    child.stdin.write(key);
    await until(() => seen.length > 0);
    answers.push(performance.now() - pressed);
  }
  child.stdin.write('q');
  await once(child, 'close');
  return {first, answers};
}
