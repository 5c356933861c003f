// All that is known of one task, as rows: its call and state, why it is in it, what it is made from and what is made from it,
// by whom and when it was computed, and what it failed with.

import {inspect} from 'node:util';
import {formatThrown} from '../../core/failure.js';
import type {TaskId} from '../../graph/graph.js';
import {bytesText, countText, durationText, grouped, timeText} from '../format.js';
import {type Piece, piece, type Row, type Tone} from '../paint.js';
import {plainLine} from '../task-output.js';
import {clipped, columnsOf, onOneLine} from '../text-width.js';
import type {Source} from './source.js';
import {cutTo} from './tab.js';
import {sinceOf} from './task-list.js';
import {processText, stateCell} from './words.js';

/** So many tasks beside it are named. */
const MOST_NEIGHBOURS = 8;
/** Lines of its arguments. */
const MOST_LINES = 12;
/** Columns of the names of facts. */
const NAMES = 11;

export function detailRows(source: Source, id: TaskId, columns: number, now: number): Row[] {
  const task = source.columns.graph.task(id);
  const rows: Row[] = [
    ...wrapped([piece(onOneLine(String(task)), 'strong')], columns),
    ...fact('hash', task.hash, columns),
    ...stateRows(source, id, columns, now),
    ...computedRows(source, id, columns),
    ...argumentRows(task.args, columns),
    ...neighbourRows(source, 'needs', source.columns.graph.dependencies(id), columns),
    ...neighbourRows(source, 'needed by', [...source.columns.graph.dependents(id)].reverse(), columns),
    ...outputRows(source, id, columns),
    ...failureRows(source, id, columns),
  ];
  return rows.map(row => cutTo(row, columns));
}

function stateRows(source: Source, id: TaskId, columns: number, now: number): Row[] {
  const state = source.columns.stateOf(id);
  const {text, tone} = stateCell(state);
  return fact('state', why(source, id, now), columns, [
    piece(state === undefined ? 'not looked at yet' : text, tone),
  ]);
}

/** What its state comes from, in a sentence or none. */
function why(source: Source, id: TaskId, now: number): string {
  const {columns, held, failures} = source;
  const {graph} = columns;
  switch (columns.stateOf(id)) {
    case 'waiting': {
      const open = graph.dependencies(id).filter(other => columns.stateOf(other) !== 'finished');
      const failed = open.filter(other => columns.stateOf(other) === 'failed').length;
      const because = failed > 0 ? `, of which ${grouped(failed)} failed` : '';
      return `: ${grouped(open.length)} of what it needs ${open.length === 1 ? 'is' : 'are'} not finished${because}`;
    }
    case 'running': {
      const since = sinceOf(source, id, now);
      const owner = held.find(one => one.id === id)?.owner;
      const age = since === undefined ? '' : ` for ${durationText(Math.max(0, now - since))}`;
      return `${age}${owner === undefined ? '' : `, by ${processText(owner)}`}`;
    }
    case 'failed':
      return failures.has(id) ? ', see below' : ': what is stored of it cannot be read';
    case 'ready':
      return ': nothing is in its way, no process has it';
    default:
      return '';
  }
}

function computedRows({columns, failures}: Source, id: TaskId, width: number): Row[] {
  const failure = failures.get(id);
  const by = columns.workerOf(id);
  if (failure === undefined && by === undefined) return [];
  const started = failure?.started ?? columns.startedOf(id)!;
  const duration = failure?.duration ?? columns.durationOf(id)!;
  const process = failure ?? columns.processes[by!.process]!;
  const attempt = failure === undefined || failure.attempt === 1 ? '' : `, attempt ${failure.attempt}`;
  const bytes = columns.bytesOf(id);
  return [
    ...fact('started', `${timeText(started)}, took ${durationText(duration)}${attempt}`, width),
    ...fact('by', `${processText(process)}, worker ${failure?.worker ?? by!.worker}`, width),
    ...(bytes === undefined ? [] : fact('size', bytesText(bytes), width)),
  ];
}

function argumentRows(args: readonly unknown[], columns: number): Row[] {
  if (args.length === 0) return fact('arguments', 'none', columns);
  const options = {
    depth: 3,
    maxArrayLength: 20,
    maxStringLength: 400,
    breakLength: Math.max(20, columns - NAMES),
  };
  const lines = args.flatMap(arg => inspect(arg, options).split('\n'));
  const more = lines.length - MOST_LINES;
  const shown = more > 1 ? [...lines.slice(0, MOST_LINES), `and ${countText(more, 'more line')}`] : lines;
  return shown.flatMap((line, place) => fact(place === 0 ? 'arguments' : '', line, columns));
}

function neighbourRows({columns}: Source, name: string, ids: readonly TaskId[], width: number): Row[] {
  if (ids.length === 0) return fact(name, 'none', width);
  // What is not finished says more.
  const open = ids.filter(id => columns.stateOf(id) !== 'finished');
  const chosen = [...open.slice(0, MOST_NEIGHBOURS)];
  for (const id of ids) {
    if (chosen.length >= MOST_NEIGHBOURS) break;
    if (columns.stateOf(id) === 'finished') chosen.push(id);
  }
  const rows = chosen.map(id => {
    const {text, tone} = stateCell(columns.stateOf(id));
    return [
      piece(' '.repeat(NAMES)),
      piece(text.padEnd(9), tone),
      piece(onOneLine(String(columns.graph.task(id)))),
    ];
  });
  const more = ids.length - chosen.length;
  return [
    ...fact(name, countText(ids.length, 'task'), width),
    ...rows,
    ...(more > 0 ? [[piece(`${' '.repeat(NAMES)}and ${grouped(more)} more`, 'quiet')]] : []),
  ];
}

function outputRows(source: Source, id: TaskId, columns: number): Row[] {
  const lines = source.output(id);
  if (lines === undefined || lines.length === 0) return [];
  return lines.flatMap((line, place) => fact(place === 0 ? 'printed' : '', plainLine(line), columns));
}

function failureRows({failures, columns}: Source, id: TaskId, width: number): Row[] {
  const failure = failures.get(id);
  if (failure === undefined || columns.stateOf(id) !== 'failed') return [];
  const lines = formatThrown(failure.error).split('\n');
  return [
    [],
    ...lines.flatMap((line, place) =>
      wrapped([piece(onOneLine(line), place === 0 ? 'bad' : 'plain')], width),
    ),
  ];
}

function fact(name: string, text: string, columns: number, before: readonly Piece[] = []): Row[] {
  return wrapped([piece(name.padEnd(NAMES), 'quiet'), ...before, piece(onOneLine(text))], columns, NAMES);
}

/** On as many rows as it takes; those after the first begin further right. */
function wrapped(pieces: readonly Piece[], columns: number, indent = 2): Row[] {
  const rows: Piece[][] = [[]];
  let left = columns;
  for (const {text, tone} of pieces) {
    let rest = text;
    while (columnsOf(rest) > left && columns > indent + 8) {
      const head = clipped(rest, left + 1).slice(0, -1);
      if (head !== '') rows.at(-1)!.push(piece(head, tone));
      rest = rest.slice(head.length);
      rows.push([piece(' '.repeat(indent))]);
      left = columns - indent;
    }
    rows.at(-1)!.push(piece(rest, tone as Tone));
    left -= columnsOf(rest);
  }
  return rows;
}
