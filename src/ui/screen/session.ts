// The terminal while the full screen has it: its other screen, keys one by one, no cursor; and given back as it was, however
// the process ends. Knows nothing of what is drawn.

import {writeSync} from 'node:fs';
import {emitKeypressEvents, type Interface, type Key} from 'node:readline';

const ENTER = '\u001b[?1049h\u001b[?2004h\u001b[?25l';
const LEAVE = '\u001b[?2004l\u001b[?1049l\u001b[?25h';
/** Milliseconds after which an escape is the key, and not the beginning of another. */
const ESCAPE_MS = 25;
/** Milliseconds in which a process that asks to be stopped is: the time stands still for it then. */
const STOPPING_MS = 200;

export interface SessionOptions {
  readonly input: NodeJS.ReadStream;
  /** The terminal that is drawn on. */
  readonly output: NodeJS.WriteStream;
  readonly onKey: (key: string) => void;
  readonly onPaste: (text: string) => void;
  /** Another size, or the process was stopped and goes on: all is to be drawn anew. */
  readonly onRedraw: () => void;
}

const NAMES: Readonly<Record<string, string>> = {
  return: 'enter',
  enter: 'enter',
  escape: 'esc',
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  home: 'Home',
  end: 'End',
  backspace: 'backspace',
  delete: 'backspace',
  space: 'space',
};

/** As the table of keys has it; `undefined`: no key that means anything. */
export function keyName(
  text: string | undefined,
  {name, ctrl = false, shift = false, meta = false}: Key,
): string | undefined {
  if (name === 'tab') return shift ? 'shift-tab' : 'tab';
  if (ctrl) return name === undefined ? undefined : `ctrl-${name}`;
  if (name !== undefined && name in NAMES) return NAMES[name];
  if (meta || text === undefined || text < ' ') return undefined;
  return text;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #onKeypress: (text: string | undefined, key: Key) => void;
  readonly #onResize: () => void;
  readonly #onExit: () => void;
  readonly #onContinue: () => void;
  #isOpen = false;
  /** What is being pasted. */
  #pasted: string | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#onKeypress = (text, key) => this.#keypress(text, key);
    this.#onResize = () => options.onRedraw();
    this.#onExit = () => {
      if (this.#isOpen) writeSync((options.output as NodeJS.WriteStream & {readonly fd: number}).fd, LEAVE);
    };
    this.#onContinue = () => {
      // Whoever stopped it has had the terminal meanwhile.
      this.#raw(false);
      this.#raw(true);
      options.output.write(ENTER);
      options.onRedraw();
    };
  }

  enter(): void {
    const {input, output} = this.#options;
    if (this.#isOpen) return;
    this.#isOpen = true;
    // Of an interface it is asked for this alone.
    emitKeypressEvents(input, {escapeCodeTimeout: ESCAPE_MS} as unknown as Interface);
    output.write(ENTER);
    this.#raw(true);
    input.on('keypress', this.#onKeypress).resume();
    output.on('resize', this.#onResize);
    process.on('exit', this.#onExit).on('SIGCONT', this.#onContinue);
  }

  leave(): void {
    const {input, output} = this.#options;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    output.write(LEAVE);
    this.#raw(false);
    input.off('keypress', this.#onKeypress).pause();
    output.off('resize', this.#onResize);
    process.off('exit', this.#onExit).off('SIGCONT', this.#onContinue);
  }

  /** Gives the terminal to the shell; settles when the process goes on. */
  async suspend(): Promise<void> {
    this.leave();
    // The whole group, as the terminal would do it. Where there is no shell to go to, nothing is stopped.
    process.kill(0, 'SIGTSTP');
    await new Promise(resolve => void setTimeout(resolve, STOPPING_MS));
    this.enter();
  }

  #raw(isRaw: boolean): void {
    this.#options.input.setRawMode?.(isRaw);
  }

  #keypress(text: string | undefined, key: Key): void {
    if (key.name === 'paste-start') this.#pasted = '';
    else if (key.name === 'paste-end') {
      this.#options.onPaste(this.#pasted ?? '');
      this.#pasted = undefined;
    } else if (this.#pasted !== undefined) this.#pasted += text ?? '';
    else {
      const name = keyName(text, key);
      if (name !== undefined) this.#options.onKey(name);
    }
  }
}

/** Hands `text` to the clipboard of whoever looks at the terminal, also through ssh: OSC 52, which terminals may refuse. */
export function clipboardSequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`;
}
