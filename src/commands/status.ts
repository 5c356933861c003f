// jug status: how many tasks of each function are in which state.

import {standingOf} from '../graph/standing.js';
import {type Counts, STATES} from '../graph/states.js';
import {formatTable} from '../ui/table.js';
import {type Command, withLook} from './command.js';
import {noTasks} from './no-tasks.js';

export const status: Command = {
  example: 'jug status primes.ts',
  configure(parser) {
    parser.option('--short', 'one line').option('--json', 'the same facts as one JSON object');
  },
  run: invocation =>
    withLook(invocation, 'read', async ({host: {graph}, store, stoppedAt}) => {
      const {total, rows} = await standingOf(graph, await store());
      if (graph.size === 0 && stoppedAt === undefined) invocation.note(noTasks(invocation.jugfile));
      const {json, short} = invocation.options;
      if (json) {
        const functions = rows.map(([name, counts]) => ({name, ...counts}));
        invocation.print(
          JSON.stringify({schema: 'jug.status/1', functions, total, barrier: stoppedAt?.site ?? null}),
        );
      } else if (short) {
        invocation.print(shortText(total));
      } else {
        const titles = STATES.map(state => state[0]!.toUpperCase() + state.slice(1));
        invocation.print(
          formatTable(
            titles,
            rows.map(([name, counts]) => ({name, numbers: STATES.map(state => counts[state])})),
          ),
        );
      }
      return 0;
    }),
};

/** In the words of Python's jug, which says `1 tasks` too: scripts that look for them go on finding them. */
function shortText({failed, waiting, ready, finished, running}: Counts): string {
  if (failed + waiting + ready + running === 0) return `All tasks complete (${finished} tasks).`;
  const active = running === 0 ? 'none active' : `${running} active`;
  return `${waiting + ready} tasks waiting to be run, ${failed} failed, ${finished} complete, (${active}).`;
}
