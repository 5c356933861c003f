// The locks of all processes, as the log of locks tells them. Each entry takes or drops locks of any number of hashes,
// decided upon with full knowledge of what came before (log.ts): so a lock has one holder at a time, and who has
// lost his learns it before he can do anything about it. The number of an entry is the fencing token.
//
// Each folder of the log begins with an entry that holds all locks there are; so nobody needs the folders before the last
// but one, and they are removed. Locks are not durable: they outlive a power cut only by chance, and do no harm then.
// Knows hashes and owners; knows no results.

import {readdir, rmdir, unlink} from 'node:fs/promises';
import {join} from 'node:path';
import {crc32} from 'node:zlib';
import type {TaskHash} from '../../values/task-hash.js';
import {HASH_BYTES, hashAt, writeHash} from '../hash-bytes.js';
import type {LockInfo} from '../store.js';
import {readWhole} from './disk.js';
import type {Beats, Holder} from './heartbeats.js';
import {Log} from './log.js';
import {foldersOf, type Place} from './log-position.js';
import type {Turns} from './mutex.js';
import type {Layout} from './snapshot.js';

/** Entries per folder. */
const SLOTS = 128;
const MAGIC = 0x6c67756a;
const HEAD_BYTES = 16;

/** A holder and what it took, or holds; `since` by its own clock, for people. */
interface Taking {
  readonly holder: Holder;
  readonly since: number;
  readonly hashes: readonly TaskHash[];
}

interface Change {
  readonly takes: readonly Taking[];
  readonly drops: readonly TaskHash[];
}

interface Holding {
  readonly holder: Holder;
  since: number;
  count: number;
}

export class FileLocks {
  readonly log: Log;
  readonly #path: string;
  readonly #turns: Turns;
  readonly #me: Holder;
  readonly #beats: Beats;
  #held = new Map<TaskHash, Holding>();
  readonly #holdings = new Map<string, Holding>();
  #changes = 0;

  constructor({folder, identity}: Layout, turns: Turns, me: Holder, beats: Beats) {
    this.#path = join(folder, 'locks');
    this.#turns = turns;
    this.#me = me;
    this.#beats = beats;
    this.log = new Log(this.#path, join(folder, 'drafts'), identity, {
      slots: SLOTS,
      durable: false,
      restart: async names => {
        this.#clear();
        return baseOf(names);
      },
      base: async names => baseOf(names),
      read: async (path, place) => {
        const change = decode(await readWhole(path));
        if (change !== undefined) {
          if (place.slot === 0) this.#clear();
          this.#apply(change);
        }
        return {seals: false};
      },
    });
  }

  /** Counts up whenever locks were dropped. */
  get changes(): number {
    return this.#changes;
  }

  look(): Promise<void> {
    return this.#turns.take(() => this.log.catchUp());
  }

  /** Which of them are ours now. A lock of a dead owner is taken as if there were none. */
  async acquire(hashes: readonly TaskHash[]): Promise<boolean[]> {
    await this.#beats.start();
    await this.#change(async () => {
      const dead = await this.#dead();
      const free = hashes.filter(hash => {
        const holding = this.#held.get(hash);
        return holding === undefined || dead.has(holding);
      });
      return {takes: [{holder: this.#me, since: Date.now(), hashes: [...new Set(free)]}], drops: []};
    });
    return hashes.map(hash => this.#isMine(hash));
  }

  async release(hashes: readonly TaskHash[]): Promise<void> {
    await this.#change(async () => ({takes: [], drops: hashes.filter(hash => this.#isMine(hash))}));
  }

  /** Ours, and those of `settled` that a dead owner has left: of tasks that nobody will lock again. */
  async releaseAll(settled: readonly TaskHash[]): Promise<void> {
    await this.#change(async () => {
      const dead = settled.length === 0 ? new Set() : await this.#dead();
      const left = settled.filter(hash => dead.has(this.#held.get(hash)));
      return {takes: [], drops: [...this.#held.keys()].filter(hash => this.#isMine(hash)).concat(left)};
    });
  }

  /** Of dead owners, as far as this process has looked at locks at all. */
  async left(): Promise<TaskHash[]> {
    const dead = await this.#dead();
    return [...this.#held].filter(([, holding]) => dead.has(holding)).map(([hash]) => hash);
  }

  async break(everyone: boolean): Promise<number> {
    let broken = 0;
    await this.#change(async () => {
      const dead = await this.#dead();
      const drops = [...this.#held]
        .filter(([, holding]) => everyone || dead.has(holding))
        .map(([hash]) => hash);
      broken = drops.length;
      return {takes: [], drops};
    });
    return broken;
  }

  async list(): Promise<LockInfo[]> {
    await this.look();
    const hashes = new Map<Holding, TaskHash[]>();
    for (const [hash, holding] of this.#held) {
      const list = hashes.get(holding);
      if (list === undefined) hashes.set(holding, [hash]);
      else list.push(hash);
    }
    const dead = await this.#dead();
    return [...hashes].map(([holding, list]) => ({
      owner: holding.holder.owner,
      hashes: list,
      since: holding.since,
      alive: !dead.has(holding),
    }));
  }

  #isMine(hash: TaskHash): boolean {
    return this.#held.get(hash)?.holder.owner.token === this.#me.owner.token;
  }

  async #dead(): Promise<Set<Holding>> {
    const dead = new Set<Holding>();
    for (const holding of [...this.#holdings.values()]) {
      if (!(await this.#beats.isAlive(holding.holder))) dead.add(holding);
    }
    return dead;
  }

  async #change(decide: () => Promise<Change>): Promise<void> {
    await this.#turns.take(async () => {
      let beginsFolder: Place | undefined;
      await this.log.append(async place => {
        const change = await decide();
        if (change.drops.length + change.takes.reduce((sum, {hashes}) => sum + hashes.length, 0) === 0)
          return undefined;
        return {
          parts: [encode(place.slot === 0 ? this.#all(change) : change)],
          done: () => {
            this.#apply(change);
            if (place.slot === 0) beginsFolder = place;
          },
        };
      });
      if (beginsFolder !== undefined) await this.#removeBefore(beginsFolder.folder - 1);
    });
  }

  /** Everything that is held once `change` is made. */
  #all({takes, drops}: Change): Change {
    const after = new Map<TaskHash, {readonly holder: Holder; readonly since: number}>(this.#held);
    for (const hash of drops) after.delete(hash);
    for (const taking of takes) for (const hash of taking.hashes) after.set(hash, taking);
    const all = new Map<string, {holder: Holder; since: number; hashes: TaskHash[]}>();
    for (const [hash, {holder, since}] of after) {
      const {token} = holder.owner;
      const taking = all.get(token) ?? {holder, since, hashes: []};
      all.set(token, taking);
      taking.hashes.push(hash);
    }
    return {takes: [...all.values()], drops: []};
  }

  #clear(): void {
    this.#held = new Map();
    this.#holdings.clear();
    this.#changes++;
  }

  #apply({takes, drops}: Change): void {
    if (drops.length > 0) this.#changes++;
    for (const hash of drops) this.#drop(hash);
    for (const {holder, since, hashes} of takes) {
      if (hashes.length === 0) continue;
      const {token} = holder.owner;
      const holding = this.#holdings.get(token) ?? {holder, since, count: 0};
      this.#holdings.set(token, holding);
      for (const hash of hashes) {
        holding.count++;
        this.#drop(hash);
        this.#held.set(hash, holding);
      }
    }
  }

  #drop(hash: TaskHash): void {
    const holding = this.#held.get(hash);
    if (holding === undefined) return;
    this.#held.delete(hash);
    if (--holding.count === 0) this.#holdings.delete(holding.holder.owner.token);
  }

  /** Best effort: whoever comes next does it otherwise. */
  async #removeBefore(folder: number): Promise<void> {
    try {
      for (const old of foldersOf(await readdir(this.#path))) {
        if (old >= folder) continue;
        const path = join(this.#path, String(old));
        for (const name of await readdir(path)) await unlink(join(path, name));
        await rmdir(path);
      }
    } catch {
      // Others do the same, or still have a file of it open.
    }
  }
}

/** The last but one: the last may be without its first entry yet. */
function baseOf(names: readonly string[]): number {
  return Math.max(1, ...foldersOf(names)) - 1;
}

function encode({takes, drops}: Change): Buffer {
  const header = Buffer.from(
    JSON.stringify({
      takes: takes.map(({holder, since, hashes}) => ({holder, since, count: hashes.length})),
      drops: drops.length,
    }),
  );
  const hashes = [...takes.flatMap(taking => taking.hashes), ...drops];
  const bytes = Buffer.alloc(HEAD_BYTES + header.length + hashes.length * HASH_BYTES);
  header.copy(bytes, HEAD_BYTES);
  let at = HEAD_BYTES + header.length;
  for (const hash of hashes) at = writeHash(bytes, hash, at);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(header.length, 4);
  bytes.writeUInt32LE(hashes.length, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(HEAD_BYTES)), 12);
  return bytes;
}

/** `undefined`: a power cut has spoilt it; who held something then is gone. */
function decode(bytes: Buffer): Change | undefined {
  if (bytes.length < HEAD_BYTES || bytes.readUInt32LE(0) !== MAGIC) return undefined;
  const headerBytes = bytes.readUInt32LE(4);
  if (crc32(bytes.subarray(HEAD_BYTES)) !== bytes.readUInt32LE(12)) return undefined;
  const header = JSON.parse(bytes.toString('utf8', HEAD_BYTES, HEAD_BYTES + headerBytes)) as {
    takes: {holder: Holder; since: number; count: number}[];
    drops: number;
  };
  let at = HEAD_BYTES + headerBytes;
  const next = (count: number): TaskHash[] =>
    Array.from({length: count}, () => {
      at += HASH_BYTES;
      return hashAt(bytes, at - HASH_BYTES);
    });
  const takes = header.takes.map(({holder, since, count}) => ({holder, since, hashes: next(count)}));
  return {takes, drops: next(header.drops)};
}
