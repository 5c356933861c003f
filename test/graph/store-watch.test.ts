import test from 'ava';
import {TaskGraph, type TaskId} from '../../src/graph/graph.js';
import {Watched} from '../../src/graph/store-watch.js';
import {TaskColumns} from '../../src/graph/task-columns.js';
import {encodeTrouble} from '../../src/stores/failure-record.js';
import type {Task} from '../../src/tasks/task.js';
import {Memory, MemoryStore} from '../helpers/memory-store.js';
import {failureOf} from '../helpers/shown-run.js';
import {task, tasksOf} from '../helpers/tasks.js';
import {ORIGIN, recordOf} from '../stores/records.js';

class Rig {
  readonly memory = new Memory();
  readonly graph = new TaskGraph();
  readonly finished: TaskId[] = [];
  readonly store = new MemoryStore(this.memory);
  readonly watched: Watched;

  constructor(readonly tasks: readonly Task[]) {
    for (const one of tasks) this.graph.add(one);
    const columns = new TaskColumns(this.graph);
    this.watched = new Watched({
      columns,
      store: async () => this.store,
      onFinished: ids => void this.finished.push(...ids),
    });
  }

  get states() {
    return [...this.graph.ids()].map(id => this.watched.columns.stateOf(id));
  }

  finish(...places: number[]): void {
    for (const place of places) {
      this.memory.results.set(this.tasks[place]!.hash, recordOf('x'));
      this.memory.failures.delete(this.tasks[place]!.hash);
    }
    this.memory.changes++;
  }
}

test('what a store tells is followed from look to look', async t => {
  // 0 ← 1 ← 2, and 3 by itself.
  const rig = new Rig(tasksOf([[], [0], [1], []]));
  t.is(rig.watched.looking, 0);
  await rig.watched.look();
  t.is(rig.watched.looking, undefined);
  t.deepEqual(rig.states, ['ready', 'waiting', 'waiting', 'ready']);
  t.deepEqual(rig.finished, [], 'what was there before is no news');

  rig.finish(0);
  await new MemoryStore(rig.memory, 'other').acquire([rig.tasks[1]!.hash]);
  rig.memory.failures.set(
    rig.tasks[3]!.hash,
    encodeTrouble({kind: 'failure', failure: failureOf('lost'), ended: []}),
  );
  await rig.watched.look();
  t.deepEqual(rig.states, ['finished', 'running', 'waiting', 'failed']);
  t.deepEqual(rig.finished, [0] as TaskId[]);
  t.is(rig.watched.failures.get(3 as TaskId)?.error.message, 'lost');
  t.deepEqual(
    rig.watched.held.map(({id, owner}) => [id, owner.token]),
    [[1, 'other']],
  );

  rig.memory.dead.add('other');
  await rig.watched.look();
  t.deepEqual(rig.states, ['finished', 'ready', 'waiting', 'failed'], 'the dead hold nothing');
});

test('results that are gone are seen when they are looked for', async t => {
  const rig = new Rig(tasksOf([[], [0]]));
  rig.finish(0, 1);
  await rig.watched.look();
  t.deepEqual(rig.states, ['finished', 'finished']);
  await rig.store.remove(rig.tasks.map(({hash}) => hash));
  rig.watched.expectRemovals();
  await rig.watched.look();
  t.deepEqual(rig.states, ['ready', 'waiting']);
  t.is(rig.watched.columns.durationOf(0 as TaskId), undefined, 'nor is it known how long they took');
  t.is(rig.watched.columns.functions[0]!.measured, 0);
});

test('only what is not finished is asked of a store again', async t => {
  const rig = new Rig(tasksOf([[], [], [], []]));
  rig.finish(0, 1);
  await rig.watched.look();
  const asked: number[] = [];
  rig.store.before = (method, hashes) => void (method === 'has' && asked.push(hashes.length));
  await rig.watched.look();
  t.deepEqual(asked, [], 'nothing, as nothing has changed');
  rig.finish(2);
  await rig.watched.look();
  t.deepEqual(asked, [2]);
});

test('heads say how long tasks took, and who computed them', async t => {
  const rig = new Rig([task('a'), task('b')]);
  rig.memory.origins.set(ORIGIN, {
    function: 'test.work',
    fingerprint: '',
    host: 'node7',
    pid: 12,
    jugVersion: '0',
  });
  rig.finish(0);
  await rig.watched.look();
  const {columns} = rig.watched;
  t.is(columns.durationOf(0 as TaskId), 5);
  t.is(columns.startedOf(0 as TaskId), 1_700_000_000_000);
  t.is(columns.durationOf(1 as TaskId), undefined);
  t.deepEqual(columns.processes[columns.workerOf(0 as TaskId)!.process], {host: 'node7', pid: 12});
  const [fn] = columns.functions;
  t.like(fn, {name: 'test.work', all: 2, measured: 1, total: 5, slowest: 0});
});

test('tasks that are defined while somebody looks on are taken in', async t => {
  const rig = new Rig([task('a')]);
  await rig.watched.look();
  rig.graph.add(task('b'));
  await rig.watched.look();
  t.deepEqual(rig.states, ['ready', 'ready']);
});

test('of a run in this process, the run says where its tasks stand', async t => {
  const rig = new Rig([]);
  for (const one of tasksOf([[], [0]])) rig.graph.add(one);
  const columns = new TaskColumns(rig.graph);
  const states = ['running', 'waiting'] as const;
  rig.store.before = method => t.not(method, 'has', 'what the run knows is not asked of the store');
  const watched = new Watched({columns, store: async () => rig.store, standing: id => states[id]});
  await watched.look();
  t.deepEqual([columns.stateOf(0 as TaskId), columns.stateOf(1 as TaskId)], ['running', 'waiting']);
});

test('failures that are forgotten, and what fails again, are seen', async t => {
  const rig = new Rig([task('a')]);
  const [one] = rig.tasks;
  const failed = encodeTrouble({kind: 'failure', failure: failureOf('lost'), ended: []});
  rig.memory.failures.set(one!.hash, failed);
  await rig.watched.look();
  t.deepEqual(rig.states, ['failed']);
  await rig.store.removeFailures([one!.hash]);
  rig.watched.expectRemovals();
  await rig.watched.look();
  t.deepEqual(rig.states, ['ready']);
  t.is(rig.watched.failures.size, 0);
  rig.memory.failures.set(one!.hash, failed);
  rig.memory.changes++;
  await rig.watched.look();
  t.deepEqual(rig.states, ['failed']);
});
