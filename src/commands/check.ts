// jug check: whether everything is finished, as an exit code.

import {standingOf} from '../graph/stored-states.js';
import {type Command, withLook} from './command.js';
import {noTasks} from './no-tasks.js';

export const check: Command = {
  example: 'jug check primes.ts && ./publish.sh',
  configure() {},
  run: invocation =>
    withLook(invocation, 'read', async ({host: {graph}, store, stoppedAt, unended}) => {
      const {total} = await standingOf(graph, await store());
      if (graph.size === 0 && stoppedAt === undefined) invocation.note(noTasks(invocation.jugfile));
      const isWhole = stoppedAt === undefined && unended?.kind !== 'vain';
      return isWhole && total.finished === graph.size ? 0 : 1;
    }),
};
