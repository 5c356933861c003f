// In which order tasks start, on a runner that the test holds by the hand and a store in memory.

import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {Ordered} from '../../src/run/id-heap.js';
import {SchedulerRig, turns} from '../helpers/scheduler-rig.js';
import {functionNamed} from '../helpers/tasks.js';
import {recordOf} from '../stores/records.js';

test('tasks that one result sets free start in the order of their definition', async t => {
  const rig = new SchedulerRig({workers: 1});
  rig.define('load');
  const names = Array.from({length: 12}, (_, i) => `t${i}`);
  for (const name of names) rig.define(name, ['load']);
  const run = rig.run();
  for (const name of ['load', ...names]) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['load', ...names]);
});

test('a task that is set free later goes before those of its function that were defined after it', async t => {
  const rig = new SchedulerRig({workers: 2});
  const [f, g] = [functionNamed('test.f'), functionNamed('test.g')];
  for (const i of [0, 1, 2, 3]) {
    rig.define(`f${i}`, [], f);
    rig.define(`g${i}`, [`f${i}`], g);
  }
  const run = rig.run();
  // f0 hangs, so that g0 is free when the others have waited for long.
  await rig.runner.start('f0');
  for (const name of ['f1', 'g1', 'f2']) await rig.runner.finish(name);
  await rig.runner.start('g2');
  await rig.runner.finish('f0');
  for (const name of ['g0', 'g2', 'f3', 'g3']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['f0', 'f1', 'g1', 'f2', 'g2', 'g0', 'f3', 'g3']);
});

test('a task that was lost and is made again goes before those that were defined after it', async t => {
  const rig = new SchedulerRig({workers: 1});
  rig.define('a');
  rig.define('b', ['a']);
  for (const name of ['c', 'd', 'e']) rig.define(name);
  rig.store.memory.results.set(rig.hash('a'), recordOf('a'));
  const run = rig.run();
  await rig.runner.start('b');
  rig.damage('a');
  await rig.runner.miss('b', [rig.hash('a')]);
  // The worker is not kept waiting until it is known that a is lost for good.
  for (const name of ['c', 'a', 'b', 'd', 'e']) await rig.runner.finish(name);
  t.deepEqual(await run, {kind: 'finished'});
  t.deepEqual(rig.runner.started, ['b', 'c', 'a', 'b', 'd', 'e']);
});

/** Of each task its function, and which of those before it it needs. */
const graphs = fc.array(
  fc.record({fn: fc.nat(2), needs: fc.uniqueArray(fc.nat(11), {maxLength: 3}), fails: fc.nat(9)}),
  {minLength: 1, maxLength: 24},
);

test('of the tasks that are ready, the one that starts is the first of its function', async t => {
  await fc.assert(
    fc.asyncProperty(graphs, fc.integer({min: 1, max: 3}), fc.infiniteStream(fc.nat(99)), runOf(t)),
    {numRuns: 60},
  );
});

function runOf(t: ExecutionContext) {
  return async (
    graph: readonly {readonly fn: number; readonly needs: readonly number[]; readonly fails: number}[],
    workers: number,
    choices: Iterator<number>,
  ): Promise<void> => {
    const rig = new SchedulerRig({workers, keepGoing: true});
    const functions = [0, 1, 2].map(i => functionNamed(`test.f${i}`));
    const needs = graph.map(({needs}, id) => needs.map(back => id - 1 - back).filter(need => need >= 0));
    for (const [id, {fn}] of graph.entries())
      rig.define(
        `${id}`,
        needs[id]!.map(need => `${need}`),
        functions[fn]!,
      );
    const done = new Set<number>();
    const left = new Set(graph.keys());
    rig.runner.onStart = name => {
      const id = Number(name);
      const {fn} = graph[id]!;
      const ready = [...left].filter(other => needs[other]!.every(need => done.has(need)));
      t.is(id, ready.filter(other => graph[other]!.fn === fn)[0]!);
      // And its function is that of the first of all.
      t.is(fn, graph[ready[0]!]!.fn);
      left.delete(id);
    };
    const run = rig.run();
    for (;;) {
      await turns(8);
      const {running} = rig.runner;
      if (running.length === 0) break;
      const name = running[choices.next().value! % running.length]!;
      if (graph[Number(name)]!.fails === 0) await rig.runner.fail(name);
      else {
        done.add(Number(name));
        await rig.runner.finish(name);
      }
    }
    t.is((await run).kind, graph.some(({fails}) => fails === 0) ? 'stuck' : 'finished');
  };
}

test('putting tasks in order costs about the same a task, in whatever order they come', t => {
  const costOf = (ids: readonly number[]): number => {
    const ordered = new Ordered();
    const begun = performance.now();
    for (const id of ids) ordered.push(id as never);
    while (ordered.length > 0) ordered.take(10);
    return performance.now() - begun;
  };
  const ascending = Array.from({length: 200_000}, (_, i) => i);
  const descending = ascending.toReversed();
  costOf(ascending);
  costOf(descending);
  // An insertion that moves what is behind it would be thousands of times as much.
  t.true(costOf(descending) < 100 * (costOf(ascending) + 1));
});
