// What tasks print, as it is shown: each line with the name of its task, and nothing in it that would move the cursor.

import type {Printed} from '../graph/events.js';
import {painted, piece} from './paint.js';
import {clipped, onOneLine} from './text-width.js';

/** Columns of a name. */
const WIDEST = 60;
const RESET = '\u001b[0m';

/** Whole lines, with their ends. */
export function printedText({task, worker, lines}: Printed, hasColours: boolean): string {
  const name = task === undefined ? `worker ${worker}` : clipped(onOneLine(task), WIDEST);
  const prefix = painted([piece(name, 'busy'), piece(' |', 'quiet')], hasColours);
  return lines
    .map(line => `${prefix} ${shown(line, hasColours)}`.trimEnd())
    .join('\n')
    .concat('\n');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
const COLOUR = /^\u001b\[[\d;:]*m$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const CONTROLS = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;

/** Without colours, and all that would move the cursor. */
export function plainLine(line: string): string {
  return shown(line, false);
}

/** Its colours stay where there are colours, and end with the line. */
function shown(line: string, hasColours: boolean): string {
  let isColoured = false;
  const text = line.replace(CONTROLS, '').replace(ESCAPES, sequence => {
    if (!hasColours || !COLOUR.test(sequence)) return '';
    isColoured = true;
    return sequence;
  });
  return isColoured ? `${text}${RESET}` : text;
}
