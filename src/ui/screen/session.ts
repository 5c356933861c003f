// The terminal while the full screen has it: its other screen, no cursor; and given back as it was, however the process ends.
// Knows nothing of what is drawn.

import {writeSync} from 'node:fs';
import {isInForeground, type Keyboard, type Listening} from './keyboard.js';

const ENTER = '\u001b[?1049h\u001b[?2004h\u001b[?25l';
const LEAVE = '\u001b[?2004l\u001b[?1049l\u001b[?25h';
/** Milliseconds in which a process that asks to be stopped is: the time stands still for it then. */
const STOPPING_MS = 200;

export interface SessionOptions extends Listening {
  readonly keyboard: Keyboard;
  /** The terminal that is drawn on. */
  readonly output: NodeJS.WriteStream;
  /** Another size, or the process was stopped and goes on: all is to be drawn anew. */
  readonly onRedraw: () => void;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #onResize: () => void;
  readonly #onExit: () => void;
  readonly #onContinue: () => void;
  #isOpen = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const {output, onRedraw} = options;
    const {fd} = output as NodeJS.WriteStream & {readonly fd: number};
    this.#onResize = () => onRedraw();
    this.#onExit = () => {
      if (this.#isOpen) writeSync(fd, LEAVE);
    };
    this.#onContinue = () => {
      if (!isInForeground()) return;
      output.write(ENTER);
      onRedraw();
    };
  }

  enter(): void {
    const {keyboard, output} = this.#options;
    if (this.#isOpen) return;
    this.#isOpen = true;
    output.write(ENTER);
    keyboard.listen(this.#options);
    output.on('resize', this.#onResize);
    process.on('exit', this.#onExit).on('SIGCONT', this.#onContinue);
  }

  leave(): void {
    const {keyboard, output} = this.#options;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    output.write(LEAVE);
    keyboard.rest();
    output.off('resize', this.#onResize);
    process.off('exit', this.#onExit).off('SIGCONT', this.#onContinue);
  }

  /** Gives the terminal to the shell; settles when the process goes on. */
  async suspend(): Promise<void> {
    this.leave();
    await stopJob();
    await inForeground();
    this.enter();
  }
}

/** Stops this process and all that the terminal counts to it, as ctrl-z does; settles when it goes on. */
export async function stopJob(): Promise<void> {
  // Where there is no shell to go to, nothing is stopped.
  process.kill(0, 'SIGTSTP');
  await new Promise(resolve => void setTimeout(resolve, STOPPING_MS));
}

/** Settles when the terminal is this job's: one that goes on in the background leaves it to the shell. */
export async function inForeground(): Promise<void> {
  while (!isInForeground()) await new Promise<void>(resolve => void process.once('SIGCONT', () => resolve()));
}

/** Hands `text` to the clipboard of whoever looks at the terminal, also through ssh: OSC 52, which terminals may refuse. */
export function clipboardSequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`;
}
