// The clock and the timer are the test's: `tick` is what the timer would have done.

import test from 'ava';
import type {Event, Progress, Reporter} from '../../src/events.js';
import type {Failure} from '../../src/failure.js';
import {plainReporter} from '../../src/ui/plain.js';
import {hashOf} from '../stores/records.js';

class Plain {
  readonly lines: string[] = [];
  readonly reporter: Reporter;
  progress: Progress = {all: 0, finished: 0, failed: 0, running: 0, elsewhere: 0};
  ending = '';
  readonly #ticks: (() => void)[] = [];
  #time = 5_000;

  constructor() {
    const {setInterval} = globalThis;
    globalThis.setInterval = ((tick: () => void) => {
      this.#ticks.push(tick);
      return {unref() {}};
    }) as never;
    try {
      this.reporter = plainReporter({
        write: line => this.lines.push(line),
        progress: () => this.progress,
        ending: () => this.ending,
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
}

test('without news, a line is said every ten seconds', t => {
  const plain = new Plain();
  plain.progress = {all: 100, finished: 0, failed: 0, running: 2, elsewhere: 0};
  t.deepEqual(plain.pass(9.5), []);
  t.deepEqual(plain.pass(0.5), ['[00:00:10]   0% 0/100  running 2  failed 0  0.0/s']);
  t.deepEqual(plain.pass(20), [
    '[00:00:20]   0% 0/100  running 2  failed 0  0.0/s',
    '[00:00:30]   0% 0/100  running 2  failed 0  0.0/s',
  ]);
});

test('every tenth of the whole is said, but no more than one line a second', t => {
  const plain = new Plain();
  plain.progress = {all: 1000, finished: 0, failed: 0, running: 0, elsewhere: 0};
  plain.pass(1);
  plain.progress = {all: 1000, finished: 99, failed: 0, running: 0, elsewhere: 0};
  t.deepEqual(plain.pass(1), []);
  plain.progress = {all: 1000, finished: 100, failed: 0, running: 0, elsewhere: 0};
  t.deepEqual(plain.pass(1), ['[00:00:02]  10% 100/1,000  running 0  failed 0  40/s']);
  plain.progress = {all: 1000, finished: 999, failed: 1, running: 0, elsewhere: 0};
  t.deepEqual(plain.pass(0.5), ['[00:00:03]  99% 999/1,000  running 0  failed 1  899/s']);
});

test('large numbers are grouped, and the rate is that since the last line', t => {
  const plain = new Plain();
  plain.progress = {all: 1_000_019, finished: 0, failed: 3, running: 16, elsewhere: 0};
  plain.pass(10);
  plain.progress = {all: 1_000_019, finished: 500_000, failed: 3, running: 16, elsewhere: 0};
  t.deepEqual(plain.pass(1), ['[00:00:11]  49% 500,000/1,000,019  running 16  failed 3  500000/s']);
  plain.progress = {...plain.progress, all: 1_000_069, finished: 500_050};
  t.deepEqual(plain.pass(10), ['[00:00:21]  50% 500,050/1,000,069  running 16  failed 3  5.0/s']);
});

test('what other processes hold is told apart from what runs here', t => {
  const plain = new Plain();
  plain.progress = {all: 9000, finished: 0, failed: 0, running: 2, elsewhere: 5048};
  t.deepEqual(plain.pass(10), ['[00:00:10]   0% 0/9,000  running 2  held by others 5,048  failed 0  0.0/s']);
});

test('a run of hours says so', t => {
  const plain = new Plain();
  t.is(plain.pass(3600 * 2 + 60 * 3).at(-1), '[02:03:00]   0% 0/0  running 0  failed 0  0.0/s');
});

const FAILURE: Failure = {
  function: 'm.f',
  attempt: 1,
  started: 0,
  duration: 0,
  host: 'here',
  pid: 1,
  worker: 0,
  error: {
    name: 'RangeError',
    message: 'too far',
    stack: 'RangeError: too far\n    at f (/home/me/m.ts:3:7)',
    cause: {name: 'Error', message: 'no such file'},
  },
};

test('a failure is said at once, with the user’s frames and the cause', t => {
  const plain = new Plain();
  plain.pass(61);
  const hash = hashOf(1);
  t.deepEqual(plain.say({type: 'failed', hash, task: 'm.f(1)', failure: FAILURE, elsewhere: false}), [
    `[00:01:01] FAILED m.f(1) ${hash.slice(0, 12)}\n` +
      '    RangeError: too far\n' +
      '        at f (/home/me/m.ts:3:7)\n' +
      '      caused by: Error: no such file',
  ]);
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

test('where results were lost, the rate is nothing, not less', t => {
  const plain = new Plain();
  plain.progress = {all: 100, finished: 50, failed: 0, running: 50, elsewhere: 0};
  plain.pass(1);
  plain.progress = {...plain.progress, finished: 40};
  t.regex(plain.pass(20).join(), / 40\/100 .* 0\.0\/s/);
});
