import test from 'ava';
import {printedText} from '../../src/ui/task-output.js';

const shown = (line: string, hasColours = false): string =>
  printedText({task: 'm.f(1)', worker: 2, lines: [line]}, hasColours);

test('each line has the name of its task, or of the worker where it is of none', t => {
  t.is(
    printedText({task: 'm.f(1)', worker: 2, lines: ['one', '', 'two']}, false),
    'm.f(1) | one\nm.f(1) |\nm.f(1) | two\n',
  );
  t.is(printedText({task: undefined, worker: 2, lines: ['one']}, false), 'worker 2 | one\n');
});

test('a long name is clipped', t => {
  const text = printedText({task: `m.f('${'x'.repeat(100)}')`, worker: 2, lines: ['one']}, false);
  t.regex(text, /^.{59}… \| one\n$/);
});

test('nothing that a task prints moves the cursor, wipes the screen, or sets a title', t => {
  for (const bad of [
    '\u001b[2J',
    '\u001b[1A',
    '\u001b[?25l',
    '\u001b]0;title\u0007',
    '\u001bc',
    '\u0007',
    '\b',
    '\u009b2J',
  ])
    for (const hasColours of [false, true])
      t.false(shown(`a${bad}b`, hasColours).includes(bad), JSON.stringify(bad));
  t.is(shown('a\u001b[2Jb\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\'), 'm.f(1) | ablink\n');
  t.is(shown('a\tb'), 'm.f(1) | a\tb\n');
});

test("a task's colours are there where there are colours, and end with the line", t => {
  t.is(shown('\u001b[31mred'), 'm.f(1) | red\n');
  t.regex(shown('\u001b[31mred', true), /red/);
  t.regex(shown('plain', true), / plain\n$/);
});
