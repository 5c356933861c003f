// Pictures of a run in windows of several sizes, as text. `JUG_UPDATE_SCREENS=1` writes what is drawn to test/ui/screens.

import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {LEAST_WINDOW, liveRows, MOST_ROWS} from '../../src/ui/live-layout.js';
import {RunModel, type Shown} from '../../src/ui/model.js';
import {painted} from '../../src/ui/paint.js';
import {columnsOf} from '../../src/ui/text-width.js';
import {PACKAGE} from '../helpers/rig.js';
import {ABOUT, functionProgress, progressOf, taskProgress} from '../helpers/shown-run.js';

const SCREENS = path.join(PACKAGE, 'test/ui/screens');

function loading(): Shown {
  return new RunModel(() => ABOUT, 0).shown({...progressOf([]), isOpen: true}, 800);
}

/** A sweep of quick tasks and a few slow ones, one of which hangs; two have failed, and the jugfile waits. */
function sweep(): Shown {
  const model = new RunModel(() => ({...ABOUT, jugfile: 'sweep.ts', jugdir: 'sweep.jugdata'}), 0);
  model.on({type: 'loaded', function: 'sweep.quick', count: 1200}, 0);
  const at = (finished: number, computed: number, duration: number) => {
    const functions = [
      functionProgress('sweep.quick', {finished: 30_000, computed: 28_800, duration: 700_000}),
      functionProgress('sweep.factoriseWithPatienceAndCare', {
        finished,
        failed: 2,
        running: 2,
        ready: 6 - finished,
        computed,
        duration,
      }),
      functionProgress('sweep.collect', {waiting: 1}),
    ];
    const tasks = [
      taskProgress(
        'sweep.factoriseWithPatienceAndCare(600851475143, { "café": "日本語", deep: true })',
        161_000,
        {worker: 2},
      ),
      taskProgress('sweep.factoriseWithPatienceAndCare(614889782588)', 2000),
    ];
    return progressOf(functions, {tasks, isOpen: true, barriers: ['sweep.ts:12'], elsewhere: 32});
  };
  model.shown(at(2, 2, 20_000), 130_000);
  model.on({type: 'finished', function: 'sweep.factoriseWithPatienceAndCare', count: 2}, 140_000);
  return model.shown(at(4, 4, 44_000), 161_400);
}

/** More functions than there is room for, and more workers; a name that is long beyond measure; the store is away. */
function many(): Shown {
  const model = new RunModel(() => ({...ABOUT, workers: 16}), 0);
  const names = Array.from({length: 17}, (_, i) => `features.${'step'.repeat(i === 3 ? 20 : 1)}${i}`);
  const functions = names.map((name, i) =>
    functionProgress(
      name,
      i < 9 ? {finished: 1000 * (i + 1)} : i < 11 ? {running: 8, ready: 90, finished: 3} : {waiting: 50},
    ),
  );
  const tasks = Array.from({length: 16}, (_, i) =>
    taskProgress(`features.step9(${i})`, 1000 * (i + 1), {worker: i + 1}),
  );
  model.on({type: 'away', reason: 'connect ECONNREFUSED 10.0.0.7:6379', patience: 600_000}, 30_000);
  return model.shown(progressOf(functions, {tasks}), 42_000);
}

const MOMENTS = {loading, sweep, many};

for (const [name, moment] of Object.entries(MOMENTS)) {
  for (const columns of [160, 80, 60, 40]) {
    test(`a run (${name}) in a window of ${columns} columns`, t => {
      const rows = liveRows(
        moment(),
        {columns, rows: 24},
        {memory: 236_000_000, others: {processes: 3, hosts: 2}},
      );
      const text = `${rows.map(row => painted(row, false).trimEnd()).join('\n')}\n`;
      t.true(rows.length <= MOST_ROWS);
      for (const row of rows) t.true(columnsOf(painted(row, false)) <= columns, painted(row, false));
      const file = path.join(SCREENS, `${name}-${columns}.txt`);
      if (process.env.JUG_UPDATE_SCREENS !== undefined) {
        mkdirSync(SCREENS, {recursive: true});
        writeFileSync(file, text);
      }
      t.is(text, readFileSync(file, 'utf8'));
    });
  }
}

test('what is drawn is lower than the window, and no wider, in each that is large enough', t => {
  for (const moment of Object.values(MOMENTS)) {
    const shown = moment();
    for (let {rows} = LEAST_WINDOW; rows < 20; rows++) {
      for (let {columns} = LEAST_WINDOW; columns < 170; columns += 3) {
        const drawn = liveRows(shown, {columns, rows}, {memory: 1});
        t.true(drawn.length < rows && drawn.length <= MOST_ROWS, `${drawn.length} rows of ${rows}`);
        for (const row of drawn) t.true(columnsOf(painted(row, false)) <= columns, `${columns} columns`);
      }
    }
  }
});

test('one failure among a million has a place in the bar', t => {
  const functions = [functionProgress('m.f', {finished: 999_998, failed: 1, running: 1})];
  const shown = new RunModel(() => ABOUT, 0).shown(progressOf(functions), 1000);
  const [, bar] = liveRows(shown, {columns: 80, rows: 24}, {memory: 1});
  t.regex(painted(bar!, false), /^█+▒▓ 99% 999,998\/1,000,000 {2}1 failed/);
});

test('nothing that a task is called with moves the cursor', t => {
  const tasks = [taskProgress("m.f('\u001b[2J\n\u202e')", 1000)];
  const shown = new RunModel(() => ABOUT, 0).shown(
    progressOf([functionProgress('m.f', {running: 1})], {tasks}),
    1,
  );
  const text = liveRows(shown, {columns: 80, rows: 24}, {memory: 1})
    .map(row => painted(row, false))
    .join('');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
  t.notRegex(text, /[\u0000-\u001f\u202e]/);
});
