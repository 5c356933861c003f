// The durable half of a file store: looks up, saves and removes results, failures and origins. Every method takes in
// first what others have appended to the log. Knows no locks.

import {join} from 'node:path';
import {HEAD_BYTES, type Head, type Origin, type OriginId, readHead} from '../../values/record.js';
import type {TaskHash} from '../../values/task-hash.js';
import {hashAt} from '../hash-bytes.js';
import {type Damaged, damagedOf} from '../quarantine.js';
import type {Saving} from '../store.js';
import {type Change, decodeSegment, encodeSegment, NO_CHANGE} from './commit.js';
import {isGone} from './disk.js';
import {Log} from './log.js';
import type {Turns} from './mutex.js';
import {type Gone, type Range, readRanges} from './read-ranges.js';
import {FileContents, type Layout} from './snapshot.js';

const CHUNK = 4096;
/** How often a file is looked for again that somebody has packed away. */
const TRIES = 5;

type Found = Range | undefined;

export class FileResults {
  readonly contents: FileContents;
  readonly log: Log;
  readonly #turns: Turns;

  /** `turns`: only one call at a time moves along the log. */
  constructor(layout: Layout, turns: Turns) {
    this.#turns = turns;
    this.contents = new FileContents(layout);
    const {folder, identity} = layout;
    this.log = new Log(join(folder, 'results'), join(folder, 'drafts'), identity, this.contents);
  }

  look(): Promise<void> {
    return this.#turns.take(() => this.log.catchUp());
  }

  /** Notices what is damaged of the index of packed results. */
  inspect(): Promise<void> {
    return this.#upToDate(async () => this.contents.pack?.readAll());
  }

  has(hashes: readonly TaskHash[]): Promise<boolean[]> {
    return this.#upToDate(() => this.contents.has(hashes));
  }

  async load(hashes: readonly TaskHash[]): Promise<(Uint8Array | undefined)[]> {
    return this.#read(() => this.#locate(hashes));
  }

  async heads(hashes: readonly TaskHash[]): Promise<(Head | undefined)[]> {
    const heads = await this.#read(async () =>
      (await this.#locate(hashes)).map(
        range => range && {...range, length: Math.min(range.length, HEAD_BYTES)},
      ),
    );
    return heads.map(bytes => bytes && readHead(bytes));
  }

  async *hashes(): AsyncGenerator<readonly TaskHash[]> {
    // Held on to from here: later on they may be others.
    const {table, pack} = await this.#upToDate(async () => {
      await this.contents.pack?.readAll();
      const {table, pack} = this.contents;
      return {table, pack};
    });
    let chunk: TaskHash[] = [];
    for (const {key} of table.entries()) {
      if (chunk.push(hashAt(key)) < CHUNK) continue;
      yield chunk;
      chunk = [];
    }
    for (const {key} of pack === undefined ? [] : await pack.entries()) {
      if (table.getBytes(key, 0) !== undefined || chunk.push(hashAt(key)) < CHUNK) continue;
      yield chunk;
      chunk = [];
    }
    if (chunk.length > 0) yield chunk;
  }

  async failures(): Promise<(readonly [TaskHash, Uint8Array])[]> {
    let hashes: TaskHash[] = [];
    const bytes = await this.#read(() =>
      this.#upToDate(async () => {
        hashes = [...this.contents.failures.keys()];
        return [...this.contents.failures.values()];
      }),
    );
    return hashes.map((hash, i) => [hash, bytes[i]!] as const);
  }

  async origin(id: OriginId): Promise<Origin | undefined> {
    if (!this.contents.origins.has(id)) await this.look();
    return this.contents.origins.get(id);
  }

  async save({results, failures, origins}: Omit<Saving, 'release'>): Promise<void> {
    if (results.length + failures.length + origins.length === 0) return;
    const unique = new Map(results);
    // Of two in one call the first stays, too.
    if (unique.size < results.length)
      for (const [hash, record] of results.toReversed()) unique.set(hash, record);
    const hashes = [...unique.keys()];
    const failed = failures.map(([hash]) => hash);
    await this.#change(async () => {
      const there = await this.contents.locate([...hashes, ...failed]);
      for (const range of there.slice(0, hashes.length)) this.#willSync(range);
      return {
        ...NO_CHANGE,
        results: [...unique].filter((_, i) => there[i] === undefined),
        failures: failures.filter(([hash], i) => there[hashes.length + i] === undefined && !unique.has(hash)),
        origins: origins.filter(([id]) => !this.contents.origins.has(id)),
      };
    });
  }

  async remove(hashes: readonly TaskHash[]): Promise<TaskHash[]> {
    let removed: TaskHash[] = [];
    if (hashes.length === 0) return removed;
    await this.#change(async () => {
      const there = await this.contents.locate(hashes);
      removed = [...new Set(hashes.filter((_, i) => there[i] !== undefined))];
      return {...NO_CHANGE, removed, removedFailures: this.#failed(hashes)};
    });
    return removed;
  }

  /** Removes those that are damaged still, when it is decided, and answers with them. */
  async takeDamaged(hashes: readonly TaskHash[]): Promise<Damaged[]> {
    let damaged: Damaged[] = [];
    if (hashes.length === 0) return damaged;
    await this.#change(async gone => {
      const unique = [...new Set(hashes)];
      damaged = damagedOf(unique, await readRanges(await this.contents.locate(unique), gone));
      return {...NO_CHANGE, removed: damaged.map(([hash]) => hash)};
    });
    return damaged;
  }

  async removeFailures(hashes: readonly TaskHash[]): Promise<void> {
    if (hashes.length === 0) return;
    await this.#change(async () => ({...NO_CHANGE, removedFailures: this.#failed(hashes)}));
  }

  /** Within a turn. Appends nothing if nothing is to be changed. */
  append(decide: () => Promise<Change | undefined>): Promise<boolean> {
    return this.log.append(async () => {
      const change = await decide();
      if (change === undefined) return undefined;
      const {results, failures, origins, removed, removedFailures, seals} = change;
      const lists = [results, failures, origins, removed, removedFailures];
      if (lists.every(list => list.length === 0) && !seals) return undefined;
      const parts = encodeSegment(change);
      const segment = decodeSegment(parts[0] as Buffer)!;
      return {parts, seals, done: place => this.contents.take(this.log.pathOf(place), place, segment)};
    });
  }

  async #change(decide: (gone: Gone) => Promise<Change>): Promise<void> {
    await this.#turns.take(() => this.log.retried(gone => this.append(() => decide(gone)), TRIES));
  }

  #failed(hashes: readonly TaskHash[]): TaskHash[] {
    return hashes.filter(hash => this.contents.failures.has(hash));
  }

  /** What was there first stays, though it may be another process's, which has not made it durable yet. */
  #willSync(range: Found): void {
    const place = range && this.contents.placeOf(range);
    if (place !== undefined) this.log.willSync(place);
  }

  #locate(hashes: readonly TaskHash[]): Promise<Found[]> {
    return this.#upToDate(() => this.contents.locate(hashes));
  }

  #upToDate<T>(fn: () => Promise<T>): Promise<T> {
    return this.#turns.take(() =>
      this.log.retried(async () => {
        await this.log.catchUp();
        return fn();
      }, TRIES),
    );
  }

  /** Looks again for what somebody has packed meanwhile. A file that stays lost is a damaged record. */
  async #read(find: () => Promise<Found[]>): Promise<(Buffer | undefined)[]> {
    for (let tries = 0; ; tries++) {
      const ranges = await find();
      try {
        return await readRanges(ranges, tries === TRIES ? 'lost' : 'moved');
      } catch (error) {
        if (!isGone(error)) throw error;
        this.log.forget();
      }
    }
  }
}
