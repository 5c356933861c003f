// The sources as text, and what each of them imports.

import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

/** Compiled, this file is dist/test/helpers/sources.js. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Import {
  /** A file of this package, `src/values/task-hash.ts`, or what was written. */
  readonly target: string;
  /** When it is needed: by the compiler, when the file is loaded, or when some function is called. */
  readonly when: 'compiled' | 'loaded' | 'called';
}

export interface Source {
  /** `src/stores/registry.ts` */
  readonly file: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export function sources(): Source[] {
  return ['src', 'workers'].flatMap(folder =>
    readdirSync(path.join(ROOT, folder), {recursive: true, encoding: 'utf8'})
      .filter(name => /\.[cm]?tsx?$/.test(name) && !name.endsWith('.d.ts'))
      .map(name => {
        const file = path.posix.join(folder, name.split(path.sep).join('/'));
        const text = readFileSync(path.join(ROOT, file), 'utf8');
        return {file, text, imports: importsOf(file, text)};
      }),
  );
}

const STATEMENT =
  /^(?:import|export)\s+(?<type>type\s+)?(?:(?<names>[\w*{}\s,$]+?)\s+from\s+)?'(?<specifier>[^']+)'/gm;
const REQUIRED = /^import\s+\w+\s+=\s+require\('([^']+)'\)/gm;
const DYNAMIC = /\bimport\('([^']+)'\)/g;

export function importsOf(file: string, text: string): Import[] {
  const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  const imports: Import[] = [];
  for (const {groups} of code.matchAll(STATEMENT)) {
    const {type, names = '', specifier} = groups!;
    const listed = /^\{(.*)\}$/s
      .exec(names.trim())?.[1]
      ?.split(',')
      .filter(name => name.trim() !== '');
    const isTypeOnly =
      type !== undefined || (listed?.every(name => name.trim().startsWith('type ')) ?? false);
    imports.push({target: resolved(file, specifier!), when: isTypeOnly ? 'compiled' : 'loaded'});
  }
  for (const [, specifier] of code.matchAll(REQUIRED)) {
    imports.push({target: resolved(file, specifier!), when: 'loaded'});
  }
  for (const [, specifier] of code.matchAll(DYNAMIC)) {
    imports.push({target: resolved(file, specifier!), when: 'called'});
  }
  return imports;
}

function resolved(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return path.posix.join(path.posix.dirname(file), specifier).replace(/\.(c?)js$/, '.$1ts');
}
