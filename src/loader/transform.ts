// TypeScript text → JavaScript text with an inline source map; a text that does not parse → a JugError with its place.
// The transformer is a native binding, brought in at the first TypeScript file. Knows nothing of hooks.
import module from 'node:module';
import {fileURLToPath} from 'node:url';
import {JugError} from '../core/errors.js';
import {tooManyFiles} from '../core/fd-limit.js';
import type {Place} from './check.js';

type Oxc = typeof import('oxc-transform');
/** Undefined: there is no binary for this platform. */
export type Transformer = Oxc | undefined;
type Strip = (source: string) => string;

let loaded: {readonly oxc: Transformer} | undefined;

/** For hooks that may not wait; Node >= 22.13, which can require an ES module. */
export function requireTransformer(): Transformer {
  try {
    loaded ??= {oxc: module.createRequire(import.meta.url)('oxc-transform') as Oxc};
  } catch (error) {
    loaded = without(error);
  }
  return loaded.oxc;
}

export async function importTransformer(): Promise<Transformer> {
  loaded ??= await import('oxc-transform').then(oxc => ({oxc}), without);
  return loaded.oxc;
}

/** Errors: one that has nothing to do with the platform. */
function without(error: unknown): {readonly oxc: undefined} {
  const files = tooManyFiles(error);
  if (files !== undefined) throw files;
  return {oxc: undefined};
}

export function transform(url: string, source: string, oxc: Transformer): string {
  const place = url.replace(/[?#].*$/, '');
  const path = fileURLToPath(place);
  if (!oxc) return strip(path, source);
  const sourceType = path.endsWith('.cts') ? 'commonjs' : 'module';
  const {code, map, errors} = oxc.transformSync(path, source, {sourcemap: true, sourceType});
  const error = errors.find(({severity}) => severity === 'Error');
  if (error) {
    const place = placeOf(source, error.labels[0]?.start);
    throw doesNotParse(path, source, error.message, place, error.helpMessage);
  }
  // The text itself stays out of the map: Node reads the file when it wants to show a line, and workers are sent less.
  const lean = {version: 3, sources: [place], names: map?.names ?? [], mappings: map?.mappings ?? ''};
  const inline = Buffer.from(JSON.stringify(lean)).toString('base64');
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`;
}

function strip(path: string, source: string): string {
  const {stripTypeScriptTypes} = module as {stripTypeScriptTypes?: Strip};
  const lacking = `oxc-transform, with which jug reads TypeScript, has no binary for ${process.platform}-${process.arch}`;
  const remedy = 'npm install tsx, then: node --import tsx node_modules/.bin/jug …';
  if (!stripTypeScriptTypes) throw new JugError(`Cannot load ${path}: ${lacking}; ${remedy}`, 3);
  try {
    return stripTypeScriptTypes(source);
  } catch (error) {
    const {message} = error as Error;
    const unsupported = (error as {code?: string}).code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
    const why = unsupported
      ? `${message} (${lacking}, and Node itself only strips types; ${remedy})`
      : message;
    throw new JugError(`${path} does not parse: ${why}`, 3, {cause: error});
  }
}

/** `offset` counts bytes of UTF-8, as the transformer's labels do. */
function placeOf(source: string, offset = 0): Place {
  const before = Buffer.from(source).subarray(0, offset).toString();
  return {row: before.split('\n').length, column: before.length - before.lastIndexOf('\n')};
}

export function doesNotParse(
  path: string,
  source: string,
  message: string,
  {row, column}: Place,
  help?: string | null,
): JugError {
  const line = source.split(/\r?\n/)[row - 1] ?? '';
  const margin = `  ${row} | `;
  // Tabs stay tabs in front of the caret, so that it stands under its character whatever their width.
  const indent = `${' '.repeat(margin.length - 2)}| ${line.slice(0, column - 1).replace(/[^\t]/g, ' ')}`;
  const hint = help ? ` (${help})` : '';
  return new JugError(
    `${path}:${row}:${column} does not parse: ${message}${hint}\n${margin}${line}\n${indent}^`,
    3,
  );
}
