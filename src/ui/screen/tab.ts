// What every tab of the full screen is. Types, and how a list is laid out on rows.

import type {TaskId} from '../../graph/graph.js';
import type {Window} from '../live-layout.js';
import {type Piece, piece, type Row, type Tone} from '../paint.js';
import {clipped, columnsOf, padded, paddedLeft} from '../text-width.js';
import type {Action} from './keys.js';
import type {Effect} from './source.js';

/** What a key has come to in a tab: nothing, another picture, or more than that. */
export type Answer =
  | 'unknown'
  | 'done'
  /** The tasks of one function, in the tab of tasks. */
  | {readonly kind: 'tasks'; readonly filter: string}
  | Effect;

export interface Tab {
  readonly title: string;
  /** Behind its title; `undefined`: nothing worth saying. */
  count?(): number | undefined;
  /** Keys that mean something here beside those of every tab, by the first of their line in the table. */
  readonly keys: readonly string[];
  /** At most as many rows as the window has, none wider. `now`: milliseconds since 1970. */
  rows(window: Window, now: number): Row[];
  press(action: Action): Answer;
  /** Whether what is shown is not the last word; `work` makes it so, for so many milliseconds, and answers whether it is another now. */
  isAtWork?(): boolean;
  work?(milliseconds: number, now: () => number): boolean;
  /** The task that is selected. */
  selected?(): TaskId | undefined;
  /** Those that are shown with it, or are like it. */
  alike?(): readonly TaskId[];
  /** Words by which its tasks are filtered, and how to say others; without it, they are not. */
  readonly filter?: {readonly text: string; by(text: string): void};
}

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

export interface ListColumn<Item> {
  readonly title: string;
  /** Columns, perhaps by those of the window; `undefined`: all that is left. */
  readonly width: number | ((columns: number) => number) | undefined;
  readonly isRight?: boolean;
  /** A window of fewer columns has not this one. */
  readonly from?: number;
  cell(item: Item, now: number): Cell;
}

const GAP = 2;
/** Before each row: which is selected. */
const MARK = 2;

/** The columns that a window has room for, and how wide each is. */
function fitted<Item>(
  all: readonly ListColumn<Item>[],
  columns: number,
): readonly (readonly [ListColumn<Item>, number])[] {
  const chosen = all
    .filter(({from = 0}) => columns >= from)
    .map(column => {
      const {width} = column;
      return [column, typeof width === 'function' ? width(columns) : width] as const;
    });
  const fixed = chosen.reduce((sum, [, width = 0]) => sum + width, 0) + GAP * (chosen.length - 1) + MARK;
  return chosen.map(([column, width = Math.max(1, columns - fixed)]) => [column, width] as const);
}

export function headRow<Item>(all: readonly ListColumn<Item>[], columns: number): Row {
  const cells = fitted(all, columns).map(([{title, isRight = false}, width]) =>
    isRight ? paddedLeft(clipped(title, width), width) : padded(clipped(title, width), width),
  );
  return [piece(clipped(`${' '.repeat(MARK)}${cells.join(' '.repeat(GAP))}`, columns), 'quiet')];
}

export function itemRow<Item>(
  all: readonly ListColumn<Item>[],
  item: Item,
  {columns, isSelected, now}: {readonly columns: number; readonly isSelected: boolean; readonly now: number},
): Row {
  const pieces: Piece[] = [piece(isSelected ? '▸ ' : '  ', isSelected ? 'strong' : 'plain')];
  for (const [place, [column, width]] of fitted(all, columns).entries()) {
    const {text, tone = 'plain'} = column.cell(item, now);
    const cut = clipped(text, width);
    if (place > 0) pieces.push(piece(' '.repeat(GAP)));
    pieces.push(piece(column.isRight === true ? paddedLeft(cut, width) : padded(cut, width), tone));
  }
  return isSelected ? [piece(textOf(pieces, columns), 'selected')] : cutTo(pieces, columns);
}

function textOf(pieces: readonly Piece[], columns: number): string {
  return padded(clipped(pieces.map(({text}) => text).join(''), columns), columns);
}

/** As much of them as there is room for. */
export function cutTo(pieces: readonly Piece[], columns: number): Row {
  const row: Piece[] = [];
  let left = columns;
  for (const {text, tone} of pieces) {
    if (left <= 0) break;
    const width = columnsOf(text);
    row.push(piece(width > left ? clipped(text, left) : text, tone));
    left -= width;
  }
  return row;
}
