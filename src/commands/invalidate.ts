// jug invalidate: removes the results of some functions, and of everything that depends on them.

import {JugError} from '../errors.js';
import type {TaskGraph, TaskId} from '../graph/graph.js';
import type {Store} from '../stores/store.js';
import {openCompounds} from '../tasks/compound.js';
import {parseTarget} from '../tasks/target.js';
import {formatTable} from '../ui/table.js';
import {type Command, withLook} from './command.js';

export const invalidate: Command = {
  example: 'jug invalidate primes.ts --target isPrime --dry-run',
  configure(parser) {
    parser
      .option('--target <name>', 'function, module.function, or /regular expression/ (must be given)')
      .option('--dry-run', 'only count what would be removed');
  },
  async run(invocation) {
    // Asked for here, so that a misspelt --target is told as that.
    if (invocation.options.target === undefined) {
      throw new JugError('Expected --target NAME, the function whose results are to be removed, found none.');
    }
    const target = parseTarget(invocation.options.target);
    // An inner task's result is stale when its compound task's is, and would be found again.
    const unopened = openCompounds();
    return withLook(invocation, 'write', async ({host: {graph}, store, stoppedAt}) => {
      const meant = [...graph.ids()].filter(id => target.matches(graph.task(id).function));
      if (meant.length === 0) {
        invocation.note(`No task of the jugfile matches ${target.text}: nothing removed.`);
        return 2;
      }
      const reached = graph.downstream(meant);
      const ids = [...reached].sort((a, b) => a - b);
      const dryRun = Boolean(invocation.options.dryRun);
      const hashes = ids.map(id => graph.task(id).hash);
      const driver = await store();
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
        ...unopened.filter(({hash}) => reached.has(graph.find(hash)!)).map(({name}) => `inside ${name}`),
      ];
      if (unseen.length === 0 || !(await holdsOthers(driver, graph))) return 0;
      invocation.note(
        `Expected to know every task, found that those ${[...new Set(unseen)].join(', and ')} are not known yet.\n` +
          `Results of theirs were left alone, and may be made from those of ${target.text}. ` +
          'Run `jug execute`, and then this command again.',
      );
      return 4;
    });
  },
};

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
