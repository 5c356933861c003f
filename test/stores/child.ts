// A child process that is spoken to in lines.

import {type ChildProcess, spawn} from 'node:child_process';
import {createInterface} from 'node:readline';

export interface Child {
  readonly process: ChildProcess;
  /** The next line it prints. Rejects when it ends before that, with what it wrote to standard error. */
  line(): Promise<string>;
  say(line: string): void;
  ask(line: string): Promise<string>;
  /** Resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  readonly ended: Promise<number | null>;
  readonly errors: () => string;
}

export function startChild(fixture: string, args: readonly string[]): Child {
  const path = new URL(`./fixtures/${fixture}.js`, import.meta.url).pathname;
  const child = spawn(process.execPath, [path, ...args], {stdio: ['pipe', 'pipe', 'pipe']});
  let errors = '';
  child.stderr.on('data', data => {
    errors += String(data);
  });
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  child.stdin.on('error', () => {});

  async function line(): Promise<string> {
    const {value, done} = await lines.next();
    if (done) throw new Error(`the child ended with ${await ended}: ${errors}`);
    return value as string;
  }

  return {
    process: child,
    line,
    say(text) {
      child.stdin.write(`${text}\n`);
    },
    ask(text) {
      child.stdin.write(`${text}\n`);
      return line();
    },
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await ended;
    },
    ended,
    errors: () => errors,
  };
}
