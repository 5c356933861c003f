// Loads jugfiles written in TypeScript or JavaScript, in any thread, with nothing installed by the user.
// Each thread installs for itself, since hooks are not inherited; workers are handed what main has transformed.
// Knows nothing of tasks. Types are not checked, and tsconfig.json is not read.
import {readFileSync, realpathSync} from 'node:fs';
import module from 'node:module';
import {pathToFileURL} from 'node:url';
import {isMainThread, MessageChannel, receiveMessageOnPort} from 'node:worker_threads';
import {modulesFrom, requiredUrls} from '../core/module-exports.js';
import {entryUrl} from '../core/package-files.js';
import {mapStacks, setTransformed} from '../core/source-maps.js';
import {readable} from './errors.js';
import {noteResolved, tellingExports, withExports, withoutScheme} from './exports.js';
import type {HooksData, Loaded} from './hooks.js';
import {dist, fallback, isTypeScript, looseModule, self, userPath} from './resolve.js';
import {requireTransformer, transform} from './transform.js';

/** URL → JavaScript of the TypeScript files loaded so far; goes to workers as it is. */
export type Sources = ReadonlyMap<string, string>;

interface Context {
  readonly parentURL?: string;
  readonly format?: string | null;
}
type Step = (subject: string, context: Context) => object;
type Hook = (subject: string, context: Context, next: Step) => object;
type RegisterHooks = (hooks: {readonly resolve: Hook; readonly load: Hook}) => unknown;

// Node >= 22.15; not in the types of Node 20.
const {registerHooks} = module as {registerHooks?: RegisterHooks};

const sources = new Map<string, string>();
/** The user's other files: where a text that does not parse is looked for. */
const plain = new Set<string>();
/** URLs of what the hooks of this thread have loaded, whatever it is. */
const seen = new Set<string>();
/** Set once installed: takes in what the hooks thread has reported meanwhile. */
let catchUp: (() => void) | undefined;
/** Where hooks have a thread of their own: tells it of sources. */
let handOver: ((sources: Sources) => void) | undefined;
/** Whether TypeScript is ours to transform. */
let transforms = false;

/** After it, this thread can import jugfiles; a worker passes the `loaderData()` of main. Calling it again changes nothing. */
export function installLoader(shared: Sources = new Map()): void {
  if (catchUp) return;
  for (const source of shared) loaded(source);
  transforms = !otherLoader();
  setTransformed(url => loaderData().get(url));
  modulesFrom({
    isComplete: transforms && seesAll(),
    urls: () => [...loaderData().keys(), ...plain, ...seen, ...requiredUrls()],
    textOf: url => loaderData().get(url),
  });
  catchUp = registerHooks ? inThread(registerHooks) : offThread();
}

/** For a worker that has its loader before main has anything to hand over: what is here need not be transformed again. */
export function shareSources(shared: Sources): void {
  for (const source of shared) loaded(source);
  handOver?.(shared);
}

/** What a worker started now passes to its `installLoader`. */
export function loaderData(): Sources {
  catchUp?.();
  return sources;
}

/** Whether a file of the user's that is loaded so far has this in its text. */
export function isWritten(pattern: RegExp): boolean {
  catchUp?.();
  for (const code of sources.values()) if (pattern.test(code)) return true;
  for (const url of plain) {
    const path = userPath(url);
    if (path !== undefined && pattern.test(readFileSync(path, 'utf8'))) return true;
  }
  return false;
}

/**
 * Imports a user's file. What is wrong with its text or its imports is a JugError; what it throws itself passes unchanged.
 * `begin`, if the loader is ours, is called before the file runs, with the namespace that its exports are to be in.
 */
export async function importFile(
  path: string,
  query = '',
  begin?: (namespace: object) => void,
): Promise<Readonly<Record<string, unknown>>> {
  const url = pathToFileURL(path).href + query;
  // Hooks in a thread of their own may be late to say that they have loaded it.
  if (transforms && isTypeScript(url)) mapStacks();
  try {
    return await import(begin === undefined ? url : withExports(url, begin));
  } catch (error) {
    catchUp?.();
    throw await readable(error, sources, plain);
  }
}

function inThread(register: RegisterHooks): () => void {
  const resolve: Hook = (specifier, context, next) => {
    if (specifier === 'jug') return {url: self, format: 'module', shortCircuit: true};
    const meant = withoutScheme(specifier);
    try {
      const resolved = next(meant, context);
      noteResolved(specifier, (resolved as {readonly url: string}).url);
      return resolved;
    } catch (error) {
      return {url: fallback(meant, context.parentURL, error), shortCircuit: true};
    }
  };
  const loadAsItIs: Hook = (url, context, next) => {
    const path = transforms ? userPath(url) : undefined;
    if (!path) return next(url, context);
    if (isTypeScript(url)) {
      const source = sources.get(url) ?? transform(url, readFileSync(path, 'utf8'), requireTransformer());
      loaded([url, source]);
      return {format: path.endsWith('.cts') ? 'commonjs' : 'module', source, shortCircuit: true};
    }
    const source = looseModule(url, context.format);
    if (source !== undefined || context.format !== 'commonjs') loaded([url]);
    return source === undefined ? next(url, context) : {format: 'module', source, shortCircuit: true};
  };
  const load: Hook = (url, context, next) => {
    seen.add(url);
    return tellingExports(url, loadAsItIs(url, context, next));
  };
  register({resolve, load});
  return () => {};
}

function offThread(): () => void {
  const {port1, port2} = new MessageChannel();
  const data: HooksData = {sources, port: port2, transforms};
  port1.on('message', loaded);
  port1.unref();
  handOver = shared => port1.postMessage(shared);
  module.register(entryUrl('src/loader/hooks.js'), {data, transferList: [port2]});
  return () => {
    for (let got = receiveMessageOnPort(port1); got; got = receiveMessageOnPort(port1)) loaded(got.message);
  };
}

function loaded([url, code]: Loaded): void {
  if (code === undefined) {
    plain.add(url);
    return;
  }
  sources.set(url, code);
  // Not before the first TypeScript file: only from then on are maps worth what they cost every Error.stack.
  mapStacks();
}

/** Whether nothing of the user's is loaded before the hooks are in place: a script, or what a flag names, is. */
function seesAll(): boolean {
  const flags = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ');
  if (/(?:^|\s)(?:-r|--require|--import|--(?:experimental-)?loader)\b/.test(flags)) return false;
  try {
    return !isMainThread || pathToFileURL(realpathSync(process.argv[1] ?? '')).href.startsWith(dist);
  } catch {
    return false; // plain node finds files by less than their names
  }
}

/** Whether the user has brought a loader: two transforms of one text would lose positions. It stays out of Node 20's workers. */
function otherLoader(): boolean {
  if (!isMainThread && !registerHooks) return false;
  const flags = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ');
  const known =
    /(?:--import|--(?:experimental-)?loader|--require|-r)[= ]\S*\b(?:tsx|ts-node|jiti|swc|swc-node|esbuild|sucrase|oxc)\b/;
  return known.test(flags) || /(?:^| )--experimental-(?:strip|transform)-types\b/.test(flags);
}
