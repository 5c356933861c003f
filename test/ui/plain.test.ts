// The clock and the timer are the test's: `tick` is what the timer would have done.

import test from 'ava';
import type {Event, Progress, Reporter} from '../../src/graph/events.js';
import {NO_PROGRESS} from '../../src/graph/events.js';
import {RunModel} from '../../src/ui/model.js';
import {plainReporter} from '../../src/ui/plain.js';
import {ABOUT, failureOf, functionProgress, progressOf, taskProgress} from '../helpers/shown-run.js';
import {hashOf} from '../stores/records.js';

class Plain {
  readonly lines: string[] = [];
  readonly reporter: Reporter;
  progress: Progress = NO_PROGRESS;
  ending = '';
  readonly #ticks: (() => void)[] = [];
  #time = 5_000;

  constructor(isQuiet = false) {
    const {setInterval} = globalThis;
    globalThis.setInterval = ((tick: () => void) => {
      this.#ticks.push(tick);
      return {unref() {}};
    }) as never;
    try {
      this.reporter = plainReporter({
        write: line => this.lines.push(line),
        model: new RunModel(() => ABOUT, this.#time),
        progress: () => this.progress,
        ending: () => this.ending,
        isQuiet,
        now: () => this.#time,
      });
    } finally {
      globalThis.setInterval = setInterval;
    }
  }

  /** Half a second after another, until so many seconds have passed. What was said in them. */
  pass(seconds: number): string[] {
    this.lines.length = 0;
    for (let half = 0; half < seconds * 2; half++) {
      this.#time += 500;
      for (const tick of this.#ticks) tick();
    }
    return [...this.lines];
  }

  say(event: Event): string[] {
    this.lines.length = 0;
    this.reporter.on(event);
    return [...this.lines];
  }

  fail(message: string, {place = 1, site}: {place?: number; site?: string} = {}): string[] {
    const [hash, task] = [hashOf(place), `m.f(${place})`];
    return this.say({type: 'failed', hash, task, failure: failureOf(message, site), elsewhere: false});
  }
}

const f = (numbers: Parameters<typeof functionProgress>[1]) => progressOf([functionProgress('m.f', numbers)]);

test('after half a second it is said what is run, where, by how many, and what was there', t => {
  const plain = new Plain();
  plain.progress = f({ready: 70, running: 2, finished: 28});
  plain.reporter.on({type: 'loaded', function: 'm.f', count: 28});
  t.deepEqual(plain.pass(0.5), [
    '[00:00:00] jug execute primes.ts: 100 tasks, 28 finished before; 2 workers; primes.jugdata',
  ]);
  t.deepEqual(plain.pass(9), [], 'once');
});

test('a jugfile that takes its time is told, and what it defines when it is there', t => {
  const plain = new Plain();
  t.deepEqual(plain.pass(4.5), [], 'most are there by then, or refused');
  t.deepEqual(plain.pass(3.5), [
    '[00:00:05] jug execute primes.ts: no tasks yet, the jugfile is being evaluated; 2 workers; primes.jugdata',
  ]);
  plain.progress = {...f({ready: 5}), isOpen: true};
  t.deepEqual(plain.pass(1), ['[00:00:08] jug execute primes.ts: 5 tasks so far; 2 workers; primes.jugdata']);
});

test('a line every ten seconds, as long as something moves', t => {
  const plain = new Plain();
  plain.progress = f({ready: 98, running: 2});
  t.deepEqual(plain.pass(9.5).slice(1), []);
  t.deepEqual(plain.pass(0.5), ['[00:00:10]   0% 0/100  running 2  failed 0  0.0/s  m.f 0/100']);
  plain.progress = f({ready: 93, running: 2, finished: 5, computed: 5, duration: 10_000});
  plain.pass(0.5);
  plain.progress = f({ready: 88, running: 2, finished: 10, computed: 10, duration: 20_000});
  plain.reporter.on({type: 'finished', function: 'm.f', count: 5});
  t.deepEqual(plain.pass(9.5), [
    '[00:00:20]  10% 10/100  running 2  failed 0  0.5/s  2m 51s left  m.f 10/100',
  ]);
});

test('where nothing moves, a line comes ever more seldom, and at last every ten minutes', t => {
  const plain = new Plain();
  plain.progress = {...f({ready: 3, running: 1}), tasks: [taskProgress('m.f(7)', 15_000)]};
  const times = plain.pass(3600).map(line => line.slice(1, 9));
  t.deepEqual(times.slice(1), [
    '00:00:10',
    '00:00:20',
    '00:00:40',
    '00:01:20',
    '00:02:40',
    '00:05:20',
    '00:10:40',
    '00:20:40',
    '00:30:40',
    '00:40:40',
    '00:50:40',
  ]);
});

test('a task that runs long is named with its arguments', t => {
  const plain = new Plain();
  const tasks = [taskProgress('m.f(1)', 1000), taskProgress('m.f(7)', 41_000)];
  plain.progress = {...f({running: 2}), tasks};
  t.regex(plain.pass(10).at(-1)!, / m\.f 0\/2 {2}m\.f\(7\) for 41 s$/);
});

test('each function that is complete is said, those of half a second in one line', t => {
  const plain = new Plain();
  plain.progress = progressOf(['a', 'b'].map(name => functionProgress(name, {ready: 2})));
  plain.pass(1);
  plain.progress = progressOf([functionProgress('a', {finished: 2}), functionProgress('b', {ready: 2})]);
  t.deepEqual(plain.pass(1), ['[00:00:01] done a (2)']);
  plain.progress = progressOf(['a', 'b', 'c', 'd', 'e'].map(name => functionProgress(name, {finished: 2})));
  t.deepEqual(plain.pass(1), ['[00:00:02] done b (2), c (2), d (2) and 1 more functions']);
});

test('what was finished before is not said to be done', t => {
  const plain = new Plain();
  plain.progress = progressOf([functionProgress('a', {finished: 2}), functionProgress('b', {ready: 2})]);
  t.is(plain.pass(5).length, 1);
});

test('a percentage that falls comes with the number of new tasks', t => {
  const plain = new Plain();
  plain.progress = {...f({ready: 10, finished: 90}), isOpen: true};
  plain.pass(10);
  plain.progress = {...f({ready: 300, finished: 100}), isOpen: true};
  t.deepEqual(plain.pass(10), [
    '[00:00:20]  25% 100/400 (+300 tasks)  running 0  failed 0  0.0/s  m.f 100/400',
  ]);
});

test('large numbers are grouped, and the rate is that of this run', t => {
  const plain = new Plain();
  plain.progress = f({ready: 500_019, running: 16, finished: 500_000});
  plain.reporter.on({type: 'loaded', function: 'm.f', count: 500_000});
  plain.pass(10);
  plain.progress = f({ready: 450_019, running: 16, finished: 550_000, computed: 50_000, duration: 100_000});
  plain.reporter.on({type: 'finished', function: 'm.f', count: 50_000});
  plain.reporter.on({type: 'loaded', function: 'm.f', count: 7000, elsewhere: true});
  plain.pass(0.5);
  plain.reporter.on({type: 'finished', function: 'm.f', count: 50_000});
  t.regex(plain.pass(9.5).join(), /54% 550,000\/1,000,035 {2}running 16 {2}failed 0 {2}5,263\/s/);
});

test('what other processes hold is told apart from what runs here', t => {
  const plain = new Plain();
  plain.progress = {...f({ready: 9000}), running: 2, elsewhere: 5048};
  t.deepEqual(plain.pass(10).slice(1), [
    '[00:00:10]   0% 0/9,000  running 2  held by others 5,048  failed 0  0.0/s  m.f 0/9,000',
  ]);
});

test('a failure is said at once, with the user’s frames and the cause', t => {
  const plain = new Plain();
  plain.pass(61);
  const failure = failureOf('too far');
  const error = {...failure.error, cause: {name: 'Error', message: 'no such file'}};
  const hash = hashOf(1);
  const event = {
    type: 'failed',
    hash,
    task: 'm.f(1)',
    failure: {...failure, error},
    elsewhere: false,
  } as const;
  t.deepEqual(plain.say(event), [
    `[00:01:01] FAILED m.f(1) ${hash.slice(0, 12)}\n` +
      '    RangeError: too far\n' +
      '        at f (/home/me/m.ts:3:7)\n' +
      '      caused by: Error: no such file',
  ]);
});

test('equal failures are said once, and counted', t => {
  const plain = new Plain();
  plain.progress = f({ready: 9});
  plain.pass(1);
  t.is(plain.fail('17 is too far').length, 1);
  t.deepEqual(plain.fail('18 is too far', {place: 2}), []);
  t.deepEqual(plain.fail('19 is too far', {place: 3}), []);
  t.is(plain.fail('19 is too far', {place: 4, site: '/home/me/m.ts:9:1'}).length, 1, 'elsewhere');
  t.is(plain.fail('too near', {place: 5}).length, 1, 'in other words');
  t.deepEqual(plain.pass(9).slice(0, 1), ['[00:00:10] FAILED 2 more like m.f(1) (RangeError)']);
  plain.fail('20 is too far', {place: 6});
  plain.lines.length = 0;
  plain.reporter.close();
  t.deepEqual(plain.lines, ['[00:00:10] FAILED 1 more like m.f(1) (RangeError)'], 'and at the end');
});

test('one that is to be quiet says failures, stopping and warnings, and nothing else', t => {
  const plain = new Plain(true);
  plain.progress = f({ready: 9});
  t.deepEqual(plain.pass(60), []);
  t.is(plain.fail('too far').length, 1);
  t.is(plain.say({type: 'warning', message: 'something odd'}).length, 1);
  t.is(plain.reporter.recall, undefined, 'no estimate is made');
});

test('stopping is said with what is still running', t => {
  const plain = new Plain();
  t.deepEqual(plain.say({type: 'stopping', reason: 'failure', running: 0}), [
    'stopping after a failure: no task is started any more (--keep-going goes on)',
  ]);
  plain.ending = 'ctrl-c again ends them now';
  t.deepEqual(plain.say({type: 'stopping', reason: 'interrupt', running: 1}), [
    'stopping: no task is started any more, 1 running task will finish (ctrl-c again ends them now)',
  ]);
  t.deepEqual(plain.say({type: 'stopping', reason: 'interrupt', running: 2}), [
    'stopping: no task is started any more, 2 running tasks will finish (ctrl-c again ends them now)',
  ]);
});

test('a warning is said, and what is only a number is not', t => {
  const plain = new Plain();
  t.deepEqual(plain.say({type: 'warning', message: 'something odd'}), ['warning: something odd']);
  for (const type of ['loaded', 'started', 'finished'] as const)
    t.deepEqual(plain.say({type, function: 'm.f', count: 7}), []);
});

test('closing ends the timer', t => {
  const {clearInterval} = globalThis;
  let cleared = 0;
  globalThis.clearInterval = (() => cleared++) as never;
  try {
    new Plain().reporter.close();
  } finally {
    globalThis.clearInterval = clearInterval;
  }
  t.is(cleared, 1);
});
