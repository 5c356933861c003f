// The tab of functions: how many tasks of each are in which state, and how long they take.

import type {CODE, FunctionColumns} from '../../graph/task-columns.js';
import {durationText, grouped} from '../format.js';
import type {Window} from '../live-layout.js';
import {piece, type Row, type Tone} from '../paint.js';
import {clipped, clippedInside, onOneLine} from '../text-width.js';
import {percentText} from '../wording.js';
import {Cursor} from './cursor.js';
import type {Action} from './keys.js';
import type {Source} from './source.js';
import {type Answer, type Cell, headRow, itemRow, type ListColumn, type Tab} from './tab.js';

/** Columns of the longest name that is not cut. */
const LONGEST_NAME = 200;

export class Functions implements Tab {
  readonly title = 'Functions';
  readonly keys = ['enter', 's'];
  readonly #source: Source;
  readonly #cursor = new Cursor();
  #height = 1;
  #order = 0;
  #isReversed = false;

  constructor(source: Source) {
    this.#source = source;
  }

  count(): number | undefined {
    return this.#source.columns.functions.length || undefined;
  }

  rows({columns, rows}: Window, now: number): Row[] {
    const all = this.#ordered();
    this.#height = Math.max(1, rows - 2);
    this.#cursor.fit(all.length, this.#height);
    const {offset, selected} = this.#cursor;
    const seen = all
      .slice(offset, offset + this.#height)
      .map((fn, place) => itemRow(COLUMNS, fn, {columns, isSelected: offset + place === selected, now}));
    const rest = Array.from({length: this.#height - seen.length}, (): Row => []);
    const order = ORDERS[this.#order]!;
    const foot = `  ${all.length === 1 ? '1 function' : `${grouped(all.length)} functions`}  by ${order.title}`;
    return [headRow(COLUMNS, columns), ...seen, ...rest, [piece(clipped(foot, columns), 'quiet')]];
  }

  press(action: Action): Answer {
    if (this.#cursor.move(action)) return 'done';
    switch (action) {
      case 'open': {
        const fn = this.#ordered()[this.#cursor.selected];
        return fn === undefined ? 'done' : {kind: 'tasks', filter: `${fn.name}(`};
      }
      case 'sort':
        this.#order = (this.#order + 1) % ORDERS.length;
        this.#isReversed = false;
        return 'done';
      case 'reverse':
        this.#isReversed = !this.#isReversed;
        return 'done';
      default:
        return 'unknown';
    }
  }

  #ordered(): readonly FunctionColumns[] {
    const {keyOf} = ORDERS[this.#order]!;
    const all = [...this.#source.columns.functions];
    if (keyOf !== undefined) all.sort((a, b) => keyOf(b) - keyOf(a));
    return this.#isReversed ? all.reverse() : all;
  }
}

const ORDERS: readonly {readonly title: string; readonly keyOf?: (fn: FunctionColumns) => number}[] = [
  {title: 'definition'},
  {title: 'total time', keyOf: ({total}) => total},
  {title: 'mean time', keyOf: ({total, measured}) => (measured === 0 ? -1 : total / measured)},
  {title: 'failed', keyOf: ({counts}) => counts.failed},
];

function count(number: number, tone: Tone): Cell {
  return number === 0 ? {text: '·', tone: 'quiet'} : {text: grouped(number), tone};
}

function time(milliseconds: number | undefined): Cell {
  return milliseconds === undefined ? {text: '·', tone: 'quiet'} : {text: durationText(milliseconds)};
}

const COUNTS: readonly (readonly [keyof typeof CODE, Tone, from: number])[] = [
  ['failed', 'bad', 0],
  ['waiting', 'plain', 76],
  ['ready', 'plain', 76],
  ['finished', 'good', 0],
  ['running', 'busy', 56],
];

const COLUMNS: readonly ListColumn<FunctionColumns>[] = [
  {
    title: 'function',
    width: undefined,
    cell: ({name}) => ({text: clippedInside(onOneLine(name), LONGEST_NAME)}),
  },
  ...COUNTS.map(([state, tone, from]) => ({
    title: state,
    width: 9,
    isRight: true,
    from,
    cell: ({counts}: FunctionColumns) => count(counts[state], tone),
  })),
  {
    title: 'done',
    width: 5,
    isRight: true,
    from: 64,
    cell: ({counts, all}) => ({text: percentText(counts.finished, all)}),
  },
  {
    title: 'mean',
    width: 8,
    isRight: true,
    from: 92,
    cell: ({total, measured}) => time(measured === 0 ? undefined : total / measured),
  },
  {
    title: 'total',
    width: 8,
    isRight: true,
    from: 104,
    cell: ({total, measured}) => time(measured === 0 ? undefined : total),
  },
];
