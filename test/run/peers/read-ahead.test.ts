import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {StoreError} from '../../../src/core/errors.js';
import {TaskGraph, type TaskId} from '../../../src/graph/graph.js';
import {TaskStates} from '../../../src/graph/task-states.js';
import {Queue} from '../../../src/run/dispatcher.js';
import {Deaths} from '../../../src/run/peers/crash-counter.js';
import {Ahead} from '../../../src/run/peers/read-ahead.js';
import {MemoryStore} from '../../helpers/memory-store.js';
import {task} from '../../helpers/tasks.js';
import {recordOf} from '../../stores/records.js';

/** Milliseconds between two looks. */
const REST = 10;

function aheadOf(count: number) {
  const graph = new TaskGraph();
  for (let i = 0; i < count; i++) graph.add(task(`t${i}`));
  const states = new TaskStates(graph);
  const store = new MemoryStore();
  const asked: number[] = [];
  store.before = (_, hashes) => asked.push(hashes.length);
  const queue = new Queue(graph, states, store, new Deaths(store), {} as never, () => true);
  for (const id of graph.ids()) queue.push(id);
  let signal = (): void => {};
  const ahead = new Ahead(graph, states, store, queue, () => signal(), REST);
  const finish = (id: number): void => {
    store.memory.results.set(graph.task(id as TaskId).hash, recordOf('theirs'));
  };
  /** The next look, when it is due. */
  async function look(): Promise<TaskId[]> {
    while (ahead.restsFor() > 0) await sleep(Math.max(1, ahead.restsFor()));
    const ended = new Promise<void>(resolve => {
      signal = resolve;
    });
    ahead.look();
    await ended;
    const found = ahead.take();
    for (const id of found) states.set(id, 'finished');
    return found;
  }
  return {ahead, look, finish, asked, states, store};
}

test('ready tasks that others have finished are found, each once', async t => {
  const {look, finish} = aheadOf(10);
  t.deepEqual(await look(), []);
  finish(3);
  finish(7);
  t.deepEqual<object, object>(await look(), [3, 7]);
  t.deepEqual(await look(), []);
});

test('of many tasks a few are asked for, and the rest as soon as one of those is finished', async t => {
  const {look, finish, asked} = aheadOf(5000);
  t.deepEqual(await look(), []);
  t.deepEqual(await look(), []);
  t.deepEqual(asked, [64, 64]);
  for (let id = 2500; id < 2700; id++) finish(id);
  const found = [...(await look()), ...(await look()), ...(await look()), ...(await look())];
  t.deepEqual<object, object>(
    found.sort((a, b) => a - b),
    Array.from({length: 200}, (_, i) => 2500 + i),
  );
  t.deepEqual(asked.slice(0, 3), [64, 64, 64]);
  t.true(asked.slice(3).every(count => count > 64 && count <= 2048));
});

test('a task that is taken from the queue while it is looked for is not told of', async t => {
  const {look, finish, states, store} = aheadOf(2);
  finish(0);
  finish(1);
  store.before = () => states.set(0 as TaskId, 'running');
  t.deepEqual<object, object>(await look(), [1]);
});

test('a store that is away is looked at later, and nobody hears of it', async t => {
  const {look, finish, store} = aheadOf(1);
  finish(0);
  store.before = () => {
    throw new StoreError('The store is away', false);
  };
  t.deepEqual(await look(), []);
  store.before = () => {};
  t.deepEqual<object, object>(await look(), [0]);
});

test('with nothing in the queue, there is never a next look', t => {
  t.is(aheadOf(0).ahead.restsFor(), Infinity);
});
