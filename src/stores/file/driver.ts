// The store for shared filesystems: any number of processes on any number of hosts, with nothing but files between
// them. Puts together results (results.ts), locks (locks.ts) and the beats by which hosts know each other alive;
// decides what is created and refused at open, and what the user is told of it.

import {randomBytes} from 'node:crypto';
import {existsSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {JugError, StoreError} from '../../core/errors.js';
import type {TaskHash} from '../../values/task-hash.js';
import {cannotWrite, examineFolder, freeSpace, makeFolders, networkOf} from '../folder.js';
import {guard, openedToRead} from '../lifecycle.js';
import {checkMarker, createMarker, FORMAT, MARKER, optionsIn} from '../manifest.js';
import {thisOwner, thisPlace} from '../owner.js';
import {keepDamaged} from '../quarantine.js';
import type {Access, Claim, Description, Note, Store, StoreOptions} from '../store.js';
import {packResults, unreadable} from './compaction.js';
import {diskError, whileAnswering} from './disk.js';
import {Beats, type Holder} from './heartbeats.js';
import {PoolWatch} from './io-pool.js';
import {FileLocks} from './locks.js';
import {Turns} from './mutex.js';
import {FileResults} from './results.js';
import {packName} from './snapshot.js';

const KIND = 'file';
/** Milliseconds: a look for changes is four listings. */
const INTERVAL = 250;
/** So many results outside of packs are worth a word. */
const MANY = 100_000;
const CHUNK = 4096;
const INDEX_DAMAGE = {
  mended: 'is damaged or not there. Its copy is used, nothing is lost, and `jug pack` writes both anew.',
  lost: 'is damaged, and so is its copy: results that neither leads to count as not there.',
};
/** What the name of the folder begins with that bears the store's id. */
const IDENTITY = 'id-';
const FOLDERS = ['results', 'locks', 'drafts', 'owners', 'data'];

interface Parts {
  readonly results: FileResults;
  readonly locks: FileLocks;
  readonly beats: Beats;
  readonly turns: Turns;
  /** A call that is not for ever, and that says what keeps it. */
  readonly wait: <T>(call: Promise<T>) => Promise<T>;
}

/** `holder`: who takes the locks; another than this process only where another host is played. */
export async function openFile(
  path: string,
  access: Access,
  options: StoreOptions,
  holder: Holder = {owner: thisOwner(), pidNamespace: thisPlace().pidNamespace},
): Promise<Store> {
  const folder = resolve(path);
  const state = guard(path);
  const isStore = examineFolder(folder) === 'store';
  if (access === 'write') create(folder, isStore);
  const network = networkOf(folder);
  let parts: Parts | undefined;

  /** `undefined`: there is no store yet, and this one was opened to read. */
  function current(): Parts | undefined {
    if (parts !== undefined) return parts;
    if (access === 'read' && examineFolder(folder) !== 'store') return undefined;
    checkMarker(folder, KIND);
    checkIdentity(folder);
    const layout = {folder, identity: identityOf(folder)};
    const turns = new Turns();
    const beats = new Beats(join(folder, 'owners'), holder, options);
    const results = new FileResults(layout, turns);
    // Results and locks have each their own turns: one never waits for the other while it has its turn.
    const locks = new FileLocks(layout, new Turns(), holder, beats);
    parts = {results, beats, turns, locks, wait: waiting(folder, beats, options.note)};
    return parts;
  }

  /** Every call comes through here: guarded, with errors in the user's words, and never for ever. */
  function call<T>(fn: (parts: Parts) => Promise<T>, nothing: T): Promise<T> {
    return state.run(async () => {
      try {
        const now = current();
        return now === undefined ? nothing : await now.wait(fn(now));
      } catch (error) {
        throw diskError(error, folder);
      }
    });
  }

  function writing<T>(fn: (parts: Parts) => Promise<T>): Promise<T> {
    if (access === 'read') return Promise.reject(openedToRead(folder));
    return call(fn, undefined as T);
  }

  async function* headsOf(): ReturnType<Store['heads']> {
    for await (const chunk of hashesIn(call)) {
      for (let first = 0; first < chunk.length; first += CHUNK) {
        const part = chunk.slice(first, first + CHUNK);
        const heads = await call(({results}) => results.heads(part), []);
        yield part.map((hash, i) => [hash, heads[i]] as const);
      }
    }
  }

  // Damage and a newer format are told at once, not by the first call.
  await call(async () => {}, undefined);
  return {
    kind: KIND,
    location: path,
    interval: INTERVAL,
    has: hashes =>
      call(
        ({results}) => results.has(hashes),
        hashes.map(() => false),
      ),
    load: hashes =>
      call<(Uint8Array | undefined)[]>(
        ({results}) => results.load(hashes),
        hashes.map(() => undefined),
      ),
    hashes: () => hashesIn(call),
    heads: headsOf,
    async *failures() {
      const failures = await call<(readonly [TaskHash, Uint8Array])[]>(({results}) => results.failures(), []);
      if (failures.length > 0) yield failures;
    },
    origin: id => call(({results}) => results.origin(id), undefined),
    locks: () => call(({locks}) => locks.list(), []),
    living: () => call(({beats}) => beats.living(), []),
    changes: () =>
      call(async ({results, locks, turns}) => {
        if (access === 'write' && network !== undefined) await turns.take(() => results.log.stir());
        await results.look();
        await locks.look();
        return results.contents.changes + locks.changes;
      }, 0),
    describe: () =>
      call(({results}) => describe(folder, results), {format: FORMAT, bytes: undefined, notes: []}),
    save: saving =>
      writing(async ({results, locks}) => {
        await results.save(saving);
        await locks.release(saving.release);
      }),
    remove: hashes => writing(({results}) => results.remove(hashes)),
    removeFailures: hashes => writing(({results}) => results.removeFailures(hashes)),
    setAside: hashes =>
      writing(async ({results}) => {
        const damaged = await results.takeDamaged(hashes);
        keepDamaged(join(folder, 'damaged'), damaged);
        return damaged.map(([hash]) => hash);
      }),
    acquire: hashes => writing(parts => acquire(parts, hashes)),
    release: hashes => writing(({locks}) => locks.release(hashes)),
    breakLocks: everyone => writing(({locks}) => locks.break(everyone)),
    pack: () => writing(({results, turns}) => turns.take(() => packResults(folder, results))),
    close: () =>
      state.close(async () => {
        if (access === 'write') await giveBack(parts, folder);
      }),
  };
}

/** A lock counts only if there is still no result once it is ours: whoever had it before may just have saved one. */
async function acquire({results, locks}: Parts, hashes: readonly TaskHash[]): Promise<Claim[]> {
  if (hashes.length === 0) return [];
  const before = await results.has(hashes);
  const open = hashes.filter((_, place) => !before[place]);
  const mine = new Map<TaskHash, boolean>();
  if (open.length > 0)
    for (const [place, isMine] of (await locks.acquire(open)).entries()) mine.set(open[place]!, isMine);
  const after = await results.has(open);
  const finished = new Set(open.filter((_, place) => after[place]));
  if (finished.size > 0) await locks.release([...finished]);
  return hashes.map((hash, place) => {
    if (before[place] || finished.has(hash)) return 'finished';
    return mine.get(hash) ? 'acquired' : 'held';
  });
}

async function* hashesIn(
  call: <T>(fn: (parts: Parts) => Promise<T>, nothing: T) => Promise<T>,
): ReturnType<Store['hashes']> {
  const chunks = await call(
    async ({results}): Promise<AsyncIterable<readonly TaskHash[]> | undefined> => results.hashes(),
    undefined,
  );
  if (chunks === undefined) return;
  const list = chunks[Symbol.asyncIterator]();
  for (;;) {
    const {done, value} = await call(() => list.next(), {done: true, value: undefined} as const);
    if (done) return;
    yield value;
  }
}

/**
 * Best effort: locks of a process that has ended are given away anyway. Those of finished tasks nobody asks for again: they
 * go here. The others stay, since by them it is told with which tasks processes have ended.
 */
async function giveBack(parts: Parts | undefined, folder: string): Promise<void> {
  if (parts === undefined) return;
  const {results, locks, beats, wait} = parts;
  try {
    const left = await wait(locks.left());
    if (left.length === 0 && !beats.hasStarted) return;
    const there = left.length === 0 ? [] : await wait(results.has(left));
    const settled = left.filter((_, place) => there[place]);
    await wait(locks.releaseAll(settled));
    if (beats.hasStarted) await wait(beats.stop());
  } catch (error) {
    if (!(diskError(error, folder) instanceof StoreError)) throw error;
  }
}

/** Only who beats can tell what a call waits for. */
function waiting(folder: string, beats: Beats, note: StoreOptions['note']): Parts['wait'] {
  const ask = (): Promise<void> => (beats.hasStarted ? beats.ask() : new Promise(() => {}));
  const pool = new PoolWatch(ask, text => note?.(text));
  return call => pool.during(whileAnswering(call, folder, ask));
}

async function describe(folder: string, results: FileResults): Promise<Description> {
  await results.inspect();
  const {files, table, bytes, damaged, pack, packNumber} = results.contents;
  const unpackedFiles = files.length;
  const unpackedResults = table.count;
  const notes: Note[] = [
    {kind: 'fact', text: `${Math.floor(freeSpace(folder) / 2 ** 20)} MB are free on its filesystem.`},
  ];
  const network = networkOf(folder);
  if (network !== undefined) notes.push({kind: 'fact', text: `It is on a network filesystem (${network}).`});
  if (unpackedFiles > 0) {
    const advice =
      unpackedResults > MANY || unpackedFiles > MANY ? ': `jug pack` makes it quicker to read' : '';
    notes.push({
      kind: 'fact',
      text: `${unpackedResults} results are in ${unpackedFiles} files that are not packed${advice}.`,
    });
  }
  if (damaged.length > 0) {
    notes.push({kind: 'damage', text: unreadable(damaged)});
  }
  if (pack?.damage !== undefined) {
    const path = join(folder, 'results', packName(packNumber));
    notes.push({kind: 'warning', text: `The index of packed results ${path} ${INDEX_DAMAGE[pack.damage]}`});
  }
  return {format: FORMAT, bytes, notes};
}

/** Any number of processes may do it at a time. */
function create(folder: string, isStore: boolean): void {
  try {
    makeFolders(folder);
    if (!isStore) createMarker(folder, KIND);
    checkMarker(folder, KIND);
    checkIdentity(folder);
    for (const name of FOLDERS) mkdirSync(join(folder, name), {recursive: true});
    for (const log of ['results', 'locks'])
      mkdirSync(join(folder, log, identityOf(folder)), {recursive: true});
    probe(join(folder, 'drafts'));
  } catch (error) {
    const told = diskError(error, folder);
    if (error instanceof JugError || (told instanceof StoreError && told.fatal)) throw told;
    throw cannotWrite(folder, error);
  }
}

/** Whatever would keep the first result from being saved, is better known before it is computed. */
function probe(folder: string): void {
  const draft = join(folder, `probe-${randomBytes(8).toString('hex')}`);
  try {
    writeFileSync(draft, 'jug');
    linkSync(draft, `${draft}-linked`);
  } finally {
    for (const path of [draft, `${draft}-linked`]) rmSync(path, {force: true});
  }
}

/** Tells this store from another that is put in its place. */
function identityOf(folder: string): string {
  return `${IDENTITY}${optionsIn(folder).id}`;
}

/** Errors: a JugError, if the marker tells of another store than the one whose results are here. */
function checkIdentity(folder: string): void {
  const results = join(folder, 'results');
  const names = existsSync(results) ? readdirSync(results) : [];
  const identity = identityOf(folder);
  const [other] = names.filter(name => name.startsWith(IDENTITY));
  if (other === undefined || names.includes(identity)) return;
  const [told, found] = [identity, other].map(name => JSON.stringify(name.slice(IDENTITY.length)));
  throw new JugError(
    `Expected the results in ${folder} to be those of the store with the "id": ${told}, as ${MARKER} says, found those of ${found}. That file is damaged, or from another store: if the results are the right ones, write "id": ${found} into it; or choose another --jugdir`,
  );
}
