// What an import in a user's file may leave out, and which file it then means; used by the hooks of both kinds.
// Knows nothing of hooks, threads or the transform.
import {readFileSync, realpathSync, statSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {compileFunction} from 'node:vm';
import {JugError} from '../core/errors.js';
import {entryUrl, ownCode} from '../core/package-files.js';

/** What `import 'jug'` means in every file of the user's: this very package, so that there is one registry of tasks. */
export const self = entryUrl('src/index.js').href;
/** Our own code. */
export const dist = ownCode.href;

const added = ['.ts', '.mts', '.tsx', '.js', '.mjs', '.cts', '.cjs', '.jsx'];
const replaced: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
  '.jsx': ['.tsx'],
};

/** The path of a file that is the user's to fix: not of a package, not of ours. */
export function userPath(url: string | undefined): string | undefined {
  if (!url?.startsWith('file:') || url.includes('/node_modules/') || url.startsWith(dist)) return undefined;
  return fileURLToPath(url.replace(/[?#].*$/, ''));
}

export function isTypeScript(url: string): boolean {
  return /\.[mc]?tsx?$/.test(userPath(url) ?? '');
}

/**
 * The source of a `.js` that is an ES module, though no package.json says so: one may say nothing (Node then gives no
 * format, and would find out by itself, but print a warning), or "commonjs", as `npm init` writes it.
 */
export function looseModule(url: string, format: string | null | undefined): string | undefined {
  const path = format && format !== 'commonjs' ? undefined : userPath(url);
  if (!path?.endsWith('.js')) return undefined;
  const source = readFileSync(path, 'utf8');
  if (!/^\s*(?:import|export)\b/m.test(source)) return undefined;
  try {
    compileFunction(source.replace(/^#!.*/, ''), ['exports', 'require', 'module', '__filename', '__dirname']);
    return undefined;
  } catch {
    return source;
  }
}

/** The URL meant by a specifier that Node refused with `error`; throws what the user should read if there is none. */
export function fallback(specifier: string, parent: string | undefined, error: unknown): string {
  const code = (error as {code?: unknown} | null)?.code;
  const from = userPath(parent);
  const isPath = /^(?:\.{0,2}\/|\.\.?$|file:)/.test(specifier);
  const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNSUPPORTED_DIR_IMPORT';
  if (!(missing || code === 'MODULE_NOT_FOUND') || !(from || specifier.startsWith('file:'))) throw error;
  if (!isPath) throw missing ? new MissingImport(packageMissing(specifier, from), code, error) : error;

  const url = new URL(specifier, parent);
  const path = fileURLToPath(new URL(url.pathname, url));
  const names = candidates(path);
  const found = names.find(name => statSync(name, {throwIfNoEntry: false})?.isFile());
  if (found) return pathToFileURL(realpathSync(found)).href + url.search;
  if (!missing) throw error;
  const looked = [path, ...names].map(name => name.slice(dirname(path).length + 1)).join(', ');
  throw new MissingImport(
    `Cannot find '${specifier}'${importedFrom(specifier, from)}; looked in ${dirname(path)} for ${looked}`,
    code,
    error,
  );
}

function candidates(path: string): string[] {
  const extension = /\.[mc]?jsx?$/.exec(basename(path))?.[0] ?? '';
  const stem = path.slice(0, path.length - extension.length).replace(/\/$/, '');
  return [
    ...(replaced[extension] ?? []).map(other => stem + other),
    ...(extension ? [] : added.map(other => stem + other)),
    ...(extension ? [] : added.slice(0, 5).map(other => `${stem}/index${other}`)),
  ];
}

function packageMissing(specifier: string, from: string | undefined): string {
  const place = importedFrom(specifier, from);
  if (specifier.startsWith('jug/')) return `Cannot find '${specifier}'${place}; import from 'jug' itself`;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  return `Cannot find the package '${name}'${place}; install it beside the jugfile: npm install ${name}`;
}

/** `, imported from /dir/jugfile.ts:3:17`: the first place where the specifier is written out. */
export function importedFrom(specifier: string, from: string | undefined): string {
  if (!from) return '';
  const text = readText(from);
  const at = quotedAt(text, specifier);
  if (at < 0) return `, imported from ${from}`;
  const lines = text.slice(0, at).split('\n');
  return `, imported from ${from}:${lines.length}:${lines.at(-1)!.length + 1}`;
}

/** Whether a file writes both a specifier and a name. */
export function mentions(path: string, specifier: string, name: string): boolean {
  const text = readText(path);
  return quotedAt(text, specifier) >= 0 && text.includes(name);
}

function quotedAt(text: string, specifier: string): number {
  return Math.max(text.indexOf(`'${specifier}'`), text.indexOf(`"${specifier}"`));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it vanished since it was loaded: the message does without a line
  }
}

/** Keeps Node's `code`, by which a jugfile recognises an optional package that is not there. */
class MissingImport extends JugError {
  constructor(
    message: string,
    readonly code: string,
    cause: unknown,
  ) {
    super(message, 3, {cause});
  }
}
