// The store that the tests of the scheduler run on keeps the law itself.

import test from 'ava';
import {Memory, MemoryStore} from './helpers/memory-store.js';
import {testStore} from './stores/conformance.js';
import {hashOf} from './stores/records.js';

const memories = new Map<string, Memory>();

testStore('memory', async folder => {
  const memory = memories.get(folder) ?? new Memory();
  memories.set(folder, memory);
  return new MemoryStore(memory);
});

test('a lock that one process holds is given to another when the first is dead', async t => {
  const memory = new Memory();
  const [ours, theirs] = [new MemoryStore(memory), new MemoryStore(memory, 'they')];
  t.deepEqual(await theirs.acquire([hashOf(1)]), ['acquired']);
  t.deepEqual(await ours.acquire([hashOf(1)]), ['held']);
  memory.dead.add('they');
  t.deepEqual(await ours.acquire([hashOf(1)]), ['acquired']);
});
