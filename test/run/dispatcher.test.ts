import test from 'ava';
import {TaskGraph} from '../../src/graph/graph.js';
import {TaskStates} from '../../src/graph/task-states.js';
import {Queue} from '../../src/run/dispatcher.js';
import {Deaths} from '../../src/run/peers/crash-counter.js';
import type {Task} from '../../src/tasks/task.js';
import {MemoryStore} from '../helpers/memory-store.js';
import {functionNamed, task, work} from '../helpers/tasks.js';

function queueOf(count: number): {readonly queue: Queue; readonly states: TaskStates} {
  const graph = new TaskGraph();
  for (let i = 0; i < count; i++) graph.add(task(`t${i}`));
  const states = new TaskStates(graph);
  const store = new MemoryStore();
  const others = {finished() {}, held() {}, deadly() {}};
  const queue = new Queue(graph, states, store, new Deaths(store), others, () => true);
  queue.observe(work, 1, 0.001);
  return {queue, states};
}

/** Tasks of which each needs those that `needs` says; the first is ready. */
function chained(needs: readonly (readonly number[])[], fnOf = (_: number) => work) {
  const graph = new TaskGraph();
  const tasks: Task[] = [];
  for (const [i, needed] of needs.entries()) {
    tasks.push(
      task(
        `t${i}`,
        needed.map(j => tasks[j]!),
        fnOf(i),
      ),
    );
    graph.add(tasks[i]!);
  }
  const states = new TaskStates(graph);
  for (const id of graph.ids()) states.set(id, 'waiting');
  const store = new MemoryStore();
  const held: number[] = [];
  const others = {finished() {}, held: (id: number) => held.push(id)};
  const unwanted = new Set<number>();
  const deaths = new Deaths(store);
  const queue = new Queue(graph, states, store, deaths, others as never, id => !unwanted.has(id));
  queue.observe(work, 1, 0.001);
  queue.push(0 as never);
  return {queue, states, store, deaths, tasks, held, unwanted};
}

const LINE = [[], [0], [1], [2], [3]];

test('a task takes along those of which each needs only the one before', async t => {
  const {queue} = chained(LINE);
  t.deepEqual(await queue.next(2), {
    fn: work,
    ids: [0, 1, 2, 3, 4],
    isChain: true,
    isSuspect: false,
  } as never);
});

test('a chain ends before a task that others share, of another function, not wanted, or with more to wait for', async t => {
  const other = functionNamed('test.other');
  const ids = async ({queue}: ReturnType<typeof chained>) => (await queue.next(2))!.ids as readonly number[];
  t.deepEqual(await ids(chained([[], [0], [1], [1]])), [0, 1]);
  t.deepEqual(await ids(chained(LINE, i => (i === 3 ? other : work))), [0, 1, 2]);
  t.deepEqual(await ids(chained([[], [], [0, 1]])), [0]);
  const line = chained(LINE);
  line.unwanted.add(2);
  t.deepEqual(await ids(line), [0, 1]);
  const failed = chained(LINE);
  failed.states.set(1 as never, 'failed');
  t.deepEqual(await ids(failed), [0]);
});

test('a chain ends before a task that may end its process', async t => {
  const {queue, deaths, tasks} = chained(LINE);
  deaths.recall(tasks[2]!.hash, {kind: 'suspicion', ended: ['a', 'b', 'c', 'd', 'e', 'f', 'g']});
  deaths.recall(tasks[3]!.hash, {kind: 'suspicion', ended: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']});
  t.deepEqual((await queue.next(2))!.ids as readonly number[], [0, 1, 2]);
});

test('slow tasks are not chained', async t => {
  const {queue} = chained(LINE);
  queue.observe(work, 1, 1000);
  t.deepEqual(await queue.next(2), {fn: work, ids: [0], isChain: false, isSuspect: false} as never);
});

test('a chain is cut where another process holds a task, and the locks behind it are given back', async t => {
  const {queue, store, tasks, held} = chained(LINE);
  store.memory.locks.set(tasks[2]!.hash, 'another');
  t.deepEqual(await queue.next(2), {fn: work, ids: [0, 1], isChain: true, isSuspect: false} as never);
  // Its turn has not come: so nobody waits for the other process yet.
  t.deepEqual(held, []);
  await queue.giveUp();
  const owners = tasks.map(({hash}) => store.memory.locks.get(hash));
  t.deepEqual(owners, ['this', 'this', 'another', undefined, undefined]);
});

test('a link that another process held and gave up waits for the one before it', async t => {
  const {queue, states} = chained(LINE);
  queue.push(3 as never);
  t.is(states.of(3 as never), 'waiting');
  queue.observe(work, 1, 1000);
  t.deepEqual((await queue.next(1))!.ids as readonly number[], [0]);
  t.is(await queue.next(1), undefined);
});

test('tasks come in batches, each of them once', async t => {
  const {queue} = queueOf(5);
  for (let id = 0; id < 5; id++) queue.push(id as never);
  t.deepEqual((await queue.next(1))!.ids as readonly number[], [0, 1, 2, 3, 4]);
  t.is(await queue.next(1), undefined);
});

test('a task that came to wait for a lost result, and is ready again, is taken once', async t => {
  const {queue, states} = queueOf(2);
  for (const id of [0, 1]) queue.push(id as never);
  states.set(1 as never, 'waiting');
  queue.push(1 as never);
  t.deepEqual((await queue.next(1))!.ids as readonly number[], [0, 1]);
});
