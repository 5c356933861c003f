// Where a line of JavaScript stands in the TypeScript from which jug has made it, and stacks that say so. Only such
// files are mapped: a package may read its own stack, and then looks for its own files where that says.
// Knows neither how files are loaded, nor what is in them.

import {findSourceMap, SourceMap} from 'node:module';
import {fileURLToPath, pathToFileURL} from 'node:url';
import type {Position} from './module-exports.js';

/** URL → JavaScript with an inline map, of what jug has transformed. */
type CodeOf = (url: string) => string | undefined;

let codeOf: CodeOf = () => undefined;
const maps = new Map<string, SourceMap | undefined>();
let isMapping = false;

/** Where the code of this thread is to be asked for. */
export function setTransformed(given: CodeOf): void {
  codeOf = given;
}

/**
 * From now on, stacks of this thread name lines of TypeScript. Where the user has turned on node's own source maps,
 * those do it; where intrinsics are frozen, stacks stay as they are.
 */
export function mapStacks(): void {
  if (isMapping || process.sourceMapsEnabled) return;
  isMapping = true;
  // Node's own, or that of somebody who came before: it is given the frames as they should be, and does what it does.
  const former: typeof Error.prepareStackTrace = Error.prepareStackTrace ?? plainStack;
  try {
    Error.prepareStackTrace = (error, sites) => former(error, sites.map(mapped));
  } catch {
    // Frozen.
  }
}

/** Where the user has written what is at this place of a script; `undefined` if it was not transformed. */
export function writtenAt(script: string, {line, column}: Position): Position | undefined {
  const entry = mapOf(script)?.findEntry(line - 1, column - 1);
  if (entry === undefined || !('originalLine' in entry)) return undefined;
  return {line: entry.originalLine + 1, column: entry.originalColumn + 1};
}

/** By the name that a stack has for it: a module's URL, or a path, where it was required. */
function mapOf(script: string): SourceMap | undefined {
  const ours = TYPESCRIPT.test(script) ? ownMapOf(script) : undefined;
  return ours ?? (process.sourceMapsEnabled ? findSourceMap(script) : undefined);
}

const TYPESCRIPT = /\.[mc]?tsx?(?:[?#].*)?$/;

function ownMapOf(script: string): SourceMap | undefined {
  // What is on a stack was loaded, so that an answer is final.
  if (maps.has(script)) return maps.get(script);
  const code = codeOf(urlOf(script));
  const map = code === undefined ? undefined : inlineMap(code);
  maps.set(script, map);
  return map;
}

/** The map that stands at the end of `code`, if one does. */
export function inlineMap(code: string): SourceMap | undefined {
  const [, base64] = /\n\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/.exec(code) ?? [];
  return base64 === undefined
    ? undefined
    : new SourceMap(JSON.parse(Buffer.from(base64, 'base64').toString()));
}

/** What V8 would write, of an error whose name or message cannot be read as well. */
function plainStack(error: Error, sites: readonly NodeJS.CallSite[]): string {
  return [Error.prototype.toString.call(error), ...sites.map(site => `    at ${site}`)].join('\n');
}

/** A frame as it would be had the file run as it was written; any other is itself. */
function mapped(site: NodeJS.CallSite): NodeJS.CallSite {
  try {
    return site.isEval() ? evaluated(site) : inFile(site);
  } catch {
    return site;
  }
}

function inFile(site: NodeJS.CallSite): NodeJS.CallSite {
  const script = site.getFileName();
  const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
  if (!script || !line || !column) return site;
  const written = writtenAt(script, {line, column});
  if (written === undefined) return site;
  const file = pathOf(script);
  const text = String(site);
  // Node 24 writes the URL of a module that was required, and calls it by its path.
  const place = [urlOf(script), script]
    .map(name => placeOf(name, {line, column}))
    .find(name => text.includes(name));
  if (place === undefined) return site;
  const at = text.lastIndexOf(place);
  const shown = `${text.slice(0, at)}${placeOf(file, written)}${text.slice(at + place.length)}`;
  return changed(site, {
    getFileName: () => file,
    getScriptNameOrSourceURL: () => file,
    getLineNumber: () => written.line,
    getColumnNumber: () => written.column,
    toString: () => shown,
  });
}

/** `eval at f (file:///primes.ts:4:5), <anonymous>:1:1`: where the call of eval stands. */
function evaluated(site: NodeJS.CallSite): NodeJS.CallSite {
  const text = String(site);
  const shown = text.replace(/(?<=\()([^()]+):(\d+):(\d+)(?=\))/g, (place, script: string, line, column) => {
    const written = writtenAt(script, {line: Number(line), column: Number(column)});
    return written === undefined ? place : placeOf(pathOf(script), written);
  });
  return shown === text ? site : changed(site, {toString: () => shown});
}

/** The methods of a call site refuse to be called on any other object. */
function changed(
  site: NodeJS.CallSite,
  methods: Readonly<Record<string | symbol, () => unknown>>,
): NodeJS.CallSite {
  return new Proxy(site, {
    get(target, key) {
      if (Object.hasOwn(methods, key)) return methods[key];
      const method: unknown = Reflect.get(target, key);
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
}

function placeOf(file: string, {line, column}: Position): string {
  return `${file}:${line}:${column}`;
}

/** The path of a script that a stack names. */
export function pathOf(script: string): string {
  return script.startsWith('file:') ? fileURLToPath(script) : script;
}

function urlOf(script: string): string {
  return script.startsWith('file:') ? script : pathToFileURL(script).href;
}
