// The first row of a picture, on a line of its own: what there is to be seen until that which draws is loaded.

import {type Canvas, painted, type Row, type Screen} from './paint.js';

const CLEAR_LINE = '\r\u001b[2K';

export function sketch({stream, hasColours}: Screen): Canvas {
  let line = '';
  const show = (): void => void stream.write(`${CLEAR_LINE}${line}`);
  return {
    draw(rows: readonly Row[]) {
      line = painted(rows[0] ?? [], hasColours);
      show();
    },
    above(text) {
      stream.write(`${CLEAR_LINE}${text}`);
      show();
    },
    close: () => void stream.write(CLEAR_LINE),
  };
}
