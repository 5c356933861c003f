// jug invalidate: removes the results of some functions, and of everything that depends on them.

import {type ExitCode, JugError} from '../core/errors.js';
import type {TaskGraph, TaskId} from '../graph/graph.js';
import type {Store} from '../stores/store.js';
import {openCompounds} from '../tasks/compound.js';
import {isMeant, parseTarget, type Target} from '../tasks/target.js';
import type {Task} from '../tasks/task.js';
import {formatTable} from '../ui/table.js';
import {type Command, type Invocation, printingLast, withLook} from './command.js';

export const invalidate: Command = {
  example: 'jug invalidate primes.ts --target isPrime --dry-run',
  configure(parser) {
    parser
      .option('--target <name>', 'function, module.function, or /regular expression/ (must be given)')
      .option('--dry-run', 'only count what would be removed');
  },
  run: invocation => printingLast(invocation, invalidated),
};

async function invalidated(invocation: Invocation): Promise<ExitCode> {
  // Asked for here, so that a misspelt --target is told as that.
  if (invocation.options.target === undefined) {
    throw new JugError('Expected --target NAME, the function whose results are to be removed, found none.');
  }
  const target = parseTarget(invocation.options.target);
  // An inner task's result is stale when its compound task's is, and would be found again.
  const unopened = openCompounds();
  return withLook(invocation, 'write', async ({host: {graph}, store, stoppedAt, unended}) => {
    const meant = [...graph.ids()].filter(id => isMeant(target, graph.task(id)));
    const driver = await store();
    const reached = graph.downstream(meant);
    const blind = await finishedAmong(
      unopened.filter(({hash}) => !reached.has(graph.find(hash)!)),
      driver,
    );
    if (meant.length === 0) {
      invocation.note(`No task of the jugfile matches ${target.text}: nothing removed.`);
      return blind.length === 0 ? 2 : tellBlind(blind, target, invocation);
    }
    const ids = [...reached].sort((a, b) => a - b);
    const dryRun = Boolean(invocation.options.dryRun);
    const hashes = ids.map(id => graph.task(id).hash);
    const there = await driver.has(hashes);
    const gone = ids.filter((_, place) => there[place]);
    if (!dryRun) await driver.remove(hashes);
    invocation.print(
      gone.length === 0
        ? `${meant.length} ${meant.length === 1 ? 'task matches' : 'tasks match'}, without a result: nothing ${dryRun ? 'to remove' : 'removed'}.`
        : formatTable(
            [dryRun ? 'Would remove' : 'Removed'],
            countRows(gone, id => graph.task(id).name),
          ),
    );
    const unseen = [
      ...(stoppedAt === undefined ? [] : [`after the barrier ${stoppedAt.site}`]),
      ...(unended === undefined ? [] : [`after what has not ended (${unended.what})`]),
      ...unopened.filter(({hash}) => reached.has(graph.find(hash)!)).map(({name}) => `inside ${name}`),
    ];
    if (blind.length > 0) return tellBlind(blind, target, invocation);
    if (unseen.length === 0 || !(await holdsOthers(driver, graph))) return 0;
    invocation.note(
      `Expected to know every task, found that those ${[...new Set(unseen)].join(', and ')} are not known yet.\n` +
        `Results of theirs were left alone, and may be made from those of ${target.text}. ` +
        'Run `jug execute`, and then this command again.',
    );
    return 4;
  });
}

/** Of compound tasks that are finished, and whose functions did not come to their end when they were called to see. */
function tellBlind(blind: readonly Task[], target: Target, {note}: Invocation): 4 {
  const names = [...new Set(blind.map(({name}) => name))].join(', ');
  note(
    `Expected to know what every compound task is made from, found that what ${names} waits for is not there any more.\n` +
      `Results of ${names} were left alone. If they are made from those of ${target.text}, remove them with --target, too.`,
  );
  return 4;
}

async function finishedAmong(tasks: readonly Task[], store: Store): Promise<Task[]> {
  const there = await store.has(tasks.map(({hash}) => hash));
  return tasks.filter((_, place) => there[place]);
}

/** Whether there are results of tasks that are not in the graph. */
async function holdsOthers(store: Store, graph: TaskGraph): Promise<boolean> {
  for await (const chunk of store.hashes()) {
    if (chunk.some(hash => graph.find(hash) === undefined)) return true;
  }
  return false;
}

function countRows(
  ids: readonly TaskId[],
  nameOf: (id: TaskId) => string,
): {name: string; numbers: number[]}[] {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(nameOf(id), (counts.get(nameOf(id)) ?? 0) + 1);
  return [...counts].map(([name, number]) => ({name, numbers: [number]}));
}
