// The store for many machines: a Redis or Valkey server. Puts together the connection, results, locks and what watches
// over them; decides what is checked at open and done at the end. The laws behind it are in docs/redis.md.

import {StoreError} from '../../core/errors.js';
import type {TaskHash} from '../../values/task-hash.js';
import {type Guard, guard, type ReadingHalf, refusingHalf} from '../lifecycle.js';
import {damagedOf} from '../quarantine.js';
import type {Access, Packing, Store, StoreOptions} from '../store.js';
import {largeValues} from './chunked-values.js';
import {
  type Command,
  type Connection,
  LIMITS,
  type Limits,
  openConnection,
  type Reply,
} from './connection.js';
import {checkFormat, openSession, type Session} from './generation.js';
import {describe} from './health.js';
import {Renewal, type RenewalOptions} from './lease-renewal.js';
import {listLiving, listLocks, openLocks} from './locks.js';
import {bytesOf, packHashes, packValues, piecesOf, shardOf} from './record-layout.js';
import {chosen, readResults} from './results.js';
import {savingTo} from './save.js';
import {type Address, parseAddress, type Scheme} from './url.js';
import {REFERENCE_BYTES, REMOVE, REMOVE_FAILURES, type Script, SET_ASIDE} from './write-scripts.js';

const KIND = 'redis';
/** Milliseconds: a look for changes is one short question over the network. */
const INTERVAL = 150;
/** Milliseconds that a server which does not answer may take of the end of a command. */
const GOODBYE = 2000;
/** Of no task. */
const NO_HASH = '0'.repeat(64) as TaskHash;
const NOTHING_TO_PACK: Packing = {
  kind: 'nothing',
  why: 'A Redis server keeps results in memory, and uses what is freed for new ones.',
};

export async function openRedis(
  scheme: Scheme,
  rest: string,
  access: Access,
  options: StoreOptions,
  limits: Limits = LIMITS,
): Promise<Store> {
  const address = parseAddress(scheme, rest);
  // The braces put all keys into one slot of a cluster, where one script may use them together.
  const prefix = `{${address.prefix}}:`;
  const {location} = address;
  const connection = openConnection(address, limits, options.onSilence);
  try {
    if (access === 'read') {
      const format = await formatAt(connection, address);
      if (format !== null) checkFormat(String(format), location);
      // What this user may not do is told now, and not by the first question.
      await readResults(connection, prefix).has([NO_HASH]);
      return storeToRead(connection, prefix, location);
    }
    const session = await openSession(connection, `${prefix}store`, address);
    return storeToWrite(connection, session, prefix, location, {...options, limits});
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Where on the server there is no store; `undefined` if there is one. */
export async function missingAt(
  scheme: Scheme,
  rest: string,
  limits: Limits = LIMITS,
): Promise<string | undefined> {
  const address = parseAddress(scheme, rest);
  const connection = openConnection(address, limits);
  try {
    return (await formatAt(connection, address)) === null ? address.location : undefined;
  } finally {
    connection.close();
  }
}

/** Null if there is no store. */
async function formatAt(connection: Connection, {prefix}: Address): Promise<Reply> {
  const [format] = await connection.send([['HGET', `{${prefix}}:store`, 'format']]);
  return format!;
}

type Pack = (hashes: readonly TaskHash[]) => Buffer;

/** What the values of `hashes` begin with: enough to tell one from another that came in its place. */
async function beginnings(
  connection: Connection,
  prefix: string,
  hashes: readonly TaskHash[],
): Promise<Map<TaskHash, Buffer>> {
  const values = await connection.send(
    hashes.map((hash): Command => ['HGET', `${prefix}r:${shardOf(hash)}`, bytesOf(hash)]),
  );
  const found = new Map<TaskHash, Buffer>();
  for (const [place, value] of values.entries()) {
    if (Buffer.isBuffer(value)) found.set(hashes[place]!, value.subarray(0, REFERENCE_BYTES));
  }
  return found;
}

function storeToWrite(
  connection: Connection,
  session: Session,
  prefix: string,
  location: string,
  options: RenewalOptions,
): Store {
  const state = guard(location);
  const renewal = new Renewal(connection, session, `${prefix}store`, location, options, error => {
    // What passes by itself is seen by the next call too; that data was lost may be seen too late.
    if (error instanceof StoreError && error.fatal)
      void state.run(() => Promise.reject(error)).catch(() => {});
  });
  const locks = openLocks(connection, session, prefix, renewal);

  /** Scripts that answer with letters and the number of changes. */
  async function takeOut(script: Script, hashes: readonly TaskHash[], pack: Pack): Promise<TaskHash[]> {
    const pieces = piecesOf(hashes);
    const answers = await session.run(
      script,
      pieces.map(piece => [pack(piece)]),
    );
    return (answers as [Buffer, number][]).flatMap(([letters, changes], at) => {
      session.saw(changes);
      return chosen(pieces[at]!, letters);
    });
  }

  const reading = readResults(connection, prefix);
  const save = savingTo(session, reading, largeValues(connection, prefix), locks.token);
  return {
    kind: KIND,
    location,
    interval: INTERVAL,
    ...guarded(reading, state),
    save: saving => state.run(() => save(saving)),
    remove: hashes => state.run(() => takeOut(REMOVE, hashes, packHashes)),
    setAside: hashes =>
      state.run(async () => {
        const before = await beginnings(connection, prefix, hashes);
        const damaged = damagedOf(hashes, await reading.load(hashes)).filter(([hash]) => before.has(hash));
        return takeOut(
          SET_ASIDE,
          damaged.map(([hash]) => hash),
          piece => packValues(piece.map(hash => [hash, before.get(hash)!])),
        );
      }),
    removeFailures: hashes =>
      state.run(async () => {
        const pieces = piecesOf(hashes).map(piece => [packHashes(piece)]);
        session.saw((await session.run(REMOVE_FAILURES, pieces)).at(-1));
      }),
    acquire: hashes => state.run(() => locks.acquire(hashes)),
    release: hashes => state.run(() => locks.release(hashes)),
    locks: () => state.run(() => listLocks(connection, prefix)),
    living: () => state.run(() => listLiving(connection, prefix)),
    breakLocks: everyone => state.run(() => locks.break(everyone)),
    changes: () => state.run(() => session.changes()),
    describe: () => state.run(() => describe(connection, prefix)),
    pack: () => state.run(() => NOTHING_TO_PACK),
    close: () =>
      state.close(async () => {
        await inTime(locks.end(), GOODBYE);
        connection.close();
      }),
  };
}

/** Asks the server anew each time, so that a store that is not there yet is seen once it is. */
function storeToRead(connection: Connection, prefix: string, location: string): Store {
  const state = guard(location);
  return {
    kind: KIND,
    location,
    interval: INTERVAL,
    ...guarded(readResults(connection, prefix), state),
    ...refusingHalf(location),
    locks: () => state.run(() => listLocks(connection, prefix)),
    living: () => state.run(() => listLiving(connection, prefix)),
    changes: () =>
      state.run(async () => {
        const [changes] = await connection.send([['HGET', `${prefix}store`, 'changes']]);
        return Number(changes ?? 0);
      }),
    describe: () => state.run(() => describe(connection, prefix)),
    close: () => state.close(() => connection.close()),
  };
}

function guarded(reading: ReadingHalf, state: Guard): ReadingHalf {
  async function* each<T>(list: AsyncIterable<T>): AsyncGenerator<T> {
    state.check();
    for await (const chunk of list) {
      yield chunk;
      state.check();
    }
  }
  return {
    has: hashes => state.run(() => reading.has(hashes)),
    load: hashes => state.run(() => reading.load(hashes)),
    origin: id => state.run(() => reading.origin(id)),
    hashes: () => each(reading.hashes()),
    heads: () => each(reading.heads()),
    failures: () => each(reading.failures()),
  };
}

/** Whatever comes of it. */
async function inTime(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}
