import test from 'ava';
import fc from 'fast-check';
import {TaskGraph, type TaskId} from '../../src/graph/graph.js';
import {randomDependencies, randomNumbers, task, tasksOf} from '../helpers/tasks.js';

const randomGraph = fc.tuple(fc.integer(), fc.integer({min: 1, max: 60})).map(([seed, size]) => ({
  random: randomNumbers(seed),
  needs: randomDependencies(randomNumbers(seed), size),
}));

function graphOf(needs: readonly (readonly number[])[]): TaskGraph {
  const graph = new TaskGraph();
  for (const defined of tasksOf(needs)) graph.add(defined);
  return graph;
}

function sorted(ids: Iterable<number>): number[] {
  return [...ids].sort((a, b) => a - b);
}

/** `start` and all that is reached from it by `next`, by going through everything until nothing is added. */
function reached(
  start: readonly number[],
  next: (from: number, to: number) => boolean,
  size: number,
): number[] {
  const all = new Set(start);
  for (let before = -1; before !== all.size; ) {
    before = all.size;
    for (const from of [...all]) for (let to = 0; to < size; to++) if (next(from, to)) all.add(to);
  }
  return sorted(all);
}

test('a task’s number is its place in definition order, and its hash finds it', t => {
  const graph = new TaskGraph();
  const [a, b] = [task('a'), task('b')];
  t.is<number | undefined, number>(graph.add(a), 0);
  t.is<number | undefined, number>(graph.add(b), 1);
  t.is<number | undefined, number>(graph.find(b.hash), 1);
  t.is(graph.task(1 as TaskId), b);
  t.is(graph.find(task('c').hash), undefined);
  t.deepEqual([...graph.tasks()], [a, b]);
  t.deepEqual<number[], number[]>([...graph.ids()], [0, 1]);
});

test('an equal task is the same task', t => {
  const graph = new TaskGraph();
  graph.add(task('a'));
  t.is(graph.add(task('a')), undefined);
  t.is(graph.size, 1);
});

test('a dependency that the graph has not met is added before the task that needs it', t => {
  const graph = new TaskGraph();
  const [a, b, c] = tasksOf([[], [0], [0, 1]]);
  t.is<number | undefined, number>(graph.add(c!), 2);
  t.deepEqual<number[], (number | undefined)[]>([0, 1], [graph.find(a!.hash), graph.find(b!.hash)]);
});

test('a task that needs two equal ones waits for the one that they are', t => {
  const graph = new TaskGraph();
  graph.add(task('a'));
  const both = graph.add(task('both', [task('a'), task('a')]))!;
  t.false(graph.isReady(both));
  t.deepEqual(graph.finish(0 as TaskId), [both]);
  t.true(graph.isReady(both));
});

test('a task that is added after what it needs is done is ready', t => {
  const graph = new TaskGraph();
  graph.add(task('a'));
  graph.finish(0 as TaskId);
  t.true(graph.isReady(graph.add(task('b', [task('a')]))!));
});

test('finishing a task twice frees nothing more', t => {
  const graph = graphOf([[], [0], [0, 1]]);
  t.deepEqual<number[], number[]>(graph.finish(0 as TaskId), [1]);
  t.deepEqual(graph.finish(0 as TaskId), []);
  t.false(graph.isReady(2 as TaskId));
});

test('ten thousand tasks that need one are all freed by it', t => {
  const needs = [[], ...Array.from({length: 10_000}, () => [0])];
  const graph = graphOf(needs);
  t.is(graph.finish(0 as TaskId).length, 10_000);
});

test('in whatever order tasks finish, each frees exactly those that have no unfinished dependency left', t => {
  fc.assert(
    fc.property(randomGraph, ({random, needs}) => {
      const graph = graphOf(needs);
      const done = new Set<number>();
      const isReady = (id: number): boolean => needs[id]!.every(need => done.has(need));
      while (done.size < needs.length) {
        const ready = needs.flatMap((_, id) => (!done.has(id) && isReady(id) ? [id] : []));
        const id = ready[Math.floor(random() * ready.length)]!;
        const before = needs.map((_, other) => isReady(other));
        done.add(id);
        const expected = needs.flatMap((_, other) => (isReady(other) && !before[other] ? [other] : []));
        t.deepEqual<number[], number[]>(sorted(graph.finish(id as TaskId)), expected);
        for (const other of needs.keys()) {
          t.is(graph.isReady(other as TaskId), isReady(other));
          t.is(graph.isDone(other as TaskId), done.has(other));
        }
      }
    }),
    {numRuns: 30},
  );
});

test('reopening is the inverse of finishing', t => {
  fc.assert(
    fc.property(randomGraph, ({random, needs}) => {
      const graph = graphOf(needs);
      const ids = [...graph.ids()];
      const picture = (): boolean[] => ids.flatMap(id => [graph.isReady(id), graph.isDone(id)]);
      const states: [TaskId, boolean[]][] = [];
      for (const id of ids.filter(() => random() < 0.7)) {
        states.push([id, picture()]);
        graph.finish(id);
      }
      for (const [id, before] of states.reverse()) {
        graph.reopen(id);
        const freed = graph.finish(id);
        t.true(freed.every(other => graph.isReady(other)));
        graph.reopen(id);
        graph.reopen(id);
        t.deepEqual(picture(), before);
      }
    }),
    {numRuns: 30},
  );
});

test('downstream and upstream are what a search through everything finds', t => {
  fc.assert(
    fc.property(randomGraph, ({random, needs}) => {
      const graph = graphOf(needs);
      const start = sorted(graph.ids()).filter(() => random() < 0.1) as TaskId[];
      const size = needs.length;
      t.deepEqual<number[], number[]>(
        sorted(graph.downstream(start)),
        reached(start, (from, to) => needs[to]!.includes(from), size),
      );
      t.deepEqual<number[], number[]>(
        sorted(graph.upstream(start)),
        reached(start, (from, to) => needs[from]!.includes(to), size),
      );
      for (const id of graph.ids()) {
        t.deepEqual<number[], number[]>(sorted(graph.dependencies(id)), sorted(needs[id]!));
        t.deepEqual<number[], number[]>(
          sorted(graph.dependents(id)),
          needs.flatMap((needed, other) => (needed.includes(id) ? [other] : [])),
        );
      }
    }),
    {numRuns: 50},
  );
});
