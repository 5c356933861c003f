// Runs of random graphs, with tasks ending in random order, on a runner that the test holds by the hand and a store in memory.

import test from 'ava';
import fc from 'fast-check';
import {type RigOptions, SchedulerRig, turns} from '../helpers/scheduler-rig.js';
import {functionNamed, randomDependencies, randomNumbers} from '../helpers/tasks.js';

interface RandomRun {
  readonly rig: SchedulerRig;
  readonly kind: string;
  readonly needs: readonly (readonly number[])[];
  readonly fails: ReadonlySet<number>;
}

/** A random graph, run with tasks ending in random order and a share of them failing. */
async function randomRun(
  seed: number,
  size: number,
  failing: number,
  options: RigOptions = {},
): Promise<RandomRun> {
  const random = randomNumbers(seed);
  const needs = randomDependencies(random, size);
  const fails = new Set(needs.flatMap((_, i) => (random() < failing ? [i] : [])));
  const rig = new SchedulerRig({workers: 1 + Math.floor(random() * 4), keepGoing: true, ...options});
  rig.runner.elapsed = random() < 0.5 ? 1 : 20;
  const define = (from: number, until: number): void => {
    for (let i = from; i < until; i++)
      rig.define(
        `t${i}`,
        needs[i]!.map(j => `t${j}`),
        random() < 0.5 ? FIRST : SECOND,
      );
  };
  const half = Math.floor(size / 2);
  let ended = false;
  rig.runner.onStart = (name, {unsaved, chain}, place) => {
    const along = new Set([...unsaved.map(([hash]) => hash), ...chain.slice(0, place)]);
    for (const j of needs[Number(name.slice(1))]!) {
      const hash = rig.hash(`t${j}`);
      if (!rig.store.memory.results.has(hash) && !along.has(hash))
        throw new Error(`${name} started without t${j}`);
    }
  };
  rig.store.before = (method, hashes) => {
    if (method !== 'save') return;
    for (const id of hashes.map(hash => rig.graph.find(hash)!)) {
      for (const {hash} of rig.graph.task(id).dependencies())
        if (!rig.store.memory.results.has(hash) && !hashes.includes(hash))
          throw new Error(`${id} was stored before what it was made from`);
    }
  };
  const run = rig
    .run(async () => {
      define(0, half);
      if (failing === 0) await rig.barrier();
      define(half, size);
    })
    .finally(() => {
      ended = true;
    });
  while (!ended) {
    await turns(1);
    const {running} = rig.runner;
    if (running.length === 0) continue;
    const name = running[Math.floor(random() * running.length)]!;
    await (fails.has(Number(name.slice(1))) ? rig.runner.fail(name) : rig.runner.finish(name));
  }
  return {rig, kind: (await run).kind, needs, fails};
}
const FIRST = functionNamed('test.first');
const SECOND = functionNamed('test.second');

test('whatever the graph and the order in which tasks end, each runs once, with what it needs, and the run finishes', async t => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({min: 1, max: 60}), async (seed, size) => {
      const {rig, kind} = await randomRun(seed, size, 0);
      t.is(kind, 'finished');
      t.is(rig.runner.started.length, size);
      t.is(new Set(rig.runner.started).size, size);
      t.is(rig.store.memory.results.size, size);
      t.is(rig.store.memory.locks.size, 0);
      t.is(rig.count('finished'), size);
    }),
    {numRuns: 40},
  );
});

test('whatever fails, what is finished at the end is what does not need it', async t => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({min: 1, max: 60}), async (seed, size) => {
      const {rig, kind, needs, fails} = await randomRun(seed, size, 0.1);
      const finished = new Set<number>();
      for (const [i, needed] of needs.entries()) {
        if (!fails.has(i) && needed.every(j => finished.has(j))) finished.add(i);
      }
      const failed = [...fails].filter(i => needs[i]!.every(j => finished.has(j)));
      t.deepEqual(
        rig.names('finished'),
        [...finished].map(i => `t${i}`),
      );
      t.deepEqual(
        rig.names('failed'),
        failed.map(i => `t${i}`),
      );
      t.deepEqual(rig.names('running', 'ready'), []);
      t.is(kind, failed.length === 0 ? 'finished' : 'stuck');
      t.is(new Set(rig.runner.started).size, rig.runner.started.length);
    }),
    {numRuns: 40},
  );
});
