import test from 'ava';
import fc from 'fast-check';
import {TaskGraph, type TaskId} from '../../src/graph/graph.js';
import {TaskStates} from '../../src/graph/task-states.js';
import {Waiters} from '../../src/run/barriers.js';
import {randomNumbers, task} from '../helpers/tasks.js';

class Board {
  readonly graph = new TaskGraph();
  readonly states = new TaskStates(this.graph);
  readonly waiters = new Waiters(this.graph, this.states);

  constructor(size: number) {
    for (let i = 0; i < size; i++) this.graph.add(task(`t${i}`));
  }

  /** Computed and stored. */
  finish(id: number): void {
    this.graph.finish(id as TaskId);
    this.states.set(id as TaskId, 'finished');
  }

  lose(id: number): void {
    this.graph.reopen(id as TaskId);
    this.states.set(id as TaskId, 'ready');
    this.waiters.reopen(id as TaskId);
  }
}

/** Notes each place as it goes on. */
function observed(waiters: Waiters): {
  wait(key: string, ids?: readonly number[]): void;
  opened(): Promise<string[]>;
} {
  const opened: string[] = [];
  return {
    wait(key, ids) {
      void waiters.wait(ids as TaskId[] | undefined, {site: key}).then(() => opened.push(key));
    },
    async opened() {
      waiters.open();
      await new Promise(resolve => setImmediate(resolve));
      return opened.splice(0);
    },
  };
}

test('a place goes on only when it is opened, and then once', async t => {
  const {waiters} = new Board(0);
  const {wait, opened} = observed(waiters);
  wait('a');
  t.is(waiters.size, 1);
  t.deepEqual(waiters.barriers, [{site: 'a'}]);
  t.deepEqual(await opened(), ['a']);
  t.deepEqual(await opened(), []);
  t.is(waiters.size, 0);
});

test('a place waits for what was defined before it, not for what comes after', async t => {
  const board = new Board(2);
  const {graph, waiters} = board;
  const {wait, opened} = observed(waiters);
  wait('first');
  graph.add(task('later'));
  wait('second');
  board.finish(1);
  t.deepEqual(await opened(), []);
  board.finish(0);
  t.deepEqual(await opened(), ['first']);
  board.finish(2);
  t.deepEqual(await opened(), ['second']);
});

test('a result that is lost is waited for again', async t => {
  const board = new Board(3);
  const {graph, waiters} = board;
  const {wait, opened} = observed(waiters);
  for (const id of graph.ids()) board.finish(id);
  wait('before');
  t.deepEqual(await opened(), ['before']);
  board.lose(1);
  wait('all');
  wait('some', [2, 1]);
  wait('others', [0, 2]);
  t.deepEqual(await opened(), ['others']);
  board.finish(1);
  t.deepEqual(await opened(), ['all', 'some']);
});

test('a task that is computed and not stored yet keeps the place waiting', async t => {
  const board = new Board(1);
  const {wait, opened} = observed(board.waiters);
  wait('all');
  wait('some', [0]);
  board.graph.finish(0 as TaskId);
  board.states.set(0 as TaskId, 'running');
  t.deepEqual(await opened(), []);
  board.finish(0);
  t.deepEqual(await opened(), ['all', 'some']);
});

test('in whatever order tasks finish, exactly those places are open whose tasks are done', async t => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async seed => {
      const random = randomNumbers(seed);
      const board = new Board(20);
      const {graph, waiters} = board;
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
        board.finish(id);
        for (const open of await opened()) gone.add(open);
        const expected = [...places].filter(([, ids]) => ids.every(other => done.has(other)));
        t.deepEqual([...gone].sort(), expected.map(([open]) => open).sort());
      }
    }),
    {numRuns: 20},
  );
});
