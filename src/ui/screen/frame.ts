// What stands around a tab: the run and the tabs above, keys, a question or what is typed below, and help. Pure.

import {barRow, type Window} from '../live-layout.js';
import {type Piece, piece, type Row} from '../paint.js';
import {clipped, columnsOf, onOneLine, padded} from '../text-width.js';
import {leftText} from '../wording.js';
import {KEY_LINES} from './keys.js';
import type {Source} from './source.js';
import {cutTo, type Tab} from './tab.js';

/** From so many columns on, details stand beside their list; else over it. */
const WIDE = 110;

export function headRows(source: Source, tabs: readonly Tab[], selected: number, columns: number): Row[] {
  const shown = source.shown();
  return [titleRow(source, columns), barRow(shown, columns), tabRow(tabs, selected, columns)];
}

function titleRow(source: Source, columns: number): Row {
  const {about, left, phase} = source.shown();
  const share = source.looking;
  const right =
    share === undefined
      ? phase === 'stopping'
        ? 'stopping'
        : left === undefined
          ? ''
          : leftText(left)
      : `looking at the store: ${Math.floor(share * 100)}%`;
  const room = Math.max(1, columns - columnsOf(right) - 2);
  const words = [
    piece(onOneLine(about.jugfile), 'strong'),
    piece(`  ${source.people()}`, 'quiet'),
    piece(`  ${onOneLine(about.jugdir)}`, 'quiet'),
  ];
  const row = cutTo(words, room);
  const width = row.reduce((sum, {text}) => sum + columnsOf(text), 0);
  return [...row, piece(' '.repeat(Math.max(0, columns - width - columnsOf(right)))), piece(right)];
}

function tabRow(tabs: readonly Tab[], selected: number, columns: number): Row {
  const words = tabs.map((tab, place) => {
    const count = tab.count?.();
    return {
      long: `${place + 1} ${tab.title}${count === undefined ? '' : ` ${count}`}`,
      short: `${place + 1}`,
    };
  });
  const isWide = words.reduce((sum, {long}) => sum + columnsOf(long) + 3, 0) <= columns;
  const pieces: Piece[] = words.flatMap(({long, short}, place) => {
    const isSelected = place === selected;
    const text = isWide || isSelected ? long : short;
    // Without colours, too, it is to be seen which it is.
    return [piece(isSelected ? `[${text}]` : ` ${text} `, isSelected ? 'strong' : 'quiet'), piece(' ')];
  });
  return cutTo(pieces, columns);
}

/** A tab, and what was opened in it: beside it, or over it. */
export function bodyRows({
  columns,
  rows,
  main,
  beside,
}: Window & {
  readonly main: (window: Window) => Row[];
  readonly beside: ((columns: number) => Row[]) | undefined;
}): Row[] {
  if (beside === undefined) return main({columns, rows});
  if (columns < WIDE) return beside(columns);
  const width = Math.floor(columns * 0.45);
  const left = main({columns: columns - width - 3, rows});
  const right = beside(width);
  return Array.from({length: rows}, (_, place): Row => {
    const row = left[place] ?? [];
    const used = row.reduce((sum, {text}) => sum + columnsOf(text), 0);
    const gap = piece(' '.repeat(Math.max(0, columns - width - 3 - used)));
    return [...row, gap, piece(' │ ', 'quiet'), ...(right[place] ?? [])];
  });
}

export interface Foot {
  readonly columns: number;
  /** Of the tab. */
  readonly keys: readonly string[];
  readonly typed: string | undefined;
  readonly question: string | undefined;
  readonly message: string | undefined;
}

/** What is typed, asked or said; else what keys there are. */
export function footRow({columns, keys, typed, question, message}: Foot): Row {
  if (question !== undefined) {
    const answers = ' y/n';
    return [piece(`${clipped(question, columns - answers.length)}${answers}`, 'warning')];
  }
  if (typed !== undefined) {
    const cursor = '█';
    const room = columns - 2;
    const text = onOneLine(typed);
    const end = columnsOf(text) > room ? `…${[...text].slice(-(room - 1)).join('')}` : text;
    const hint = typed === '' ? '  part of a call or hash, or failed, waiting, ready, finished, running' : '';
    return cutTo([piece('/', 'strong'), piece(end), piece(cursor, 'quiet'), piece(hint, 'quiet')], columns);
  }
  if (message !== undefined) return [piece(clipped(onOneLine(message), columns), 'busy')];
  const shown = ['j', ...keys, 'x', '?', 'q'];
  const pieces = KEY_LINES.filter(
    ({keys: [first], brief}) => brief !== undefined && shown.includes(first!),
  ).flatMap(({keys: all, brief}) => [
    piece(all[0] === 'j' ? 'j/k' : all[0]!, 'strong'),
    piece(` ${brief}  `, 'quiet'),
  ]);
  return fittingPairs(pieces, columns);
}

/** As many of them as there is room for, whole; the last is how to leave. */
function fittingPairs(pieces: readonly Piece[], columns: number): Row {
  const pairs: Piece[][] = [];
  for (let place = 0; place < pieces.length; place += 2) pairs.push(pieces.slice(place, place + 2));
  const width = (pair: readonly Piece[]): number => pair.reduce((sum, {text}) => sum + columnsOf(text), 0);
  while (pairs.length > 2 && pairs.reduce((sum, pair) => sum + width(pair), 0) > columns)
    pairs.splice(pairs.length - 3, 1);
  return cutTo(pairs.flat(), columns);
}

/** Columns of the keys. */
const KEYS = 26;
const NARROW = 64;

export function helpRows(columns: number): Row[] {
  const rows = KEY_LINES.flatMap(({keys, does}): Row[] => {
    const names = `  ${keys.join(' ')}`;
    // In a narrow window, what a key does stands below it.
    if (columns < NARROW)
      return [[piece(names, 'strong')], ...broken(does, columns - 6).map(line => [piece(`      ${line}`)])];
    return broken(does, columns - KEYS - 1).map((line, place) => [
      piece(padded(place === 0 ? names : '', KEYS), 'strong'),
      piece(` ${line}`),
    ]);
  }).map(row => cutTo(row, columns));
  return [[piece('  Keys', 'quiet')], ...rows, [], [piece('  any other key goes back', 'quiet')]];
}

/** In lines of so many columns, between words. */
function broken(text: string, columns: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)}${lines.at(-1) === '' ? '' : ' '}${word}`;
    if (columnsOf(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
