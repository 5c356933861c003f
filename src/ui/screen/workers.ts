// The tab of workers: what each was at, from left to right through a stretch of time, a letter a function; and what
// processes hold now. Of other processes, the store tells which worker a task was computed by when it is finished.

import type {TaskId} from '../../graph/graph.js';
import {countText, durationText} from '../format.js';
import type {Window} from '../live-layout.js';
import {type Piece, piece, type Row, type Tone} from '../paint.js';
import {clipped, columnsOf, onOneLine, padded, paddedLeft} from '../text-width.js';
import {Cursor} from './cursor.js';
import type {Action} from './keys.js';
import {FAILED_CELL, type Lane, Lanes, NOBODY} from './lanes.js';
import type {Source} from './source.js';
import {type Answer, cutTo, type Tab} from './tab.js';
import {momentText, processText} from './words.js';

/** Milliseconds that are shown, and the least and most of them. */
const FIRST_SPAN_MS = 60_000;
const LEAST_SPAN_MS = 1000;
const MOST_SPAN_MS = 7 * 86_400_000;
/** Milliseconds between two of them while something runs. */
const LEAST_STEP_MS = 500;
/** Tasks of one piece of work, and the milliseconds for which it is waited before something is shown. */
const PIECE = 16_384;
const FIRST_PIECE_MS = 8;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const TONES: readonly Tone[] = ['busy', 'good', 'warning', 'strong', 'plain'];
const FAILED = '✗';
const IDLE = '·';

export class Workers implements Tab {
  readonly title = 'Workers';
  readonly keys = ['←'];
  readonly #source: Source;
  readonly #cursor = new Cursor();
  #span = FIRST_SPAN_MS;
  /** Milliseconds since 1970 at the right; `undefined`: now, or when the last task ended. */
  #end: number | undefined;
  #lanesKey = '';
  #lanesNow: readonly Lane[] = [];
  #work: Generator<undefined, readonly Lane[]> | undefined;

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
    if (lanes.length === 0) {
      const none = 'no task was computed in this time; ← goes back, - shows more';
      seen.push([piece(clipped(`  ${this.isAtWork() ? 'looking …' : none}`, columns), 'quiet')]);
    }
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

  isAtWork(): boolean {
    return this.#work !== undefined;
  }

  work(milliseconds: number, now: () => number): boolean {
    const end = now() + milliseconds;
    while (this.#work !== undefined && now() < end) {
      const {done, value} = this.#work.next();
      if (done !== true) continue;
      this.#work = undefined;
      this.#lanesNow = value;
      return true;
    }
    return false;
  }

  /** Made anew, in pieces, when something has changed, and at most so often that it can be afforded. */
  #lanesAt(end: number, width: number, now: number): readonly Lane[] {
    const step = Math.max(LEAST_STEP_MS, this.#span / width / 2);
    const shape = `${this.#span} ${width} ${Math.floor(end / step)}`;
    const key = `${this.#source.version} ${shape}`;
    if (key === this.#lanesKey) return this.#lanesNow;
    // What is begun is brought to its end, unless it is of another stretch of time.
    if (this.#work !== undefined && this.#lanesKey.endsWith(` ${shape}`)) return this.#lanesNow;
    this.#lanesKey = key;
    this.#work = this.#lanes(end, width, now);
    this.work(FIRST_PIECE_MS, () => performance.now());
    return this.#lanesNow;
  }

  *#lanes(end: number, width: number, now: number): Generator<undefined, readonly Lane[]> {
    const {columns, failures} = this.#source;
    const begin = end - this.#span;
    const lanes = new Lanes(begin, end, width);
    for (let first = 0; first < columns.size; ) {
      first = columns.between(
        begin,
        end,
        (process, worker, fn, started, duration) =>
          lanes.stay(lanes.of(process, worker), fn + 1, started, started + duration),
        first,
        PIECE,
      );
      yield;
    }
    for (const {started, duration, host, pid, worker} of failures.values()) {
      if (started > end || started + duration < begin) continue;
      const lane = lanes.of(columns.processNumber({host, pid}), worker);
      lanes.stay(lane, FAILED_CELL, started, started + duration);
    }
    this.#running(lanes, now);
    return lanes.all();
  }

  #running(lanes: Lanes, now: number): void {
    const {columns, held} = this.#source;
    const own = this.#source.atWork();
    const here = new Set(own.map(({id}) => id));
    const byProcess = new Map<number, {since: number; count: number; id: TaskId}>();
    for (const {id, since, owner} of held) {
      const process = columns.processNumber({host: owner.host, pid: owner.pid});
      const at = own.find(one => one.id === id);
      if (at !== undefined) {
        const lane = lanes.of(process, at.worker);
        lanes.stay(lane, columns.functionOf(id) + 1, now - at.age, now);
        lane.now = `${String(columns.graph.task(id))} ${durationText(at.age)}`;
        continue;
      }
      if (here.size > 0 && process === columns.processNumber(this.#source.here())) continue;
      const sum = byProcess.get(process);
      if (sum === undefined) byProcess.set(process, {since, count: 1, id});
      else sum.count++;
    }
    for (const [process, {since, count, id}] of byProcess) {
      const lane = lanes.of(process, undefined);
      lanes.stay(lane, columns.functionOf(id) + 1, since, now);
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
