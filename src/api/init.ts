// For scripts that read what a jugfile computed.

import {JugError} from '../core/errors.js';
import type {Namespace} from '../evaluation/evaluate.js';
import {turnOfInit} from '../evaluation/exclusive.js';
import {GraphHost} from '../evaluation/graph-host.js';
import {findJugfile} from '../settings/find-jugfile.js';
import type {Store} from '../stores/store.js';
import {currentHost} from '../tasks/host.js';
import type {Task} from '../tasks/task.js';
import {move} from '../tasks/task-hosts.js';
import {collectTasks} from '../tasks/traverse.js';
import {misused} from '../tasks/usage-errors.js';

export interface Initialized {
  /** Close it at the end: `await store.close()`. */
  readonly store: Store;
  /** The jugfile's exports: its tasks, for `value`. If it waits for what is not finished, those before that line. */
  readonly jugspace: Namespace;
}

const OPENS =
  "init opens the store itself: tell it where the results are, as you would --jugdir, './results' or 'redis://host'.";

/**
 * Evaluates the jugfile, running nothing, and opens its results: afterwards `await value(jugspace.total)` works.
 * `jugdir` is what the jugfile says by `setJugdir`, or `<jugfile>.jugdata`, if not given. One that may only be
 * read will do, and where there is none, none is made, until a task is run or invalidated. Several may be open: a task has
 * its result in the store of the `init` that it came from. Errors: JugError.
 */
export async function init(
  jugfile?: string,
  jugdir?: string,
  args: readonly string[] = [],
): Promise<Initialized> {
  const file = findJugfile(jugfile);
  if (jugdir !== undefined && typeof jugdir !== 'string')
    throw misused('the jugdir in init(jugfile, jugdir) to be a string', jugdir, OPENS);
  if (!Array.isArray(args))
    throw misused('the arguments in init(jugfile, jugdir, args) to be an array', args);
  return turnOfInit(file, () => opened(file, jugdir, args));
}

async function opened(
  file: string,
  jugdir: string | undefined,
  args: readonly string[],
): Promise<Initialized> {
  // Loaded when called: each thread that evaluates a jugfile loads this file, and needs none of it.
  const [{look}, {chosenJugdir}] = await Promise.all([
    import('../evaluation/evaluate.js'),
    import('../settings/jugdir.js'),
  ]);
  const place = chosenJugdir(file, jugdir);
  let opening: Promise<Store> | undefined;
  const store = (): Promise<Store> => {
    opening ??= place.opened(openThere);
    return opening;
  };
  let host: GraphHost | undefined;
  try {
    const looked = await look(file, args, place, store, GraphHost);
    const {exports, stoppedAt} = looked;
    host = looked.host;
    if (stoppedAt !== undefined) {
      process.emitWarning(
        `The jugfile waits at a barrier (${stoppedAt.site}): jugspace has what it exports before that line, and nothing of what comes after. Run \`jug execute\` first.`,
      );
    }
    claimExports(exports, host);
    return {store: endingWith(await store(), host), jugspace: exports};
  } catch (error) {
    if (host !== undefined) host.isOver = true;
    await (await opening?.catch(() => undefined))?.close();
    throw error;
  }
}

/** A module that an earlier jugfile imported, too, made its tasks under that one's host. Errors: as `move`. */
function claimExports(exports: Namespace, host: GraphHost): void {
  const tasks = new Set<Task>();
  for (const exported of Object.values(exports)) {
    try {
      collectTasks(exported, tasks);
    } catch {
      // Nothing that `value` could be asked for; what else it is, is the script's business.
    }
  }
  for (const task of tasks) move(task, host);
}

/** `store`, whose end is that of `host`. */
function endingWith(store: Store, host: GraphHost): Store {
  const close = store.close.bind(store);
  return Object.assign(store, {
    close: () => {
      host.isOver = true;
      return close();
    },
  });
}

/**
 * A script that only reads makes no store, where nothing would be in it, and need not be allowed to write. Who may write
 * has it opened for that from the start: a script may well call `execute` on the same store, and LMDB cannot be opened to
 * be written where the process has opened it to be read.
 */
async function openThere(jugdir: string): Promise<Store> {
  const {missingAt, openStore} = await import('../stores/registry.js');
  const missing = await missingAt(jugdir);
  if (missing === undefined) {
    try {
      return await openStore(jugdir, 'write');
    } catch (error) {
      if (!(error instanceof JugError)) throw error;
      const {openedToChange} = await import('../stores/cleanup.js');
      return openedToChange(access => openStore(jugdir, access)).catch(() => {
        throw error;
      });
    }
  }
  const {storeOnceKept} = await import('../stores/empty-store.js');
  return storeOnceKept(missing, () => openStore(jugdir, 'write'));
}

/**
 * For a jugfile, at its top, before the first `await`: where its results are kept. What --jugdir says, or the caller of
 * `execute` or `init`, counts more. Without jug it does nothing. Errors: JugError, if results are in use already.
 */
export function setJugdir(jugdir: string): void {
  currentHost().setJugdir(jugdir);
}

/** Whether jug evaluates this program, and not node alone. */
export function isJugRunning(): boolean {
  return currentHost().running;
}

/**
 * Whether the jugfile is evaluated in a worker thread here, which it is once in each, for its functions alone: what is to be
 * done once stands behind `if (!isWorker())`. In a task it is true, too.
 */
export function isWorker(): boolean {
  return currentHost().lightTask !== undefined;
}
