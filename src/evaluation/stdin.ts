// What the jugfile has read from stdin in the main thread. It can be had once, and each worker evaluates the jugfile, too: so
// it is kept, and given to them as it was read. Knows no worker.

import fs from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
import type {Readable} from 'node:stream';

/** Whether this is a way to say stdin to a function of node:fs. */
export function meansStdin(file: unknown): boolean {
  if (file instanceof URL) return file.protocol === 'file:' && meansStdin(file.pathname);
  return file === 0 || file === '/dev/stdin' || file === '/proc/self/fd/0' || file === '/dev/fd/0';
}

class StdinRecord {
  /** As a whole, by readFileSync. */
  #file: Uint8Array | undefined;
  /** Piece by piece, by process.stdin; `null` is its end. */
  readonly #pieces: (Uint8Array | null)[] = [];
  #waiting: (() => void)[] = [];
  #isWanted = false;
  /** Is told when somebody begins to read. */
  onWanted: () => void = () => {};

  /** Whether somebody reads, or has read, from stdin. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Whether somebody waits for more of it now. */
  isAwaited: () => boolean = () => false;

  wanted(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.onWanted();
  }

  get file(): Uint8Array | undefined {
    return this.#file;
  }

  tookFile(bytes: Uint8Array): void {
    // Who reads again finds nothing.
    this.#file ??= bytes;
  }

  took(piece: Uint8Array | null): void {
    this.#pieces.push(piece);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The piece at `place`, once it was read: perhaps never. */
  async piece(place: number): Promise<Uint8Array | null> {
    while (this.#pieces.length <= place) await new Promise<void>(resolve => this.#waiting.push(resolve));
    return this.#pieces[place]!;
  }
}

export const stdinRecord = new StdinRecord();

let isRecording = false;

/** From now on, in the process of the command line: in a script, stdin is the script's. */
export function recordStdin(): void {
  if (isRecording) return;
  isRecording = true;
  const {readFileSync} = fs;
  fs.readFileSync = ((file: never, options: never) => {
    if (!meansStdin(file)) return readFileSync(file, options);
    stdinRecord.wanted();
    const bytes = readFileSync(file);
    stdinRecord.tookFile(bytes);
    return inEncoding(bytes, options);
  }) as typeof fs.readFileSync;
  syncBuiltinESMExports();
  recordStream();
}

/** As readFileSync answers that is given these options. */
export function inEncoding(bytes: Uint8Array, options: unknown): string | Buffer {
  const encoding =
    typeof options === 'string' ? options : (options as {encoding?: string} | null | undefined)?.encoding;
  const buffer = Buffer.from(bytes);
  return encoding === undefined || encoding === null || encoding === 'buffer'
    ? buffer
    : buffer.toString(encoding as BufferEncoding);
}

/** `process.stdin` is made when it is first asked for; what it takes in from then on passes `push`. */
function recordStream(): void {
  const {get, ...rest} = Object.getOwnPropertyDescriptor(process, 'stdin') ?? {};
  if (get === undefined) return;
  let stream: Readable | undefined;
  Object.defineProperty(process, 'stdin', {
    ...rest,
    get() {
      if (stream === undefined) {
        stream = get.call(process) as Readable;
        const awaited = stream;
        stdinRecord.isAwaited = () =>
          !awaited.isPaused() && awaited.listenerCount('data') + awaited.listenerCount('readable') > 0;
        stream.on('newListener', name => {
          if (name === 'data' || name === 'readable') stdinRecord.wanted();
        });
        const push = stream.push.bind(stream);
        stream.push = (piece: unknown, encoding?: BufferEncoding) => {
          stdinRecord.took(piece === null ? null : Buffer.from(piece as Uint8Array));
          return push(piece, encoding);
        };
      }
      return stream;
    },
  });
}
