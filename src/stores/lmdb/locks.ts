// The locks of all processes on this machine. Not one record a hash but one claim an `acquire`: all its hashes
// packed into one value, so that a thousand locks cost one put. Knows hashes and owners; knows no results.
//
// Tables: `owners` token → Owner as JSON, `claims` token + sequence number → time, then hashes of 32 bytes.
// A claim never changes under its key, so what was parsed once stays right for as long as the key is there.
// `changes` counts the transactions, so that a process that is alone reads nothing but that number.

import type {TaskHash} from '../../values/task-hash.js';
import {HASH_BYTES, hashAt, writeHash} from '../hash-bytes.js';
import {isAlive} from '../owner.js';
import type {Claim, LockInfo, Owner} from '../store.js';
import {type Environment, readCounter, type Table, writeCounter} from './environment.js';

export const CLAIM_TABLES = ['owners', 'claims', 'changes'] as const;

export interface Claims {
  /** `finishedTest`: called when nobody else can change a lock any more, for a test of one hash after the other. */
  acquire(hashes: readonly TaskHash[], finishedTest: () => (hash: TaskHash) => boolean): Claim[];
  release(hashes: readonly TaskHash[]): void;
  releaseAll(): void;
  break(everyone: boolean): number;
}

/** A claim of ours. */
interface Own {
  readonly key: string;
  readonly hashes: readonly TaskHash[];
  left: number;
}

interface Others {
  readonly token: string;
  readonly hashes: readonly TaskHash[];
}

const TIME_BYTES = 8;
const TOKEN_DIGITS = 32;
const UNKNOWN = -2;
/** What is left of a claim after a partial release is kept in pieces, so that the next one rewrites little. */
const PIECE = 256;
/** Milliseconds for which a look at a process is believed. */
const ALIVE_FOR = 100;

/** Every method runs in a transaction of `environment`; the caller holds its gate. */
export function openClaims(environment: Environment, me: Owner): Claims {
  const owners = environment.table('owners');
  const claims = environment.table('claims');
  const changes = environment.table('changes');
  const ownerRecord = Buffer.from(JSON.stringify(me));
  const mine = new Map<TaskHash, Own>();
  const others = new Map<string, Others>();
  /** Hash → key of the claim of another owner. */
  const held = new Map<TaskHash, string>();
  const looks = new Map<string, {readonly alive: boolean; readonly at: number}>();
  let sequence = 0;
  let knownChanges = UNKNOWN;
  let packed = Buffer.alloc(TIME_BYTES + 1024 * HASH_BYTES);

  function change<T>(locks: number, fn: () => T): T {
    const before = knownChanges;
    // If the transaction fails, what was noted here is not what is there: the next one reads everything again.
    knownChanges = UNKNOWN;
    const [answer, now] = environment.write({records: 1, bytes: locks * HASH_BYTES}, () => {
      const now = readCounter(changes) + 1;
      if (now !== before + 1) reload();
      const answer = fn();
      writeCounter(changes, now);
      return [answer, now] as const;
    });
    knownChanges = now;
    return answer;
  }

  function reload(): void {
    const present = new Set(claims.getKeys({start: ''}));
    for (const [key, claim] of others) {
      if (present.has(key)) continue;
      others.delete(key);
      for (const hash of claim.hashes) if (held.get(hash) === key) held.delete(hash);
    }
    for (const key of present) {
      const token = key.slice(0, TOKEN_DIGITS);
      if (token === me.token || others.has(key)) continue;
      const {hashes} = unpack(claims.get(key)!);
      others.set(key, {token, hashes});
      for (const hash of hashes) held.set(hash, key);
    }
    // Somebody may have broken locks of ours.
    for (const [hash, claim] of mine) if (!present.has(claim.key)) mine.delete(hash);
  }

  function newClaim(hashes: TaskHash[]): Own {
    return {key: me.token + (sequence++).toString(16).padStart(8, '0'), hashes, left: 0};
  }

  function write(claim: Own): void {
    const bytes = TIME_BYTES + claim.hashes.length * HASH_BYTES;
    if (packed.length < bytes) packed = Buffer.alloc(bytes * 2);
    packed.writeDoubleLE(Date.now());
    let at = TIME_BYTES;
    for (const hash of claim.hashes) at = writeHash(packed, hash, at);
    claims.putSync(claim.key, packed.subarray(0, bytes));
    claim.left = claim.hashes.length;
  }

  function holderLives(token: string): boolean {
    const now = performance.now();
    const look = looks.get(token);
    if (look !== undefined && now - look.at < ALIVE_FOR) return look.alive;
    const owner = readOwner(owners, token);
    // A claim without its owner cannot be: both are written by one transaction.
    const alive = owner !== undefined && isAlive(owner);
    looks.set(token, {alive, at: now});
    return alive;
  }

  function bury(token: string): number {
    let count = 0;
    for (const [key, claim] of others) {
      if (claim.token !== token) continue;
      count += claim.hashes.length;
      others.delete(key);
      claims.removeSync(key);
      for (const hash of claim.hashes) if (held.get(hash) === key) held.delete(hash);
    }
    owners.removeSync(token);
    looks.delete(token);
    return count;
  }

  function isHeld(hash: TaskHash): boolean {
    const key = held.get(hash);
    if (key === undefined) return false;
    const token = key.slice(0, TOKEN_DIGITS);
    if (holderLives(token)) return true;
    bury(token);
    return false;
  }

  function ownKeys(): string[] {
    return [...claims.getKeys({start: me.token})].filter(key => key.startsWith(me.token));
  }

  function drop(own: Iterable<Own>): void {
    for (const claim of own) {
      claims.removeSync(claim.key);
      if (claim.left === 0) continue;
      const left = claim.hashes.filter(hash => mine.get(hash) === claim);
      for (let i = 0; i < left.length; i += PIECE) {
        const piece = newClaim(left.slice(i, i + PIECE));
        for (const hash of piece.hashes) mine.set(hash, piece);
        write(piece);
      }
    }
  }

  return {
    acquire(hashes, finishedTest) {
      return change(hashes.length, () => {
        const isFinished = finishedTest();
        const taken: TaskHash[] = [];
        const claim = newClaim(taken);
        const answers = hashes.map((hash): Claim => {
          if (mine.has(hash)) return 'acquired';
          if (held.size > 0 && isHeld(hash)) return 'held';
          if (isFinished(hash)) return 'finished';
          mine.set(hash, claim);
          taken.push(hash);
          return 'acquired';
        });
        if (taken.length > 0) {
          owners.putSync(me.token, ownerRecord);
          write(claim);
        }
        return answers;
      });
    },
    release(hashes) {
      const touched = new Set<Own>();
      for (const hash of hashes) {
        const claim = mine.get(hash);
        if (claim === undefined) continue;
        mine.delete(hash);
        claim.left--;
        touched.add(claim);
      }
      if (touched.size === 0) return;
      try {
        change(0, () => drop(touched));
      } catch (error) {
        // Still ours, then: the caller may try again.
        for (const claim of touched) {
          for (const hash of claim.hashes) if (!mine.has(hash)) mine.set(hash, claim);
          claim.left = claim.hashes.length;
        }
        throw error;
      }
    },
    releaseAll() {
      mine.clear();
      change(0, () => {
        for (const key of ownKeys()) claims.removeSync(key);
        owners.removeSync(me.token);
      });
    },
    break(everyone) {
      return change(0, () => {
        let count = 0;
        for (const token of [...owners.getKeys({start: ''})]) {
          if (token === me.token) continue;
          const owner = readOwner(owners, token);
          if (everyone || owner === undefined || !isAlive(owner)) count += bury(token);
        }
        if (everyone) {
          count += mine.size;
          for (const key of ownKeys()) claims.removeSync(key);
          mine.clear();
          owners.removeSync(me.token);
        }
        return count;
      });
    },
  };
}

/** How many transactions there were, by all processes together. */
export function countChanges(environment: Environment): number {
  return environment.read(() => readCounter(environment.table('changes')));
}

/** Every owner with what it holds; reads only. */
export function listLocks(environment: Environment): LockInfo[] {
  const owners = environment.table('owners');
  const claims = environment.table('claims');
  return environment.read(() => {
    const byOwner = new Map<string, {since: number; readonly hashes: TaskHash[]}>();
    for (const {key, value} of claims.getRange({start: ''})) {
      const {since, hashes} = unpack(value);
      const token = key.slice(0, TOKEN_DIGITS);
      const lock = byOwner.get(token);
      if (lock === undefined) byOwner.set(token, {since, hashes});
      else {
        lock.since = Math.min(lock.since, since);
        for (const hash of hashes) lock.hashes.push(hash);
      }
    }
    const locks: LockInfo[] = [];
    for (const [token, {since, hashes}] of byOwner) {
      const owner = readOwner(owners, token);
      if (owner !== undefined) locks.push({owner, hashes, since, alive: isAlive(owner)});
    }
    return locks;
  });
}

/** Those who hold nothing at this moment, too. */
export function listLiving(environment: Environment): Owner[] {
  const owners = environment.table('owners');
  const all = environment.read(() => [...owners.getKeys({start: ''})].map(token => readOwner(owners, token)));
  return all.filter(owner => owner !== undefined && isAlive(owner)) as Owner[];
}

function readOwner(owners: Table, token: string): Owner | undefined {
  const value = owners.get(token);
  return value === undefined ? undefined : (JSON.parse(asBuffer(value).toString()) as Owner);
}

function unpack(value: Uint8Array): {readonly since: number; readonly hashes: TaskHash[]} {
  const bytes = asBuffer(value);
  const hashes: TaskHash[] = [];
  for (let at = TIME_BYTES; at < bytes.length; at += HASH_BYTES) hashes.push(hashAt(bytes, at));
  return {since: bytes.readDoubleLE(), hashes};
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
