// jug count: how many tasks of each function the jugfile defines, looking at no results.

import {formatTable} from '../ui/table.js';
import {type Command, withLook} from './command.js';

export const count: Command = {
  example: 'jug count primes.ts',
  configure(parser) {
    parser.option('--json', 'print an object of function names and numbers');
  },
  run: invocation =>
    withLook(invocation, 'read', async ({host: {graph}}) => {
      const counts = new Map<string, number>();
      for (const task of graph.tasks()) counts.set(task.name, (counts.get(task.name) ?? 0) + 1);
      const rows = [...counts].map(([name, tasks]) => ({name, numbers: [tasks]}));
      invocation.print(
        invocation.options.json ? JSON.stringify(Object.fromEntries(counts)) : formatTable(['Count'], rows),
      );
      return 0;
    }),
};
