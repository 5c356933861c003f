// The stores that are broken, as a table: a scenario knows of a store only what stands here.

import {mkdirSync} from 'node:fs';
import path from 'node:path';
import {HAS_REDIS, startRedis} from '../helpers/redis-server.js';

/** A store that is there for one round of a scenario. */
export interface Ground {
  readonly jugdir: string;
  /** The server, where there is one: the nemesis kills it and starts it anew, and stops it for a while. */
  readonly server: Server | undefined;
  stop(): Promise<void>;
}

export interface Server {
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  kill(): Promise<void>;
  /** Anew, on what it has written. */
  start(): Promise<void>;
}

export interface StoreKind {
  readonly name: string;
  /** A process that stands still for longer than its lease loses its locks; otherwise they are its own while it lives. */
  readonly leases: boolean;
  /** Why it cannot be had here, if it cannot. */
  readonly absent: string | undefined;
  /** `folder`: where it may write, if it writes files. */
  open(folder: string): Promise<Ground>;
}

function folderKind(name: string): StoreKind {
  return {
    name,
    leases: false,
    absent: undefined,
    async open(folder) {
      mkdirSync(folder, {recursive: true});
      return {jugdir: `${name}:${path.join(folder, 'data')}`, server: undefined, stop: async () => {}};
    },
  };
}

const redis: StoreKind = {
  name: 'redis',
  leases: true,
  absent: HAS_REDIS ? undefined : 'redis-server is not on the PATH',
  async open() {
    const server = await startRedis();
    return {jugdir: server.url('chaos'), server, stop: () => server.close()};
  },
};

export const STORE_KINDS: readonly StoreKind[] = [folderKind('lmdb'), folderKind('file'), redis];
