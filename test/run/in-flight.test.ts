// Batches under way, on a runner and a clock that the test holds by the hand: which of them are late, and what becomes of
// what they have not started.

import test from 'ava';
import {TaskGraph, type TaskId} from '../../src/graph/graph.js';
import {type Receiver, RunningBatches} from '../../src/run/in-flight.js';
import type {Batch, Outcomes} from '../../src/run/protocol.js';
import type {BatchEnd, Runner} from '../../src/run/runner.js';
import {task, work} from '../helpers/tasks.js';

interface Posted {
  readonly batch: Batch;
  readonly report: (outcomes: Outcomes) => void;
  readonly end: (end: BatchEnd) => void;
}

/** Nothing is begun before the test says so. */
class Post implements Runner {
  readonly posted: Posted[] = [];
  /** Milliseconds that it takes to give away a batch. */
  posting = 0;

  constructor(
    readonly size: number,
    readonly clock: Clock,
  ) {}

  prepare(): void {}

  run(batch: Batch, report: Posted['report']): Promise<BatchEnd> {
    this.clock.time += this.posting;
    return new Promise(end => this.posted.push({batch, report, end}));
  }

  async kill(): Promise<void> {}

  /** A worker starts the next task of the batch that was posted at this place. */
  begin(place: number): void {
    Atomics.add(this.posted[place]!.batch.cursor, 0, 1);
  }

  async end(place: number): Promise<void> {
    this.posted[place]!.end({kind: 'done'});
    await Promise.resolve();
  }
}

class Clock {
  time = 1000;
}

const LATE = 250;
const NOTHING = {attempts: new Map(), unsaved: [], isChain: false};

class Batches {
  readonly clock = new Clock();
  readonly post: Post;
  readonly running: RunningBatches;
  readonly begun: TaskId[] = [];
  readonly returned: TaskId[] = [];
  readonly #receiver: Receiver = {
    begun: (_, ids) => void this.begun.push(...ids),
    returned: (_, ids) => void this.returned.push(...ids),
    isInterrupted: () => false,
    result() {},
    failure() {},
    missing() {},
    took() {},
    unusable() {},
  };

  constructor(workers: number) {
    this.post = new Post(workers, this.clock);
    const graph = new TaskGraph();
    for (let i = 0; i < 9; i++) graph.add(task(`t${i}`));
    const options = {keepGoing: false, late: LATE} as ConstructorParameters<typeof RunningBatches>[2];
    this.running = new RunningBatches(
      graph,
      this.post,
      options,
      () => {},
      () => this.clock.time,
    );
  }

  start(...ids: number[]): void {
    this.running.start(work, ids as TaskId[], NOTHING);
  }

  /** What the run loop does after so many milliseconds; answers with what is taken back. */
  after(milliseconds: number, isNothingElse = true): TaskId[] {
    this.clock.time += milliseconds;
    this.running.settle(this.#receiver);
    return this.running.recallOverdue(isNothingElse).flatMap(([, ids]) => ids);
  }
}

/** With a worker that has nothing to do and is known to be able to. */
async function withIdleWorker(workers = 2): Promise<Batches> {
  const batches = new Batches(workers);
  batches.start(8);
  batches.post.begin(0);
  await batches.post.end(0);
  batches.after(0);
  batches.begun.length = 0;
  return batches;
}

const none: TaskId[] = [];

test('a batch that no worker has begun is on its way, however long, where there is no other worker', async t => {
  const batches = await withIdleWorker(1);
  batches.start(0, 1);
  for (let hours = 0; hours < 10; hours++) t.deepEqual(batches.after(3_600_000), none);
  t.deepEqual(batches.begun, none);
});

test('a batch is late when so much time has passed since it was begun, and not since it was sent', t => {
  const batches = new Batches(1);
  batches.start(0, 1, 2);
  t.deepEqual(batches.after(10 * LATE), none);
  batches.post.begin(0);
  t.deepEqual(batches.after(1), none);
  t.deepEqual<number[], number[]>(batches.begun, [0]);
  t.deepEqual(batches.after(LATE), none);
  t.deepEqual<number[], number[]>(batches.after(1), [1, 2]);
  t.deepEqual(batches.after(LATE), none);
});

test('a batch that no worker has begun goes to a worker with nothing to do, once', async t => {
  const batches = await withIdleWorker();
  batches.start(0, 1);
  t.deepEqual(batches.after(LATE), none);
  t.deepEqual<number[], number[]>(batches.after(1), [0, 1]);
  await batches.post.end(1);
  batches.start(0, 1);
  for (let i = 0; i < 10; i++) t.deepEqual(batches.after(10 * LATE), none);
});

test('a batch that no worker has begun stays where it is while there is something else to start, or no idle worker', async t => {
  const batches = await withIdleWorker();
  batches.start(0);
  t.deepEqual(batches.after(2 * LATE, false), none);
  batches.start(1);
  t.deepEqual(batches.after(2 * LATE), none);
});

test('a batch that no worker has begun stays where it is while no worker has shown that it can run anything', t => {
  const batches = new Batches(2);
  batches.start(0);
  t.deepEqual(batches.after(10 * LATE), none);
});

test('of several batches that no worker has begun, one goes to the worker that has nothing to do', async t => {
  const batches = await withIdleWorker(3);
  batches.start(0);
  batches.start(1);
  t.deepEqual<number[], number[]>(batches.after(LATE + 1), [0]);
});

test('arguments that took a while to be sent are given a while to arrive', async t => {
  const batches = await withIdleWorker();
  batches.post.posting = 100;
  batches.start(0);
  t.deepEqual(batches.after(1000), none);
  t.deepEqual<number[], number[]>(batches.after(1000), [0]);
});

test('tasks are told to be begun when a worker has begun them, in whatever way that shows', async t => {
  const batches = new Batches(2);
  batches.start(0, 1, 2);
  batches.start(3, 4);
  batches.after(0);
  t.deepEqual(batches.begun, none);
  t.is(batches.running.atWork, 0);
  for (const place of [0, 0, 1]) batches.post.begin(place);
  t.is(batches.running.atWork, 2);
  t.is(batches.running.open, 3);
  batches.after(0);
  t.deepEqual<number[], number[]>(batches.begun, [0, 1, 3]);
  // And of the one whose end comes before anybody has looked.
  batches.post.begin(1);
  await batches.post.end(1);
  batches.after(0);
  t.deepEqual<number[], number[]>(batches.begun, [0, 1, 3, 4]);
  t.deepEqual<number[], number[]>(batches.returned, [3, 4]);
});

test('until a batch is begun, and while it is not late, it is looked at seldom', t => {
  const batches = new Batches(1);
  t.is(batches.running.restsFor(), Infinity);
  batches.start(0, 1);
  let looks = 0;
  for (const end = batches.clock.time + 60_000; batches.clock.time < end; looks++) {
    const rest = batches.running.restsFor();
    t.true(rest >= 5);
    t.deepEqual(batches.after(rest), none);
  }
  t.true(looks <= 60_000 / LATE + 10);
  batches.post.begin(0);
  t.true(batches.running.restsFor() <= LATE);
  batches.after(0);
  t.is(batches.running.restsFor(), LATE + 1);
  t.deepEqual<number[], number[]>(batches.after(batches.running.restsFor()), [1]);
  t.is(batches.running.restsFor(), Infinity);
});

test('that the only task of a batch was begun is seen soon', t => {
  const batches = new Batches(1);
  batches.start(0);
  batches.after(0);
  batches.post.begin(0);
  t.true(batches.running.restsFor() <= 5);
  batches.after(5);
  t.deepEqual<number[], number[]>(batches.begun, [0]);
  t.is(batches.running.restsFor(), Infinity);
});
