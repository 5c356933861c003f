// A list of tasks, of which there may be a million: only the rows that are seen are made. The selected task stays selected,
// wherever a new order puts it.

import type {TaskId} from '../../graph/graph.js';
import {bytesText, durationText, grouped} from '../format.js';
import type {Window} from '../live-layout.js';
import {piece, type Row} from '../paint.js';
import {clipped, onOneLine} from '../text-width.js';
import {Arranged, BY_END, SORT_KEYS, type SortKey} from './arranged.js';
import {Cursor} from './cursor.js';
import type {Action} from './keys.js';
import type {Source} from './source.js';
import {type Answer, headRow, itemRow, type ListColumn, type Tab} from './tab.js';
import {momentText, processText, stateCell} from './words.js';

/** So many tasks are tried again at once, at most. */
const MOST_ALIKE = 100_000;

abstract class TaskList implements Tab {
  abstract readonly title: string;
  abstract readonly keys: readonly string[];
  readonly #source: Source;
  readonly arranged: Arranged;
  readonly #columns: readonly ListColumn<TaskId>[];
  readonly #cursor = new Cursor();
  #height = 1;
  #selected: TaskId | undefined;

  constructor(source: Source, arranged: Arranged, columns: readonly ListColumn<TaskId>[]) {
    this.#source = source;
    this.arranged = arranged;
    this.#columns = columns;
  }

  get filter() {
    const {arranged} = this;
    return {text: arranged.filter.text, by: (text: string) => arranged.filterBy(text)};
  }

  rows({columns, rows}: Window, now: number): Row[] {
    this.#height = Math.max(1, rows - 2);
    this.#fit();
    const {length} = this.arranged;
    const seen: Row[] = [];
    for (let place = this.#cursor.offset; seen.length < this.#height && place < length; place++) {
      const isSelected = place === this.#cursor.selected;
      seen.push(itemRow(this.#columns, this.arranged.at(place)!, {columns, isSelected, now}));
    }
    if (length === 0) seen.push([piece(clipped(`  ${this.#emptyText()}`, columns), 'quiet')]);
    return [headRow(this.#columns, columns), ...seen, ...this.#rest(seen.length), this.#foot(columns)];
  }

  press(action: Action): Answer {
    this.#fit();
    if (!this.#cursor.move(action)) return this.pressed(action);
    this.#selected = this.arranged.at(this.#cursor.selected);
    return 'done';
  }

  /** Of keys that do not move. */
  protected pressed(_action: Action): Answer {
    return 'unknown';
  }

  selected(): TaskId | undefined {
    this.#fit();
    return this.#selected;
  }

  alike(): readonly TaskId[] {
    const ids: TaskId[] = [];
    for (let place = 0; place < this.arranged.length && ids.length < MOST_ALIKE; place++)
      ids.push(this.arranged.at(place)!);
    return ids;
  }

  isAtWork(): boolean {
    return this.arranged.isAtWork;
  }

  work(milliseconds: number, now: () => number): boolean {
    if (!this.arranged.work(milliseconds, now)) return false;
    this.#moved();
    return true;
  }

  /** The list may be another: the selected task is looked for in it. */
  #moved(): void {
    if (this.#selected === undefined) return;
    const place = this.arranged.placeOf(this.#selected);
    this.#cursor.fit(this.arranged.length, this.#height);
    if (place >= 0 && this.#cursor.selected !== 0) this.#cursor.select(place);
    this.#selected = this.arranged.at(this.#cursor.selected);
  }

  #fit(): void {
    this.#cursor.fit(this.arranged.length, this.#height);
    this.#selected = this.arranged.at(this.#cursor.selected);
  }

  #rest(seen: number): Row[] {
    return Array.from({length: Math.max(0, this.#height - seen)}, () => []);
  }

  #emptyText(): string {
    if (this.arranged.isAtWork || this.#source.looking !== undefined) return 'looking …';
    if (!this.arranged.filter.isEmpty) return 'no task fits; esc shows all';
    return this.#source.columns.size === 0 ? 'no task is defined yet' : 'none';
  }

  #foot(columns: number): Row {
    const {arranged} = this;
    const {offset} = this.#cursor;
    const from = arranged.length === 0 ? 0 : offset + 1;
    const to = Math.min(arranged.length, offset + this.#height);
    const order = `by ${arranged.sort.title}${arranged.isDescending ? ', falling' : ''}`;
    const filter = arranged.filter.isEmpty ? '' : `  only ${onOneLine(arranged.filter.text)}`;
    const work = arranged.isAtWork && !arranged.filter.isEmpty ? '  looking …' : '';
    const text = `  ${grouped(from)}–${grouped(to)} of ${grouped(arranged.length)}  ${order}${filter}${work}`;
    return [piece(clipped(text, columns), 'quiet')];
  }
}

/** All of them, as they stand. */
export class Tasks extends TaskList {
  readonly title = 'Tasks';
  readonly keys = ['enter', '/', 's', 'r', 'i', 'y'];

  constructor(source: Source) {
    super(source, new Arranged(source, SORT_KEYS[0]!), taskColumns(source));
  }

  protected override pressed(action: Action): Answer {
    if (action === 'reverse') {
      this.arranged.reverse();
      return 'done';
    }
    if (action !== 'sort') return 'unknown';
    const next = SORT_KEYS.indexOf(this.arranged.sort) + 1;
    this.arranged.sortBy(SORT_KEYS[next % SORT_KEYS.length]! as SortKey);
    return 'done';
  }
}

/** What has ended, the last first: what was computed, and what failed. */
export class Log extends TaskList {
  readonly title = 'Log';
  readonly keys = ['enter', '/', 'y'];

  constructor(source: Source) {
    const hasEnded = ({columns, failures}: Source, id: TaskId): boolean =>
      columns.startedOf(id) !== undefined || failures.has(id);
    super(source, new Arranged(source, BY_END, hasEnded), logColumns(source));
  }
}

function taskColumns(source: Source): readonly ListColumn<TaskId>[] {
  return [
    stateColumn(source),
    callColumn(source),
    sizeColumn(source),
    processColumn(source),
    startColumn(source),
    timeColumn(source),
  ];
}

function logColumns(source: Source): readonly ListColumn<TaskId>[] {
  const {columns, failures} = source;
  const ended: ListColumn<TaskId> = {
    title: 'ended',
    width: 8,
    cell(id, now) {
      const failure = failures.get(id);
      const end =
        failure === undefined
          ? (columns.startedOf(id) ?? 0) + (columns.durationOf(id) ?? 0)
          : failure.started + failure.duration;
      const text = momentText(end, now);
      return {text: text.length > 8 ? text.slice(2, 10) : text, tone: 'quiet'};
    },
  };
  return [ended, stateColumn(source), callColumn(source), processColumn(source), timeColumn(source)];
}

const stateColumn = ({columns}: Source): ListColumn<TaskId> => ({
  title: 'state',
  width: 8,
  cell: id => stateCell(columns.stateOf(id)),
});

const callColumn = ({columns}: Source): ListColumn<TaskId> => ({
  title: 'task',
  width: undefined,
  cell: id => ({text: onOneLine(String(columns.graph.task(id)))}),
});

const sizeColumn = ({columns}: Source): ListColumn<TaskId> => ({
  title: 'size',
  width: 9,
  isRight: true,
  from: 72,
  cell(id) {
    const bytes = columns.bytesOf(id);
    return bytes === undefined
      ? {text: '·', tone: 'quiet'}
      : {text: bytesText(bytes).replace(' bytes', ' B')};
  },
});

const processColumn = ({columns, failures}: Source): ListColumn<TaskId> => ({
  title: 'process, worker',
  width: 22,
  from: 110,
  cell(id) {
    const failure = failures.get(id);
    const by = columns.workerOf(id);
    if (failure === undefined && by === undefined) return {text: '·', tone: 'quiet'};
    const process = failure ?? columns.processes[by!.process]!;
    return {text: `${processText(process)} w${failure?.worker ?? by!.worker}`, tone: 'quiet'};
  },
});

const startColumn = (source: Source): ListColumn<TaskId> => ({
  title: 'started',
  width: 19,
  from: 132,
  cell(id, now) {
    const started =
      source.columns.startedOf(id) ?? source.failures.get(id)?.started ?? sinceOf(source, id, now);
    return started === undefined
      ? {text: '·', tone: 'quiet'}
      : {text: momentText(started, now), tone: 'quiet'};
  },
});

const timeColumn = (source: Source): ListColumn<TaskId> => ({
  title: 'time',
  width: 8,
  isRight: true,
  cell(id, now) {
    const {columns, failures} = source;
    const duration = columns.durationOf(id) ?? failures.get(id)?.duration;
    if (duration !== undefined) return {text: durationText(duration)};
    const since = sinceOf(source, id, now);
    return since === undefined
      ? {text: '·', tone: 'quiet'}
      : {text: durationText(Math.max(0, now - since)), tone: 'busy'};
  },
});

/** Of one that runs, when it was begun, or taken by its process. */
export function sinceOf(source: Source, id: TaskId, now: number): number | undefined {
  if (source.columns.stateOf(id) !== 'running') return undefined;
  const own = source.atWork().find(at => at.id === id);
  return own === undefined ? source.held.find(held => held.id === id)?.since : now - own.age;
}
