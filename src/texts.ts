// The text of a module as this thread's Node was given it: what a loader has made of a file, else what is in the file.
// Knows nothing of what is looked for in it.

import {readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

type TextOf = (url: string) => string | undefined;

let made: TextOf = () => undefined;

/** For the loader: what it has made of the module at a URL. */
export function textsFrom(loader: TextOf): void {
  made = loader;
}

/** A file that has changed since it was loaded has another text. `undefined`: there is none to be read. */
export function textOf(file: string): string | undefined {
  try {
    return made(pathToFileURL(file).href) ?? readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
