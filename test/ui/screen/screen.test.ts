// The full screen, key by key, and as text in windows of several sizes. `JUG_UPDATE_SCREENS=1` writes what is drawn to
// test/ui/screens.

import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type {TaskId} from '../../../src/graph/graph.js';
import {painted} from '../../../src/ui/paint.js';
import {FullScreen} from '../../../src/ui/screen/screen.js';
import type {Effect} from '../../../src/ui/screen/source.js';
import {columnsOf} from '../../../src/ui/text-width.js';
import {PACKAGE} from '../../helpers/rig.js';
import {NOON_MS, TestSource} from '../../helpers/screen-source.js';
import {functionNamed, task} from '../../helpers/tasks.js';

process.env.TZ = 'UTC';
const SCREENS = path.join(PACKAGE, 'test/ui/screens');

class Rig {
  readonly source = new TestSource();
  readonly screen: FullScreen;
  size = {columns: 100, rows: 24};

  constructor() {
    this.screen = new FullScreen(this.source);
  }

  /** Answers with what the last of them asks for. */
  press(...keys: string[]): Effect | undefined {
    let effect: Effect | undefined;
    for (const key of keys) {
      effect = this.screen.press(key);
      while (this.screen.isAtWork) this.screen.work(() => performance.now());
      this.rows();
    }
    return effect;
  }

  rows(): string[] {
    while (this.screen.isAtWork) this.screen.work(() => performance.now());
    return this.screen.rows(this.size, NOON_MS).map(row => painted(row, false).trimEnd());
  }

  get text(): string {
    return this.rows().join('\n');
  }
}

/** A sweep: 40 quick tasks, most of them finished, slow ones of which two failed and one is held, and what collects them. */
function sweep(): Rig {
  const rig = new Rig();
  const {source} = rig;
  const [quick, slow, collect] = ['sweep.quick', 'sweep.factoriseWithCare', 'sweep.collect'].map(
    functionNamed,
  );
  const parts = Array.from({length: 40}, (_, n) => task(`quick ${n}`, [], quick));
  for (const part of parts) source.add(part);
  for (let n = 0; n < 30; n++)
    source.finish(n as TaskId, 50_000 - n * 1000, 20 + n * 10, {worker: 1 + (n % 2)});
  for (let n = 30; n < 40; n++) source.leave(n as TaskId, 'ready');
  const slows = Array.from({length: 4}, (_, n) => task(`café 日本語 ${n}`, [], slow));
  for (const one of slows) source.add(one);
  source.finish(40 as TaskId, 40_000, 11_000, {bytes: 2_000_000});
  source.fail(41 as TaskId, 'no root above 7', 30_000);
  source.fail(42 as TaskId, 'no root above 8', 20_000);
  source.hold(43 as TaskId, 161_000);
  source.add(task('all', [...parts.slice(0, 3), ...slows], collect));
  source.leave(44 as TaskId, 'waiting');
  return rig;
}

const MOMENTS: Readonly<Record<string, readonly string[]>> = {
  overview: [],
  functions: ['2'],
  tasks: ['3', 'down', 'j', 'j'],
  details: ['3', 'G', 'k', 'k', 'enter'],
  workers: ['4'],
  failures: ['5'],
  log: ['6'],
  keys: ['?'],
  question: ['3', 'i'],
  filter: ['/', 'f', 'a', 'i', 'l', 'e', 'd'],
};

for (const [name, keys] of Object.entries(MOMENTS)) {
  for (const columns of [200, 120, 80, 60, 40]) {
    test(`the full screen (${name}) in a window of ${columns} columns`, t => {
      const rig = sweep();
      rig.size = {columns, rows: 24};
      rig.press(...keys);
      const rows = rig.rows();
      t.is(rows.length, 23, 'one less than the window has');
      for (const row of rows) t.true(columnsOf(row) <= columns, row);
      const text = `${rows.join('\n')}\n`;
      const file = path.join(SCREENS, `full-${name}-${columns}.txt`);
      if (process.env.JUG_UPDATE_SCREENS !== undefined) {
        mkdirSync(SCREENS, {recursive: true});
        writeFileSync(file, text);
      }
      t.is(text, readFileSync(file, 'utf8'));
    });
  }
}

test('in any window that is large enough, what is drawn is one row less, and no wider', t => {
  const rig = sweep();
  for (const keys of Object.values(MOMENTS)) {
    rig.press('esc', 'esc', '1', ...keys);
    for (let rows = 8; rows < 30; rows += 3) {
      for (let columns = 40; columns < 210; columns += 7) {
        rig.size = {columns, rows};
        const drawn = rig.rows();
        t.is(drawn.length, rows - 1);
        for (const row of drawn) t.true(columnsOf(row) <= columns, `${columns}: ${row}`);
      }
    }
  }
});

test('the selected task stays selected where others come before it', t => {
  const rig = sweep();
  rig.press('3', 's', 'j', 'j');
  const selected = rig.screen.tab.selected?.();
  rig.source.finish(30 as TaskId, 1000, 99_000);
  t.is(rig.screen.tab.selected?.(), selected);
  t.true(rig.rows().some(row => row.startsWith('▸')));
  t.is(rig.screen.tab.selected?.(), selected);
});

test('enter opens the tasks of a function, and esc shows all again', t => {
  const rig = sweep();
  rig.press('2', 'j', 'enter');
  t.regex(rig.text, /\[3 Tasks\]/);
  t.regex(rig.text, /1–4 of 4 .* only sweep\.factoriseWithCare\(/);
  rig.press('esc');
  t.regex(rig.text, /of 45 /);
});

test('a failed task is tried again, alone or with those that are alike', t => {
  const rig = sweep();
  t.deepEqual(rig.press('5', 'r'), {kind: 'retry', ids: [41]} as unknown as Effect);
  t.is(rig.press('R'), undefined);
  t.regex(rig.text, /Try 2 tasks again\? y\/n$/);
  t.deepEqual(rig.press('y'), {kind: 'retry', ids: [41, 42]} as unknown as Effect);
  t.is(rig.press('3', 'g', 'r'), undefined, 'what is finished has nothing to try');
  t.regex(rig.text, /Expected a task that has failed, found none here\.$/);
});

test('results are removed when that was confirmed, with what depends on them', t => {
  const rig = sweep();
  rig.press('3', 'i');
  t.regex(rig.text, /Remove 1 result of it and its 1 dependent\? sweep\.quick\('quick 0', \[\]\) y\/n$/);
  t.is(rig.press('n'), undefined);
  t.regex(rig.text, /Nothing was changed\.$/);
  rig.press('i');
  t.deepEqual(rig.press('y'), {kind: 'invalidate', ids: [0, 44]} as unknown as Effect);
  rig.press('G');
  t.is(rig.press('i'), undefined);
  t.regex(rig.text, /Expected a result to remove, found none/);
});

test('a run is asked to stop only when that was confirmed', t => {
  const rig = sweep();
  t.is(rig.press('x'), undefined);
  t.deepEqual(rig.press('y'), {kind: 'stop'} as Effect);
});

test('a hash, a call and an error are copied whole', t => {
  const rig = sweep();
  const {hash} = rig.source.graph.task(41 as TaskId);
  t.deepEqual(rig.press('5', 'y'), {kind: 'copy', text: hash, what: 'the hash'} as Effect);
  const error = rig.press('Y');
  t.true(
    error?.kind === 'copy' &&
      /RangeError: no root above 7\n {4}at f \(\/home\/me\/m\.ts:3:7\)$/.test(error.text),
  );
  t.like(rig.press('3', 'g', 'Y'), {kind: 'copy', what: 'the call'});
});

test('what is typed filters at once, letters are letters there, and esc ends it', t => {
  const rig = sweep();
  rig.press('/', 'q', 'u', 'i', 'c', 'k', 'space', '3');
  t.regex(rig.text, /\/quick 3█$/);
  t.regex(rig.text, /of 13 /);
  rig.press('backspace', 'backspace', 'enter');
  t.regex(rig.text, /1–\d+ of \d+ .* only quick/);
  t.is(rig.press('/', 'esc'), undefined);
  t.regex(rig.text, /of 45 /);
  rig.screen.paste('no filter is being typed');
  t.regex(rig.text, /of 45 /);
  rig.press('/');
  rig.screen.paste('collect\n');
  t.regex(rig.text, /of 1 /);
});

test('details show why a task waits, what it needs, and what it failed with', t => {
  const rig = sweep();
  rig.press('3', 'G', 'enter');
  t.regex(rig.text, /state +waiting: 3 of what it needs are not finished, of which 2 failed/);
  t.regex(rig.text, /needs +7 tasks/);
  t.regex(rig.text, /failed +sweep\.factoriseWithCare\('café 日本語 1'/);
  rig.press('k');
  t.regex(rig.text, /state +running for 2m 41s, by node8 815/);
  rig.press('k');
  t.regex(rig.text, /RangeError: no root above 8/);
  t.regex(rig.text, /by +node7 4711, worker 2/);
  t.is(rig.press('q'), undefined, 'closes details first');
  t.deepEqual(rig.press('q'), {kind: 'leave'} as Effect);
});

test('nothing that a task is called with, or fails with, moves the cursor', t => {
  const rig = new Rig();
  const id = rig.source.add(task('\u001b[2J\u202e\n', [], functionNamed('a.f')));
  rig.source.fail(id, 'red \u001b[31m\nsecond \u0007line', 1000);
  for (const keys of Object.values(MOMENTS)) {
    rig.press('esc', '1', ...keys);
    for (const row of rig.rows()) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
      t.notRegex(row, /[\u0000-\u001f\u007f\u202e]/);
    }
  }
});

test('a run of which nothing is known yet says so', t => {
  const rig = new Rig();
  rig.source.looking = 0.4;
  t.regex(rig.text, /looking at the store: 40%/);
  rig.press('3');
  t.regex(rig.text, /looking …/);
  rig.press('5');
  t.regex(rig.text, /nothing failed/);
});
