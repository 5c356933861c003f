// The tab of failures: those that are alike once, with their number.

import type {Failure} from '../../core/failure.js';
import type {TaskId} from '../../graph/graph.js';
import {likenessOf, siteOf} from '../equal-failures.js';
import {grouped} from '../format.js';
import type {Window} from '../live-layout.js';
import {piece, type Row} from '../paint.js';
import {clipped, onOneLine} from '../text-width.js';
import {Cursor} from './cursor.js';
import type {Action} from './keys.js';
import type {Source} from './source.js';
import {type Answer, headRow, itemRow, type ListColumn, type Tab} from './tab.js';
import {momentText, processText} from './words.js';

interface Group {
  readonly ids: readonly TaskId[];
  readonly call: string;
  readonly text: string;
  readonly site: string;
  readonly process: string;
  /** Milliseconds since 1970: of the last one. */
  readonly at: number;
}

export class Failures implements Tab {
  readonly title = 'Failures';
  readonly keys = ['enter', 'r', 'y'];
  readonly #source: Source;
  readonly #cursor = new Cursor();
  #height = 1;
  /** What the groups are made of: failures, and how many of the tasks are failed still. */
  #seen: ReadonlyMap<TaskId, Failure> | undefined;
  #failed = 0;
  /** Of each failure that was looked at, by when it began: to take a stack apart costs more than the rest. */
  readonly #likenesses = new Map<TaskId, {readonly started: number; readonly likeness: string}>();
  #groups: readonly Group[] = [];

  constructor(source: Source) {
    this.#source = source;
  }

  count(): number | undefined {
    const failed = this.#source.columns.functions.reduce((sum, {counts}) => sum + counts.failed, 0);
    return failed || undefined;
  }

  rows({columns, rows}: Window, now: number): Row[] {
    const groups = this.#look();
    this.#height = Math.max(1, rows - 2);
    this.#cursor.fit(groups.length, this.#height);
    const {offset, selected} = this.#cursor;
    const seen = groups
      .slice(offset, offset + this.#height)
      .map((group, place) =>
        itemRow(COLUMNS, group, {columns, isSelected: offset + place === selected, now}),
      );
    if (groups.length === 0) seen.push([piece(clipped('  nothing failed', columns), 'quiet')]);
    const rest = Array.from({length: Math.max(0, this.#height - seen.length)}, (): Row => []);
    const tasks = groups.reduce((sum, {ids}) => sum + ids.length, 0);
    const foot = groups.length === 0 ? '' : `  ${grouped(tasks)} failed, those that are alike once`;
    return [headRow(COLUMNS, columns), ...seen, ...rest, [piece(clipped(foot, columns), 'quiet')]];
  }

  press(action: Action): Answer {
    return this.#cursor.move(action) ? 'done' : 'unknown';
  }

  selected(): TaskId | undefined {
    return this.#look()[this.#cursor.selected]?.ids[0];
  }

  alike(): readonly TaskId[] {
    return this.#look()[this.#cursor.selected]?.ids ?? [];
  }

  #look(): readonly Group[] {
    const {failures, columns} = this.#source;
    const failed = this.count() ?? 0;
    if (failures === this.#seen && failed === this.#failed) return this.#groups;
    this.#seen = failures;
    this.#failed = failed;
    const byLikeness = new Map<string, TaskId[]>();
    for (const [id, failure] of failures) {
      if (columns.stateOf(id) !== 'failed') continue;
      const likeness = this.#likenessOf(id, failure);
      const ids = byLikeness.get(likeness);
      if (ids === undefined) byLikeness.set(likeness, [id]);
      else ids.push(id);
    }
    this.#groups = [...byLikeness.values()].map(ids => {
      const failure = failures.get(ids[0]!)!;
      const {name, message} = failure.error;
      const ends = ids.map(id => failures.get(id)!.started + failures.get(id)!.duration);
      return {
        ids,
        call: onOneLine(String(columns.graph.task(ids[0]!))),
        text: onOneLine(`${name}: ${message.split('\n')[0]}`),
        site: onOneLine(siteOf(failure)?.replace(/^.*\//, '') ?? ''),
        process: processText(failure),
        at: ends.reduce((last, end) => Math.max(last, end)),
      };
    });
    return this.#groups;
  }

  #likenessOf(id: TaskId, failure: Failure): string {
    const known = this.#likenesses.get(id);
    if (known?.started === failure.started) return known.likeness;
    const likeness = likenessOf(failure);
    this.#likenesses.set(id, {started: failure.started, likeness});
    return likeness;
  }
}

const COLUMNS: readonly ListColumn<Group>[] = [
  {
    title: 'count',
    width: 7,
    isRight: true,
    cell: ({ids}) => ({text: grouped(ids.length), tone: 'bad'}),
  },
  {
    title: 'last',
    width: 8,
    from: 70,
    cell: ({at}, now) => ({text: momentText(at, now).slice(0, 10), tone: 'quiet'}),
  },
  {title: 'task', width: columns => Math.max(14, Math.floor(columns / 3)), cell: ({call}) => ({text: call})},
  {title: 'error', width: undefined, cell: ({text}) => ({text, tone: 'bad'})},
  {title: 'where', width: 22, from: 96, cell: ({site}) => ({text: site, tone: 'quiet'})},
  {title: 'process', width: 18, from: 130, cell: ({process}) => ({text: process, tone: 'quiet'})},
];
