// The view of a run on a terminal: says what a plain one says above a picture that is drawn anew some times a second.
// Knows no Ink: what draws is handed to it when it is loaded.

import type {Event, Progress, Reporter} from '../graph/events.js';
import {grouped} from './format.js';
import {type Beside, liveRows, type Window} from './live-layout.js';
import type {RunModel} from './model.js';
import type {Canvas} from './paint.js';

export interface LiveOptions {
  readonly model: RunModel;
  readonly progress: () => Progress;
  /** Says failures, warnings and the like. */
  readonly teller: Reporter;
  readonly window: () => Window;
  readonly beside: () => Beside;
  /** Draws with nothing that would have to be loaded. */
  readonly sketch: () => Canvas;
  /** Loads what draws better, which takes this thread a while, and begins to draw. */
  readonly open: () => Promise<Canvas>;
  /** Whether this thread has had time to spare since it was asked last. */
  readonly hasTime: () => boolean;
  /** Has what would be written to the terminal handed to `above` instead; answers with how to end that. */
  readonly divert: (above: (text: string) => void) => () => void;
  /** Writes to the terminal, while that is not. */
  readonly write: (text: string) => void;
  /** Drawing failed: a plain view goes on. */
  readonly onTrouble: (error: unknown) => void;
  /** Whether somebody else needs the terminal now: the jugfile may ask a question there. */
  readonly isTaken?: () => boolean;
  /** It has been drawn for a while: what is not needed at once may be loaded. */
  readonly onSettled?: () => void;
  readonly now?: () => number;
}

/** Milliseconds before anything is drawn: a run that has nothing to do is over by then. */
const FIRST = 300;
/** Milliseconds before it is loaded at all: in a run that is over by then, that would be most of what drawing costs. */
const SOON = 2000;
/** Milliseconds after which what draws is loaded, though this thread has no time to spare. */
const LONG = 10_000;
/** Milliseconds between two pictures, and the longest where drawing takes its time. */
const FRAME = 250;
const LONGEST_FRAME = 2000;
/** Characters that are kept while nothing is drawn. */
const MOST_KEPT = 2 ** 24;
/** At most such a part of a core is drawn with. */
const MOST_SHARE = 0.02;

export class LiveView implements Reporter {
  readonly #options: LiveOptions;
  readonly #now: () => number;
  #canvas: Canvas | undefined;
  #loading: 'sketch' | 'loading' | 'loaded' = 'sketch';
  #undivert: () => void = () => {};
  #isClosed = false;
  #isHidden = false;
  #isSettled = false;
  /** Lines that nobody has seen. */
  #dropped = 0;
  #timer: NodeJS.Timeout;
  readonly #began: number;
  /** Milliseconds that each of the last pictures took. */
  #took: readonly number[] = [0];
  /** What is to stand above the picture with the next one, as it came. */
  #above = '';

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#began = this.#now();
    this.#timer = this.#after(FIRST, () => this.#begin());
  }

  on(event: Event): void {
    this.#options.teller.on(event);
  }

  recall(earlier: ReadonlyMap<string, {readonly count: number; readonly total: number}>): void {
    this.#options.model.recall(earlier);
  }

  /** Takes the picture away. What is said from now on stands where it stood. */
  close(): void {
    if (!this.#isClosed) this.#end();
  }

  #begin(): void {
    this.#options.hasTime();
    this.#frame();
  }

  /** Draws from now on, and what others would write stands above. */
  #take(): void {
    this.#canvas = this.#options.sketch();
    this.#loading = 'sketch';
    this.#undivert = this.#options.divert(text => this.#keep(text));
  }

  /** Of what is said while nothing is drawn, the last is kept. */
  #keep(text: string): void {
    this.#above += text;
    if (this.#above.length < MOST_KEPT) return;
    const cut = this.#above.indexOf('\n', this.#above.length - MOST_KEPT / 2) + 1 || this.#above.length;
    for (const character of this.#above.slice(0, cut)) if (character === '\n') this.#dropped++;
    this.#above = this.#above.slice(cut);
  }

  /** Whoever needs the terminal has it, with all that was written, be it half a line. */
  #giveWay(): void {
    this.#flush();
    this.#canvas?.close();
    this.#canvas = undefined;
    this.#undivert();
    this.#undivert = () => {};
    if (this.#above !== '') this.#options.write(this.#above);
    this.#above = '';
  }

  /** Takes the picture away until `unhide`: what is said meanwhile is kept. */
  hide(): void {
    if (this.#isClosed || this.#isHidden || this.#canvas === undefined) return;
    this.#isHidden = true;
    clearTimeout(this.#timer);
    this.#flush();
    this.#canvas.close();
    this.#canvas = undefined;
  }

  unhide(): void {
    if (!this.#isHidden) return;
    this.#isHidden = false;
    if (this.#isClosed) return;
    if (this.#dropped > 0)
      this.#above = `${grouped(this.#dropped)} lines that were written meanwhile are left out here.\n${this.#above}`;
    this.#dropped = 0;
    this.#canvas = this.#options.sketch();
    this.#loading = 'sketch';
    this.#frame();
  }

  async #load(): Promise<void> {
    this.#loading = 'loading';
    try {
      const canvas = await this.#options.open();
      if (this.#isClosed || this.#isHidden || this.#canvas === undefined) {
        this.#loading = 'sketch';
        return canvas.close();
      }
      this.#canvas?.close();
      this.#canvas = canvas;
      this.#loading = 'loaded';
      clearTimeout(this.#timer);
      this.#frame();
    } catch (error) {
      if (!this.#isHidden) this.#fail(error);
    }
  }

  #frame(): void {
    if (this.#isHidden || this.#isClosed) return;
    const began = this.#now();
    try {
      if (this.#options.isTaken?.() === true) {
        this.#giveWay();
        this.#timer = this.#after(FRAME, () => this.#frame());
        return;
      }
      if (this.#canvas === undefined) this.#take();
      this.#flush();
      const {model, progress, window, beside} = this.#options;
      this.#canvas?.draw(liveRows(model.shown(progress(), began), window(), beside()));
    } catch (error) {
      this.#fail(error);
      return;
    }
    // The quickest of the last ones: the others may have waited for a core.
    this.#took = [this.#now() - began, ...this.#took.slice(0, 2)];
    const rest = Math.min(LONGEST_FRAME, Math.max(FRAME, Math.min(...this.#took) / MOST_SHARE));
    this.#timer = this.#after(rest, () => this.#frame());
    const since = began - this.#began;
    if (since >= SOON && !this.#isSettled) {
      this.#isSettled = true;
      this.#options.onSettled?.();
    }
    const hasTime = this.#options.hasTime();
    if (this.#loading === 'sketch' && ((hasTime && since >= SOON) || since >= LONG)) void this.#load();
  }

  /** Whole lines alone: the rest of one that is being written comes with the next picture. */
  #flush(all = false): void {
    const end = all ? this.#above.length : this.#above.lastIndexOf('\n') + 1;
    if (end === 0) return;
    const text = this.#above.slice(0, end);
    this.#above = this.#above.slice(end);
    this.#canvas?.above(text.endsWith('\n') ? text : `${text}\n`);
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.#end();
    this.#options.onTrouble(error);
  }

  #end(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    try {
      if (this.#canvas !== undefined) this.#flush(true);
      this.#canvas?.close();
    } finally {
      this.#undivert();
      // While it was hidden, nobody has seen it.
      if (this.#above !== '') this.#options.write(this.#above);
      this.#above = '';
    }
  }

  #after(milliseconds: number, body: () => void): NodeJS.Timeout {
    return setTimeout(body, milliseconds).unref();
  }
}
