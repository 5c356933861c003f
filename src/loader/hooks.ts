// The loader's hooks for Node < 22.15, where they run in a thread of their own beside the thread that imports.
// Knows of that thread only a port, by which it is told what was loaded: before it runs any of that.
import {readFile} from 'node:fs/promises';
import type {LoadHook, ResolveHook} from 'node:module';
import type {MessagePort} from 'node:worker_threads';
import {noteResolved, tellingExports, withoutScheme} from './exports.js';
import {fallback, isTypeScript, looseModule, self, userPath} from './resolve.js';
import {importTransformer, transform} from './transform.js';

export interface HooksData {
  /** URL → JavaScript of files that are transformed already; more may come by the port. */
  readonly sources: ReadonlyMap<string, string>;
  readonly port: MessagePort;
  readonly transforms: boolean;
}
/** A file that was loaded: its URL, and for TypeScript its JavaScript. */
export type Loaded = readonly [url: string, code?: string];

let data: HooksData;
const transformed = new Map<string, string>();

export function initialize(given: HooksData): void {
  data = given;
  share(given.sources);
  given.port.on('message', share);
  given.port.unref();
}

function share(sources: ReadonlyMap<string, string>): void {
  for (const [url, code] of sources) transformed.set(url, code);
}

export const resolve: ResolveHook = async (specifier, context, next) => {
  if (specifier === 'jug') return {url: self, format: 'module', shortCircuit: true};
  const meant = withoutScheme(specifier);
  try {
    const resolved = await next(meant, context);
    noteResolved(specifier, resolved.url);
    return resolved;
  } catch (error) {
    return {url: fallback(meant, context.parentURL, error), shortCircuit: true};
  }
};

export const load: LoadHook = async (url, context, next) =>
  tellingExports(url, await loadAsItIs(url, context, next));

const loadAsItIs: LoadHook = async (url, context, next) => {
  if (!data.transforms || !userPath(url)) {
    data.port.postMessage([url] satisfies Loaded);
    return next(url, context);
  }
  if (isTypeScript(url)) {
    const path = userPath(url)!;
    const source =
      transformed.get(url) ?? transform(url, await readFile(path, 'utf8'), await importTransformer());
    data.port.postMessage([url, source] satisfies Loaded);
    return {format: path.endsWith('.cts') ? 'commonjs' : 'module', source, shortCircuit: true};
  }
  const source = looseModule(url, context.format);
  if (source !== undefined || context.format !== 'commonjs') data.port.postMessage([url] satisfies Loaded);
  return source === undefined ? next(url, context) : {format: 'module', source, shortCircuit: true};
};
