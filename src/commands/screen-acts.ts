// What the full screen does to a run in another process, and to its store: removes results and failures, and asks runs to
// stop. The store is opened to be changed only for that.

import {unreachable} from '../core/errors.js';
import type {TaskGraph, TaskId} from '../graph/graph.js';
import {mayShareBoot, thisOwner} from '../stores/owner.js';
import type {Owner, Store} from '../stores/store.js';
import {countText} from '../ui/format.js';
import type {ActEffect} from '../ui/screen/show.js';

export interface Acting {
  readonly graph: TaskGraph;
  /** To be read. */
  readonly store: () => Promise<Store>;
  readonly change: <T>(use: (store: Store) => Promise<T>) => Promise<T>;
}

/** Answers with what was done. Errors: StoreError. */
export async function actOn({graph, store, change}: Acting, effect: ActEffect): Promise<string> {
  const hashes = (ids: readonly TaskId[]) => ids.map(id => graph.task(id).hash);
  switch (effect.kind) {
    case 'stop':
      return stopRuns(await store());
    case 'retry':
      await change(writable => writable.removeFailures(hashes(effect.ids)));
      return `${countText(effect.ids.length, 'failure')} forgotten: the next jug execute tries ${effect.ids.length === 1 ? 'it' : 'them'} again.`;
    case 'invalidate': {
      const gone = await change(writable => writable.remove(hashes(effect.ids)));
      return `Removed ${countText(gone.length, 'result')}.`;
    }
    default:
      return unreachable(effect);
  }
}

/** As a first ctrl-c does; a process of another machine gets no signal of this one. */
async function stopRuns(store: Store): Promise<string> {
  const own = thisOwner();
  const holders = (await store.locks()).filter(({alive}) => alive).map(({owner}) => owner);
  const owners = new Map<string, Owner>();
  for (const owner of [...holders, ...((await store.living?.()) ?? [])])
    if (owner.pid !== own.pid || owner.host !== own.host) owners.set(owner.token, owner);
  const here = [...owners.values()].filter(owner => mayShareBoot(owner, own));
  const away = [...owners.values()].filter(owner => !mayShareBoot(owner, own));
  for (const {pid} of here) process.kill(pid, 'SIGINT');
  const asked =
    here.length === 0 ? [] : [`Asked ${here.length === 1 ? '1 run' : `${here.length} runs`} to stop.`];
  const there = away.map(({host, pid}) => `On ${host}, \`kill -INT ${pid}\` stops the run there.`);
  const said = [...asked, ...there];
  return said.length === 0 ? 'Expected a run to stop, found none.' : said.join(' ');
}
