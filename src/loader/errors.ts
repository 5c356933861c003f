// What Node says of a user's file that could not be loaded → a JugError with its place. Knows only the error and the
// files loaded so far: Node tells neither which file does not parse nor which one asks in vain.
import {readFileSync} from 'node:fs';
import {JugError} from '../core/errors.js';
import {type Place, type Refused, refusedIn} from './check.js';
import {importedFrom, mentions, userPath} from './resolve.js';
import {doesNotParse, importTransformer, transform} from './transform.js';

/** An error that is not about loading comes back as it is. `sources`: TypeScript by URL; `plain`: URLs of the rest. */
export async function readable(
  error: unknown,
  sources: ReadonlyMap<string, string>,
  plain: ReadonlySet<string>,
): Promise<unknown> {
  // An error from the hooks thread of Node 20 arrives without its class.
  if (error instanceof Error && error.name === 'JugError' && !(error instanceof JugError)) {
    const {code} = error as {code?: unknown};
    return Object.assign(new JugError(error.message, 3, {cause: error}), code === undefined ? {} : {code});
  }
  if (!(error instanceof SyntaxError)) return error;
  const [, specifier, name] =
    /^The requested module '(.+)' does not provide an export named '(.+)'/.exec(error.message) ?? [];
  if (specifier && name) {
    const from = [...sources.keys(), ...plain]
      .map(userPath)
      .find(path => path && mentions(path, specifier, name));
    const hint = 'export it there, or if it is a type import and export it with the word `type`';
    return new JugError(`${error.message}${importedFrom(specifier, from)}; ${hint}`, 3, {cause: error});
  }
  const required = requiredModule(error);
  if (required !== undefined) return required;
  // A SyntaxError that the jugfile itself throws, from JSON.parse say, has another stack.
  if (!/\bat (?:new ModuleWrap|compileSourceTextModule)\b/.test(String(error.stack))) return error;
  return (await unparsable(plain)) ?? (await refusedByNode(sources, plain)) ?? error;
}

/** Where Node has hooks for imports alone (before 22.15), what is required is to be what the package.json says it is. */
function requiredModule(error: SyntaxError): JugError | undefined {
  if (!/^(?:Cannot use import statement outside a module|Unexpected token 'export')/.test(error.message))
    return undefined;
  const [, place] = /^(\/.+\.js:\d+)\n/.exec(String(error.stack)) ?? [];
  if (place === undefined) return undefined;
  return new JugError(
    `Expected CommonJS at ${place}, since it is loaded by require(), found an ES module, with import or export.\n` +
      'Load it by import, or by await import(…); or give its package.json "type": "module".',
    3,
    {cause: error},
  );
}

async function unparsable(plain: ReadonlySet<string>): Promise<JugError | undefined> {
  const oxc = await importTransformer();
  for (const url of oxc ? plain : []) {
    const path = userPath(url);
    if (!path || !/\.m?jsx?$/.test(path)) continue;
    try {
      transform(url, readFileSync(path, 'utf8'), oxc);
    } catch (found) {
      if (found instanceof JugError) return found;
    }
  }
  return undefined;
}

/** What passes the transform, though Node refuses it: TypeScript is ahead of it, or the transform did not look for that. */
async function refusedByNode(
  sources: ReadonlyMap<string, string>,
  plain: ReadonlySet<string>,
): Promise<JugError | undefined> {
  // Node has come to the last first.
  for (const url of [...plain, ...sources.keys()].reverse()) {
    const path = userPath(url);
    if (!path || !/\.m?[jt]sx?$/.test(path)) continue;
    const text = readFileSync(path, 'utf8');
    const refused = await refusedIn(sources.get(url) ?? text);
    if (refused === undefined) continue;
    const [, what, instead] = AHEAD.find(([word]) => word.test(refused.near)) ?? [];
    const message = what === undefined ? refused.message : `Node ${process.version} does not know ${what}`;
    return doesNotParse(path, text, message, decoratorAbove(text, refused) ?? refused, instead);
  }
  return undefined;
}

/** A decorator of a class may stand lines above where the transform puts it. */
function decoratorAbove(text: string, {row, near}: Refused): Place | undefined {
  const [, decorator] = /^(?:\w+ )?(@[\w$.]+)/.exec(near) ?? [];
  if (decorator === undefined) return undefined;
  const lines = text.split('\n').slice(0, row);
  const at = lines.findLastIndex(line => line.includes(decorator));
  return at < 0 ? undefined : {row: at + 1, column: lines[at]!.indexOf(decorator) + 1};
}

/** By what stands where Node stops: its name, and what to write instead. */
const AHEAD: readonly (readonly [word: RegExp, name: string, instead: string])[] = [
  [/^(?:\w+ )?@/, 'decorators', 'call the function instead'],
  [/^using\b/, '`using`', 'write try … finally instead'],
  [/^accessor\b/, '`accessor`', 'write a getter and a setter instead'],
];
