// Draws rows with nothing but the sequences that move the cursor up and clear lines: what there is to be seen until that
// which draws better is loaded. Does not hide the cursor, so that nothing is to be put right should the process end.

import {type Canvas, painted, type Row, type Screen} from './paint.js';

const CLEAR_LINE = '\u001b[2K';
const UP = '\u001b[1A';

export function sketch({stream, hasColours}: Screen): Canvas {
  let lines: readonly string[] = [];
  /** Back to where the first row begins, all of them cleared. */
  const erased = (): string => `\r${CLEAR_LINE}${`${UP}${CLEAR_LINE}`.repeat(Math.max(0, lines.length - 1))}`;
  return {
    draw(rows: readonly Row[]) {
      const next = rows.map(row => painted(row, hasColours));
      stream.write(erased() + next.join('\n'));
      lines = next;
    },
    above(text) {
      stream.write(erased() + text + lines.join('\n'));
    },
    close() {
      stream.write(erased());
      lines = [];
    },
  };
}
