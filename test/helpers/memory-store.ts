// A store in memory that keeps the law of src/stores/store.ts. Two of them on one Memory are two processes with one
// store; a test kills a process by its name, and holds or breaks calls through `before`.

import {decodeTrouble} from '../../src/stores/failure-record.js';
import {damagedOf} from '../../src/stores/quarantine.js';
import type {Claim, Description, LockInfo, Owner, Packing, Saving, Store} from '../../src/stores/store.js';
import {type Origin, type OriginId, readHead} from '../../src/values/record.js';
import type {TaskHash} from '../../src/values/task-hash.js';

/** What all processes share. */
export class Memory {
  readonly results = new Map<TaskHash, Uint8Array>();
  readonly failures = new Map<TaskHash, Uint8Array>();
  readonly origins = new Map<OriginId, Origin>();
  /** Who holds each lock: a process's name. */
  readonly locks = new Map<TaskHash, string>();
  readonly dead = new Set<string>();
  readonly damaged = new Map<TaskHash, Uint8Array>();
  changes = 0;

  /** The message of the stored failure. */
  failureOf(hash: TaskHash): string | undefined {
    const bytes = this.failures.get(hash);
    const trouble = bytes && decodeTrouble(bytes);
    return trouble?.kind === 'failure' ? trouble.failure.error.message : undefined;
  }
}

export type Method = 'has' | 'load' | 'save' | 'remove' | 'acquire' | 'release' | 'changes';

export class MemoryStore implements Store {
  readonly kind = 'memory';
  readonly location = 'memory:';
  readonly interval = 30;
  /** Awaited before a call does anything; what it throws, the call rejects with. */
  before: (method: Method, hashes: readonly TaskHash[]) => unknown = () => {};

  constructor(
    readonly memory = new Memory(),
    readonly owner = 'this',
  ) {}

  async has(hashes: readonly TaskHash[]): Promise<boolean[]> {
    await this.before('has', hashes);
    return hashes.map(hash => this.memory.results.has(hash));
  }

  async load(hashes: readonly TaskHash[]): Promise<(Uint8Array | undefined)[]> {
    await this.before('load', hashes);
    return hashes.map(hash => copyOf(this.memory.results.get(hash)));
  }

  async save({results, failures, origins, release}: Saving): Promise<void> {
    await this.before(
      'save',
      results.map(([hash]) => hash),
    );
    const {memory} = this;
    memory.changes++;
    for (const [hash, bytes] of failures)
      if (!memory.results.has(hash)) memory.failures.set(hash, new Uint8Array(bytes));
    for (const [hash, record] of results) {
      if (!memory.results.has(hash)) memory.results.set(hash, new Uint8Array(record));
      memory.failures.delete(hash);
    }
    for (const [id, origin] of origins) if (!memory.origins.has(id)) memory.origins.set(id, origin);
    this.#release(release);
  }

  async remove(hashes: readonly TaskHash[]): Promise<TaskHash[]> {
    await this.before('remove', hashes);
    this.memory.changes++;
    for (const hash of hashes) this.memory.failures.delete(hash);
    return hashes.filter(hash => this.memory.results.delete(hash));
  }

  async setAside(hashes: readonly TaskHash[]): Promise<TaskHash[]> {
    const records = hashes.map(hash => this.memory.results.get(hash));
    const damaged = damagedOf(hashes, records);
    for (const [hash, record] of damaged) this.memory.damaged.set(hash, record);
    return this.remove(damaged.map(([hash]) => hash));
  }

  async removeFailures(hashes: readonly TaskHash[]): Promise<void> {
    for (const hash of hashes) this.memory.failures.delete(hash);
  }

  async *hashes(): AsyncIterable<readonly TaskHash[]> {
    if (this.memory.results.size > 0) yield [...this.memory.results.keys()];
  }

  async *heads(): ReturnType<Store['heads']> {
    for (const [hash, record] of this.memory.results) {
      yield [[hash, readHead(record)]];
    }
  }

  async origin(id: OriginId): Promise<Origin | undefined> {
    return this.memory.origins.get(id);
  }

  async *failures(): ReturnType<Store['failures']> {
    if (this.memory.failures.size > 0) yield [...this.memory.failures];
  }

  async acquire(hashes: readonly TaskHash[]): Promise<Claim[]> {
    await this.before('acquire', hashes);
    return hashes.map(hash => {
      if (this.memory.results.has(hash)) return 'finished';
      const holder = this.memory.locks.get(hash);
      if (holder !== undefined && holder !== this.owner && !this.memory.dead.has(holder)) return 'held';
      this.memory.locks.set(hash, this.owner);
      return 'acquired';
    });
  }

  async release(hashes: readonly TaskHash[]): Promise<void> {
    await this.before('release', hashes);
    this.#release(hashes);
  }

  async locks(): Promise<LockInfo[]> {
    const byOwner = new Map<string, TaskHash[]>();
    for (const [hash, name] of this.memory.locks) byOwner.set(name, [...(byOwner.get(name) ?? []), hash]);
    return [...byOwner].map(([name, hashes]) => {
      const owner: Owner = {host: 'here', bootId: 'boot', pid: process.pid, startTime: 1, token: name};
      return {owner, hashes, since: Date.now(), alive: !this.memory.dead.has(name)};
    });
  }

  async breakLocks(everyone: boolean): Promise<number> {
    const broken = [...this.memory.locks].filter(([, owner]) => everyone || this.memory.dead.has(owner));
    for (const [hash] of broken) this.memory.locks.delete(hash);
    return broken.length;
  }

  async close(): Promise<void> {
    for (const [hash, owner] of this.memory.locks) if (owner === this.owner) this.memory.locks.delete(hash);
  }

  async changes(): Promise<number> {
    await this.before('changes', []);
    return this.memory.changes;
  }

  async describe(): Promise<Description> {
    return {format: 1, bytes: undefined, notes: []};
  }

  async pack(): Promise<Packing> {
    return {kind: 'nothing', why: 'It is in memory.'};
  }

  #release(hashes: readonly TaskHash[]): void {
    if (hashes.length > 0) this.memory.changes++;
    for (const hash of hashes) if (this.memory.locks.get(hash) === this.owner) this.memory.locks.delete(hash);
  }
}

/** Not `slice`, which of a Buffer makes another view. */
function copyOf(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && new Uint8Array(bytes);
}
