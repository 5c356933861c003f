// A store with something in it, closed again.

import {openStore} from '../../src/stores/registry.js';
import {hashesOf, recordOf, saving} from './records.js';

export async function fill(jugdir: string, count = 100): Promise<void> {
  const store = await openStore(jugdir, 'write');
  const results = hashesOf(count).map((hash, i) => [hash, recordOf(`value ${i}`)] as const);
  await store.save(saving({results}));
  await store.close();
}
