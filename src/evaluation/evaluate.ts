// Evaluating a jugfile under a host: finding it, its arguments, and what a command that only looks does when the
// jugfile waits.

import path from 'node:path';
import {JugError, StoreError} from '../core/errors.js';
import {describeThrown, formatThrown, ThrownElsewhere, userFrames} from '../core/failure.js';
import {tooManyFiles} from '../core/fd-limit.js';
import type {TaskId} from '../graph/graph.js';
import {initialised} from '../loader/exports.js';
import {importFile, installLoader} from '../loader/loader.js';
import {self} from '../loader/resolve.js';
import type {Jugdir} from '../settings/jugdir.js';
import type {Forwarded} from '../stores/forwarding.js';
import type {Store} from '../stores/store.js';
import {leaveScope} from '../tasks/compound-scope.js';
import {rootOf} from '../tasks/functions.js';
import {setHost} from '../tasks/host.js';
import {MissingResults} from '../tasks/read-results.js';
import {SECOND_COPY} from '../tasks/single-copy.js';
import type {Unended} from './floating-parts.js';
import type {Barrier, GraphHost} from './graph-host.js';

export type Namespace = Readonly<Record<string, unknown>>;

let evaluations = 0;

/**
 * Evaluates the jugfile under `host`. Settles when it has run to its end: perhaps never, if it waits. `begin` is called
 * before, with the namespace that its exports are to be in.
 */
export async function evaluate(
  jugfile: string,
  args: readonly string[],
  host: GraphHost,
  begin?: (namespace: object) => void,
): Promise<Namespace> {
  setHost(host);
  // Before the loader's hooks are in place, since every import then takes a detour through them.
  await import(self);
  installLoader();
  process.argv = [process.argv[0]!, jugfile, ...args];
  // A module is evaluated once a process; a second run in one process asks for another.
  const query = evaluations++ === 0 ? '' : `?jug=${evaluations}`;
  return importFile(jugfile, query, begin);
}

/**
 * What the jugfile threw, as an error that ends the command: its own message and stack, and exit code 3. `barriers`: where
 * it still waits.
 */
export function jugfileError(jugfile: string, error: unknown, barriers: readonly Barrier[] = []): JugError {
  if (error instanceof StoreError) return error;
  if (error instanceof MissingResults) {
    // Below the message, which may show the stack of another error.
    const own = error.stack?.split(error.message).at(-1) ?? '';
    const line = userFrames(own)
      .split('\n')
      .find(frame => /^\s+at .*:\d+/.test(frame));
    const [barrier] = barriers;
    const asked = line === undefined ? '' : `\n${line}`;
    const hint =
      barrier === undefined
        ? ''
        : `\nThe jugfile has gone on behind ${barrier.site}, where it was to wait: is an \`await\` missing there?`;
    return new JugError(`${error.message}${asked}${hint}`, 3, {cause: error});
  }
  const files = tooManyFiles(error);
  if (files !== undefined) return files;
  const thrown = describeThrown(error);
  if (error instanceof JugError || thrown.name === 'JugError')
    return new JugError(thrown.message, thrown.code === SECOND_COPY ? 2 : 3, {cause: error});
  const name = path.relative(process.cwd(), jugfile) || jugfile;
  if (error instanceof ThrownElsewhere) {
    return new JugError(
      `The jugfile ${name} threw in a worker thread, though not in the main thread:\n\n${formatThrown(thrown)}\n\n` +
        'Each worker evaluates the jugfile, too. What can be done once, or in the main thread alone, goes behind ' +
        '`if (!isWorker())`, with isWorker of jug, or `if (isMainThread)`, with isMainThread of node:worker_threads.',
      3,
      {cause: error},
    );
  }
  const text =
    thrown.text === undefined
      ? `threw:\n\n${formatThrown(thrown)}`
      : `${formatThrown(thrown)}.\nOnly an Error says at which line it was thrown: throw new Error(…) instead.`;
  return new JugError(`The jugfile ${name} ${text}`, 3, {cause: error});
}

/** Waits for parts of the jugfile that nobody awaits, or for `until`; answers with what has not ended. */
export type Rest = (until: Promise<unknown>) => Promise<Unended | undefined>;

export interface Look<Host extends GraphHost = GraphHost> {
  readonly host: Host;
  /** The jugfile's exports; if it stopped at a barrier, those before it. */
  readonly exports: Namespace;
  /** Where evaluation stopped, because what it waits for is not finished. */
  readonly stoppedAt: Barrier | undefined;
  /** What was left open, or under way though nobody awaits it. */
  readonly unended: Unended | undefined;
  /** Where it waits now. */
  readonly barriers: () => readonly Barrier[];
  /** Has it go on where what it waits for is finished by now: it may define more. Errors: StoreError. */
  readonly goOn: () => Promise<void>;
}

interface Wait {
  readonly ids: readonly TaskId[] | undefined;
  readonly barrier: Barrier;
  readonly pass: () => void;
}

/**
 * Evaluates the jugfile under a host of this kind, as far as what is finished allows, and no further. `rest`: how parts are
 * waited for that go on by themselves. Errors: a JugError of exit code 3, or that of opening the store.
 */
export async function look<Host extends GraphHost>(
  jugfile: string,
  args: readonly string[],
  jugdir: Jugdir,
  store: () => Promise<Store>,
  Kind: new (root: string, store: () => Promise<Forwarded>) => Host,
  rest: Rest = async () => undefined,
): Promise<Look<Host>> {
  const {askedStore} = await import('../stores/pending-calls.js');
  const asked = askedStore(store);
  const host = new Kind(rootOf(jugfile), async () => asked.store);
  jugdir.functions = host.functions;
  host.onJugdir = wanted => jugdir.set(wanted);
  let stoppedAt: Barrier | undefined;
  const waits = new Set<Wait>();
  let stop: () => void = () => {};
  const stopped = new Promise<undefined>(resolve => {
    stop = () => resolve(undefined);
  });
  host.settle = async (ids, barrier) => {
    if (await areFinished(host, ids, asked.store)) return;
    const isInner = leaveScope();
    if (!isInner) {
      stoppedAt ??= barrier;
      stop();
    }
    await new Promise<void>(pass => {
      if (!isInner) waits.add({ids, barrier, pass});
    });
  };
  let namespace: object = {};
  let exports: Namespace | undefined;
  const evaluation = evaluate(jugfile, args, host, begun => {
    namespace = begun;
  }).then(
    all => {
      exports = all;
    },
    error => {
      throw error !== undefined && error === jugdir.refusal ? error : jugfileError(jugfile, error);
    },
  );
  let unended: Unended | undefined;
  try {
    await Promise.race([evaluation, stopped]);
    // Parts that the jugfile did not wait for may still be under way, as far as what is finished allows.
    await Promise.race([asked.rest(), evaluation.then(asked.rest)]);
    if (stoppedAt === undefined) {
      unended = await rest(stopped);
      await asked.rest();
    }
  } catch (error) {
    host.isOver = true;
    throw error;
  }
  return {
    host,
    exports: exports ?? initialised(namespace),
    stoppedAt,
    unended,
    barriers: () => [...waits].map(({barrier}) => barrier),
    async goOn() {
      for (const wait of waits) {
        if (!(await areFinished(host, wait.ids, asked.store))) continue;
        waits.delete(wait);
        wait.pass();
      }
    },
  };
}

async function areFinished(
  {graph}: GraphHost,
  ids: readonly TaskId[] | undefined,
  store: Forwarded,
): Promise<boolean> {
  const all = ids ?? Array.from({length: graph.size}, (_, id) => id as TaskId);
  const there = await store.has(all.map(id => graph.task(id).hash));
  return there.every(Boolean);
}
