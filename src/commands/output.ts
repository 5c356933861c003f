// What jug itself prints, and whether it arrived. Stdout belongs to jug: what the jugfile prints in this thread goes to
// stderr, and so does what its tasks print, so that a table or JSON stands there alone. Knows no command.
// The command line alone may use it: in a script, both streams are the script's.

import {writeSync} from 'node:fs';
import type {Readable} from 'node:stream';
import {StringDecoder} from 'node:string_decoder';

type Done = () => void;

/** Where what would be written to a terminal goes while somebody draws on it. */
let above: ((text: string) => void) | undefined;

/** One of the two streams, by the functions that it had when jug began. */
class Way {
  readonly name: string;
  readonly #fd: number;
  readonly #stream: NodeJS.WriteStream;
  readonly #write: NodeJS.WriteStream['write'];
  /** Node writes a file as far as there is room for it, and says nothing of the rest. */
  readonly #isFile: boolean;
  /** A reader that has seen enough (`jug status | head -1`) is no error, and no reason to leave a run undone. */
  #isUnread = false;
  #failure: Error | undefined;
  /** A character may come in two pieces. */
  readonly #decoder = new StringDecoder();

  constructor(name: string, fd: number, stream: NodeJS.WriteStream) {
    this.name = name;
    this.#fd = fd;
    this.#stream = stream;
    this.#write = stream.write.bind(stream);
    this.#isFile = stream.constructor.name === 'SyncWriteStream';
    stream.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    // Or what is piped into it would pile up.
    stream.on('unpipe', (source: Readable) => source.resume());
  }

  /** Why something did not arrive. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  write(chunk: string | Uint8Array, done: Done = () => {}): void {
    if (this.#isUnread) done();
    else if (above !== undefined && this.#stream.isTTY) {
      above(this.#decoder.write(Buffer.from(chunk)));
      done();
    } else if (!this.#isFile) this.#write(chunk, () => done());
    else {
      try {
        this.#writeAll(Buffer.from(chunk));
      } catch (error) {
        this.#failed(error as NodeJS.ErrnoException);
      }
      done();
    }
  }

  /** For who draws: the stream as it is, whatever others are told. */
  get screen(): NodeJS.WriteStream {
    const write = this.#write;
    return new Proxy(this.#stream, {
      get: (stream, key) => {
        if (key === 'write') return write;
        const value = Reflect.get(stream, key, stream) as unknown;
        return typeof value === 'function' ? value.bind(stream) : value;
      },
    });
  }

  /** Settles when all that was written before is on its way, or is known not to arrive. */
  drained(): Promise<void> {
    // A file has it, and a full disk would refuse nothing at all, too.
    if (this.#isFile) return Promise.resolve();
    return new Promise(resolve => {
      // An error is told after the callback.
      this.#write('', () => setImmediate(resolve));
    });
  }

  #writeAll(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
  }

  #failed(error: NodeJS.ErrnoException): void {
    // A pipe's, and a terminal's that was closed.
    if (error.code === 'EPIPE' || (error.code === 'EIO' && this.#stream.isTTY)) this.#isUnread = true;
    else this.#failure ??= error;
  }
}

const stdout = new Way('stdout', 1, process.stdout);
const stderr = new Way('stderr', 2, process.stderr);

/** Data goes here: stdout. */
export const print = (text: string): void => stdout.write(`${text}\n`);
/** As `print`, of text that has its own line ends. */
export const printText = (text: string): void => stdout.write(text);
/** What happens on the way goes here: stderr. */
export const note = (text: string): void => stderr.write(`${text}\n`);
/** As `note`, of text that has its own line ends. `done`: it is on its way, or never will be. */
export const noteText = (text: string, done: Done): void => stderr.write(text, done);

/** From now on, whoever writes to stdout in this thread, and is not jug, writes to stderr. */
export function keepStdout(): void {
  const elsewhere = (...words: Parameters<NodeJS.WriteStream['write']>): boolean =>
    process.stderr.write(...words);
  process.stdout.write = elsewhere as NodeJS.WriteStream['write'];
}

/** Settles when all is written. What did not arrive, as a sentence for the user: `undefined` if all did. */
export async function allWritten(): Promise<string | undefined> {
  for (const way of [stdout, stderr]) await way.drained();
  const [lost] = [stdout, stderr].filter(({failure}) => failure !== undefined);
  return (
    lost &&
    `Expected to write to ${lost.name}, found ${lost.failure!.message}.\nWhat was printed there is not whole.`
  );
}

/** Stderr, to be drawn on. */
export const screen = (): NodeJS.WriteStream => stderr.screen;

/**
 * From now on, what anybody in this process would write to the terminal is handed to `sink`: jug, the jugfile, and tasks. The
 * answer ends that.
 */
export function divert(sink: (text: string) => void): () => void {
  const {write} = process.stderr;
  above = sink;
  const elsewhere = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    stderr.write(
      chunk,
      rest.find((word): word is Done => typeof word === 'function'),
    );
    return true;
  };
  process.stderr.write = elsewhere as NodeJS.WriteStream['write'];
  return () => {
    above = undefined;
    process.stderr.write = write;
  };
}
