import test from 'ava';
import fc from 'fast-check';
import {TaskGraph, type TaskId} from '../src/graph.js';
import {Waiters} from '../src/waiters.js';
import {randomNumbers, task} from './helpers/tasks.js';

function graphOf(size: number): TaskGraph {
  const graph = new TaskGraph();
  for (let i = 0; i < size; i++) graph.add(task(`t${i}`));
  return graph;
}

/** Notes each place as it goes on. */
function observed(waiters: Waiters): {
  wait(key: string, ids?: readonly number[]): void;
  opened(): Promise<string[]>;
} {
  const opened: string[] = [];
  return {
    wait(key, ids) {
      void waiters.wait(ids as TaskId[] | undefined, {key, site: key}).then(() => opened.push(key));
    },
    async opened() {
      waiters.open();
      await new Promise(resolve => setImmediate(resolve));
      return opened.splice(0);
    },
  };
}

test('a place goes on only when it is opened, and then once', async t => {
  const waiters = new Waiters(graphOf(0));
  const {wait, opened} = observed(waiters);
  wait('a');
  t.is(waiters.size, 1);
  t.deepEqual(waiters.barriers, [{key: 'a', site: 'a'}]);
  t.false(waiters.hasPassed('a'));
  t.deepEqual(await opened(), ['a']);
  t.deepEqual(await opened(), []);
  t.is(waiters.size, 0);
  t.true(waiters.hasPassed('a'));
  t.is(waiters.passedCount, 1);
});

test('a place waits for what was defined before it, not for what comes after', async t => {
  const graph = graphOf(2);
  const waiters = new Waiters(graph);
  const {wait, opened} = observed(waiters);
  wait('first');
  graph.add(task('later'));
  wait('second');
  graph.finish(1 as TaskId);
  t.deepEqual(await opened(), []);
  graph.finish(0 as TaskId);
  t.deepEqual(await opened(), ['first']);
  graph.finish(2 as TaskId);
  t.deepEqual(await opened(), ['second']);
});

test('a result that is lost is waited for again', async t => {
  const graph = graphOf(3);
  const waiters = new Waiters(graph);
  const {wait, opened} = observed(waiters);
  for (const id of graph.ids()) graph.finish(id);
  wait('before');
  t.deepEqual(await opened(), ['before']);
  graph.reopen(1 as TaskId);
  waiters.reopen(1 as TaskId);
  wait('all');
  wait('some', [2, 1]);
  wait('others', [0, 2]);
  t.deepEqual(await opened(), ['others']);
  graph.finish(1 as TaskId);
  t.deepEqual(await opened(), ['all', 'some']);
});

test('in whatever order tasks finish, exactly those places are open whose tasks are done', async t => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async seed => {
      const random = randomNumbers(seed);
      const graph = graphOf(20);
      const waiters = new Waiters(graph);
      const {wait, opened} = observed(waiters);
      const places = new Map<string, readonly number[]>();
      const done = new Set<number>();
      const gone = new Set<string>();
      for (let step = 0; step < 60; step++) {
        const key = `${step}`;
        if (random() < 0.3) {
          const all = random() < 0.4;
          const ids = [...graph.ids()].filter(() => all || random() < 0.2);
          places.set(key, ids);
          wait(key, all ? undefined : ids);
        }
        const id = Math.floor(random() * 20);
        done.add(id);
        graph.finish(id as TaskId);
        for (const open of await opened()) gone.add(open);
        const expected = [...places].filter(([, ids]) => ids.every(other => done.has(other)));
        t.deepEqual([...gone].sort(), expected.map(([open]) => open).sort());
      }
    }),
    {numRuns: 20},
  );
});
