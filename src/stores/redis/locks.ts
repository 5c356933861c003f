// Who holds which task, on a Redis server. An owner lives for as long as its lease, by the server's clock; the whole
// process has one, renewed in one operation however many locks there are (lease-renewal.ts). Who shares this machine with a dead
// owner need not wait for that, and asks the operating system. Knows hashes and owners; knows no results.

import type {TaskHash} from '../../values/task-hash.js';
import {hashAt} from '../hash-bytes.js';
import {isAlive, thisPlace} from '../owner.js';
import type {Claim, LockInfo, Owner} from '../store.js';
import type {Command, Connection, Reply} from './connection.js';
import type {Session} from './generation.js';
import type {Renewal, StoredOwner} from './lease-renewal.js';
import {packHashes, piecesOf} from './record-layout.js';
import {ACQUIRE, BURY, RELEASE} from './write-scripts.js';

export interface Locks {
  readonly token: string;
  acquire(hashes: readonly TaskHash[]): Promise<Claim[]>;
  release(hashes: readonly TaskHash[]): Promise<void>;
  /** Of dead owners, or of everyone; answers how many there were. */
  break(everyone: boolean): Promise<number>;
  /** Gives back what this process holds, and renews its lease no more. */
  end(): Promise<void>;
}

const TOKEN_DIGITS = 32;
const CLAIMS: Readonly<Record<string, Claim>> = {a: 'acquired', h: 'held', f: 'finished'};

export function openLocks(connection: Connection, session: Session, prefix: string, renewal: Renewal): Locks {
  const {me} = renewal;
  const [token] = me;
  /** Of others, by token; what is said there of a token never changes. */
  const owners = new Map<string, StoredOwner>();

  async function claim(hashes: readonly TaskHash[]): Promise<{claims: Claim[]; holders: string[]}> {
    renewal.start();
    const answers = await session.run(
      ACQUIRE,
      piecesOf(hashes).map(piece => [...me, Date.now(), packHashes(piece)]),
    );
    const claims: Claim[] = [];
    const holders = new Set<string>();
    for (const [letters, tokens] of answers as [Buffer, Buffer[]][]) {
      for (const letter of letters.toString('latin1')) claims.push(CLAIMS[letter]!);
      for (const holder of tokens) holders.add(String(holder));
    }
    return {claims, holders: [...holders]};
  }

  /** Of these owners, whose lease has not lapsed, those whose process on this machine is gone. */
  async function deadOf(holders: readonly string[]): Promise<string[]> {
    const unknown = holders.filter(holder => !owners.has(holder));
    if (unknown.length > 0) {
      const [found] = await connection.send([['HMGET', `${prefix}owners`, ...unknown]]);
      for (const [place, text] of (found as (Buffer | null)[]).entries()) {
        const owner = readOwner(text);
        if (owner !== undefined) owners.set(unknown[place]!, owner);
      }
    }
    return holders.filter(holder => isDeadHere(owners.get(holder)));
  }

  /** `certain` are dead or shall be treated so; `lapsed` only if their lease has lapsed. */
  async function bury(certain: readonly string[], lapsed: readonly string[] = []): Promise<number> {
    const [answer] = await session.run(BURY, [[certain.join(''), lapsed.join('')]]);
    const [count, changes] = answer as [number, Reply];
    session.saw(changes);
    for (const token of certain) owners.delete(token);
    return count;
  }

  return {
    token,
    async acquire(hashes) {
      const {claims, holders} = await claim(hashes);
      if (holders.length === 0) return claims;
      const dead = await deadOf(holders);
      if (dead.length === 0) return claims;
      await bury(dead);
      const places = [...claims.keys()].filter(place => claims[place] === 'held');
      const again = await claim(places.map(place => hashes[place]!));
      for (const [at, place] of places.entries()) claims[place] = again.claims[at]!;
      return claims;
    },
    async release(hashes) {
      const answers = await session.run(
        RELEASE,
        piecesOf(hashes).map(piece => [token, packHashes(piece)]),
      );
      session.saw(answers.at(-1));
    },
    async break(everyone) {
      const locks = await listLocks(connection, prefix);
      if (everyone) return bury([...new Set(await holdersOf(connection, prefix))]);
      const dead = locks.filter(({alive}) => !alive).map(({owner}) => owner.token);
      const here = new Set(await deadOf(dead));
      return bury(
        [...here],
        dead.filter(token => !here.has(token)),
      );
    },
    async end() {
      if (!renewal.hasStarted) return;
      await renewal.stop();
      await bury([token]);
    },
  };
}

async function holdersOf(connection: Connection, prefix: string): Promise<string[]> {
  const [values] = await connection.send([['HVALS', `${prefix}locks`]]);
  return (values as Buffer[]).map(value => value.toString('latin1', 0, TOKEN_DIGITS));
}

/** Every owner with what it holds; reads only. */
export async function listLocks(connection: Connection, prefix: string): Promise<LockInfo[]> {
  const [locks, known] = (await connection.send([
    ['HGETALL', `${prefix}locks`],
    ['HGETALL', `${prefix}owners`],
  ])) as [Buffer[], Buffer[]];
  const held = new Map<string, {since: number; readonly hashes: TaskHash[]}>();
  for (let i = 0; i < locks.length; i += 2) {
    const value = locks[i + 1]!.toString('latin1');
    const token = value.slice(0, TOKEN_DIGITS);
    const since = Number(value.slice(TOKEN_DIGITS));
    const lock = held.get(token);
    if (lock === undefined) held.set(token, {since, hashes: [hashAt(locks[i]!)]});
    else {
      lock.since = Math.min(lock.since, since);
      lock.hashes.push(hashAt(locks[i]!));
    }
  }
  // A lock without its owner is just being broken.
  const told = ownersIn(known).filter(({token}) => held.has(token));
  const alive = await areAlive(connection, prefix, told);
  return told.map((stored, place) => ({
    owner: ownerOf(stored),
    ...held.get(stored.token)!,
    alive: alive[place]!,
  }));
}

/** Those who hold nothing at this moment, too. */
export async function listLiving(connection: Connection, prefix: string): Promise<Owner[]> {
  const [known] = (await connection.send([['HGETALL', `${prefix}owners`]])) as [Buffer[]];
  const owners = ownersIn(known);
  const alive = await areAlive(connection, prefix, owners);
  return owners.filter((_, place) => alive[place]).map(ownerOf);
}

function ownersIn(known: readonly Buffer[]): StoredOwner[] {
  return known.flatMap((text, place) => (place % 2 === 1 ? (readOwner(text) ?? []) : []));
}

function ownerOf({pidNamespace: _, ...owner}: StoredOwner): Owner {
  return owner;
}

async function areAlive(
  connection: Connection,
  prefix: string,
  owners: readonly StoredOwner[],
): Promise<boolean[]> {
  const leases = await connection.send(
    owners.map(({token}): Command => ['EXISTS', `${prefix}alive:${token}`]),
  );
  return owners.map((owner, place) => leases[place] === 1 && !isDeadHere(owner));
}

/**
 * Told by the operating system. Two machines may have one name, and two containers one boot: only where everything is
 * the same does a process id mean the same.
 */
function isDeadHere(owner: StoredOwner | undefined): boolean {
  const here = thisPlace();
  if (owner === undefined || owner.bootId !== here.bootId || here.bootId === 'unknown-boot') return false;
  if (owner.host !== here.host || owner.pidNamespace !== here.pidNamespace) return false;
  return !isAlive(owner);
}

function readOwner(text: Buffer | null): StoredOwner | undefined {
  return text === null ? undefined : (JSON.parse(text.toString()) as StoredOwner);
}
