// Shows the full screen until somebody leaves it: keys in, pictures out. Lists are put in order between keys, so that each is
// answered at once.

import type {TaskColumns} from '../../graph/columns.js';
import {clipped} from '../cells.js';
import type {Window} from '../live-layout.js';
import {type Canvas, piece, type Row} from '../paint.js';
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
  /** Settles when somebody has left it, and the terminal is as it was. */
  readonly left: Promise<void>;
  leave(): void;
  /** Says something, and leaves after so many milliseconds, unless a key is pressed. */
  leaveSoon(message: string, milliseconds: number): void;
  tell(message: string): void;
}

export function showFullScreen({source, keyboard, output, open, act, onInterrupt}: Shower): Showing {
  const screen = new FullScreen(source);
  let canvas: Canvas | undefined;
  let version = -1;
  let isWorking = false;
  let isSuspended = false;
  let leaving: NodeJS.Timeout | undefined;
  let resolveLeft: () => void = () => {};
  const left = new Promise<void>(resolve => {
    resolveLeft = resolve;
  });

  const draw = (): void => {
    if (canvas === undefined) return;
    const {columns = 0, rows = 0} = output;
    version = source.version;
    canvas.draw(
      columns < LEAST_SCREEN.columns || rows < LEAST_SCREEN.rows
        ? tooSmall(columns)
        : screen.rows({columns, rows}, Date.now()),
    );
    work();
  };
  /** Between keys, until the lists are in order. */
  const work = (): void => {
    if (isWorking || !screen.isAtWork) return;
    isWorking = true;
    setImmediate(() => {
      isWorking = false;
      if (canvas === undefined) return;
      if (screen.work(() => performance.now())) draw();
      work();
    });
  };
  const reopen = (): void => {
    canvas?.close();
    canvas = open();
    draw();
  };
  const session = new Session({
    keyboard,
    output,
    onKey(key) {
      clearTimeout(leaving);
      const effect = screen.press(key);
      if (key === 'ctrl-l') reopen();
      if (effect !== undefined) void perform(effect);
      draw();
    },
    onPaste(text) {
      screen.paste(text);
      draw();
    },
    onRedraw: draw,
  });
  const timer = setInterval(() => {
    if (
      !isSuspended &&
      (source.version !== version || screen.tab.count === undefined || hasMoved(source.columns))
    )
      draw();
  }, FRAME_MS).unref();

  const leave = (): void => {
    if (canvas === undefined) return;
    clearInterval(timer);
    clearTimeout(leaving);
    canvas.close();
    canvas = undefined;
    session.leave();
    resolveLeft();
  };
  async function perform(effect: Effect): Promise<void> {
    switch (effect.kind) {
      case 'leave':
        return leave();
      case 'interrupt':
        if (!onInterrupt()) leave();
        return;
      case 'suspend':
        isSuspended = true;
        canvas?.close();
        await session.suspend();
        isSuspended = false;
        if (canvas !== undefined) reopen();
        return;
      case 'copy':
        output.write(clipboardSequence(effect.text));
        screen.tell(`Copied ${effect.what}: ${effect.text}`);
        return draw();
      default:
        screen.tell(await act(effect));
        draw();
    }
  }

  session.enter();
  canvas = open();
  draw();
  return {
    left,
    leave,
    leaveSoon(message, milliseconds) {
      screen.tell(message);
      draw();
      // There may be nothing else that keeps this process.
      timer.ref();
      leaving = setTimeout(leave, milliseconds);
    },
    tell(message) {
      screen.tell(message);
      draw();
    },
  };
}

/** Whether something runs, whose age grows. */
function hasMoved(columns: TaskColumns): boolean {
  return columns.functions.some(({counts}) => counts.running > 0);
}

function tooSmall(columns: number): Row[] {
  const {columns: wide, rows: high} = LEAST_SCREEN;
  return [
    [
      piece(
        clipped(
          `The window is too small: ${wide} columns and ${high} rows are needed.`,
          Math.max(1, columns),
        ),
      ),
    ],
  ];
}
