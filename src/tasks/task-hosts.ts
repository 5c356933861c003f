// Which hosts the tasks in a tree belong to, and asking each about its own: a script may have several jugfiles open.
// Knows no kind of host.

import type {Resolved} from '../core/types.js';
import {currentHost, HOST, type Host, hostOf, isJugfile} from './host.js';
import {replaceTasks} from './substitute.js';
import {TASK, type TaskLike, visitTasks} from './traverse.js';
import {ofAnotherJugfile} from './usage-errors.js';

export interface Owned extends TaskLike {
  [HOST]: Host | undefined;
}

/** `tree` with every task in it, at any depth, replaced by its result. Errors: a JugError if one is not there. */
export async function valueIn<T>(tree: T): Promise<Resolved<T>> {
  const owners = new Set<Host>();
  visitOwned(tree, task => void owners.add(hostOf(task)));
  const [owner = currentHost()] = owners;
  return owners.size > 1 ? valueOfMany(tree) : owner.value(tree);
}

/** The same, once every task in `tree` is finished; may never settle. */
export function settledValueIn<T>(tree: T): Promise<Resolved<T>> {
  // Jugfiles wait for single tasks by thousands.
  return isTask(tree) ? hostOf(tree).settledValue(tree) : settledValueOfTree(tree);
}

function isTask(tree: unknown): tree is Owned {
  return typeof tree === 'object' && tree !== null && TASK in tree;
}

async function settledValueOfTree<T>(tree: T): Promise<Resolved<T>> {
  const owners = new Set<Host>();
  const tasks = new Set<Owned>();
  visitOwned(tree, task => {
    tasks.add(task);
    owners.add(hostOf(task));
  });
  const [owner = currentHost()] = owners;
  if (owners.size < 2) return owner.settledValue(tree);
  await settledAll([...tasks]);
  return valueIn(tree);
}

/** The same task, under two of them, has two results. */
async function valueOfMany<T>(tree: T): Promise<Resolved<T>> {
  const tasks = new Set<Owned>();
  visitOwned(tree, task => void tasks.add(task));
  const results = await answers([...tasks], (host, own) => host.value(own) as Promise<unknown[]>);
  const resultOf = new Map([...tasks].map((task, place) => [task as TaskLike, results[place]]));
  return replaceTasks(tree, task => resultOf.get(task)) as Resolved<T>;
}

/** Whether the results of all are there. */
export async function areThere(tasks: readonly Owned[]): Promise<boolean> {
  return (await answers(tasks, (host, own) => host.has(own))).every(Boolean);
}

/** Settles when they are finished. */
async function settledAll(tasks: readonly Owned[]): Promise<void> {
  await answers(tasks, async (host, own) => {
    await host.settled(own);
    return own;
  });
}

/** What each host says of its own, in the order of `tasks`. */
async function answers<A>(
  tasks: readonly Owned[],
  ask: (host: Host, own: readonly Owned[]) => Promise<readonly A[]>,
): Promise<A[]> {
  const groups = new Map<Host, number[]>();
  for (const [place, task] of tasks.entries()) {
    const host = hostOf(task);
    const group = groups.get(host);
    if (group === undefined) groups.set(host, [place]);
    else group.push(place);
  }
  const all: A[] = [];
  await Promise.all(
    [...groups].map(async ([host, places]) => {
      const answered = await ask(
        host,
        places.map(place => tasks[place]!),
      );
      for (const [index, place] of places.entries()) all[place] = answered[index]!;
    }),
  );
  return all;
}

/** What `host` evaluates needs `task`. Errors: as `move`, unless it is the jugfile's own, by way of a module. */
export function adopt(task: Owned, host: Host | undefined): void {
  if (task[HOST]?.isOver !== false || !isJugfile()) move(task, host);
}

/**
 * What `host` evaluates needs `task`, which a module may have made that an earlier jugfile imported, too. It moves, if the
 * earlier one is over. Errors: a JugError if it is not, since the task has its results there.
 */
export function move(task: Owned, host: Host | undefined): void {
  if (task[HOST] === host) return;
  if (task[HOST]?.isOver === false) throw ofAnotherJugfile(String(task));
  task[HOST] = host;
}

function visitOwned(tree: unknown, visit: (task: Owned) => void): void {
  visitTasks(tree, node => {
    if (TASK in node) visit(node as Owned);
  });
}
