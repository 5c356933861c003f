import test from 'ava';
import {LEAST_WINDOW} from '../../src/ui/live-layout.js';
import {wantsColours} from '../../src/ui/paint.js';
import {canDraw} from '../../src/ui/terminal.js';

const WINDOW = {isTTY: true, columns: 80, rows: 24};

test('it is drawn where a person looks at a window that is large enough', t => {
  const can = (terminal: Parameters<typeof canDraw>[0], env: NodeJS.ProcessEnv = {}): boolean =>
    canDraw(terminal, {TERM: 'xterm', ...env}, LEAST_WINDOW);
  t.true(can(WINDOW));
  t.true(can({...WINDOW, columns: 40, rows: 8}));
  t.false(can({...WINDOW, columns: 39}));
  t.false(can({...WINDOW, rows: 7}));
  t.false(can({...WINDOW, columns: 0, rows: 0}));
  t.false(can({...WINDOW, columns: undefined, rows: undefined}));
  t.false(can({...WINDOW, isTTY: false}));
  t.false(can(WINDOW, {TERM: 'dumb'}));
  t.false(can(WINDOW, {CI: 'true'}));
  t.false(can(WINDOW, {CI_PIPELINE: '7'}));
  t.true(can(WINDOW, {CI: 'false'}));
});

test('colours: the command line counts most, then NO_COLOR, then FORCE_COLOR, then the terminal', t => {
  t.true(wantsColours('always', {NO_COLOR: '1'}, () => 1));
  t.false(wantsColours('never', {FORCE_COLOR: '3'}, () => 24));
  t.false(wantsColours('auto', {NO_COLOR: '1', FORCE_COLOR: '1'}, () => 24));
  t.true(wantsColours('auto', {NO_COLOR: '', FORCE_COLOR: '1'}, () => 1));
  t.false(wantsColours('auto', {FORCE_COLOR: '0'}, () => 24));
  t.true(wantsColours('auto', {}, () => 4));
  t.false(wantsColours('auto', {}, () => 1));
});
