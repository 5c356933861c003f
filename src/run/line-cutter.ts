// Cuts what is printed into whole lines, as a terminal would show them at last: of what a carriage return has
// overwritten, only the last state is left. Knows nothing of who prints.

import {StringDecoder} from 'node:string_decoder';

/** Characters of a line: of a longer one, each so many make one. */
const LONGEST = 2 ** 16;

export class LineCutter {
  /** A character may come in two pieces; what is none in UTF-8 becomes U+FFFD. */
  readonly #decoder = new StringDecoder();
  #rest = '';

  /** The lines that are whole by now. */
  push(bytes: Uint8Array): string[] {
    const pieces =
      `${this.#rest}${this.#decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))}`.split(
        '\n',
      );
    const rest = pieces.pop()!;
    const lines = pieces.flatMap(piece => cut(lastState(piece)));
    const long = cut(overwritten(rest));
    this.#rest = long.pop()!;
    return [...lines, ...long];
  }

  /** Nothing comes any more: what is left is a line. */
  end(): string[] {
    const rest = lastState(`${this.#rest}${this.#decoder.end()}`);
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}

function lastState(line: string): string {
  return overwritten(line.replace(/\r+$/, ''));
}

/** Without what comes before the last carriage return that something has come after. */
function overwritten(line: string): string {
  const end = line.length - (/\r+$/.exec(line)?.[0].length ?? 0);
  return line.slice(line.lastIndexOf('\r', end - 1) + 1);
}

function cut(line: string): string[] {
  if (line.length <= LONGEST) return [line];
  const pieces: string[] = [];
  for (let at = 0; at < line.length; at += LONGEST) pieces.push(line.slice(at, at + LONGEST));
  return pieces;
}
