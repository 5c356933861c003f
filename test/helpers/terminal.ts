// A terminal in which the real `jug` runs: `script` of util-linux makes it, xterm.js reads what is written to it, as a
// terminal would. Without `script`, as on other systems than Linux, there is none.

import {execFileSync, spawn, spawnSync} from 'node:child_process';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import xterm from '@xterm/headless';
import type {ExecutionContext} from 'ava';
import {PACKAGE, type Rig} from './rig.js';

const CLI = path.join(PACKAGE, 'lib/src/bin.js');
/** Milliseconds after which something that a test waits for is taken to never come. */
const PATIENCE = 60_000;

export const hasTerminals = spawnSync('script', ['--version']).stdout?.includes('util-linux') === true;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Ended {
  readonly code: number | null;
  /** Everything that was written, escape sequences included. */
  readonly bytes: string;
  /** What stands there: first what has scrolled out of the window. */
  readonly lines: readonly string[];
}

export interface Terminal {
  /** What stands there now. */
  lines(): Promise<string[]>;
  /** Settles when what stands there matches. */
  until(pattern: RegExp): Promise<string>;
  /** Settles when what draws is loaded, and draws: it hides the cursor. */
  drawn(): Promise<unknown>;
  /** Settles when what was written, escape sequences included, matches. */
  written(pattern: RegExp): Promise<unknown>;
  press(keys: string): void;
  resize(size: Size): void;
  readonly ended: Promise<Ended>;
}

export function openTerminal(
  t: ExecutionContext,
  rig: Rig,
  command: string,
  {columns, rows, env = {}, redirection = ''}: Size & {env?: Record<string, string>; redirection?: string},
): Terminal {
  const line = `tty > tty; stty cols ${columns} rows ${rows}; exec '${process.execPath}' '${CLI}' ${command} ${redirection}`;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
    cwd: rig.folder,
    env: {PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env},
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  // One without a size is shown by somebody else, as in a container.
  const [cols, height] = [columns || 80, rows || 24];
  const terminal = new xterm.Terminal({cols, rows: height, scrollback: 2000, allowProposedApi: true});
  let bytes = '';
  child.stdout.on('data', (data: Buffer) => {
    bytes += data.toString();
    terminal.write(data);
  });
  const lines = async (): Promise<string[]> => {
    await new Promise<void>(resolve => terminal.write('', resolve));
    const {active} = terminal.buffer;
    const all = Array.from({length: active.length}, (_, row) => active.getLine(row)!.translateToString(true));
    while (all.at(-1) === '') all.pop();
    return all;
  };
  const ended = new Promise<Ended>(resolve => {
    child.once('close', async code => resolve({code, bytes, lines: await lines()}));
  });
  async function until(pattern: RegExp, told = async () => (await lines()).join('\n')): Promise<string> {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const text = await told();
      if (pattern.test(text)) return text;
      if (Date.now() > end || child.exitCode !== null)
        throw new Error(`No ${pattern} on the screen:\n${text}`);
      await sleep(20);
    }
  }
  return {
    lines,
    ended,
    until: pattern => until(pattern),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
    drawn: () => until(/\u001b\[\?25l/, async () => bytes),
    written: pattern => until(pattern, async () => bytes),
    press: keys => void child.stdin.write(keys),
    resize(size) {
      terminal.resize(size.columns, size.rows);
      const words = ['-F', rig.read('tty').trim(), 'cols', String(size.columns), 'rows', String(size.rows)];
      execFileSync('stty', words);
    },
  };
}
