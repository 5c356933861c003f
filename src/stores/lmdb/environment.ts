// One LMDB environment as this project uses it: opened and written only while holding the gate, written only
// by synchronous transactions, keys in hex, values in bytes. Knows nothing of results and locks.

import {statSync} from 'node:fs';
import {join} from 'node:path';
import {type Database, open, type RootDatabase} from 'lmdb';
import {StoreError} from '../../core/errors.js';
import {freeSpace} from '../folder.js';
import {type Growth, openRoom} from './safety/free-space.js';
import type {Gate} from './safety/mutex.js';
import {demandRights} from './safety/permissions.js';

/** Keys are hex digits in our hands and half as many bytes in LMDB's. */
export type Table = Database<Uint8Array, string>;

export interface Environment {
  readonly dataFile: string;
  table(name: string): Table;
  /** By one who holds the gate. Durable when it returns, unless the environment was opened `volatile`. */
  write<T>(growth: Growth, fn: () => T): T;
  /** Sees everything that was committed before the call, by whomever. */
  read<T>(fn: () => T): T;
  close(): void;
}

interface Flags {
  readonly readOnly: boolean;
  /** Never synced: what is in it may be lost by a crash of the machine, and must not matter then. */
  readonly volatile: boolean;
}

type HexBuffer = Buffer & {
  hexWrite(text: string, offset: number, bytes: number): number;
  hexSlice(start: number, end: number): string;
};

/** lmdb writes a key at `position` and expects the end; a range without a start has an empty key. */
const hexKeys = {
  writeKey: (key: string, target: HexBuffer, position: number) =>
    key.length === 0 ? position : position + target.hexWrite(key, position, key.length >> 1),
  readKey: (source: HexBuffer, start: number, end: number) =>
    keyReader === undefined ? source.hexSlice(start, end) : keyReader(source, start),
};

let keyReader: ((bytes: Buffer, at: number) => void) | undefined;

/** Shows every key of a table as bytes; text of a million keys would cost more than to read them. */
export function scanKeys(table: Table, see: (bytes: Buffer, at: number) => void): void {
  keyReader = see;
  try {
    for (const _ of table.getKeys({start: ''}));
  } finally {
    keyReader = undefined;
  }
}

const TABLE_OPTIONS = {encoding: 'binary', keyEncoder: hexKeys, cache: false} as const;

/** EIO, which is also said of a full disk; EINVAL; ENOSPC; EDQUOT; MDB_PANIC. */
const FAILED_WRITES: ReadonlySet<number> = new Set([5, 22, 28, 122, -30795]);
const READERS_FULL = -30790;

/** All processes must open an environment with the same ones; they are written down in the store's marker. */
export const ENVIRONMENT_OPTIONS = {encoding: 'binary', overlappingSync: false, maxReaders: 2048} as const;

/** Less what the umask takes away, as for all other files. lmdb knows the option, its types do not. */
const FILE_MODE = {permissionsMode: 0o666};

/**
 * The caller has looked at the data file before (preflight.ts) and holds the gate now. `undefined`: opened to be
 * read, and not completely created yet.
 */
export function openEnvironment(
  folder: string,
  names: readonly string[],
  flags: Flags,
  gate: Gate,
): Environment | undefined {
  const dataFile = join(folder, 'data.mdb');
  demandRights(folder, flags.readOnly ? 'read' : 'write');
  const root: RootDatabase<Uint8Array, string> = translate(folder, () =>
    open<Uint8Array, string>(folder, {
      ...ENVIRONMENT_OPTIONS,
      ...FILE_MODE,
      eventTurnBatching: false,
      cache: false,
      keyEncoder: hexKeys,
      noSubdir: false,
      noSync: flags.volatile,
      readOnly: flags.readOnly,
      maxDbs: 12,
    }),
  );
  const tables = new Map<string, Table>();
  for (const name of names) {
    const table = translate(folder, () => root.openDB<Uint8Array, string>({name, ...TABLE_OPTIONS}));
    // lmdb's types do not say so: it is missing when it cannot be created.
    if ((table as Table | undefined) === undefined) {
      void root.close();
      return undefined;
    }
    tables.set(name, table);
  }

  const room = openRoom(folder, dataFile);

  return {
    dataFile,
    table(name) {
      return tables.get(name)!;
    },
    write(growth, fn) {
      room.require(growth);
      return translate(folder, () => root.transactionSync(fn));
    },
    read(fn) {
      return translate(folder, () => {
        root.resetReadTxn();
        try {
          return fn();
        } catch (error) {
          if ((error as {code?: unknown}).code !== READERS_FULL) throw error;
          // Readers that were killed keep their slots until somebody looks.
          root.readerCheck();
          return fn();
        }
      });
    },
    close() {
      // The tables stay open: their handles are shared by all threads of this process.
      gate.hold(() => {
        void root.close();
      });
    },
  };
}

const CHUNK = 4096;

/** All keys, each chunk in a transaction of its own: others may go on writing. */
export function* keyChunks(environment: Environment, table: Table): Generator<string[]> {
  for (let start = ''; ; ) {
    const keys = environment.read(() => [
      ...table.getKeys({start, exclusiveStart: start !== '', limit: CHUNK}),
    ]);
    if (keys.length > 0) yield keys;
    if (keys.length < CHUNK) return;
    start = keys[CHUNK - 1]!;
  }
}

/** The key of a number that counts the transactions of a kind. */
export const COUNTER = '00';

export function readCounter(table: Table, key = COUNTER): number {
  const value = table.get(key);
  return value === undefined
    ? 0
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength).readDoubleLE();
}

export function writeCounter(table: Table, count: number, key = COUNTER): void {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(count);
  table.putSync(key, bytes);
}

/** An environment that was completely created has two pages at least. */
export function hasData(folder: string): boolean {
  return (statSync(join(folder, 'data.mdb'), {throwIfNoEntry: false})?.size ?? 0) >= 8192;
}

/** Tells a file from another one that took its place. */
export function fileIdentity(path: string): string | undefined {
  try {
    const {dev, ino} = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** LMDB's errors have a number; everything else is passed on. */
function translate<T>(folder: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    const {code, message} = error as {code?: unknown; message: string};
    if (typeof code !== 'number') throw error;
    const isWrite = FAILED_WRITES.has(code);
    // LMDB has told of it on stderr by itself, without an end of the line.
    if (isWrite) process.stderr.write('\n');
    const why = isWrite
      ? 'A write failed in a way after which this process must not go on with it'
      : 'The database refused';
    throw new StoreError(
      `The store in ${folder} cannot be used any further by this process. ${why}: ${message}. ${freeText(folder)} Nothing that was saved before is lost; start again`,
      true,
      {cause: error},
    );
  }
}

function freeText(folder: string): string {
  try {
    return `${Math.floor(freeSpace(folder) / 1024)} kB are free there.`;
  } catch {
    return 'The folder cannot be looked at any more.';
  }
}
