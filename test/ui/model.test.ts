// What is shown of a run, by numbers that the test makes up; the clock is the test's, too.

import test from 'ava';
import {RunModel} from '../../src/ui/model.js';
import {ABOUT, functionProgress, progressOf, shownAt, taskProgress} from '../helpers/shown-run.js';

test('tasks that run are shown oldest first, and one far beyond its function’s usual time stands out', t => {
  const functions = [
    functionProgress('m.f', {running: 2, finished: 10, computed: 10, duration: 1000}),
    functionProgress('m.g', {running: 1}),
  ];
  const tasks = [
    taskProgress('m.f(1)', 90),
    taskProgress('m.g(1)', 60_000, {worker: 3}),
    taskProgress('m.f(2)', 5000, {worker: 2}),
  ];
  const shown = shownAt(70_000, progressOf(functions, {tasks}));
  t.deepEqual(
    shown.tasks.map(({task, mean, isSlow}) => ({task, mean, isSlow})),
    [
      {task: 'm.g(1)', mean: undefined, isSlow: false},
      {task: 'm.f(2)', mean: 100, isSlow: true},
      {task: 'm.f(1)', mean: 100, isSlow: false},
    ],
  );
});

test('the time left is hidden until enough was measured, or earlier runs have', t => {
  const few = [functionProgress('m.f', {ready: 950, finished: 4, computed: 4, duration: 400})];
  t.is(shownAt(1000, progressOf(few)).left, undefined);
  const more = [functionProgress('m.f', {ready: 950, finished: 5, computed: 5, duration: 500})];
  t.deepEqual(shownAt(1000, progressOf(more)).left, {milliseconds: 47_500, isLeast: false});
  const model = new RunModel(() => ABOUT, 0);
  model.recall(new Map([['m.f', {count: 1000, total: 200_000}]]));
  const none = progressOf([functionProgress('m.f', {ready: 100})]);
  t.deepEqual(model.shown(none, 500).left, {milliseconds: 10_000, isLeast: false});
});

test('the time left is said to be the least where the jugfile may define more, or a function was never seen to run', t => {
  const f = functionProgress('m.f', {ready: 20, finished: 20, computed: 20, duration: 2000});
  t.true(shownAt(1000, progressOf([f], {isOpen: true})).left!.isLeast);
  t.true(shownAt(1000, progressOf([f, functionProgress('m.g', {waiting: 1})])).left!.isLeast);
  t.false(shownAt(1000, progressOf([f, functionProgress('m.g', {finished: 1})])).left!.isLeast);
});

test('what a process elsewhere finishes makes the time left shorter', t => {
  const left = (elsewhere: number): number => {
    const model = new RunModel(() => ABOUT, 0);
    const at = (finished: number, computed: number) =>
      progressOf([
        functionProgress('m.f', {ready: 1000 - finished, finished, computed, duration: computed * 1000}),
      ]);
    model.shown(at(2, 2), 0);
    if (elsewhere > 0) model.on({type: 'loaded', function: 'm.f', count: elsewhere, elsewhere: true}, 10_000);
    model.on({type: 'finished', function: 'm.f', count: 40}, 10_000);
    return model.shown(at(500, 42), 20_000).left!.milliseconds;
  };
  t.is(left(0), 500_000 / 2);
  t.is(left(40), 500_000 / 4);
});

test('of tasks whose durations are log-normal, from 30 % on the end is foreseen within 20 %', t => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const {foreseen, end} = simulated(seed, 1000, 2);
    t.true(foreseen.length > 100);
    for (const [at, left] of foreseen) {
      const total = at + left;
      t.true(
        Math.abs(total - end) <= 0.2 * end,
        `seed ${seed}: at ${at} of ${end} it is said to be ${total}`,
      );
    }
  }
});

/** Two workers, each of which takes the next task when it has ended one; what is foreseen when, from 30 % on. */
function simulated(seed: number, count: number, workers: number) {
  const model = new RunModel(() => ({...ABOUT, workers}), 0);
  const random = randomNumbers(seed);
  const durations = Array.from({length: count}, () => 200 * Math.exp(normal(random)));
  const running: {begun: number; ends: number}[] = [];
  const foreseen: [number, number][] = [];
  let [next, computed, duration, now, looked] = [0, 0, 0, 0, 0];
  while (computed < count) {
    while (running.length < workers && next < count) {
      running.push({begun: now, ends: now + durations[next++]!});
    }
    running.sort((a, b) => a.ends - b.ends);
    for (; looked < running[0]!.ends; looked += 500) {
      const tasks = running.map(({begun}) => taskProgress('m.f(1)', looked - begun));
      const numbers = {ready: count - next, running: running.length, finished: computed, computed, duration};
      const {left} = model.shown(progressOf([functionProgress('m.f', numbers)], {tasks}), looked);
      if (computed >= count * 0.3 && left !== undefined) foreseen.push([looked, left.milliseconds]);
    }
    const {begun, ends} = running.shift()!;
    now = ends;
    computed++;
    duration += ends - begun;
    model.on({type: 'finished', function: 'm.f', count: 1}, now);
  }
  return {foreseen, end: now};
}

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

test('tasks that are defined after others were finished are told for a while', t => {
  const model = new RunModel(() => ABOUT, 0);
  const at = (ready: number, finished: number) => progressOf([functionProgress('m.f', {ready, finished})]);
  t.is(model.shown(at(10, 0), 0).grown, 0);
  t.is(model.shown(at(20, 0), 1000).grown, 0, 'nothing was finished yet');
  t.is(model.shown(at(0, 20), 2000).grown, 0);
  t.is(model.shown(at(240, 20), 3000).grown, 240);
  t.is(model.shown(at(240, 20), 12_000).grown, 240);
  t.is(model.shown(at(240, 20), 13_000).grown, 0);
});
