import test from 'ava';
import type {Failure} from '../../src/core/failure.js';
import type {Event} from '../../src/graph/events.js';
import {TaskGraph} from '../../src/graph/graph.js';
import {TaskStates} from '../../src/graph/task-states.js';
import {Intake, type IntakeOptions} from '../../src/run/admission.js';
import {Deaths} from '../../src/run/peers/crash-counter.js';
import {encodeTrouble} from '../../src/stores/failure-record.js';
import {parseTarget} from '../../src/tasks/target.js';
import {Task} from '../../src/tasks/task.js';
import type {TaskHash} from '../../src/values/task-hash.js';
import {MemoryStore} from '../helpers/memory-store.js';
import {functionNamed, task, work} from '../helpers/tasks.js';
import {recordOf} from '../stores/records.js';

function intakeOf(tasks: readonly Task[], options: Partial<IntakeOptions> = {}) {
  const graph = new TaskGraph();
  const store = new MemoryStore();
  const states = new TaskStates(graph);
  for (const one of tasks) graph.add(one);
  const intake = new Intake(graph, states, store, new Deaths(store), {
    target: undefined,
    keepFailed: false,
    ...options,
  });
  const events: Event[] = [];
  return {
    graph,
    store,
    states,
    intake,
    events,
    /** Names of those that are ready. */
    async next(): Promise<string[]> {
      const ids = await intake.next(event => events.push(event));
      return ids.map(id => graph.task(id).args[0] as string);
    },
    state: (of: Task) => states.of(graph.find(of.hash)!),
  };
}

function failure(attempt: number): Uint8Array {
  const whole: Failure = {
    function: 'test.work',
    attempt,
    started: 0,
    duration: 0,
    host: 'here',
    pid: 1,
    worker: 0,
    error: {name: 'Error', message: 'x'},
  };
  return encodeTrouble({kind: 'failure', failure: whole, ended: []});
}

test('what is there is finished, what waits for nothing is ready, the rest waits', async t => {
  const [a, b] = [task('a'), task('b')];
  const [c, d] = [task('c', [a]), task('d', [a, b])];
  const {next, store, state, events, intake} = intakeOf([a, b, c, d]);
  store.memory.results.set(a.hash, recordOf('a'));
  t.false(intake.isEmpty);
  t.deepEqual(await next(), ['b', 'c']);
  t.true(intake.isEmpty);
  t.is(state(a), 'finished');
  t.is(state(d), 'waiting');
  t.deepEqual(events, [{type: 'loaded', function: 'test.work', count: 1}]);
  t.false(intake.isComplete);
});

test('what is defined later is taken in later', async t => {
  const {next, graph, intake} = intakeOf([task('a')]);
  t.deepEqual(await next(), ['a']);
  const late = graph.add(task('late'))!;
  t.false(intake.isEmpty);
  t.false(intake.wants(late));
  t.deepEqual(await next(), ['late']);
  t.true(intake.wants(late));
});

test('very many are taken in one part after another', async t => {
  const count = 300_000;
  // Made with their hashes, since to hash so many takes long.
  const hashOf = (i: number) => i.toString(16).padStart(8, '0').padEnd(64, '0') as TaskHash;
  const {next, intake} = intakeOf(
    Array.from({length: count}, (_, i) => Task.withHash(hashOf(i), work, [`t${i}`])),
  );
  const first = await next();
  t.true(first.length < count);
  t.false(intake.isEmpty);
  const rest: string[] = [];
  while (!intake.isEmpty) for (const name of await next()) rest.push(name);
  t.deepEqual([first.length + rest.length, first[0], rest.at(-1)], [count, 't0', `t${count - 1}`]);
});

test('a damaged result is removed and its task ready again', async t => {
  const a = task('a');
  const {next, store, graph, intake} = intakeOf([a]);
  store.memory.results.set(a.hash, Buffer.from('damaged'));
  t.deepEqual(await next(), []);
  t.true(intake.isComplete);
  graph.reopen(graph.find(a.hash)!);
  intake.again(graph.find(a.hash)!);
  t.false(intake.isEmpty);
  t.deepEqual(await next(), ['a']);
  t.is(store.memory.results.size, 0);
});

test('failures of earlier runs are counted, and left alone where that was asked for', async t => {
  const [bad, after] = [task('bad'), task('after', [task('bad')])];
  for (const keepFailed of [false, true]) {
    const {next, store, intake, state} = intakeOf([bad, after], {keepFailed});
    store.memory.failures.set(bad.hash, failure(3));
    await intake.begin();
    t.is(intake.attempts.get(bad.hash), 3);
    t.deepEqual(await next(), keepFailed ? [] : ['bad']);
    if (keepFailed) t.is(state(bad), 'failed');
  }
});

test('a stored failure that is damaged counts as one attempt', async t => {
  const {store, intake} = intakeOf([]);
  store.memory.failures.set(task('bad').hash, Buffer.from('{'));
  await intake.begin();
  t.is(intake.attempts.get(task('bad').hash), 1);
});

test('with a target, only it and what it needs is ready and wanted, and completes the run', async t => {
  const aim = functionNamed('test.aim');
  const [a, b] = [task('a'), task('b')];
  const wanted = task('wanted', [a], aim);
  const {next, graph, intake, states, state} = intakeOf([a, b, wanted], {target: parseTarget('aim')});
  t.deepEqual(await next(), ['a']);
  t.is(state(b), 'ready');
  t.false(intake.wants(graph.find(b.hash)!));
  t.true(intake.wants(graph.find(wanted.hash)!));
  for (const done of [a, wanted]) {
    t.false(intake.isComplete);
    graph.finish(graph.find(done.hash)!);
    states.set(graph.find(done.hash)!, 'finished');
  }
  t.true(intake.isComplete);
  const late = task('late', [b], aim);
  graph.add(late);
  t.deepEqual(await next(), ['b']);
  t.true(intake.wants(graph.find(b.hash)!));
});
