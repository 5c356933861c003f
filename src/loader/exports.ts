// The exports of a module that has not come to its end: while it waits, `import()` of it answers with nothing. So its
// text is made to import one module more, which runs before it, imports it in turn, and so has its namespace. The
// hooks' half and that of the thread that imports, between which only URLs pass. Knows nothing of jugfiles.

import {entryUrl} from '../core/package-files.js';

/** Before the URL of a module whose exports are wanted early. */
const SCHEME = 'jug-exports-of:';
/** Of the hooks: URL as it was resolved → as it was asked for, which may be a link. */
const wanted = new Map<string, string>();
/** Of the thread that imports. */
const listeners = new Map<string, (namespace: object) => void>();

/** What to import instead of `url`: before that module runs, `take` is called with its namespace. */
export function withExports(url: string, take: (namespace: object) => void): string {
  listeners.set(url, take);
  return SCHEME + url;
}

/** Called by the module in between. */
export function tellExports(url: string, namespace: object): void {
  listeners.get(url)?.(namespace);
  listeners.delete(url);
}

/** For a hook that resolves: what `specifier` means to everybody else. */
export function withoutScheme(specifier: string): string {
  return specifier.startsWith(SCHEME) ? specifier.slice(SCHEME.length) : specifier;
}

/** For the same hook, when it has resolved it. */
export function noteResolved(specifier: string, url: string): void {
  if (specifier.startsWith(SCHEME)) wanted.set(url, withoutScheme(specifier));
}

/** What a hook has loaded from `url`: an ES module whose exports are wanted, with one import more after its last line. */
export function tellingExports<R extends object>(url: string, loaded: R): R {
  const asked = wanted.get(url);
  const {format, source} = loaded as {readonly format?: unknown; readonly source?: unknown};
  if (asked === undefined || format !== 'module' || !isText(source)) return loaded;
  const between = `import {tellExports} from ${JSON.stringify(entryUrl('src/loader/exports.js').href)};
import * as namespace from ${JSON.stringify(url)};
tellExports(${JSON.stringify(asked)}, namespace);`;
  const text = typeof source === 'string' ? source : Buffer.from(source).toString();
  const module = `data:text/javascript,${encodeURIComponent(between)}`;
  return {...loaded, source: `${text}\nimport ${JSON.stringify(module)};\n`};
}

function isText(source: unknown): source is string | Uint8Array {
  return typeof source === 'string' || source instanceof Uint8Array;
}

/** Those whose lines evaluation has passed: the others are there by name, and throw when they are read. */
export function initialised(namespace: object): Readonly<Record<string, unknown>> {
  const exports: Record<string, unknown> = {};
  for (const name of Object.getOwnPropertyNames(namespace)) {
    try {
      exports[name] = (namespace as Readonly<Record<string, unknown>>)[name];
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
    }
  }
  return exports;
}
