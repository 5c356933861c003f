// Shows the full screen until somebody leaves it: keys in, pictures out. Lists are put in order between keys, so that each is
// answered at once. Whatever goes wrong here, the terminal is given back first.

import type {TaskColumns} from '../../graph/task-columns.js';
import type {Window} from '../live-layout.js';
import {type Canvas, piece, type Row} from '../paint.js';
import {clipped} from '../text-width.js';
import type {Keyboard} from './keyboard.js';
import {FullScreen} from './screen.js';
import {clipboardSequence, Session} from './session.js';
import type {Effect, Source} from './source.js';

/** A window that has less of either has no room. */
export const LEAST_SCREEN: Window = {columns: 40, rows: 8};
/** Milliseconds between two pictures of what changes by itself. */
const FRAME_MS = 250;

export interface Shower {
  readonly source: Source;
  readonly keyboard: Keyboard;
  readonly output: NodeJS.WriteStream;
  /** Begins to draw. */
  readonly open: () => Canvas;
  /** Does what was asked for; answers with what is to be said of it. */
  readonly act: (effect: ActEffect) => Promise<string>;
  /** Ctrl-C: whether the screen stays. */
  readonly onInterrupt: () => boolean;
}

/** What is not about the screen itself. */
export type ActEffect = Extract<Effect, {readonly kind: 'stop' | 'retry' | 'invalidate'}>;

export interface Showing {
  /** Settles when somebody has left it, and the terminal is as it was. Errors: those of drawing. */
  readonly left: Promise<void>;
  leave(): void;
  /** Says something, and leaves after so many milliseconds, unless a key is pressed. */
  leaveSoon(message: string, milliseconds: number): void;
  tell(message: string): void;
}

export function showFullScreen(shower: Shower): Showing {
  return new Show(shower);
}

class Show implements Showing {
  readonly #shower: Shower;
  readonly #screen: FullScreen;
  readonly #session: Session;
  readonly #timer: NodeJS.Timeout;
  #canvas: Canvas | undefined;
  /** Of the source, when the last picture was drawn. */
  #version = -1;
  #isWorking = false;
  #isSuspended = false;
  #leaving: NodeJS.Timeout | undefined;
  #settle: {readonly resolve: () => void; readonly reject: (error: unknown) => void} | undefined;
  readonly left = new Promise<void>((resolve, reject) => {
    this.#settle = {resolve, reject};
  });

  constructor(shower: Shower) {
    this.#shower = shower;
    this.#screen = new FullScreen(shower.source);
    const {keyboard, output} = shower;
    this.#session = new Session({
      keyboard,
      output,
      onKey: key => this.#guarded(() => this.#onKey(key)),
      onPaste: text =>
        this.#guarded(() => {
          this.#screen.paste(text);
          this.#draw();
        }),
      onRedraw: () => this.#guarded(() => this.#draw()),
    });
    this.#timer = setInterval(() => this.#guarded(() => this.#onFrame()), FRAME_MS).unref();
    // Whoever waits for it is told; a run may come to its end before anybody does.
    this.left.catch(() => {});
    this.#session.enter();
    this.#guarded(() => this.#reopen());
  }

  leave(): void {
    this.#end();
    this.#settle?.resolve();
  }

  leaveSoon(message: string, milliseconds: number): void {
    this.tell(message);
    // There may be nothing else that keeps this process.
    this.#timer.ref();
    this.#leaving = setTimeout(() => this.leave(), milliseconds);
  }

  tell(message: string): void {
    this.#screen.tell(message);
    this.#guarded(() => this.#draw());
  }

  #onKey(key: string): void {
    clearTimeout(this.#leaving);
    const effect = this.#screen.press(key);
    if (key === 'ctrl-l') this.#reopen();
    if (effect !== undefined) this.#perform(effect).catch(error => this.#fail(error));
    this.#draw();
  }

  #onFrame(): void {
    const {source} = this.#shower;
    if (!this.#isSuspended && (source.version !== this.#version || isAnyRunning(source.columns)))
      this.#draw();
  }

  async #perform(effect: Effect): Promise<void> {
    switch (effect.kind) {
      case 'leave':
        return this.leave();
      case 'interrupt':
        if (!this.#shower.onInterrupt()) this.leave();
        return;
      case 'suspend':
        this.#isSuspended = true;
        this.#canvas?.close();
        await this.#session.suspend();
        this.#isSuspended = false;
        if (this.#canvas !== undefined) this.#reopen();
        return;
      case 'copy':
        this.#shower.output.write(clipboardSequence(effect.text));
        return this.tell(`Copied ${effect.what}: ${effect.text}`);
      default:
        return this.tell(await this.#shower.act(effect));
    }
  }

  #draw(): void {
    if (this.#canvas === undefined || this.#isSuspended) return;
    const {output, source} = this.#shower;
    const {columns = 0, rows = 0} = output;
    this.#version = source.version;
    const isTooSmall = columns < LEAST_SCREEN.columns || rows < LEAST_SCREEN.rows;
    this.#canvas.draw(isTooSmall ? tooSmall(columns) : this.#screen.rows({columns, rows}, Date.now()));
    this.#work();
  }

  /** Between keys, until the lists are in order. */
  #work(): void {
    if (this.#isWorking || !this.#screen.isAtWork) return;
    this.#isWorking = true;
    setImmediate(() =>
      this.#guarded(() => {
        this.#isWorking = false;
        if (this.#canvas === undefined) return;
        if (this.#screen.work(() => performance.now())) this.#draw();
        this.#work();
      }),
    );
  }

  #reopen(): void {
    this.#canvas?.close();
    this.#canvas = this.#shower.open();
    this.#draw();
  }

  #guarded(body: () => void): void {
    try {
      body();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#end();
    this.#settle?.reject(error);
  }

  #end(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#leaving);
    const canvas = this.#canvas;
    this.#canvas = undefined;
    try {
      canvas?.close();
    } finally {
      this.#session.leave();
    }
  }
}

/** Whether something runs, whose age grows. */
function isAnyRunning(columns: TaskColumns): boolean {
  return columns.functions.some(({counts}) => counts.running > 0);
}

function tooSmall(columns: number): Row[] {
  const {columns: wide, rows: high} = LEAST_SCREEN;
  const text = `The window is too small: ${wide} columns and ${high} rows are needed.`;
  return [[piece(clipped(text, Math.max(1, columns)))]];
}
