// The first tab: the functions, what runs, and what failed, of the whole run. Draws what the compact view of a run draws,
// with more room.

import {countText} from '../format.js';
import {functionRows, taskRows, type Window} from '../live-layout.js';
import {piece, type Row} from '../paint.js';
import {onOneLine} from '../text-width.js';
import type {Source} from './source.js';
import {type Answer, cutTo, type Tab} from './tab.js';

export class Overview implements Tab {
  readonly title = 'Overview';
  readonly keys = [];
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  rows({columns, rows}: Window): Row[] {
    const shown = this.#source.shown();
    const facts = this.#facts(columns);
    const room = Math.max(2, rows - facts.length - 2);
    const running = taskRows(shown, columns, Math.max(1, Math.floor(room / 2)));
    const functions = functionRows(shown, columns, room - running.length, room);
    return [...functions, [], ...running, [], ...facts].slice(0, rows);
  }

  press(): Answer {
    return 'unknown';
  }

  #facts(columns: number): Row[] {
    const {barriers, elsewhere, loaded, away} = this.#source.shown();
    const {failures} = this.#source;
    const last = [...failures.entries()].at(-1);
    const facts: Row[] = [];
    if (away !== undefined)
      facts.push([piece(`the store is waited for: ${onOneLine(away.reason)}`, 'warning')]);
    for (const site of barriers) facts.push([piece(`the jugfile waits at ${onOneLine(site)}`, 'quiet')]);
    if (elsewhere > 0)
      facts.push([piece(`${countText(elsewhere, 'task')} held by other processes`, 'quiet')]);
    if (loaded > 0) facts.push([piece(`${countText(loaded, 'task')} finished before`, 'quiet')]);
    if (last !== undefined) {
      const [id, {error}] = last;
      const call = onOneLine(String(this.#source.columns.graph.task(id)));
      const message = onOneLine(error.message.split('\n')[0]!);
      facts.push([piece('✗ ', 'bad'), piece(call), piece(`  ${error.name}: ${message}`, 'bad')]);
    }
    return facts.map(row => cutTo(row, columns));
  }
}
