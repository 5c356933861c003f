// Copies results, what is known of them, and failures from one store to another. What is there already is left alone,
// so that a copy that was cut off is taken up again by starting it again. Checks each record before it goes and after
// it has come. Knows both stores as interfaces, and draws nothing.

import {damageOf, type Origin, type OriginId, originIdOf} from '../values/record.js';
import type {TaskHash} from '../values/task-hash.js';
import {decodeTrouble, failedIn, troublesIn} from './failure-record.js';
import {Makers, type Swept, sweep} from './scan.js';
import type {Store} from './store.js';

export interface Copied {
  readonly results: number;
  readonly bytes: number;
  readonly failures: number;
  /** Results and failures that were there already. */
  readonly there: number;
  /** Those that were left out, in words: whose, and what is wrong. */
  readonly damaged: readonly string[];
}

export interface Copying {
  readonly from: Store;
  readonly to: Store;
  /** Reads and checks everything, and saves nothing. */
  readonly dryRun: boolean;
  readonly onDamage: (what: string) => void;
  readonly onProgress: (results: number, bytes: number) => void;
}

/** Errors: StoreError of either store; what was copied until then stays. */
export async function copyAll(copying: Copying): Promise<Copied> {
  const {from, to, onProgress} = copying;
  const tally = {results: 0, bytes: 0, failures: 0, there: 0};
  const damaged: string[] = [];
  const makers = new Makers(from);
  const refuse = (what: string): void => {
    damaged.push(what);
    copying.onDamage(what);
  };
  const missing = async (hashes: readonly TaskHash[]): Promise<boolean[]> => {
    const there = await to.has(hashes);
    tally.there += there.filter(Boolean).length;
    return there.map(has => !has);
  };
  const origins = new Origins(from, to);
  for await (const group of sweep(from, missing)) {
    const whole = group.filter(({record, damage}) => record !== undefined && damage === undefined);
    for (const swept of group) {
      if (swept.damage !== undefined) refuse(`${await makers.told(swept)}: ${swept.damage}`);
    }
    const spoiled = copying.dryRun ? new Set<TaskHash>() : await copyGroup(whole, to, origins);
    for (const swept of whole) {
      if (spoiled.has(swept.hash)) {
        refuse(`${await makers.told(swept)}: it did not arrive whole`);
        continue;
      }
      tally.results++;
      tally.bytes += swept.record!.length;
    }
    for (const name of await origins.lost()) refuse(`what is known of ${name}: it did not arrive whole`);
    onProgress(tally.results, tally.bytes);
  }
  await copyFailures(copying, tally, refuse);
  return {...tally, damaged};
}

/** Answers with those that did not come to be whole. */
async function copyGroup(whole: readonly Swept[], to: Store, origins: Origins): Promise<Set<TaskHash>> {
  if (whole.length === 0) return new Set();
  const hashes = whole.map(({hash}) => hash);
  const results = whole.map(({hash, record}) => [hash, record!] as const);
  await to.save({results, failures: [], origins: await origins.newIn(whole), release: []});
  const arrived = await to.load(hashes);
  const isWhole = (record: Uint8Array | undefined): boolean =>
    record !== undefined && damageOf(record) === undefined;
  return new Set(hashes.filter((_, place) => !isWhole(arrived[place])));
}

/** Each is read, sent and looked for once. */
class Origins {
  readonly #from: Store;
  readonly #to: Store;
  readonly #sent = new Set<OriginId>();
  /** Since it was last asked which are lost. */
  #latest: (readonly [OriginId, Origin])[] = [];

  constructor(from: Store, to: Store) {
    this.#from = from;
    this.#to = to;
  }

  async newIn(group: readonly Swept[]): Promise<(readonly [OriginId, Origin])[]> {
    const found: (readonly [OriginId, Origin])[] = [];
    for (const {head} of group) {
      if (head === undefined || this.#sent.has(head.origin)) continue;
      this.#sent.add(head.origin);
      const origin = await this.#from.origin(head.origin);
      if (origin !== undefined) found.push([head.origin, origin]);
    }
    this.#latest = found;
    return found;
  }

  /** The functions of those that were whole and did not come to be. */
  async lost(): Promise<string[]> {
    const names: string[] = [];
    for (const [id, origin] of this.#latest) {
      if (originIdOf(origin) !== id) continue;
      const arrived = await this.#to.origin(id);
      if (arrived === undefined || originIdOf(arrived) !== id) names.push(origin.function);
    }
    this.#latest = [];
    return names;
  }
}

async function copyFailures(
  {from, to, dryRun}: Copying,
  tally: {failures: number; there: number},
  refuse: (what: string) => void,
): Promise<void> {
  const there = new Set<TaskHash>();
  for await (const chunk of failedIn(to)) for (const hash of chunk) there.add(hash);
  const sent = new Set<TaskHash>();
  for await (const chunk of from.failures()) {
    const finished = await to.has(chunk.map(([hash]) => hash));
    const failures: (readonly [TaskHash, Uint8Array])[] = [];
    for (const [place, [hash, bytes]] of chunk.entries()) {
      const trouble = decodeTrouble(bytes);
      // What ended while it held locks of one store says little of another.
      if (trouble?.kind === 'suspicion') continue;
      if (finished[place] || there.has(hash)) tally.there++;
      else if (trouble === undefined) refuse(`failure ${hash}: it cannot be understood`);
      else failures.push([hash, bytes]);
    }
    if (!dryRun && failures.length > 0) await to.save({results: [], failures, origins: [], release: []});
    for (const [hash] of failures) sent.add(hash);
  }
  const lost = dryRun ? [] : await lostFailures(sent, to);
  for (const hash of lost) refuse(`failure ${hash}: it did not arrive whole`);
  tally.failures += sent.size - lost.length;
}

/** Where there is a result by now, it has cleared the failure. */
async function lostFailures(sent: ReadonlySet<TaskHash>, to: Store): Promise<TaskHash[]> {
  if (sent.size === 0) return [];
  const lost = new Set(sent);
  for await (const chunk of troublesIn(to)) {
    for (const [hash, trouble] of chunk) if (trouble?.kind === 'failure') lost.delete(hash);
  }
  const hashes = [...lost];
  const finished = await to.has(hashes);
  return hashes.filter((_, place) => !finished[place]);
}
