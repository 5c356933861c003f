// What is computed and not yet durable: collected, and stored in groups, since a commit costs as much for one result
// as for thousands. A crash loses at most the last group, which is computed again.

import {NoRoom, StoreError} from '../core/errors.js';
import type {Failure} from '../core/failure.js';
import type {TaskGraph, TaskId} from '../graph/graph.js';
import {encodeTrouble} from '../stores/failure-record.js';
import type {Store} from '../stores/store.js';
import type {NamedOrigin} from '../tasks/provenance.js';
import type {OriginId} from '../values/record.js';
import type {TaskHash} from '../values/task-hash.js';
import type {Deaths} from './peers/crash-counter.js';

const MOST_RESULTS = 32768;
const MOST_BYTES = 32 * 2 ** 20;
/** Milliseconds that a result may wait, at most, for others to be stored with: other processes see it only then. */
const PATIENCE = 50;
/** It waits for so many times what the last commit took: where few results come, each is stored almost at once. */
const SHARE = 8;
/** The same while the jugfile waits for results. */
const PATIENCE_AWAITED = 5;
/** Up to so many results, those not stored yet can be handed to the tasks that need them. */
const MOST_AT_HAND = 1024;

export interface Saved {
  readonly finished: readonly TaskId[];
  /** Of `finished`, in that order. */
  readonly results: readonly (readonly [TaskHash, Uint8Array])[];
  readonly failed: readonly (readonly [TaskId, Failure])[];
}

export class Saving {
  readonly #store: Store;
  readonly #deaths: Deaths;
  readonly #graph: TaskGraph;
  #finished: TaskId[] = [];
  #failed: (readonly [TaskId, Failure])[] = [];
  #results: (readonly [TaskHash, Uint8Array])[] = [];
  #failures: (readonly [TaskHash, Uint8Array])[] = [];
  #release: TaskHash[] = [];
  #bytes = 0;
  #since = 0;
  /** Milliseconds of the last commit. */
  #took = PATIENCE;
  readonly #atHand = new Map<TaskId, Uint8Array>();
  /** Origins that this process has not stored yet. */
  readonly #origins = new Map<OriginId, NamedOrigin>();
  readonly #savedOrigins = new Set<OriginId>();
  /** Of a commit that failed, what is stored all the same. */
  readonly #stored = new Set<TaskHash>();

  constructor(store: Store, deaths: Deaths, graph: TaskGraph) {
    this.#store = store;
    this.#deaths = deaths;
    this.#graph = graph;
  }

  get size(): number {
    return this.#release.length;
  }

  get hasFailures(): boolean {
    return this.#failed.length > 0;
  }

  result(id: TaskId, hash: TaskHash, record: Uint8Array, origin: NamedOrigin): void {
    this.#begin(hash);
    this.#finished.push(id);
    this.#results.push([hash, record]);
    this.#bytes += record.length;
    if (this.size <= MOST_AT_HAND) this.#atHand.set(id, record);
    if (!this.#savedOrigins.has(origin.id)) this.#origins.set(origin.id, origin);
  }

  failure(id: TaskId, hash: TaskHash, failure: Failure): void {
    this.#begin(hash);
    this.#failed.push([id, failure]);
    const ended = this.#deaths.endedBy(hash);
    this.#failures.push([hash, encodeTrouble({kind: 'failure', failure, ended})]);
  }

  /** A result that is computed and not stored, if `id` has one. */
  atHand(id: TaskId): Uint8Array | undefined {
    return this.#atHand.get(id);
  }

  /** Every result that is not stored is at hand. */
  get isAllAtHand(): boolean {
    return this.size <= MOST_AT_HAND;
  }

  /** Whether to commit now. `awaited`: the jugfile waits for results. */
  isDue(awaited: boolean): boolean {
    if (this.size === 0) return false;
    return this.size >= MOST_RESULTS || this.#bytes >= MOST_BYTES || this.dueIn(awaited) <= 0;
  }

  /** Milliseconds until waiting has been long enough. */
  dueIn(awaited: boolean): number {
    const most = awaited ? PATIENCE_AWAITED : PATIENCE;
    return this.#since + Math.min(most, this.#took * SHARE) - performance.now();
  }

  /** Stores all that was collected; when it settles, that is durable. Errors: StoreError, and nothing is dropped. */
  async commit(): Promise<Saved> {
    const origins = [...this.#origins.values()].map(({id, origin}) => [id, origin] as const);
    const saved: Saved = {finished: this.#finished, results: this.#results, failed: this.#failed};
    const begun = performance.now();
    try {
      await this.#store.save({
        results: this.#results,
        failures: this.#failures,
        origins,
        release: this.#release,
        needs: hash => this.#needsOf(hash),
      });
    } catch (error) {
      this.#noteStored(error);
      throw error;
    }
    this.#took = performance.now() - begun;
    for (const [id] of origins) this.#savedOrigins.add(id);
    this.#origins.clear();
    this.#finished = [];
    this.#failed = [];
    this.#results = [];
    this.#failures = [];
    this.#release = [];
    this.#bytes = 0;
    this.#atHand.clear();
    this.#stored.clear();
    return saved;
  }

  /**
   * At the end of a run, by `error`. If that says that there was no room, what there is room for is stored now. Answers with
   * whose results are lost.
   */
  async salvage(error: StoreError): Promise<readonly TaskId[]> {
    try {
      if (this.size > 0 && NoRoom.behind(error) !== undefined) await this.commit();
    } catch (again) {
      if (!(again instanceof StoreError)) throw again;
    }
    return this.#finished.filter((_, at) => !this.#stored.has(this.#results[at]![0]));
  }

  #needsOf(hash: TaskHash): TaskHash[] {
    const graph = this.#graph;
    return graph.dependencies(graph.find(hash)!).map(id => graph.task(id).hash);
  }

  #noteStored(error: unknown): void {
    const unsaved = error instanceof StoreError ? NoRoom.behind(error)?.unsaved : undefined;
    if (unsaved === undefined) return;
    for (const [hash] of this.#results) if (!unsaved.has(hash)) this.#stored.add(hash);
  }

  #begin(hash: TaskHash): void {
    if (this.size === 0) this.#since = performance.now();
    this.#release.push(hash);
  }
}
