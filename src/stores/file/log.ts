// A log that any number of processes on any number of hosts append to, in one order that all of them see: files with
// consecutive numbers, in folders of so many each. Knows files and their order, not what is in them.
//
// Why it holds: an entry is written under a name of its own and gets its number by link(2), which fails for all but
// one, also on NFS. Who appends number n has read all that came before, or the number would be taken: so each
// entry was decided upon with full knowledge of the others, as if in a transaction. Nobody who was stopped for an
// hour, or thinks he holds what he lost, can write anything that was not true when he wrote it.
//
// Folders of the past are removed in the end, and then their numbers are free again. Who was stopped just before
// his link may get such a number. So after linking one looks at the list of folders: what was linked into a
// folder that does not count any more does not count either. A folder is removed only after it has ceased to
// count, hence the look comes late enough; the names of folders are never used again by others.
//
// A listing taken while others append may lack a number and have a later one: then it is taken again. A number that
// is still lacking was lost when the power went, before it was durable. But what was there once, durable, and is not there
// any more, though its folder counts, went with the store: an older copy was put in its place (log-position.ts).

import {randomBytes} from 'node:crypto';
import {rmdir} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {StoreError} from '../../core/errors.js';
import {diskError, isGone, linkNew, makeFolder, namesIn, removeFile, syncNames, writeDraft} from './disk.js';
import {LastKnown, type Place} from './log-position.js';
import type {Gone} from './read-ranges.js';

/** What is made of the entries. */
export interface Follower {
  /** Entries per folder. */
  readonly slots: number;
  /** Whether an entry is on the disk before its number is. */
  readonly durable: boolean;
  /** Forgets everything; answers with the first folder to be read. `names`: what is in the log's own folder. */
  restart(names: readonly string[]): Promise<number>;
  /** The first folder whose entries count. */
  base(names: readonly string[]): Promise<number>;
  /** `seals`: no entry follows in this folder. */
  read(path: string, place: Place): Promise<{readonly seals: boolean}>;
}

/** What is to be appended at `place`, and what to do when it is. */
export interface Entry {
  readonly parts: readonly Uint8Array[];
  readonly seals?: boolean;
  done(place: Place): void;
}

/** Milliseconds without news after which a client of NFSv3 is made to look again: see `stir`. */
const QUIET = 5000;
const MOST_TRIES = 50;
/** How often one looks again for an entry that was there, having stirred. */
const LOOKS = 3;

export class Log {
  readonly #path: string;
  readonly #drafts: string;
  readonly #identity: string;
  readonly #follower: Follower;
  #started = false;
  #folder = 0;
  #slot = 0;
  #sealed = false;
  #news = performance.now();
  readonly #lastKnown = new LastKnown();
  /** Where names were linked that may not be durable yet. */
  readonly #unsynced = new Set<string>();

  /** `identity`: a name in the log's folder without which it is not ours. `drafts`: a folder on the same filesystem. */
  constructor(path: string, drafts: string, identity: string, follower: Follower) {
    this.#path = path;
    this.#drafts = drafts;
    this.#identity = identity;
    this.#follower = follower;
  }

  /** Behind all entries that were read. */
  get place(): Place {
    return {folder: this.#folder, slot: this.#slot};
  }

  pathOf({folder, slot}: Place): string {
    return join(this.#path, String(folder), String(slot));
  }

  /** What was read is not to be relied on: the next look begins at the beginning. */
  forget(): void {
    this.#started = false;
  }

  /** Runs `fn` again, from the beginning of the log, if what it reads is removed meanwhile; what is gone the last time is lost. */
  async retried<T>(fn: (gone: Gone) => Promise<T>, most: number): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await fn(tries === most ? 'lost' : 'moved');
      } catch (error) {
        if (!isGone(error) || tries === most) throw error;
        this.forget();
      }
    }
  }

  /** Reads all that was appended before this call. */
  async catchUp(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        if (!this.#started) await this.#start();
        if (await this.#readOn()) return;
      } catch (error) {
        // Removed while we read it: so there is something that replaces it.
        if (!isGone(error) || tries === MOST_TRIES) throw error;
        await sleep(tries * 5);
      }
      this.#started = false;
    }
  }

  async #start(): Promise<void> {
    this.#folder = await this.#follower.restart(await this.#names());
    this.#slot = 0;
    this.#sealed = false;
    this.#started = true;
  }

  /** `false`: the folder we read does not count any more. */
  async #readOn(): Promise<boolean> {
    for (;;) {
      let slots = await this.#newSlots();
      if (slots.some((slot, i) => slot !== this.#slot + i)) slots = await this.#newSlots();
      for (const slot of slots) {
        const place = {folder: this.#folder, slot};
        const {seals} = await this.#follower.read(this.pathOf(place), place);
        this.#passed(slot, seals);
      }
      const names = await this.#names();
      const base = await this.#follower.base(names);
      this.#lastKnown.counts(base);
      if (this.#folder < base) return false;
      if (!this.#isFull || !names.includes(String(this.#folder + 1))) return true;
      this.#nextFolder();
    }
  }

  /**
   * Appends what `decide` makes of the state, which is up to date when it is called; it may be called again if somebody
   * else was quicker. `undefined`: there is nothing to append. Answers whether it was appended.
   */
  async append(decide: (place: Place) => Promise<Entry | undefined>): Promise<boolean> {
    for (let tries = 0; ; tries++) {
      await this.catchUp();
      await this.#checkIsOurs();
      if (this.#isFull) this.#nextFolder();
      const place = this.place;
      const entry = await decide(place);
      if (entry === undefined) {
        await this.sync();
        return false;
      }
      if (await this.#put(place, entry, tries)) {
        this.#passed(place.slot, entry.seals ?? false);
        entry.done(place);
        await this.sync();
        return true;
      }
      if (tries > 2) await sleep(Math.random() * Math.min(100, 2 ** tries));
    }
  }

  /** Errors: something else is where the store was. What is not durable may have gone with the power. */
  async #checkIsOurs(): Promise<void> {
    if (!this.#follower.durable) return;
    for (let looks = 0; await this.#lastKnown.isLacking(this.#path); looks++) {
      if (looks === LOOKS) throw this.#lost();
      await this.#stirNow();
      await this.catchUp();
    }
  }

  async #put(place: Place, {parts}: Entry, tries: number): Promise<boolean> {
    const folder = join(this.#path, String(place.folder));
    const draft = await this.draft(parts);
    try {
      if (place.slot === 0) {
        await makeFolder(folder);
        this.#unsynced.add(this.#path);
      }
      const path = this.pathOf(place);
      if (!(await linkNew(draft, path))) return false;
      this.#unsynced.add(folder);
      if (place.folder >= (await this.#follower.base(await this.#names()))) return true;
      await removeFile(path);
      this.#started = false;
      return false;
    } catch (error) {
      if (!isGone(error)) throw error;
      // The folder ceased to count and was removed; if it is the whole store, `#names` says so.
      await this.#names();
      if (tries >= MOST_TRIES) throw diskError(error, join(this.#path, '..'));
      this.#started = false;
      return false;
    } finally {
      await removeFile(draft).catch(() => {});
    }
  }

  /** A file that has no number yet, nor any other name that counts. */
  draft(parts: readonly Uint8Array[]): Promise<string> {
    return writeDraft(this.#drafts, parts, {
      durable: this.#follower.durable,
      stillOurs: () => this.#names(),
    });
  }

  /** Everything that was linked by this process is durable when it settles; tried again if it failed before. */
  async sync(): Promise<void> {
    if (this.#follower.durable) {
      for (const folder of this.#unsynced) {
        try {
          syncNames(folder);
        } catch (error) {
          // Packed meanwhile, and durable so.
          if (!isGone(error)) throw error;
        }
        this.#unsynced.delete(folder);
      }
    }
    this.#unsynced.clear();
  }

  /** What others have linked into this folder may not be durable yet either. */
  willSync({folder}: Place): void {
    this.#unsynced.add(join(this.#path, String(folder)));
  }

  /**
   * A client of NFSv3 knows a folder as changed by its time, which has the grain of a clock tick: of two entries that
   * came within one, it may never see the second, until there is another. A change of its own makes it list anew.
   */
  async stir(): Promise<void> {
    if (performance.now() - this.#news < QUIET) return;
    await this.#stirNow();
  }

  async #stirNow(): Promise<void> {
    this.#news = performance.now();
    const name = `stir-${randomBytes(6).toString('hex')}`;
    const folders = new Set([this.#folder, this.#lastKnown.folder ?? this.#folder]);
    for (const folder of [this.#path, ...[...folders].map(number => join(this.#path, String(number)))]) {
      try {
        await makeFolder(join(folder, name));
        await rmdir(join(folder, name));
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
  }

  get #isFull(): boolean {
    return this.#sealed || this.#slot >= this.#follower.slots;
  }

  #nextFolder(): void {
    this.#folder++;
    this.#slot = 0;
    this.#sealed = false;
  }

  #passed(slot: number, seals: boolean): void {
    this.#lastKnown.note({folder: this.#folder, slot});
    this.#slot = slot + 1;
    if (seals) this.#sealed = true;
    this.#news = performance.now();
  }

  /** The numbers not read yet, in order. Others than numbers are NFS's own (`.nfs…`), and our stirring. */
  async #newSlots(): Promise<number[]> {
    const names = (await namesIn(join(this.#path, String(this.#folder)))) ?? [];
    this.#lastKnown.listed(this.#folder, names);
    return names
      .filter(name => /^\d+$/.test(name))
      .map(Number)
      .filter(slot => slot >= this.#slot)
      .sort((a, b) => a - b);
  }

  /** What is in the log's own folder. Errors: it is not there, or not the one it was. */
  async #names(): Promise<string[]> {
    const names = await namesIn(this.#path);
    if (names?.includes(this.#identity)) return names;
    throw this.#lost();
  }

  #lost(): StoreError {
    return new StoreError(
      `The store ${join(this.#path, '..')} was removed or replaced while this process used it. What it saved before went with it; start again`,
      true,
    );
  }
}
