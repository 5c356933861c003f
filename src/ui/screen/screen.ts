// The full screen as a whole: which tab is seen, what lies over it, what each key does, and its rows. Draws nothing and has
// no clock: whoever shows it says when it is.

import type {TaskId} from '../../graph/graph.js';
import {countText} from '../format.js';
import type {Window} from '../live-layout.js';
import type {Row} from '../paint.js';
import {detailRows} from './details.js';
import {Failures} from './failures.js';
import {bodyRows, footRow, headRows, helpRows} from './frame.js';
import {Functions} from './functions.js';
import {type Action, actionOf} from './keys.js';
import {Overview} from './overview.js';
import type {Effect, Source} from './source.js';
import type {Answer, Tab} from './tab.js';
import {Log, Tasks} from './task-list.js';
import {Workers} from './workers.js';

/** A question that is answered with y. */
export interface Question {
  readonly text: string;
  readonly effect: Effect;
}

/** Milliseconds of work on lists in one piece: a key is answered after it. */
const PIECE_MS = 12;
/** Keys that are about the selected task, and the milliseconds for which they wait for the list in which it is. */
const ON_SELECTED: ReadonlySet<Action> = new Set([
  'open',
  'copy',
  'copyError',
  'retry',
  'retryAll',
  'invalidate',
]);
const PATIENCE_MS = 40;

export class FullScreen {
  readonly #source: Source;
  readonly #tasks: Tasks;
  readonly tabs: readonly Tab[];
  #tab = 0;
  /** The task whose details are seen, and the first of their rows. */
  #opened: TaskId | undefined;
  #detailOffset = 0;
  #isHelp = false;
  #helpOffset = 0;
  #question: Question | undefined;
  /** What is typed, as long as it is. */
  #typed: string | undefined;
  #message: string | undefined;

  constructor(source: Source) {
    this.#source = source;
    this.#tasks = new Tasks(source);
    this.tabs = [
      new Overview(source),
      new Functions(source),
      this.#tasks,
      new Workers(source),
      new Failures(source),
      new Log(source),
    ];
  }

  get tab(): Tab {
    return this.tabs[this.#tab]!;
  }

  /** Says something at the bottom, until a key is pressed. */
  tell(message: string): void {
    this.#message = onlyLine(message);
  }

  /** Makes what is seen the last word, for some milliseconds; answers whether it is another now. */
  work(now: () => number): boolean {
    return this.tab.work?.(PIECE_MS, now) ?? false;
  }

  /** Whether there is work to be done. */
  get isAtWork(): boolean {
    return this.tab.isAtWork?.() ?? false;
  }

  /** One row less than the window has: a full one makes Ink clear what was there before. `now`: milliseconds since 1970. */
  rows({columns, rows}: Window, now: number): Row[] {
    const height = Math.max(1, rows - 1);
    const head = headRows(this.#source, this.tabs, this.#tab, columns);
    const foot = footRow({
      columns,
      keys: this.#isHelp || this.#opened !== undefined ? ['esc'] : this.tab.keys,
      typed: this.#typed,
      question: this.#question?.text,
      message: this.#message,
    });
    const body = Math.max(0, height - head.length - 1);
    const rowsOf = (): Row[] => {
      if (this.#isHelp) return this.#scrolled(helpRows(columns), body);
      return bodyRows({
        columns,
        rows: body,
        main: window => this.tab.rows(window, now),
        beside: this.#opened === undefined ? undefined : width => this.#details(width, body, now),
      });
    };
    return [...head, ...filled(rowsOf(), body), foot].slice(0, height);
  }

  /** A key, by its name in the table of keys. Answers with what is to be done beside drawing. */
  press(key: string): Effect | undefined {
    this.#message = undefined;
    if (this.#question !== undefined) return this.#answer(key);
    if (this.#typed !== undefined) return this.#type(key);
    const action = actionOf(key);
    if (action === undefined) return undefined;
    return this.#act(action);
  }

  /** A text that was pasted. */
  paste(text: string): void {
    if (this.#typed !== undefined) this.#typing(this.#typed + onlyLine(text));
  }

  #act(action: Action): Effect | undefined {
    if (action === 'interrupt' || action === 'suspend') return {kind: action};
    if (action === 'redraw') return undefined;
    if (this.#isHelp) return this.#inHelp(action);
    if (action === 'help') {
      this.#isHelp = true;
      this.#helpOffset = 0;
      return undefined;
    }
    if (action === 'leave') return this.#opened === undefined ? {kind: 'leave'} : this.#close();
    if (action === 'back') return this.#back();
    const tab = /^tab(\d)$/.exec(action);
    if (tab !== null) return this.#show(Number(tab[1]) - 1);
    if (action === 'nextTab') return this.#show((this.#tab + 1) % this.tabs.length);
    if (action === 'previousTab') return this.#show((this.#tab + this.tabs.length - 1) % this.tabs.length);
    const effect = this.#onTask(action);
    if (effect !== 'unknown') return this.#do(effect);
    if (this.#opened !== undefined && this.#scroll(action)) return undefined;
    return this.#do(this.tab.press(action));
  }

  #do(answer: Answer): Effect | undefined {
    if (answer === 'unknown' || answer === 'done') return undefined;
    if (answer.kind !== 'tasks') return answer;
    this.#show(this.tabs.indexOf(this.#tasks));
    this.#tasks.filter.by(answer.filter);
    return undefined;
  }

  /** What is done with the selected task. */
  #onTask(action: Action): Answer {
    const {tab} = this;
    // What was typed quickly means the list that comes of it.
    if (ON_SELECTED.has(action) && this.isAtWork) tab.work?.(PATIENCE_MS, () => performance.now());
    const id = this.#opened ?? tab.selected?.();
    const {graph} = this.#source.columns;
    switch (action) {
      case 'open':
        if (tab.selected === undefined) return 'unknown';
        this.#opened = this.#opened === id ? undefined : id;
        this.#detailOffset = 0;
        return 'done';
      case 'filter':
        if (tab.filter === undefined) this.#show(this.tabs.indexOf(this.#tasks));
        this.#typed = this.tab.filter?.text ?? '';
        return 'done';
      case 'copy':
        return id === undefined ? 'done' : {kind: 'copy', text: graph.task(id).hash, what: 'the hash'};
      case 'copyError':
        return id === undefined ? 'done' : this.#copied(id);
      case 'retry':
        return this.#retry(id === undefined ? [] : [id]);
      case 'retryAll':
        return this.#retry(tab.alike?.() ?? []);
      case 'invalidate':
        return id === undefined ? 'done' : this.#askToInvalidate(id);
      case 'stop':
        return this.#ask('Ask the runs to start no more tasks? What runs will finish.', {kind: 'stop'});
      default:
        return 'unknown';
    }
  }

  #copied(id: TaskId): Effect {
    const failure = this.#source.failures.get(id);
    const task = String(this.#source.columns.graph.task(id));
    if (failure === undefined) return {kind: 'copy', text: task, what: 'the call'};
    const {name, message, stack} = failure.error;
    return {kind: 'copy', text: `${task}\n${stack ?? `${name}: ${message}`}`, what: 'the error'};
  }

  #retry(ids: readonly TaskId[]): Answer {
    const failed = ids.filter(id => this.#source.columns.stateOf(id) === 'failed');
    if (failed.length === 0) {
      this.tell('Expected a task that has failed, found none here.');
      return 'done';
    }
    const effect: Effect = {kind: 'retry', ids: failed};
    return failed.length === 1 ? effect : this.#ask(`Try ${countText(failed.length, 'task')} again?`, effect);
  }

  #askToInvalidate(id: TaskId): Answer {
    const {graph} = this.#source.columns;
    const ids = [...graph.downstream([id])].sort((a, b) => a - b);
    const finished = ids.filter(one => this.#source.columns.stateOf(one) === 'finished').length;
    if (finished === 0) {
      this.tell(
        'Expected a result to remove, found none: neither this task nor what depends on it is finished.',
      );
      return 'done';
    }
    // What counts most comes first: a narrow window has no room for all of it.
    const dependents = ids.length === 1 ? '' : ` of it and its ${countText(ids.length - 1, 'dependent')}`;
    const text = `Remove ${countText(finished, 'result')}${dependents}? ${String(graph.task(id))}`;
    return this.#ask(text, {kind: 'invalidate', ids});
  }

  #ask(text: string, effect: Effect): 'done' {
    this.#question = {text: onlyLine(text), effect};
    return 'done';
  }

  #answer(key: string): Effect | undefined {
    const {effect} = this.#question!;
    this.#question = undefined;
    if (key === 'y' || key === 'Y') return effect;
    if (key === 'ctrl-c') return {kind: 'interrupt'};
    this.tell('Nothing was changed.');
    return undefined;
  }

  #type(key: string): Effect | undefined {
    const typed = this.#typed!;
    if (key === 'ctrl-c' || key === 'esc') {
      this.#typing('');
      this.#typed = undefined;
    } else if (key === 'enter') this.#typed = undefined;
    else if (key === 'backspace') this.#typing([...typed].slice(0, -1).join(''));
    else if (key === 'ctrl-u') this.#typing('');
    else if (key === 'space') this.#typing(`${typed} `);
    else if ([...key].length === 1) this.#typing(typed + key);
    return undefined;
  }

  #typing(text: string): void {
    this.#typed = text;
    this.tab.filter?.by(text);
  }

  #back(): undefined {
    if (this.#opened !== undefined) return this.#close();
    this.tab.filter?.by('');
    return undefined;
  }

  #close(): undefined {
    this.#opened = undefined;
    return undefined;
  }

  #show(tab: number): undefined {
    this.#tab = tab;
    this.#opened = undefined;
    return undefined;
  }

  #inHelp(action: Action): undefined {
    if (action === 'down') this.#helpOffset++;
    else if (action === 'up') this.#helpOffset = Math.max(0, this.#helpOffset - 1);
    else if (action === 'pageDown') this.#helpOffset += 10;
    else if (action === 'pageUp') this.#helpOffset = Math.max(0, this.#helpOffset - 10);
    else this.#isHelp = false;
    return undefined;
  }

  /** Details follow the selection in a wide window; here, pages of them. */
  #scroll(action: Action): boolean {
    if (action === 'pageDown') this.#detailOffset += 5;
    else if (action === 'pageUp') this.#detailOffset = Math.max(0, this.#detailOffset - 5);
    else {
      const answer = this.tab.press(action);
      this.#opened = this.tab.selected?.() ?? this.#opened;
      this.#detailOffset = 0;
      return answer !== 'unknown';
    }
    return true;
  }

  #details(columns: number, rows: number, now: number): Row[] {
    const all = detailRows(this.#source, this.#opened!, columns, now);
    this.#detailOffset = Math.max(0, Math.min(this.#detailOffset, all.length - rows));
    return all.slice(this.#detailOffset, this.#detailOffset + rows);
  }

  #scrolled(all: readonly Row[], rows: number): Row[] {
    this.#helpOffset = Math.max(0, Math.min(this.#helpOffset, all.length - rows));
    return all.slice(this.#helpOffset, this.#helpOffset + rows);
  }
}

function filled(rows: readonly Row[], height: number): Row[] {
  return [...rows, ...Array.from({length: Math.max(0, height - rows.length)}, (): Row => [])].slice(
    0,
    height,
  );
}

/** What is said at the bottom has one line. */
function onlyLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}
