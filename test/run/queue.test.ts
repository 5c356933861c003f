import test from 'ava';
import {TaskGraph} from '../../src/graph/graph.js';
import {TaskStates} from '../../src/graph/states.js';
import {Queue} from '../../src/run/queue.js';
import {MemoryStore} from '../helpers/memory-store.js';
import {task, work} from '../helpers/tasks.js';

function queueOf(count: number): {readonly queue: Queue; readonly states: TaskStates} {
  const graph = new TaskGraph();
  for (let i = 0; i < count; i++) graph.add(task(`t${i}`));
  const states = new TaskStates(graph);
  const queue = new Queue(graph, states, new MemoryStore(), {finished() {}, held() {}});
  queue.observe(work, 1, 0.001);
  return {queue, states};
}

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
