// What the jugfile itself does in a worker, at its top level: main has done it already, and here it is done for the functions
// alone. So it prints nothing, is given what main has read from stdin, and what must not be done twice is told, with the
// line. Knows nothing of tasks but whether one runs.

import fs from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
import net from 'node:net';
import {Readable} from 'node:stream';
import {userCallerOf, userFrame} from '../src/core/call-site.js';
import {JugError} from '../src/core/errors.js';
import {inEncoding, meansStdin} from '../src/evaluation/stdin.js';
import {dropPrints} from './print-interception.js';
import {isJugfile} from './task-context.js';
import {type Any, wrap} from './wrap-method.js';

/** Functions by which a jugfile changes what its tasks, or those of other workers, may have made meanwhile. */
const CHANGING = [
  'appendFile',
  'appendFileSync',
  'copyFile',
  'copyFileSync',
  'cp',
  'cpSync',
  'createWriteStream',
  'mkdtemp',
  'mkdtempSync',
  'rename',
  'renameSync',
  'rm',
  'rmSync',
  'rmdir',
  'rmdirSync',
  'truncate',
  'truncateSync',
  'unlink',
  'unlinkSync',
  'writeFile',
  'writeFileSync',
] as const;

/** Those that read, and are not given what main has read. */
const READING = [
  'readFile',
  'createReadStream',
  'readSync',
  'read',
  'readvSync',
  'readv',
  'openSync',
  'open',
] as const;
const READING_LATER = ['readFile', 'open'] as const;

export interface Stdin {
  /** What main has read by readFileSync. */
  readonly file: Uint8Array | undefined;
  /** The piece at `place` of what main has read by process.stdin. */
  piece(place: number): Promise<Uint8Array | null>;
}

export interface Guard {
  readonly stdin: Stdin;
  /** Whether the jugfile has something to do; what it has set up before, such as a logger, may print for tasks. */
  isGoingOn(): boolean;
  /** Blocks until no other thread is about to change something. */
  alone(): void;
  /** Told once of each line. */
  warn(message: string): void;
}

/** To be called before the jugfile is evaluated. */
export function guardTopLevel({stdin, isGoingOn, alone, warn}: Guard): void {
  const told = new Set<string>();
  const tell = (what: string, called: Any): void => {
    alone();
    const caller = userCallerOf(called);
    if (caller === undefined) return;
    const message =
      `The jugfile calls ${what} at its top level (${caller.site}), which every worker thread does, too, and again when a thread is ` +
      'replaced.\nWrite `if (!isWorker()) …` around it, with isWorker of jug, or do it in a task.';
    if (told.has(message)) return;
    told.add(message);
    warn(message);
  };
  for (const name of CHANGING) {
    wrap(fs, name, original => watched(original, called => tell(name, called)));
    if (name in fs.promises)
      wrap(fs.promises, name, original => watched(original, called => tell(name, called)));
  }
  dropPrints(() => isJugfile() && isGoingOn());
  refuseExit();
  wrap(net.Server.prototype, 'listen', original => watched(original, called => tell('listen', called)));
  giveStdin(stdin);
  syncBuiltinESMExports();
}

/** It would end the thread, and the one that takes its place. A task that does it has failed. */
function refuseExit(): void {
  wrap(process, 'exit', original => {
    return function exit(this: unknown, code: unknown) {
      if (!isJugfile()) return original.call(this, code);
      throw new JugError(
        `Expected the jugfile to run to its end in each worker thread, found that ${userFrame().site} called process.exit(${code ?? ''}).\n` +
          'A jugfile ends by reaching its last line, or by throwing.',
        3,
      );
    };
  });
}

function giveStdin({file, piece}: Stdin): void {
  let isRead = false;
  wrap(fs, 'readFileSync', original => {
    return function readFileSync(this: unknown, path: unknown, options: unknown) {
      if (!meansStdin(path) || !isJugfile()) return original.call(this, path, options);
      if (file === undefined) throw notGiven();
      const bytes = isRead ? new Uint8Array() : file;
      isRead = true;
      return inEncoding(bytes, options);
    };
  });
  for (const name of READING) {
    wrap(fs, name, original => {
      return function reading(this: unknown, path: unknown, ...rest: unknown[]) {
        if (meansStdin(path) && isJugfile()) throw notGiven();
        return original.call(this, path, ...rest);
      };
    });
  }
  for (const name of READING_LATER) {
    wrap(fs.promises, name, original => {
      return function reading(this: unknown, path: unknown, ...rest: unknown[]) {
        if (meansStdin(path) && isJugfile()) return Promise.reject(notGiven());
        return original.call(this, path, ...rest);
      };
    });
  }
  const own = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  let stream: Readable | undefined;
  Object.defineProperty(process, 'stdin', {
    ...own,
    get() {
      if (!isJugfile()) return own.get!.call(process);
      stream ??= Readable.from(piecesOf(piece));
      return stream;
    },
  });
}

async function* piecesOf(piece: Stdin['piece']): AsyncGenerator<Uint8Array> {
  for (let place = 0; ; place++) {
    const next = await piece(place);
    if (next === null) return;
    yield Buffer.from(next);
  }
}

function notGiven(): JugError {
  return new JugError(
    `Expected the jugfile to read stdin in a way that can be given to worker threads, which evaluate it, too; found another (${userFrame().site}).\n` +
      'Read it at once with readFileSync(0), before anything is waited for, or by process.stdin; or behind `if (!isWorker())`.',
  );
}

/** `tell` is given the function that the jugfile has called. */
function watched(original: Any, tell: (called: Any) => void): Any {
  return function called(this: unknown, ...args: unknown[]) {
    if (isJugfile()) tell(called);
    return original.apply(this, args);
  };
}
