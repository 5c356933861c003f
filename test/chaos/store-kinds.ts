// The stores that are broken, as a table: a scenario knows of a store only what stands here.

import {mkdirSync} from 'node:fs';
import path from 'node:path';

/** A store that is there for one round of a scenario. */
export interface Ground {
  readonly jugdir: string;
  /** The server, where there is one: the nemesis kills it and starts it anew, and stops it for a while. */
  readonly server: Server | undefined;
  stop(): Promise<void>;
}

export interface Server {
  readonly pid: number;
  /** Starts it anew on what it has written. */
  restart(): Promise<void>;
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

export const STORE_KINDS: readonly StoreKind[] = [folderKind('lmdb')];
