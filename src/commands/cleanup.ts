// jug cleanup: removes what no task of the jugfile needs any more, and locks and failures on request.

import {JugError} from '../core/errors.js';
import {entriesOf, isOfOther} from '../settings/programs.js';
import {failedIn, troublesIn} from '../stores/failure-record.js';
import type {Owner, Store} from '../stores/store.js';
import type {Program} from '../tasks/provenance.js';
import {countText} from '../ui/format.js';
import type {Origin, OriginId} from '../values/record.js';
import type {TaskHash} from '../values/task-hash.js';
import {type Command, type Invocation, type Looked, printingLast, withLook} from './command.js';

export const cleanup: Command = {
  example: 'jug cleanup primes.ts --dry-run',
  configure(parser) {
    parser
      .option('--locks-only', 'only the locks of processes that are gone')
      .option('--failed-only', 'only the failures, so that they are tried again even with --keep-failed')
      .option('--keep-locks', 'leave locks alone')
      .option('--others', 'also results that other jugfiles have computed on the same store, or may need')
      .option('--dry-run', 'only count what would be removed');
  },
  async run(invocation) {
    const {locksOnly, failedOnly, keepLocks} = invocation.options;
    if (locksOnly && (failedOnly || keepLocks)) {
      throw new JugError('Expected --locks-only by itself, found it with --failed-only or --keep-locks.');
    }
    return printingLast(invocation, held =>
      withLook(held, 'write', async looked => {
        const store = await looked.store();
        const removed: Removed[] = [];
        if (failedOnly) removed.push(await removeFailures(store, held));
        else if (!locksOnly) removed.push(await removeResults(store, looked, held));
        if (!(keepLocks || failedOnly)) removed.push(await removeLocks(store, held));
        held.print(said(removed, held));
        return 0;
      }),
    );
  },
};

interface Removed {
  readonly count: number;
  readonly noun: string;
}

/** Kept: results of the jugfile's tasks, and whatever a process that is alive has made or is making. */
async function removeResults(
  store: Store,
  {host: {graph}, program, stoppedAt, unended}: Looked,
  {options, note}: Invocation,
): Promise<Removed> {
  if (stoppedAt !== undefined) {
    throw new JugError(
      `Expected a jugfile that runs to its end, found that it waits at a barrier (${stoppedAt.site}).\n` +
        'Which results it needs after that is not known, so none was removed. Run `jug execute` first.',
      4,
    );
  }
  if (unended !== undefined) {
    throw new JugError(
      `Expected a jugfile that runs to its end, found that something it started has not ended (${unended.what}).\n` +
        'Which results it needs after that is not known, so none was removed. ' +
        'In the jugfile, await what defines tasks, and close what is merely open, or call its unref().',
      4,
    );
  }
  const found: TaskHash[] = [];
  for await (const chunk of store.hashes()) {
    for (const hash of chunk) if (graph.find(hash) === undefined) found.push(hash);
  }
  // Asked after them: whoever lives and has made one of them is known by now. What comes later is not touched.
  const owners = found.length === 0 ? [] : ((await store.living?.()) ?? []);
  const locks = (await store.locks()).filter(({alive}) => alive);
  const makers = new Set([...owners, ...locks.map(({owner}) => owner)].map(processOf));
  const locked = new Set(locks.flatMap(({hashes}) => hashes));
  const makersOf = await byMakers(store, found, makers, options.others ? undefined : program);
  const unneeded = makersOf.gone.filter(hash => !locked.has(hash));
  const removed = options.dryRun ? unneeded : await store.remove(unneeded);
  if (!options.dryRun) {
    await removeSuspicions(store, hash => graph.find(hash) === undefined && !locked.has(hash));
  }
  tellKept(makersOf.kept, note);
  return {count: removed.length, noun: 'result'};
}

/** `kept`: by the jugfile for which they were made, or that may need them. */
function tellKept(kept: ReadonlyMap<string, number>, note: Invocation['note']): void {
  if (kept.size === 0) return;
  const all = [...kept.values()].reduce((sum, count) => sum + count, 0);
  const whose = [...kept].map(([jugfile, count]) => `${jugfile} ${count}`).join(', ');
  note(
    `Kept ${countText(all, 'result')} that other jugfiles have computed on this store, or may need (${whose}). With --others they are removed, too.`,
  );
}

/** Nobody is told of them: to a user, they are nothing that is there. */
async function removeSuspicions(store: Store, isUnneeded: (hash: TaskHash) => boolean): Promise<void> {
  const unneeded: TaskHash[] = [];
  for await (const chunk of troublesIn(store)) {
    for (const [hash, trouble] of chunk)
      if (trouble?.kind === 'suspicion' && isUnneeded(hash)) unneeded.push(hash);
  }
  await store.removeFailures(unneeded);
}

/** A process, as both who owns a lock and who made a result is told by. */
function processOf({host, pid}: Pick<Owner, 'host' | 'pid'>): string {
  return `${host} ${pid}`;
}

interface ByMakers {
  /** Made by processes that are gone, for this jugfile or for one that is not there any more. */
  readonly gone: readonly TaskHash[];
  /** How many were made for another jugfile, or by a function that another has, too: by its path. */
  readonly kept: ReadonlyMap<string, number>;
}

/** Who has made `hashes`: `makers` are alive. `own`: undefined, if all jugfiles are alike. */
async function byMakers(
  store: Store,
  hashes: readonly TaskHash[],
  makers: ReadonlySet<string>,
  own: Program | undefined,
): Promise<ByMakers> {
  const asked = new Set(hashes);
  const verdicts = new Map<OriginId, Verdict>();
  const gone: TaskHash[] = [];
  const kept = new Map<string, number>();
  if (hashes.length === 0) return {gone, kept};
  for await (const chunk of store.heads()) {
    for (const [hash, head] of chunk) {
      if (!asked.delete(hash)) continue;
      if (head !== undefined && !verdicts.has(head.origin)) {
        const origin = await store.origin(head.origin);
        verdicts.set(head.origin, origin === undefined ? 'gone' : await judged(store, origin, makers, own));
      }
      const verdict = head === undefined ? 'gone' : verdicts.get(head.origin)!;
      if (verdict === 'gone') gone.push(hash);
      else if (verdict !== 'alive') kept.set(verdict.other, (kept.get(verdict.other) ?? 0) + 1);
    }
  }
  return {gone, kept};
}

/** Of results of one origin: whether whoever made them is alive, or they are another jugfile's. */
type Verdict = 'alive' | 'gone' | {readonly other: string};

async function judged(
  store: Store,
  origin: Origin,
  makers: ReadonlySet<string>,
  own: Program | undefined,
): Promise<Verdict> {
  if (makers.has(processOf(origin))) return 'alive';
  if (own === undefined) return 'gone';
  // Which of them the other has asked for, when it was run last, is not known.
  const other = [origin, ...(await entriesOf(store, origin.function))].find(one => isOfOther(own, one));
  return other === undefined ? 'gone' : {other: other.program!};
}

async function removeFailures(store: Store, {options}: Invocation): Promise<Removed> {
  const failed: TaskHash[] = [];
  for await (const chunk of failedIn(store)) failed.push(...chunk);
  if (!options.dryRun) await store.removeFailures(failed);
  return {count: failed.length, noun: 'failure'};
}

async function removeLocks(store: Store, {options}: Invocation): Promise<Removed> {
  const dead = (await store.locks()).filter(({alive}) => !alive);
  const held = dead.reduce((sum, {hashes}) => sum + hashes.length, 0);
  return {count: options.dryRun ? held : await store.breakLocks(false), noun: 'lock'};
}

function said(removed: readonly Removed[], {options}: Invocation): string {
  const some = removed.filter(({count}) => count > 0);
  if (some.length === 0) return 'Nothing to remove.';
  const did = options.dryRun ? 'Would remove' : 'Removed';
  return some.map(({count, noun}) => `${did} ${countText(count, noun)}.`).join('\n');
}
