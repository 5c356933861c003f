// jug store: what the store is, what is in it, and how it is; with --verify, whether every record in it is whole, and
// with --set-aside it takes those that are not out of the way.

import {JugError} from '../core/errors.js';
import {ABSENT} from '../stores/empty-store.js';
import {failedIn, troublesIn} from '../stores/failure-record.js';
import {Makers, sweep} from '../stores/scan.js';
import type {LockInfo, Note, Store} from '../stores/store.js';
import {bytesText, countText, timeText} from '../ui/format.js';
import type {TaskHash} from '../values/task-hash.js';
import {type Command, type Invocation, printingLast, withStore} from './command.js';

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
  /** How many of them are out of the way now. Null without --set-aside. */
  readonly setAside: number | null;
}

interface Damaged {
  readonly function: string | null;
  readonly hash: TaskHash;
  readonly what: 'result' | 'failure';
  readonly damage: string;
}

export const store: Command = {
  example: 'jug store primes.ts --verify',
  configure(parser) {
    parser
      .option('--verify', 'read every record, and check it')
      .option('--set-aside', 'with --verify: take what is damaged out of the way, to be computed again')
      .option('--json', 'the same facts as one JSON object');
  },
  async run(invocation) {
    const {verify, setAside, json} = invocation.options;
    if (setAside && !verify)
      throw new JugError('Expected --set-aside together with --verify, found it alone.');
    const asked: Asked = {verify: Boolean(verify), setAside: Boolean(setAside)};
    return printingLast(invocation, held =>
      withStore(held, asked.setAside ? 'write' : 'read', async store => {
        const facts = await factsOf(store, asked);
        const isAbsent = facts.kind === ABSENT;
        held.print(json ? JSON.stringify(facts) : isAbsent ? absence(facts) : textOf(facts, held));
        return isWhole(facts) ? 0 : 1;
      }),
    );
  },
};

interface Asked {
  readonly verify: boolean;
  readonly setAside: boolean;
}

/** What was not asked for is not known, and no reason to worry. */
function isWhole({damaged, setAside, notes}: Facts): boolean {
  if (damaged === null) return true;
  return (damaged.length === 0 || setAside !== null) && !notes.some(isDamage);
}

function isDamage({kind}: Note): boolean {
  return kind === 'damage';
}

async function factsOf(store: Store, {verify, setAside}: Asked): Promise<Facts> {
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
  for await (const chunk of failedIn(store)) failures += chunk.length;
  const locks = await store.locks();
  const verified = verify ? await verifiedIn(store, makers) : null;
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
    notes: [...notes, ...unknownText(verified?.unknown ?? 0)],
    damaged: verified?.groups.flat() ?? null,
    setAside: setAside && verified !== null ? await takeAway(store, verified.groups) : null,
  };
}

function heldBy(locks: readonly LockInfo[], alive: boolean): Holders {
  const held = locks.filter(lock => lock.alive === alive);
  const owners = new Set(held.map(({owner}) => owner.token));
  return {owners: owners.size, tasks: held.reduce((sum, {hashes}) => sum + hashes.length, 0)};
}

interface Verified {
  /** In groups of what may be in memory at a time. */
  readonly groups: readonly (readonly Damaged[])[];
  /** Results of which it is not known any more who made them. */
  readonly unknown: number;
}

async function verifiedIn(store: Store, makers: Makers): Promise<Verified> {
  const groups: Damaged[][] = [];
  let unknown = 0;
  for await (const group of sweep(store)) {
    const damaged: Damaged[] = [];
    for (const {hash, head, damage} of group) {
      const maker = (await makers.of(head)) ?? null;
      if (damage !== undefined) damaged.push({function: maker, hash, what: 'result', damage});
      else if (maker === null) unknown++;
    }
    if (damaged.length > 0) groups.push(damaged);
  }
  for await (const chunk of troublesIn(store)) {
    const damaged: Damaged[] = [];
    for (const [hash, trouble] of chunk) {
      if (trouble !== undefined) continue;
      damaged.push({function: null, hash, what: 'failure', damage: 'it cannot be understood'});
    }
    if (damaged.length > 0) groups.push(damaged);
  }
  return {groups, unknown};
}

function unknownText(results: number): Note[] {
  if (results === 0) return [];
  const text = `Which function made ${countText(results, 'result')}, and where, is damaged or gone: their values are whole, and are used as before.`;
  return [{kind: 'warning', text}];
}

/** Answers with how many were still there: others may have put whole ones in their place meanwhile. */
async function takeAway(store: Store, groups: readonly (readonly Damaged[])[]): Promise<number> {
  let taken = 0;
  for (const group of groups) {
    const hashesOf = (kind: Damaged['what']): TaskHash[] =>
      group.filter(({what}) => what === kind).map(({hash}) => hash);
    const failures = hashesOf('failure');
    const results = hashesOf('result');
    const gone = new Set(await store.setAside(results));
    taken += results.filter(hash => gone.has(hash)).length + failures.length;
    await store.removeFailures(failures);
  }
  return taken;
}

/** Nothing else is worth telling of a store that is not there yet. */
function absence({notes}: Facts): string {
  return notes.map(({text}) => text).join('\n');
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
    ...notes.map(({kind, text}): [string, string] => [kind === 'fact' ? 'note' : 'WARNING', text]),
  ];
  if (damaged !== null) {
    for (const {function: name, hash, what, damage} of damaged)
      note(`damaged ${what}: ${name ?? '(unknown function)'} ${hash}: ${damage}`);
    lines.push(['verified', verifiedText(facts, damaged.length)]);
  }
  return lines.map(([title, text]) => `${title.padEnd(10)}${text}`).join('\n');
}

function verifiedText({results, failures, setAside, notes}: Facts, damaged: number): string {
  const all = `${countText(results, 'result')} and ${countText(failures, 'failure')}`;
  const isLacking = notes.some(isDamage);
  if (damaged === 0)
    return isLacking ? `${all} can be read, and are whole; others cannot: see WARNING` : `${all}, all whole`;
  const lack = isLacking ? '. Others cannot be read: see WARNING' : '';
  if (setAside !== null)
    return `${all}, ${damaged} damaged, ${setAside} set aside. The next jug execute computes again what its jugfile needs of them${lack}`;
  return `${all}, ${damaged} damaged. To have the next jug execute compute again what its jugfile needs of them: jug store --verify --set-aside${lack}`;
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
