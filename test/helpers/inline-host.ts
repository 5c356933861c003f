// A host that computes what is waited for here and now, in one thread, on a store in memory.

import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {GraphHost} from '../../src/evaluation/graph-host.js';
import {setHost} from '../../src/tasks/host.js';
import {MemoryStore} from './memory-store.js';

/** Compiled, this file is dist/test/helpers/inline-host.js; the tests' functions are named relative to dist/test. */
const FOLDER = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

export interface InlineHost {
  readonly host: GraphHost;
  readonly store: MemoryStore;
  /** Names of the functions of the tasks that were run, in that order. */
  readonly ran: string[];
}

/** Everything that is defined from now on is defined under it. Tests of one file that use it run serially. */
export function inlineHost(store = new MemoryStore()): InlineHost {
  const host = new GraphHost(FOLDER, async () => store);
  const ran: string[] = [];
  host.settle = async ids => {
    const needed = [...host.graph.upstream(ids ?? host.graph.ids())].sort((a, b) => a - b);
    for (const task of needed.map(id => host.graph.task(id))) {
      if ((await store.has([task.hash]))[0]) continue;
      ran.push(task.name);
      await host.run(task);
    }
  };
  setHost(host);
  return {host, store, ran};
}
