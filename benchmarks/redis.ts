// A redis-server of its own for a measurement, on a free port and with its data in a folder of its own. Where none is
// on the PATH, there is nothing to measure.

import {spawn, spawnSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {type AddressInfo, connect, createServer} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';

export interface MeasuredServer {
  /** A store with nothing in it, each time. */
  fresh(): string;
  close(): void;
}

export async function redisServer(folder: string): Promise<MeasuredServer | undefined> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined;
  const port = await freePort();
  mkdirSync(folder, {recursive: true});
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--logfile', 'log'];
  // As a server is that is to keep what it is given.
  const server = spawn('redis-server', [...where, '--save', '', '--appendonly', 'yes'], {stdio: 'ignore'});
  while (!(await answers(port))) await sleep(20);
  let stores = 0;
  return {
    fresh: () => `redis://127.0.0.1:${port}/0?prefix=bench-${stores++}`,
    close: () => void server.kill('SIGKILL'),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.unref();
    setTimeout(() => socket.destroy(), 100).unref();
  });
}
