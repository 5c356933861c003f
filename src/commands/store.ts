// jug store: what the store is, what is in it, and how it is; with --verify, whether every record in it is whole.

import {decodeFailure} from '../failure.js';
import type {LockInfo, Note, Store} from '../stores/store.js';
import {Makers, sweep} from '../stores/sweep.js';
import {bytesText, countText, timeText} from '../ui/amounts.js';
import {type Command, type Invocation, withStore} from './command.js';

/** Of a result: when it was there. */
interface Dated {
  readonly function: string | null;
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly finished: number;
}

interface Holders {
  readonly owners: number;
  readonly tasks: number;
}

/** What --json prints. */
interface Facts {
  readonly schema: 'jug.store/1';
  readonly kind: string;
  readonly location: string;
  readonly format: number;
  /** Null where the store cannot tell. */
  readonly bytes: number | null;
  readonly results: number;
  readonly failures: number;
  readonly locks: {readonly living: Holders; readonly dead: Holders};
  readonly oldest: Dated | null;
  readonly newest: Dated | null;
  readonly notes: readonly Note[];
  /** Null without --verify. */
  readonly damaged: readonly Damaged[] | null;
}

interface Damaged {
  readonly function: string | null;
  readonly hash: string;
  readonly what: 'result' | 'failure';
  readonly damage: string;
}

export const store: Command = {
  example: 'jug store primes.ts --verify',
  configure(parser) {
    parser
      .option('--verify', 'read every record, and check it')
      .option('--json', 'the same facts as one JSON object');
  },
  run: invocation =>
    withStore(invocation, 'read', async store => {
      const facts = await factsOf(store, Boolean(invocation.options.verify));
      invocation.print(invocation.options.json ? JSON.stringify(facts) : textOf(facts, invocation));
      return facts.damaged !== null && facts.damaged.length > 0 ? 1 : 0;
    }),
};

async function factsOf(store: Store, verify: boolean): Promise<Facts> {
  const {format, bytes, notes} = await store.describe();
  const makers = new Makers(store);
  let results = 0;
  let [oldest, newest]: [Dated | null, Dated | null] = [null, null];
  for await (const chunk of store.heads()) {
    results += chunk.length;
    for (const [hash, head] of chunk) {
      if (head === undefined) continue;
      const finished = Math.round(head.started + head.duration);
      const dated = async (): Promise<Dated> => ({function: (await makers.of(head)) ?? null, hash, finished});
      if (oldest === null || finished < oldest.finished) oldest = await dated();
      if (newest === null || finished > newest.finished) newest = await dated();
    }
  }
  let failures = 0;
  for await (const chunk of store.failures()) failures += chunk.length;
  const locks = await store.locks();
  return {
    schema: 'jug.store/1',
    kind: store.kind,
    location: store.location,
    format,
    bytes: bytes ?? null,
    results,
    failures,
    locks: {living: heldBy(locks, true), dead: heldBy(locks, false)},
    oldest,
    newest,
    notes,
    damaged: verify ? await damagedIn(store, makers) : null,
  };
}

function heldBy(locks: readonly LockInfo[], alive: boolean): Holders {
  const held = locks.filter(lock => lock.alive === alive);
  const owners = new Set(held.map(({owner}) => owner.token));
  return {owners: owners.size, tasks: held.reduce((sum, {hashes}) => sum + hashes.length, 0)};
}

async function damagedIn(store: Store, makers: Makers): Promise<Damaged[]> {
  const damaged: Damaged[] = [];
  for await (const group of sweep(store)) {
    for (const {hash, head, damage} of group) {
      if (damage === undefined) continue;
      damaged.push({function: (await makers.of(head)) ?? null, hash, what: 'result', damage});
    }
  }
  for await (const chunk of store.failures()) {
    for (const [hash, bytes] of chunk) {
      if (decodeFailure(bytes) !== undefined) continue;
      damaged.push({function: null, hash, what: 'failure', damage: 'it cannot be understood'});
    }
  }
  return damaged;
}

function textOf(facts: Facts, {note}: Invocation): string {
  const {kind, location, format, bytes, results, failures, locks, oldest, newest, notes, damaged} = facts;
  const lines: [string, string][] = [
    ['kind', kind],
    ['location', location],
    ['format', String(format)],
    ['size', bytes === null ? 'not known' : bytesText(bytes)],
    ['results', String(results)],
    ['failures', String(failures)],
    ['locks', locksText(locks)],
    ['oldest', datedText(oldest)],
    ['newest', datedText(newest)],
    ...notes.map(({kind, text}): [string, string] => [kind === 'warning' ? 'WARNING' : 'note', text]),
  ];
  if (damaged !== null) {
    for (const {function: name, hash, what, damage} of damaged)
      note(`damaged ${what}: ${name ?? '(unknown function)'} ${hash}: ${damage}`);
    lines.push(['verified', verifiedText(damaged.length, results, failures)]);
  }
  return lines.map(([title, text]) => `${title.padEnd(10)}${text}`).join('\n');
}

function verifiedText(damaged: number, results: number, failures: number): string {
  const all = `${countText(results, 'result')} and ${countText(failures, 'failure')}`;
  if (damaged === 0) return `${all}, all whole`;
  return `${all}, ${damaged} damaged. What a task needs of it, jug execute computes again`;
}

function locksText({living, dead}: Facts['locks']): string {
  const held = living.tasks === 0 ? 'none held' : `${living.tasks} held by ${processesText(living.owners)}`;
  return dead.tasks === 0 ? held : `${held}, ${dead.tasks} left by ${processesText(dead.owners)} that ended`;
}

function processesText(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`;
}

function datedText(dated: Dated | null): string {
  if (dated === null) return 'none';
  return `${timeText(dated.finished)}  ${dated.function ?? '(unknown function)'} ${dated.hash.slice(0, 12)}`;
}
