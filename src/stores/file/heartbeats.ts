// Whether the processes that hold locks still live. Each has a file of its own to which it appends a byte now and then;
// whoever meets a lock of a process on another host opens that file and reads it, and if it stays the same for as long
// as the lease says, by the clock of the one who reads, the process counts as dead. Clocks are never compared. A
// process of this host is asked for by its pid. The bytes are appended by a thread of their own (heartbeat.ts).

import {open, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {entryUrl} from '../../core/package-files.js';
import {Heartbeat} from '../heartbeat.js';
import {isAlive, thisPlace} from '../owner.js';
import type {Owner, StoreOptions} from '../store.js';
import {codeOf, heardFrom, isGone, makeFolder, namesIn, removeFile} from './disk.js';
import type {Answer, Data, Question} from './heartbeat-thread.cjs';

/** An owner, and where its pid means something. */
export interface Holder {
  readonly owner: Owner;
  readonly pidNamespace: string;
}

/** Beats, and looks at those of another, per lease. */
const PER_LEASE = 4;
const LOOKS_PER_LEASE = 8;

interface Look {
  /** The file as it was; `undefined`: there is none. */
  readonly content: string | undefined;
  /** Milliseconds of this process's monotonic clock: since when it is like this, and when that was seen last. */
  readonly since: number;
  readonly at: number;
}

export class Beats {
  readonly #folder: string;
  readonly #me: Holder;
  readonly #lease: number;
  readonly #looks = new Map<string, Look>();
  readonly #heartbeat: Heartbeat;
  /** Who waits for a beat out of turn. */
  readonly #asking = new Set<() => void>();
  #started: Promise<void> | undefined;

  constructor(folder: string, me: Holder, {lease, note}: Pick<StoreOptions, 'lease' | 'note'>) {
    this.#folder = folder;
    this.#me = me;
    this.#lease = lease;
    this.#heartbeat = new Heartbeat({
      file: entryUrl('src/stores/file/heartbeat-thread.cjs'),
      rest: lease / PER_LEASE,
      data: () => ({path: this.#pathOf(me.owner.token), head: headOf(me)}) satisfies Data,
      heard: answer => {
        if ((answer as Answer) !== 'beaten') return;
        heardFrom();
        for (const told of this.#asking) told();
        this.#asking.clear();
      },
      note,
    });
  }

  /** Before the first lock: from now on others can see that we live. */
  start(): Promise<void> {
    this.#started ??= this.#start().catch(error => {
      this.#started = undefined;
      throw error;
    });
    return this.#started;
  }

  get hasStarted(): boolean {
    return this.#started !== undefined;
  }

  async #start(): Promise<void> {
    await makeFolder(this.#folder);
    await this.#begin();
    this.#heartbeat.start();
    await this.#sweep();
  }

  /**
   * Settles with the next beat of a process that has a lock, which is made at once: the filesystem has answered then,
   * whether or not node's own threads have time to ask it.
   */
  ask(): Promise<void> {
    return new Promise(resolve => {
      this.#asking.add(resolve);
      this.#heartbeat.tell('beat' satisfies Question);
    });
  }

  async stop(): Promise<void> {
    await this.#heartbeat.stop();
    await removeFile(this.#pathOf(this.#me.owner.token)).catch(() => {});
  }

  async isAlive(holder: Holder): Promise<boolean> {
    const {owner} = holder;
    if (owner.token === this.#me.owner.token) return true;
    if (isNear(holder)) return isAlive(owner);
    const known = this.#looks.get(owner.token);
    const now = performance.now();
    if (known !== undefined && now - known.at < this.#lease / LOOKS_PER_LEASE) return this.#verdict(known);
    const content = await this.#contentOf(owner.token);
    // The clock is read after the file: what is new in it was not there at `since`.
    const at = performance.now();
    const since = known !== undefined && known.content === content ? known.since : at;
    const look = {content, since, at};
    this.#looks.set(owner.token, look);
    return this.#verdict(look);
  }

  /** Everybody with a file who lives. One of another host is watched until it beats, for a lease at most. */
  async living(): Promise<Owner[]> {
    const names = (await namesIn(this.#folder)) ?? [];
    const found = await Promise.all(
      names.map(async name => {
        const content = await this.#read(name);
        const holder = holderIn(content, name);
        // Without its first line it has taken no lock yet.
        if (content === undefined || holder === undefined) return [];
        return (await this.#lives(holder, content)) ? [holder.owner] : [];
      }),
    );
    return found.flat();
  }

  async #lives(holder: Holder, content: string): Promise<boolean> {
    const {owner} = holder;
    if (owner.token === this.#me.owner.token) return true;
    if (isNear(holder)) return isAlive(owner);
    const since = performance.now();
    for (;;) {
      await sleep(this.#lease / LOOKS_PER_LEASE);
      const now = await this.#contentOf(owner.token);
      if (now !== content) return now !== undefined;
      if (performance.now() - since >= this.#lease) return false;
    }
  }

  /** Without a file it has ended: the file is there before the first lock, and is the last thing to go. */
  #verdict({content, since, at}: Look): boolean {
    return content !== undefined && at - since < this.#lease;
  }

  async #begin(): Promise<void> {
    const {token} = this.#me.owner;
    const file = await open(this.#pathOf(token), 'a');
    try {
      await file.writeFile(headOf(this.#me));
    } finally {
      await file.close();
    }
  }

  async #contentOf(token: string): Promise<string | undefined> {
    try {
      return await this.#read(token);
    } catch (error) {
      if (codeOf(error) === 'EIO') return this.#looks.get(token)?.content ?? '';
      throw error;
    }
  }

  async #read(token: string): Promise<string | undefined> {
    try {
      return await readFile(this.#pathOf(token), 'latin1');
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  /** Files of processes of this host that are no more. */
  async #sweep(): Promise<void> {
    for (const name of (await namesIn(this.#folder)) ?? []) {
      const holder = holderIn(await this.#contentOf(name), name);
      if (holder === undefined || !isNear(holder) || isAlive(holder.owner)) continue;
      await removeFile(this.#pathOf(name));
    }
  }

  #pathOf(token: string): string {
    return join(this.#folder, token);
  }
}

/** What its file begins with. */
function headOf(holder: Holder): string {
  return `${JSON.stringify(holder)}\n`;
}

/** Its pid means the same to us. Host names prove nothing: machines that were cloned have the same. */
function isNear({owner, pidNamespace}: Holder): boolean {
  const here = thisPlace();
  return owner.bootId === here.bootId && pidNamespace === here.pidNamespace;
}

/** Whose file it is, as its first line says. */
function holderIn(content: string | undefined, name: string): Holder | undefined {
  try {
    const holder = JSON.parse(content?.split('\n')[0] ?? '') as Holder;
    return holder.owner.token === name ? holder : undefined;
  } catch {
    return undefined;
  }
}
