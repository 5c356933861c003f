// Hears from the system that somebody writes to a file: what is waited for then costs nothing while nothing happens.

import {type FSWatcher, watch} from 'node:fs';

/**
 * Calls `onChange` once, at the next write to one of `files`. Answers with how to end that before; `undefined` where the
 * system does not say so, or has no more to give of what that takes.
 */
export function watchOnce(files: readonly string[], onChange: () => void): (() => void) | undefined {
  const watchers: FSWatcher[] = [];
  function end(): boolean {
    const wereOpen = watchers.length > 0;
    for (const watcher of watchers.splice(0)) watcher.close();
    return wereOpen;
  }
  function heard(): void {
    if (end()) onChange();
  }
  try {
    for (const file of files) watchers.push(watch(file, {persistent: false}, heard).on('error', heard));
  } catch {
    end();
    return undefined;
  }
  return () => void end();
}
