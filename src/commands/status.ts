// jug status: how many tasks of each function are in which state; which of them run, and how long they took.

import {Option} from 'commander';
import {timesOf} from '../graph/function-times.js';
import type {TaskGraph} from '../graph/graph.js';
import {heldIn} from '../graph/held-tasks.js';
import {standingOf} from '../graph/stored-states.js';
import {type Counts, STATES} from '../graph/task-states.js';
import {earlierDurations} from '../run/earlier-durations.js';
import type {Store} from '../stores/store.js';
import {formatTable} from '../ui/table.js';
import {type Command, type Invocation, type Looked, withLook} from './command.js';
import {noTasks} from './no-tasks.js';
import {runningFacts, runningTable, timesFacts, timesTable} from './status-texts.js';

export const status: Command = {
  example: 'jug status primes.ts',
  configure(parser) {
    parser
      .addOption(new Option('--short', 'one line').conflicts(['running', 'times']))
      .option('--running', 'which tasks are held by processes, since when, and by which')
      .option('--times', 'how long tasks took: all, one of them, the slowest')
      .addOption(
        new Option('--watch', 'on a full screen, as it goes on: the same as jug ui').conflicts([
          'short',
          'running',
          'times',
          'json',
        ]),
      )
      .option('--json', 'the same facts as one JSON object');
  },
  async run(invocation) {
    // What draws is loaded for who wants it.
    if (invocation.options.watch === true) return (await import('./ui.js')).showRun(invocation);
    return withLook(invocation, 'read', looked => tell(looked, invocation));
  },
};

async function tell(looked: Looked, {options, print, note, jugfile}: Invocation): Promise<0> {
  const {host, stoppedAt} = looked;
  const {graph} = host;
  const store = await looked.store();
  if (graph.size === 0 && stoppedAt === undefined) note(noTasks(jugfile));
  const {json, short} = options;
  const running = options.running === true ? await runningIn(graph, store) : undefined;
  const times = options.times === true ? timesFacts(await timesOf(graph, store), graph) : undefined;
  if (!json && (running ?? times) !== undefined) {
    if (running !== undefined) print(runningTable(running, Date.now()));
    if (times !== undefined) print(timesTable(times));
    return 0;
  }
  const {total, rows} = await standingOf(graph, store);
  if (json) {
    const functions = rows.map(([name, counts]) => ({name, ...counts}));
    const barrier = stoppedAt?.site ?? null;
    const facts = {schema: 'jug.status/1', functions, total, barrier};
    print(JSON.stringify({...facts, ...(running && {running}), ...(times && {times})}));
  } else if (short) {
    print(shortText(total));
  } else {
    const titles = STATES.map(state => state[0]!.toUpperCase() + state.slice(1));
    const numbers = rows.map(([name, counts]) => ({name, numbers: STATES.map(state => counts[state])}));
    print(formatTable(titles, numbers));
  }
  return 0;
}

async function runningIn(graph: TaskGraph, store: Store) {
  const held = await heldIn(graph, store);
  return runningFacts(held, graph, held.length === 0 ? new Map() : await earlierDurations(store));
}

/** In the words of Python's jug, which says `1 tasks` too: scripts that look for them go on finding them. */
function shortText({failed, waiting, ready, finished, running}: Counts): string {
  if (failed + waiting + ready + running === 0) return `All tasks complete (${finished} tasks).`;
  const active = running === 0 ? 'none active' : `${running} active`;
  return `${waiting + ready} tasks waiting to be run, ${failed} failed, ${finished} complete, (${active}).`;
}
