// The tab of workers: what each was at, from left to right through a stretch of time, a letter a function; and what
// processes hold now. Of other processes, the store tells which worker a task was computed by when it is finished.

import type {TaskId} from '../../graph/graph.js';
import {countText, durationText} from '../amounts.js';
import {clipped, columnsOf, onOneLine, padded, paddedLeft} from '../cells.js';
import type {Window} from '../live-layout.js';
import {type Piece, piece, type Row, type Tone} from '../paint.js';
import {Cursor} from './cursor.js';
import type {Action} from './keys.js';
import type {Source} from './source.js';
import {type Answer, cutTo, type Tab} from './tab.js';
import {momentText, processText} from './words.js';

/** Milliseconds that are shown, and the least and most of them. */
const FIRST_SPAN_MS = 60_000;
const LEAST_SPAN_MS = 1000;
const MOST_SPAN_MS = 7 * 86_400_000;
/** Milliseconds between two of them while something runs. */
const LEAST_STEP_MS = 500;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const TONES: readonly Tone[] = ['busy', 'good', 'warning', 'strong', 'plain'];
const FAILED = '✗';
const IDLE = '·';
const NOBODY = 0;
const FAILED_CELL = -1;

interface Lane {
  readonly process: number;
  readonly worker: number | undefined;
  /** Of each cell: the number of the function and one, or NOBODY. */
  readonly cells: Int32Array;
  /** Milliseconds of the longest stay in each. */
  readonly stays: Float64Array;
  busy: number;
  now: string;
}

export class Workers implements Tab {
  readonly title = 'Workers';
  readonly keys = ['←'];
  readonly #source: Source;
  readonly #cursor = new Cursor();
  #span = FIRST_SPAN_MS;
  /** Milliseconds since 1970 at the right; `undefined`: now, or when the last task ended. */
  #end: number | undefined;
  #lanesKey = '';
  #lanesNow: Lane[] = [];

  constructor(source: Source) {
    this.#source = source;
  }

  rows({columns, rows}: Window, now: number): Row[] {
    const names = Math.min(24, Math.max(10, Math.floor(columns / 4)));
    const tail = columns >= 100 ? 36 : 6;
    const width = Math.max(4, columns - names - tail - 2);
    const end = this.#end ?? this.#last(now);
    const lanes = this.#lanesAt(end, width, now);
    const body = Math.max(1, rows - 2);
    this.#cursor.fit(lanes.length, body);
    const seen = lanes.slice(this.#cursor.offset, this.#cursor.offset + body).map((lane): Row => {
      const name = this.#nameOf(lane);
      const share = `${Math.min(100, Math.round((lane.busy / this.#span) * 100))}%`;
      return cutTo(
        [
          piece(padded(clipped(name, names), names)),
          piece(' '),
          ...this.#cellsOf(lane),
          piece(paddedLeft(share, 5), 'quiet'),
          ...(tail > 6 ? [piece(`  ${clipped(onOneLine(lane.now), tail - 8)}`)] : []),
        ],
        columns,
      );
    });
    if (lanes.length === 0)
      seen.push([
        piece(clipped('  no task was computed in this time; ← goes back, - shows more', columns), 'quiet'),
      ]);
    const rest = Array.from({length: Math.max(0, body - seen.length)}, (): Row => []);
    return [this.#headRow(columns, end, now), ...seen, ...rest, this.#legend(columns)];
  }

  press(action: Action): Answer {
    const end = this.#end ?? this.#last(Date.now());
    switch (action) {
      case 'earlier':
        this.#end = end - this.#span / 4;
        return 'done';
      case 'later':
        this.#end = end + this.#span / 4;
        if (this.#end >= this.#last(Date.now())) this.#end = undefined;
        return 'done';
      case 'closer':
        this.#span = Math.max(LEAST_SPAN_MS, this.#span / 2);
        return 'done';
      case 'further':
        this.#span = Math.min(MOST_SPAN_MS, this.#span * 2);
        return 'done';
      case 'now':
        this.#end = undefined;
        return 'done';
      default:
        return this.#cursor.move(action) ? 'done' : 'unknown';
    }
  }

  /** Where nobody is at work, the end of what was last computed: what is over is to be seen, too. */
  #last(now: number): number {
    const {held, columns, failures} = this.#source;
    if (held.length > 0 || this.#source.atWork().length > 0) return now;
    let last = columns.lastEnd ?? 0;
    for (const {started, duration} of failures.values()) last = Math.max(last, started + duration);
    return last === 0 ? now : last;
  }

  /** Made anew when something has changed, and at most so often that it can be afforded. */
  #lanesAt(end: number, width: number, now: number): Lane[] {
    const step = Math.max(LEAST_STEP_MS, this.#span / width / 2);
    const key = `${this.#source.version} ${this.#span} ${width} ${Math.floor(end / step)}`;
    if (key !== this.#lanesKey) this.#lanesNow = this.#lanes(end, width, now);
    this.#lanesKey = key;
    return this.#lanesNow;
  }

  #lanes(end: number, width: number, now: number): Lane[] {
    const {columns, failures} = this.#source;
    const begin = end - this.#span;
    const lanes = new Map<number, Lane>();
    const laneOf = (process: number, worker: number | undefined): Lane => {
      const key = process * 2 ** 17 + (worker ?? 2 ** 16);
      const found = lanes.get(key);
      if (found !== undefined) return found;
      const cells = new Int32Array(width);
      const lane: Lane = {process, worker, cells, stays: new Float64Array(width), busy: 0, now: ''};
      lanes.set(key, lane);
      return lane;
    };
    const stay = (lane: Lane, cell: number, from: number, to: number): void => {
      const [left, right] = [Math.max(from, begin), Math.min(to, end)];
      if (right < left) return;
      lane.busy += right - left;
      const step = this.#span / width;
      const first = Math.max(0, Math.floor((left - begin) / step));
      for (let at = first; at < width && begin + at * step <= right; at++) {
        const here = Math.min(right, begin + (at + 1) * step) - Math.max(left, begin + at * step);
        if (here <= lane.stays[at]! && cell !== FAILED_CELL && lane.cells[at] !== NOBODY) continue;
        lane.stays[at] = here;
        lane.cells[at] = cell;
      }
    };
    columns.between(begin, end, (process, worker, fn, started, duration) =>
      stay(laneOf(process, worker), fn + 1, started, started + duration),
    );
    for (const {started, duration, host, pid, worker} of failures.values()) {
      if (started > end || started + duration < begin) continue;
      stay(laneOf(columns.processNumber({host, pid}), worker), FAILED_CELL, started, started + duration);
    }
    this.#running(laneOf, stay, now);
    return [...lanes.values()].sort(
      (a, b) => a.process - b.process || (a.worker ?? Number.MAX_VALUE) - (b.worker ?? Number.MAX_VALUE),
    );
  }

  #running(
    laneOf: (process: number, worker: number | undefined) => Lane,
    stay: (lane: Lane, cell: number, from: number, to: number) => void,
    now: number,
  ): void {
    const {columns, held} = this.#source;
    const own = this.#source.atWork();
    const here = new Set(own.map(({id}) => id));
    const byProcess = new Map<number, {since: number; count: number; id: TaskId}>();
    for (const {id, since, owner} of held) {
      const process = columns.processNumber({host: owner.host, pid: owner.pid});
      const at = own.find(one => one.id === id);
      if (at !== undefined) {
        const lane = laneOf(process, at.worker);
        stay(lane, columns.functionOf(id) + 1, now - at.age, now);
        lane.now = `${String(columns.graph.task(id))} ${durationText(at.age)}`;
        continue;
      }
      if (here.size > 0 && process === columns.processNumber(this.#source.here())) continue;
      const sum = byProcess.get(process);
      if (sum === undefined) byProcess.set(process, {since, count: 1, id});
      else sum.count++;
    }
    for (const [process, {since, count, id}] of byProcess) {
      const lane = laneOf(process, undefined);
      stay(lane, columns.functionOf(id) + 1, since, now);
      const more = count === 1 ? '' : ` and ${count - 1} more`;
      lane.now = `${String(columns.graph.task(id))} ${durationText(Math.max(0, now - since))}${more}`;
    }
  }

  #nameOf({process, worker}: Lane): string {
    const name = processText(this.#source.columns.processes[process]!);
    return onOneLine(worker === undefined ? `${name} holds` : `${name} w${worker}`);
  }

  #cellsOf({cells}: Lane): Piece[] {
    const pieces: Piece[] = [];
    for (const cell of cells) {
      const [text, tone] = cellOf(cell);
      const last = pieces.at(-1);
      if (last?.tone === tone) pieces[pieces.length - 1] = piece(last.text + text, tone);
      else pieces.push(piece(text, tone));
    }
    return pieces;
  }

  #headRow(columns: number, end: number, now: number): Row {
    const begin = momentText(end - this.#span, now);
    const text = `  ${durationText(this.#span)} from ${begin} to ${momentText(end, now)}${this.#end === undefined ? '' : '  (0: now)'}`;
    return [piece(clipped(text, columns), 'quiet')];
  }

  #legend(columns: number): Row {
    const {functions} = this.#source.columns;
    const pieces: Piece[] = [piece('  ')];
    let left = columns - 30;
    for (const [number, {name}] of functions.entries()) {
      const [letter, tone] = cellOf(number + 1);
      const text = ` ${onOneLine(name)}  `;
      left -= columnsOf(text) + 1;
      if (left < 0) {
        pieces.push(piece(`and ${countText(functions.length - number, 'more function')}  `, 'quiet'));
        break;
      }
      pieces.push(piece(letter, tone), piece(text, 'quiet'));
    }
    pieces.push(piece(FAILED, 'bad'), piece(' failed  · idle', 'quiet'));
    return cutTo(pieces, columns);
  }
}

function cellOf(cell: number): readonly [text: string, tone: Tone] {
  if (cell === NOBODY) return [IDLE, 'quiet'];
  if (cell === FAILED_CELL) return [FAILED, 'bad'];
  return [LETTERS[(cell - 1) % LETTERS.length]!, TONES[(cell - 1) % TONES.length]!];
}
