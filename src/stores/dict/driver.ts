// A store in memory, for one process. With a file it begins with what is in it, and writes all to it when it is flushed or
// closed: that is when results are durable, and not at each save. Everything else is as the law says.

import {resolve} from 'node:path';
import {type Head, type Origin, type OriginId, readHead} from '../../values/record.js';
import type {TaskHash} from '../../values/task-hash.js';
import {type Guard, guard, openedToRead} from '../lifecycle.js';
import {thisOwner} from '../owner.js';
import {damagedOf, keepDamaged} from '../quarantine.js';
import type {Access, Claim, Description, LockInfo, Packing, Saving, Store} from '../store.js';
import {bytesOf, type Content, emptyContent, FORMAT, readContent, writeContent} from './file.js';
import {type FileLock, lockFile} from './lock.js';

const KIND = 'dict_store';
/** Milliseconds: nobody else changes what is in it. */
const INTERVAL = 1000;
const CHUNK = 4096;

/** `file` is empty for a store that nothing is left of. */
export async function openDict(file: string, access: Access): Promise<Store> {
  if (file === '') return new DictStore(emptyContent(), undefined);
  const path = resolve(file);
  if (access === 'read') {
    const {content, isDamaged} = await readContent(path);
    return new DictStore(content, {path, location: file, isDamaged});
  }
  const lock = await lockFile(path);
  try {
    const {content, isDamaged} = await readContent(path);
    return new DictStore(content, {path, location: file, isDamaged, lock});
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface Kept {
  readonly path: string;
  /** As the user wrote it. */
  readonly location: string;
  /** As it was found: the first run that writes it makes it whole, less what it has set aside. */
  readonly isDamaged: boolean;
  /** Without it the file is only read. */
  readonly lock?: FileLock;
}

class DictStore implements Store {
  readonly kind = KIND;
  readonly location: string;
  readonly interval = INTERVAL;
  readonly #content: Content;
  readonly #file: Kept | undefined;
  readonly #guard: Guard;
  /** Hash → when the lock was taken. */
  readonly #locks = new Map<TaskHash, number>();
  /** Results that are not in the file. */
  readonly #unsaved = new Set<TaskHash>();
  #changes = 0;
  #isDirty = false;

  constructor(content: Content, file: Kept | undefined) {
    this.#content = content;
    this.#file = file;
    this.location = file === undefined ? KIND : `${KIND}:${file.location}`;
    this.#guard = guard(this.location);
  }

  async has(hashes: readonly TaskHash[]): Promise<boolean[]> {
    return hashes.map(hash => this.#open.results.has(hash));
  }

  async load(hashes: readonly TaskHash[]): Promise<(Uint8Array | undefined)[]> {
    return hashes.map(hash => copyOf(this.#open.results.get(hash)));
  }

  async save({results, failures, origins, release}: Saving): Promise<void> {
    const content = this.#changing();
    for (const [id, origin] of origins) if (!content.origins.has(id)) content.origins.set(id, origin);
    for (const [hash, record] of results) {
      // A copy: what comes here may be a view on memory that holds much else.
      if (!content.results.has(hash)) {
        content.results.set(hash, new Uint8Array(record));
        this.#unsaved.add(hash);
      }
      content.failures.delete(hash);
    }
    for (const [hash, bytes] of failures) {
      if (!content.results.has(hash)) content.failures.set(hash, new Uint8Array(bytes));
    }
    for (const hash of release) this.#locks.delete(hash);
  }

  async remove(hashes: readonly TaskHash[]): Promise<TaskHash[]> {
    const content = this.#changing();
    for (const hash of hashes) {
      content.failures.delete(hash);
      this.#unsaved.delete(hash);
    }
    return hashes.filter(hash => content.results.delete(hash));
  }

  async removeFailures(hashes: readonly TaskHash[]): Promise<void> {
    const content = this.#changing();
    for (const hash of hashes) content.failures.delete(hash);
  }

  async setAside(hashes: readonly TaskHash[]): Promise<TaskHash[]> {
    const {results} = this.#changing();
    const damaged = damagedOf(
      hashes,
      hashes.map(hash => results.get(hash)),
    );
    if (this.#file !== undefined) keepDamaged(`${this.#file.path}.damaged`, damaged);
    return this.remove(damaged.map(([hash]) => hash));
  }

  async *hashes(): AsyncIterable<readonly TaskHash[]> {
    yield* chunksOf([...this.#open.results.keys()]);
  }

  async *heads(): AsyncIterable<readonly (readonly [TaskHash, Head | undefined])[]> {
    for (const hashes of chunksOf([...this.#open.results.keys()])) {
      yield hashes.flatMap(hash => {
        const record = this.#open.results.get(hash);
        return record === undefined ? [] : [[hash, readHead(record)] as const];
      });
    }
  }

  async origin(id: OriginId): Promise<Origin | undefined> {
    return this.#open.origins.get(id);
  }

  async *failures(): AsyncIterable<readonly (readonly [TaskHash, Uint8Array])[]> {
    yield* chunksOf([...this.#open.failures].map(([hash, bytes]) => [hash, new Uint8Array(bytes)] as const));
  }

  async acquire(hashes: readonly TaskHash[]): Promise<Claim[]> {
    const {results} = this.#changing(false);
    const now = Date.now();
    return hashes.map(hash => {
      if (results.has(hash)) return 'finished';
      if (!this.#locks.has(hash)) this.#locks.set(hash, now);
      return 'acquired';
    });
  }

  async release(hashes: readonly TaskHash[]): Promise<void> {
    this.#changing(false);
    this.#changes++;
    for (const hash of hashes) this.#locks.delete(hash);
  }

  async locks(): Promise<LockInfo[]> {
    const since = Math.min(...this.#locks.values());
    const hashes = [...this.#locks.keys()];
    return this.#open && hashes.length === 0 ? [] : [{owner: thisOwner(), hashes, since, alive: true}];
  }

  async breakLocks(everyone: boolean): Promise<number> {
    this.#changing(false);
    const broken = everyone ? this.#locks.size : 0;
    if (everyone) this.#locks.clear();
    return broken;
  }

  async changes(): Promise<number> {
    return this.#open && this.#changes;
  }

  async describe(): Promise<Description> {
    const text =
      this.#file === undefined
        ? 'It is in memory: nothing of it is left when the process ends.'
        : 'It is one file, which is written when a run ends.';
    const notes: Description['notes'][number][] = [{kind: 'fact', text}];
    if (this.#file?.isDamaged) {
      const what = 'its checksum is wrong. A result that is damaged is computed again when it is needed';
      notes.push({kind: 'warning', text: `The file was changed since it was written: ${what}.`});
    }
    return {format: FORMAT, bytes: bytesOf(this.#open), notes};
  }

  async pack(): Promise<Packing> {
    return {kind: 'nothing', why: 'It is one file, which is written anew each time.'};
  }

  /** Writes the file, if anything has changed. Errors: StoreError, and the file is as it was. */
  readonly flush = async (): Promise<void> => {
    this.#guard.check();
    await this.#write();
  };

  /** Errors: as those of `flush`. */
  close(): Promise<void> {
    return this.#guard.close(async () => {
      this.#locks.clear();
      try {
        await this.#write();
      } finally {
        await this.#file?.lock?.release();
      }
    });
  }

  async #write(): Promise<void> {
    if (!this.#isDirty || this.#file?.lock === undefined) return;
    await writeContent(this.#file.path, this.#content, this.#unsaved);
    this.#isDirty = false;
    this.#unsaved.clear();
  }

  get #open(): Content {
    this.#guard.check();
    return this.#content;
  }

  #changing(marks = true): Content {
    const content = this.#open;
    if (this.#file !== undefined && this.#file.lock === undefined) throw openedToRead(this.location);
    if (marks) {
      this.#isDirty = true;
      this.#changes++;
    }
    return content;
  }
}

function* chunksOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += CHUNK) yield all.slice(start, start + CHUNK);
}

/** Not `slice`, which of a Buffer makes another view. */
function copyOf(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && new Uint8Array(bytes);
}
