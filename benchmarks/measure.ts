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
