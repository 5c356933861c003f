// Where a function is defined: in which file its source stands, whoever uses it. Knows nothing of names.

import type {Frame} from '../frame.js';
import {textOf} from '../texts.js';
import {scriptNameOf} from './scripts.js';

type Any = (...args: never[]) => unknown;

/** What takes a function as its first argument. */
const CALL =
  /(?:new\s+)?(?:TaskGenerator|CompoundTaskGenerator|CompoundTask|CachedFunction|Task|map|currymap|reduce)\(\s*/y;

/**
 * An absolute path, `node:…` for a function of Node or of the language, '' for one that is in no file. `caller`: who uses
 * the function now; that costs nothing to speak of where it is written in the call, as in `TaskGenerator(function f() {})`.
 */
export function definedIn(fn: Any, caller: Frame): string {
  return caller.file !== undefined && isWrittenAt(fn, caller, caller.file)
    ? caller.file
    : scriptNameOf(fn, caller);
}

/** Whether the whole first argument of the call that `caller` makes is the source of `fn`. */
function isWrittenAt(fn: Any, caller: Frame, file: string): boolean {
  const text = textOf(file);
  const start = text === undefined ? undefined : caller.offsetIn(text);
  if (text === undefined || start === undefined) return false;
  CALL.lastIndex = start;
  if (!CALL.test(text)) return false;
  const from = CALL.lastIndex;
  const source = Function.prototype.toString.call(fn);
  return (
    text.startsWith(source, from) &&
    /^\s*[,)]/.test(text.slice(from + source.length, from + source.length + 80))
  );
}
