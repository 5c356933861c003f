// Where Node stops reading a text that it refuses, which it prints but does not tell: so a Node of its own is given the
// text, and what it prints is read. Knows nothing of files.
import {execFile} from 'node:child_process';
import {inlineMap} from '../core/source-maps.js';

/** Counted from 1. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

export interface Refused extends Place {
  /** What stands there, with the word before it. */
  readonly near: string;
  /** Node's own word on it. */
  readonly message: string;
}

/** The first thing in an ES module that this Node does not parse; undefined if it parses all of it. */
export function refusedIn(code: string): Promise<Refused | undefined> {
  return new Promise(resolve => {
    // The loaders that the user has brought would be loaded there, too.
    const env = {...process.env, NODE_OPTIONS: ''};
    const args = ['--check', '--input-type=module', '-'];
    const child = execFile(process.execPath, args, {env}, (_error, _stdout, stderr) => {
      const {row, line, indent, message} = PRINTED.exec(stderr)?.groups ?? {};
      if (line === undefined || indent === undefined || message === undefined) return resolve(undefined);
      const place = {row: Number(row), column: indent.length + 1};
      const word = /\w*\s*$/.exec(line.slice(0, indent.length))!;
      resolve({...(written(code, place) ?? place), near: line.slice(word.index).trim(), message});
    });
    child.stdin?.on('error', () => {}).end(code);
  });
}

const PRINTED = /^\[stdin\]:(?<row>\d+)\n(?<line>.*)\n(?<indent>\s*)\^+\s+SyntaxError: (?<message>.*)/m;

/** The place in the text from which `code` was made, if it says from which. */
function written(code: string, {row, column}: Place): Place | undefined {
  const entry = inlineMap(code)?.findEntry(row - 1, column - 1);
  if (entry === undefined || !('originalLine' in entry)) return undefined;
  return {row: entry.originalLine + 1, column: entry.originalColumn + 1};
}
