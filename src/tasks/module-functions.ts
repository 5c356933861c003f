// Where a function is defined: in which file its source stands, whoever uses it. Three ways, and each is taken only where
// those before it do not tell for certain. Knows nothing of names.

import type {Frame} from '../core/call-site.js';
import {loadedFiles, offsetIn, type Position, textOf} from '../core/module-exports.js';
import {pathOf} from '../core/source-maps.js';
import {locationOf, scriptNames} from './scripts.js';

type Any = (...args: never[]) => unknown;

/** Of the scripts that are known: a path, a URL, or ''. */
const names = new Map<string, string>();

/**
 * An absolute path, `node:…` for a function of Node or of the language, and anything else for one that is in no file.
 * `caller`: who makes a task function of it.
 */
export function definedIn(fn: Any, caller: Frame): string {
  const source = Function.prototype.toString.call(fn);
  if (caller.file !== undefined && isWrittenAt(source, caller.file, caller.position)) return caller.file;
  return fileOf(fn);
}

/** The same, without a caller. */
export function fileOf(fn: Any): string {
  const source = Function.prototype.toString.call(fn);
  const location = locationOf(fn);
  if (location === undefined) return 'node:';
  const {script, position} = location;
  if (!names.has(script)) {
    const file = onlyFileWith(source, position);
    if (file === undefined) for (const [id, name] of scriptNames()) names.set(id, name);
    else names.set(script, file);
  }
  return pathOf(names.get(script) ?? '');
}

/** What makes a task function of its first argument. */
const CALL =
  /(?:new\s+)?(?:TaskGenerator|CompoundTaskGenerator|CompoundTask|CachedFunction|Task|map|currymap|reduce)\(\s*/y;

/** Whether the first argument of the call that stands there is the source, all of it, as in `TaskGenerator(function f() {})`. */
function isWrittenAt(source: string, file: string, call: Position): boolean {
  const text = textOf(file);
  const start = text === undefined ? undefined : offsetIn(text, call);
  if (text === undefined || start === undefined) return false;
  CALL.lastIndex = start;
  if (!CALL.test(text)) return false;
  const from = CALL.lastIndex;
  const end = from + source.length;
  return text.startsWith(source, from) && /^\s*[,)]/.test(text.slice(end, end + LOOK));
}

/** Characters. */
const LOOK = 80;

/** Files. Beyond it, to read them all takes longer than to ask which scripts there are. */
const MOST = 200;

/** The one file of all that has that source at that place; undefined if there are more, or none, or not all are known. */
function onlyFileWith(source: string, position: Position): string | undefined {
  const files = loadedFiles();
  if (files === undefined || files.size > MOST) return undefined;
  const found = [...files].filter(file => isAround(position, source, file));
  return found.length === 1 ? found[0] : undefined;
}

/** Whether the text of the file has the source in it so that the place is part of it. */
function isAround(position: Position, source: string, file: string): boolean {
  const text = textOf(file);
  const place = text === undefined ? undefined : offsetIn(text, position);
  if (text === undefined || place === undefined) return false;
  return text.slice(Math.max(0, place - source.length + 1), place + source.length).includes(source);
}
