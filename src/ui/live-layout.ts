// The compact picture of a run, as rows of text: a header, how far it is, the functions, what runs, and others. Pure; at most
// MOST_ROWS rows, none wider than the window.

import {bytesText, clockText, countText, durationText, grouped, rateText} from './format.js';
import type {Shown, ShownFunction, ShownTask} from './model.js';
import {type Piece, piece, type Row, type Tone} from './paint.js';
import {clipped, clippedInside, columnsOf, onOneLine, padded, paddedLeft} from './text-width.js';
import {leftText, percentText} from './wording.js';

export interface Window {
  readonly columns: number;
  readonly rows: number;
}

/** What is shown beside the run itself. */
export interface Beside {
  /** Bytes that this process takes, its workers included. */
  readonly memory: number;
  /** Other processes that are at work on the same results, and on how many hosts. */
  /** Whether keys are read. */
  readonly hasKeys?: boolean;
  readonly others?: {readonly processes: number; readonly hosts: number} | undefined;
}

export const MOST_ROWS = 14;
/** A window that has less of either is too small to draw in. */
export const LEAST_WINDOW: Window = {columns: 40, rows: 8};

const MOST_FUNCTIONS = 5;
const MOST_TASKS = 3;
/** Columns of the longest name that is not cut. */
const MOST_NAME = 40;

export function liveRows(shown: Shown, window: Window, beside: Beside): Row[] {
  const {columns} = window;
  const height = Math.min(MOST_ROWS, window.rows - 1);
  const head = [headRow(shown, columns), barRow(shown, columns)];
  const foot = [footRow(shown, columns, beside)];
  let room = height - head.length - foot.length;
  const running = taskRows(shown, columns, Math.min(MOST_TASKS, Math.max(1, Math.floor(room / 3))));
  room -= running.length;
  return [...head, ...functionRows(shown, columns, room), ...running, ...foot];
}

function headRow({about, elapsed, left, phase}: Shown, columns: number): Row {
  const time = clockText(elapsed);
  const rest = phase === 'stopping' ? 'stopping' : left === undefined ? '' : leftText(left);
  const right = [rest, time].filter(text => text !== '').join('  ');
  const room = columns - columnsOf(right) - 2;
  const words = [
    piece(onOneLine(about.jugfile), 'strong'),
    piece(`  ${countText(about.workers, 'worker')}`, 'quiet'),
    piece(`  ${onOneLine(about.jugdir)}`, 'quiet'),
  ];
  const pieces = fitting(words, room);
  return [
    ...pieces,
    gap(pieces, columns - columnsOf(right)),
    piece(right, phase === 'stopping' ? 'warning' : 'plain'),
  ];
}

export function barRow(shown: Shown, columns: number): Row {
  const {all, finished, failed, running, loaded, grown, away, rate, isOpen} = shown;
  if (away !== undefined) {
    const text = `waiting for the store for ${durationText(away.since)}: ${onOneLine(away.reason)}`;
    return [piece(clipped(text, columns), 'warning')];
  }
  if (all === 0) return [piece(clipped('no tasks yet: the jugfile is being evaluated', columns), 'quiet')];
  const count = `${grouped(finished)}/${grouped(all)}${isOpen ? '+' : ''}`;
  const words = [
    piece(` ${percentText(finished, all)} `, 'strong'),
    piece(count),
    ...(failed === 0 ? [] : [piece(`  ${grouped(failed)} failed`, 'bad')]),
    ...(grown === 0 ? [] : [piece(`  +${grouped(grown)} tasks`, 'busy')]),
    piece(`  ${rateText(rate)}`, 'quiet'),
    ...(loaded === 0 ? [] : [piece(`  ${grouped(loaded)} before`, 'quiet')]),
  ];
  const least = Math.min(20, Math.floor(columns / 4));
  const pieces = fitting(words, columns - least);
  return [...bar({all, finished, failed, running}, columns - widthOf(pieces)), ...pieces];
}

interface Parts {
  readonly all: number;
  readonly finished: number;
  readonly failed: number;
  readonly running: number;
}

/** What failed and what runs has a cell at least: one of a million is not to vanish. */
function bar({all, finished, failed, running}: Parts, columns: number): Row {
  const cells = (count: number): number =>
    count === 0 ? 0 : Math.max(1, Math.floor((count / Math.max(1, all)) * columns));
  const bad = Math.min(cells(failed), columns);
  const busy = Math.min(cells(running), columns - bad);
  const good = Math.min(
    finished === all ? columns : Math.floor((finished / Math.max(1, all)) * columns),
    columns - bad - busy,
  );
  return [
    piece('█'.repeat(good), 'good'),
    piece('▒'.repeat(busy), 'busy'),
    piece('▓'.repeat(bad), 'bad'),
    piece('░'.repeat(columns - good - busy - bad), 'quiet'),
  ];
}

interface Column {
  readonly title: string;
  readonly width: number;
  text(fn: ShownFunction): string;
  tone(fn: ShownFunction): Tone;
}

const number = (title: string, count: (fn: ShownFunction) => number, tone: Tone): Column => ({
  title,
  width: 9,
  text: fn => (count(fn) === 0 ? '·' : grouped(count(fn))),
  tone: fn => (count(fn) === 0 ? 'quiet' : tone),
});

/** The most important ones first: a narrow window has only those. */
const COLUMNS: readonly Column[] = [
  {title: 'done', width: 9, text: ({finished}) => grouped(finished), tone: () => 'good'},
  {title: 'of', width: 9, text: ({all}) => grouped(all), tone: () => 'plain'},
  number('running', ({running}) => running, 'busy'),
  number('failed', ({failed}) => failed, 'bad'),
  {
    title: 'mean',
    width: 9,
    text: ({mean}) => (mean === undefined ? '·' : durationText(mean)),
    tone: ({mean}) => (mean === undefined ? 'quiet' : 'plain'),
  },
  number('ready', ({ready}) => ready, 'plain'),
  number('waiting', ({waiting}) => waiting, 'plain'),
];
/** In which they stand, from the left. */
const ORDER = ['done', 'of', 'running', 'ready', 'waiting', 'failed', 'mean'];
const BAR = 20;

export function functionRows(
  {functions}: Shown,
  columns: number,
  room: number,
  limit = MOST_FUNCTIONS,
): Row[] {
  if (functions.length === 0 || room < 2) return [];
  const most = Math.min(limit, room - 1);
  const isFolded = functions.length > most;
  const chosen = isFolded ? mostTelling(functions, most - 1) : functions;
  const longest = Math.max(8, ...chosen.map(({name}) => columnsOf(onOneLine(name))));
  const name = Math.min(longest, MOST_NAME, Math.max(12, columns - 3 * 9));
  const shown = COLUMNS.slice(0, Math.max(1, Math.floor((columns - name) / 9)));
  const ordered = [...shown].sort((a, b) => ORDER.indexOf(a.title) - ORDER.indexOf(b.title));
  const hasBar = columns - name - ordered.length * 9 >= BAR + 2;
  const rows = chosen.map((fn): Row => {
    return [
      piece(padded(clippedInside(onOneLine(fn.name), name), name)),
      ...(hasBar ? [piece('  '), ...bar(fn, BAR)] : []),
      ...ordered.map(column => piece(paddedLeft(column.text(fn), column.width), column.tone(fn))),
    ];
  });
  const titles = ordered.map(({title, width}) => paddedLeft(title, width)).join('');
  const head = padded('function', name + (hasBar ? BAR + 2 : 0)) + titles;
  return [[piece(head, 'quiet')], ...rows, ...(isFolded ? [foldedRow(functions, chosen, columns)] : [])];
}

/** Those that run, failed, or have begun go before those that have not, and these before those that are complete. */
function mostTelling(functions: readonly ShownFunction[], most: number): ShownFunction[] {
  const rank = ({all, finished, running, failed, ready}: ShownFunction): number =>
    running > 0 ? 0 : failed > 0 ? 1 : finished < all && ready > 0 ? 2 : finished < all ? 3 : 4;
  const chosen = new Set([...functions].sort((a, b) => rank(a) - rank(b)).slice(0, most));
  return functions.filter(fn => chosen.has(fn));
}

function foldedRow(
  functions: readonly ShownFunction[],
  chosen: readonly ShownFunction[],
  columns: number,
): Row {
  const rest = functions.filter(fn => !chosen.includes(fn));
  const complete = rest.filter(({all, finished}) => all === finished).length;
  const text = `and ${countText(rest.length, 'more function')}${complete === 0 ? '' : `, ${complete} complete`}`;
  return [piece(clipped(text, columns), 'quiet')];
}

export function taskRows({tasks}: Shown, columns: number, most: number): Row[] {
  const rows = tasks.slice(0, most).map(task => taskRow(task, columns));
  const more = tasks.length - rows.length;
  if (more > 0 && rows.length > 0) {
    const last = rows.pop()!;
    const text = `  +${more}`;
    const cut = fitting([...last], columns - text.length);
    rows.push([...cut, gap(cut, columns - text.length), piece(text, 'quiet')]);
  }
  return rows;
}

function taskRow({task, age, worker, mean, isSlow}: ShownTask, columns: number): Row {
  const usual = isSlow ? `, usually ${durationText(mean!)}` : '';
  const right = `  ${durationText(age)}${usual}`;
  const left = worker === undefined ? '▸ ' : `▸ w${worker} `;
  const room = columns - columnsOf(left) - columnsOf(right);
  return [
    piece(left, isSlow ? 'warning' : 'busy'),
    piece(clipped(onOneLine(task), room)),
    piece(right, isSlow ? 'warning' : 'quiet'),
  ];
}

function footRow(
  {elsewhere, barriers, running, about}: Shown,
  columns: number,
  {memory, others, hasKeys = false}: Beside,
): Row {
  const words = [
    `${running}/${about.workers} busy`,
    ...othersText(elsewhere, others),
    ...(barriers.length === 0 ? [] : [`the jugfile waits at ${onOneLine(barriers[0]!)}`]),
    `memory ${bytesText(memory)}`,
    hasKeys ? 't full screen  ctrl-c stops' : 'ctrl-c stops',
  ];
  return fitting(
    words.map((text, place) => piece(place === 0 ? text : `  ${text}`, 'quiet')),
    columns,
  );
}

/** `2 other processes on 2 hosts`, and how many of their tasks this run has met. */
function othersText(
  elsewhere: number,
  {processes, hosts}: NonNullable<Beside['others']> = NO_OTHERS,
): string[] {
  const met = elsewhere === 0 ? [] : [`${grouped(elsewhere)} held by others`];
  if (processes === 0) return met;
  const noun = processes === 1 ? '1 other process' : `${processes} other processes`;
  return [hosts > 1 ? `${noun} on ${hosts} hosts` : noun, ...met];
}

const NO_OTHERS = {processes: 0, hosts: 0};

/** As many of them, from the first, as there is room for; the first is cut if need be. */
function fitting(pieces: readonly Piece[], columns: number): Piece[] {
  const taken: Piece[] = [];
  let left = columns;
  for (const {text, tone} of pieces) {
    const width = columnsOf(text);
    if (width > left) {
      if (taken.length === 0 || left > 12) taken.push(piece(clipped(text, left), tone));
      break;
    }
    taken.push(piece(text, tone));
    left -= width;
  }
  return taken;
}

function widthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, {text}) => sum + columnsOf(text), 0);
}

/** What brings the row up to so many columns. */
function gap(pieces: readonly Piece[], columns: number): Piece {
  return piece(' '.repeat(Math.max(0, columns - widthOf(pieces))));
}
