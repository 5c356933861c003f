// A private redis-server for a test: on a free port of this machine, with its data in a temporary folder; stopped,
// continued, killed and started again as the test likes. Where there is none on the PATH, the tests are left out.

import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {type AddressInfo, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

const PROGRAM = 'redis-server';
export const HAS_REDIS = spawnSync(PROGRAM, ['--version']).status === 0;

/** A test that ends badly leaves no server behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** What a server that keeps what it was given is started with. */
export const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''] as const;
export const FORGETFUL = ['--appendonly', 'no', '--save', ''] as const;

export interface RedisServer {
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  /** `redis://127.0.0.1:PORT/0?prefix=…` */
  url(prefix?: string): string;
  /** As redis-cli prints it. */
  cli(...words: string[]): string;
  signal(signal: NodeJS.Signals): void;
  /** Ends it at once, and settles when it is gone. */
  kill(): Promise<void>;
  /** On the same port, with the same data, if it keeps any. */
  start(options?: readonly string[]): Promise<void>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

/** `options`: after those that every server gets. */
export async function startRedis(options: readonly string[] = DURABLE): Promise<RedisServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'jug-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function start(given = options): Promise<void> {
    const log = path.join(folder, 'log');
    const where = given.includes('--tls-port') ? ['--port', '0'] : ['--port', String(port)];
    const own = [...where, '--bind', '127.0.0.1', '--dir', folder, '--logfile', log, '--daemonize', 'no'];
    const started = spawn(PROGRAM, [...own, ...given.map(word => word.replace('PORT', String(port)))], {
      stdio: 'ignore',
    });
    child = started;
    running.add(started);
    started.once('close', () => running.delete(started));
    const end = Date.now() + 10_000;
    while (!/PONG|NOAUTH|NOPERM|tls/i.test(given.includes('--tls-port') ? listening(log) : cli('PING'))) {
      if (started.exitCode !== null || Date.now() > end) {
        throw new Error(`redis-server did not start:\n${readFileSync(log, 'utf8')}`);
      }
      await sleep(10);
    }
  }

  function cli(...words: string[]): string {
    const {stdout, stderr} = spawnSync('redis-cli', ['-p', String(port), ...words], {encoding: 'utf8'});
    return (stdout + stderr).trim();
  }

  async function kill(): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise(resolve => ending.once('close', resolve));
    ending.kill('SIGKILL');
    await gone;
  }

  await start();
  return {
    port,
    folder,
    get pid() {
      return child!.pid!;
    },
    url: (prefix = 'jug') => `redis://127.0.0.1:${port}/0?prefix=${prefix}`,
    cli,
    signal: signal => void child!.kill(signal),
    kill,
    start,
    async close() {
      await kill();
      rmSync(folder, {recursive: true, force: true, maxRetries: 5});
    },
  };
}

function listening(log: string): string {
  try {
    return /Ready to accept connections/.test(readFileSync(log, 'utf8')) ? 'tls' : '';
  } catch {
    return '';
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
