import test from 'ava';
import {closingLines} from '../../src/ui/run-summary.js';

const NOTHING = {failed: 0, waiting: 0, ready: 0, finished: 0, running: 0};

/** `failed`: in this run, and in all. */
function said([failed, all]: readonly [number, number], counts: Partial<typeof NOTHING> = {}): string[] {
  return closingLines({
    counts: {...NOTHING, ...counts, failed: all},
    failed,
    elsewhere: 0,
    barriers: [],
    gaveUp: false,
  });
}

test('failures of this run, failures that were kept, and what is left are counted apart, each task once', t => {
  t.deepEqual(said([0, 0], {finished: 3}), []);
  t.deepEqual(said([0, 0], {waiting: 1}), ['1 task is not finished.']);
  t.deepEqual(said([0, 0], {waiting: 1, ready: 2, running: 3}), ['6 tasks are not finished.']);
  t.deepEqual(said([1, 1]), ['1 task failed.']);
  t.deepEqual(said([2, 2], {ready: 1}), ['2 tasks failed, and 1 more is not finished.']);
  t.deepEqual(said([0, 1]), ['1 task failed in an earlier run and was not tried again (--keep-failed).']);
  t.deepEqual(said([0, 2], {waiting: 4}), [
    '2 tasks failed in earlier runs and were not tried again (--keep-failed), and 4 more are not finished.',
  ]);
  t.deepEqual(said([2, 3], {waiting: 1}), [
    '2 tasks failed, 1 more failed in an earlier run and was not tried again (--keep-failed), and 1 more is not finished.',
  ]);
});

test('what failed in other processes meanwhile is counted apart', t => {
  const said = (failed: number, elsewhere: number): string[] =>
    closingLines({
      counts: {...NOTHING, failed: failed + elsewhere},
      failed,
      elsewhere,
      barriers: [],
      gaveUp: false,
    });
  t.deepEqual(said(0, 1), ['1 task failed in another process.']);
  t.deepEqual(said(1, 2), ['1 task failed, and 2 more failed in other processes.']);
});

test('where the jugfile still waits is told with the reason, also for a failure that was kept', t => {
  const at = (failed: number, all: number): string[] =>
    closingLines({
      counts: {...NOTHING, failed: all, finished: 1},
      failed,
      elsewhere: 0,
      barriers: [{site: 'a.ts:3'}, {site: 'a.ts:7'}],
      gaveUp: false,
    }).slice(-2);
  const failed = 'what it waits for failed.';
  for (const [now, all] of [
    [1, 1],
    [0, 1],
  ] as const) {
    t.deepEqual(at(now, all), [
      `The jugfile still waits at a barrier (a.ts:3): ${failed}`,
      `The jugfile still waits at a barrier (a.ts:7): ${failed}`,
    ]);
  }
  t.regex(at(0, 0)[1]!, /a\.ts:7\): what it waits for is not finished\.$/);
});

test('tasks of others are named when waiting for them was given up, and only then', t => {
  const counts = {...NOTHING, running: 2, finished: 1};
  const run = {counts, failed: 0, elsewhere: 0, barriers: []};
  t.deepEqual(closingLines({...run, gaveUp: false}), ['2 tasks are not finished.']);
  t.deepEqual(closingLines({...run, gaveUp: true}), [
    '2 tasks are not finished.',
    '2 tasks are held by other processes; waiting for them was given up.',
  ]);
});
