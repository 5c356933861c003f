// Reads the ini files that Python's jug reads: sections, `key = value` or `key: value`, lines that begin with # or ;
// as comments. Remembers the line of each value. Knows nothing of what the keys mean.

import {JugError} from '../core/errors.js';

export interface Entry {
  readonly section: string;
  /** Lower case, with - for _. */
  readonly key: string;
  readonly value: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Errors: a JugError with file and line. */
export function readIni(file: string, text: string): Entry[] {
  const entries: Entry[] = [];
  let section = '';
  for (const [place, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const [, name] = /^\[([^\]]*)\]$/.exec(line) ?? [];
    if (name !== undefined) {
      section = name.trim().toLowerCase();
      continue;
    }
    const [, key, value] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (key === undefined) {
      throw new JugError(
        `${file}:${place + 1}: expected [section] or key = value, found ${JSON.stringify(line)}`,
      );
    }
    entries.push({section, key: normalKey(key), value: value!, file, line: place + 1});
  }
  return entries;
}

/** `keep_going` and `keep-going` are one. */
function normalKey(key: string): string {
  return key.toLowerCase().replaceAll('_', '-');
}
