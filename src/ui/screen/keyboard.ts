// The keys that are pressed at the terminal of this process, one by one and by their names. They are read from the terminal
// itself, so that stdin stays the jugfile's, be it a pipe. Draws nothing.

import {execFileSync} from 'node:child_process';
import {closeSync, openSync, readFileSync} from 'node:fs';
import {emitKeypressEvents, type Interface, type Key} from 'node:readline';
import {ReadStream} from 'node:tty';

/** Milliseconds after which an escape is the key, and not the beginning of another. */
const ESCAPE_MS = 25;
const TERMINAL = '/dev/tty';

export interface Listening {
  readonly onKey: (key: string) => void;
  readonly onPaste: (text: string) => void;
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
  if (name !== undefined && Object.hasOwn(NAMES, name)) return NAMES[name];
  // Node leaves this one without a name.
  if (text === '\u001c') return 'ctrl-\\';
  if (meta || text === undefined || text < ' ') return undefined;
  return text;
}

export class Keyboard {
  /** Open only while keys are listened to: a job in the background that reads, be it nothing, is stopped. */
  #input: ReadStream | undefined;
  #listening: Listening | undefined;
  /** What is being pasted. */
  #pasted: string | undefined;
  #isClosed = false;
  /** Whoever stopped this process has had the terminal meanwhile, and may have it still. */
  readonly #onContinue = (): void => {
    this.#letGo(isInForeground());
    if (isInForeground()) this.#take();
  };

  private constructor(input: ReadStream) {
    this.#input = input;
  }

  /** `undefined`: there is no terminal, or another job has it. */
  static open(): Keyboard | undefined {
    const input = isInForeground() ? openTerminal() : undefined;
    return input && new Keyboard(input);
  }

  /** From now on, what is typed is not shown, and ctrl-c is a key. */
  listen(listening: Listening): void {
    if (this.#isClosed) return;
    this.#listening = listening;
    process.on('SIGCONT', this.#onContinue);
    this.#take();
  }

  /** Until `listen` is called again, the terminal is as it was. */
  rest(): void {
    if (this.#listening === undefined) return;
    this.#listening = undefined;
    process.off('SIGCONT', this.#onContinue);
    this.#letGo(true);
  }

  close(): void {
    this.rest();
    this.#isClosed = true;
    this.#letGo(false);
  }

  #take(): void {
    this.#input ??= openTerminal();
    const input = this.#input;
    // A terminal that is gone has no more keys.
    if (input === undefined) return;
    // Of an interface it is asked for this alone.
    emitKeypressEvents(input, {escapeCodeTimeout: ESCAPE_MS} as unknown as Interface);
    input.on('keypress', (text: string | undefined, key: Key) => this.#keypress(text, key));
    input.on('error', () => this.close());
    input.setRawMode(true);
    input.resume();
    // A key is nothing that a jugfile has left open, nor a reason for this process to go on.
    input.unref();
  }

  /** `isOurs`: the terminal may be set, as it is this job's. */
  #letGo(isOurs: boolean): void {
    const input = this.#input;
    this.#input = undefined;
    if (input === undefined) return;
    if (isOurs) input.setRawMode(false);
    input.destroy();
  }

  #keypress(text: string | undefined, key: Key): void {
    const {onKey, onPaste} = this.#listening ?? {};
    if (key.name === 'paste-start') this.#pasted = '';
    else if (key.name === 'paste-end') {
      onPaste?.(this.#pasted ?? '');
      this.#pasted = undefined;
    } else if (this.#pasted !== undefined) this.#pasted += text ?? '';
    else {
      const name = keyName(text, key);
      if (name !== undefined) onKey?.(name);
    }
  }
}

function openTerminal(): ReadStream | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(TERMINAL, 'r');
    return new ReadStream(fd);
  } catch {
    if (fd !== undefined) closeSync(fd);
    return undefined;
  }
}

/** Whether the terminal is this job's: another that asks for keys is stopped. */
export function isInForeground(): boolean {
  try {
    const [group, foreground] = process.platform === 'linux' ? groupsByProc() : groupsByPs();
    return group === foreground;
  } catch {
    return false;
  }
}

/** The process group of this process, and that which has its terminal. */
function groupsByProc(): readonly (string | undefined)[] {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  // The name in parentheses may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [fields[2], fields[5]];
}

function groupsByPs(): readonly string[] {
  const words = ['-o', 'pgid=,tpgid=', '-p', String(process.pid)];
  return execFileSync('ps', words, {encoding: 'utf8'}).trim().split(/\s+/);
}
