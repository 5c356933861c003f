import test from 'ava';
import fc from 'fast-check';
import {TaskGraph, type TaskId} from '../../src/graph/graph.js';
import {STATES, type TaskState, TaskStates} from '../../src/graph/task-states.js';
import {functionNamed, task} from '../helpers/tasks.js';

const FUNCTIONS = ['test.f', 'test.g', 'test.h'].map(functionNamed);

function graphOf(size: number): TaskGraph {
  const graph = new TaskGraph();
  for (let i = 0; i < size; i++) graph.add(task(`t${i}`, [], FUNCTIONS[i % FUNCTIONS.length]));
  return graph;
}

test('a task that nothing was said of has no state and is not counted', t => {
  const states = new TaskStates(graphOf(3));
  t.is(states.of(0 as TaskId), undefined);
  t.is(states.of(99_999 as TaskId), undefined);
  t.deepEqual(states.total, {failed: 0, waiting: 0, ready: 0, finished: 0, running: 0});
  t.deepEqual(states.rows, []);
});

test('functions are listed in the order in which they were met', t => {
  const states = new TaskStates(graphOf(3));
  for (const id of [2, 0, 1]) states.set(id as TaskId, 'ready');
  t.deepEqual(
    states.rows.map(([name]) => name),
    ['test.h', 'test.f', 'test.g'],
  );
});

test('after whatever transitions, the counts are those of a recount', t => {
  const transitions = fc.array(fc.tuple(fc.integer({min: 0, max: 29}), fc.constantFrom(...STATES)), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(transitions, moves => {
      const graph = graphOf(30);
      const states = new TaskStates(graph);
      const expected = new Map<number, TaskState>();
      for (const [id, state] of moves) {
        states.set(id as TaskId, state);
        expected.set(id, state);
      }
      const recount = (fn?: string): Record<string, number> =>
        Object.fromEntries(
          STATES.map(state => [
            state,
            [...expected].filter(
              ([id, other]) => other === state && (fn === undefined || graph.task(id as TaskId).name === fn),
            ).length,
          ]),
        );
      for (const id of graph.ids()) t.is(states.of(id), expected.get(id));
      t.deepEqual<object, object>(states.total, recount());
      for (const [name, counts] of states.rows) t.deepEqual<object, object>(counts, recount(name));
    }),
    {numRuns: 50},
  );
});

test('there is room for many tasks, in whatever order they come', t => {
  const states = new TaskStates(graphOf(5000));
  states.set(4999 as TaskId, 'failed');
  states.set(0 as TaskId, 'finished');
  t.is(states.of(4999 as TaskId), 'failed');
  t.is(states.of(0 as TaskId), 'finished');
  t.is(states.of(2500 as TaskId), undefined);
});
