// From a jugdir, which the user writes, to a store. Loads a store's code only when it is asked for: a command
// that needs no store does not pay for a database.

import {existsSync, statSync} from 'node:fs';
import path from 'node:path';
import {JugError, StoreError} from '../core/errors.js';
import {withoutPassword} from './redact.js';
import type {Scheme} from './redis/url.js';
import {type Access, DEFAULT_LEASE, type Store, type StoreOptions} from './store.js';

/** `rest` is what follows the scheme and its colon. */
type Open = (rest: string, access: Access, options: StoreOptions) => Promise<Store>;

/** A scheme, what stands behind it, and who opens it. */
interface Kind {
  /** What stands behind the scheme: `path` a file or a folder, `module` a path if it begins with a dot. */
  readonly place: 'path' | 'module' | 'address';
  /** The same in words. */
  readonly rest: string;
  /** The scheme alone, without a colon, is a jugdir, too. */
  readonly alone?: true;
  /** Main alone can open it: workers ask main. */
  readonly ofMain?: true;
  /** Where there is no store, as the user is to see it; `undefined` if there is one. Left out where that is not known. */
  readonly missingAt?: (rest: string) => Promise<string | undefined>;
  /** What can be said against `rest` without asking anybody. Errors: a JugError. */
  readonly check?: (rest: string) => Promise<unknown>;
  /** Loads its code, and opens nothing. */
  readonly load: () => Promise<Open>;
}

const FILE: Kind = {
  place: 'path',
  rest: 'a folder',
  missingAt: missingFolder,
  check: missingFolder,
  load: async () => (await import('./file/driver.js')).openFile,
};

const KINDS: Readonly<Record<string, Kind>> = {
  lmdb: {
    place: 'path',
    rest: 'a folder',
    missingAt: missingFolder,
    check: missingFolder,
    load: async () => (await import('./lmdb/driver.js')).openLmdb,
  },
  file: FILE,
  // In Python's jug, whose locks are files without an owner, this one renews them. Here every store does.
  file_keepalive: FILE,
  redis: server('redis'),
  rediss: server('rediss'),
  valkey: server('valkey'),
  valkeys: server('valkeys'),
  dict_store: {
    place: 'path',
    rest: 'a file',
    alone: true,
    ofMain: true,
    missingAt: async rest => (existsSync(rest) ? undefined : path.resolve(rest)),
    load: async () => (await import('./dict/driver.js')).openDict,
  },
  module: {
    place: 'module',
    rest: 'a module, as in module:./my-store.js',
    ofMain: true,
    load: async () => (await import('./module/driver.js')).openModule,
  },
};

function server(scheme: Scheme): Kind {
  return {
    place: 'address',
    rest: 'a server',
    async missingAt(rest) {
      const {missingAt} = await import('./redis/driver.js');
      return missingAt(scheme, rest);
    },
    check: async rest => (await import('./redis/url.js')).parseAddress(scheme, rest),
    async load() {
      const {openRedis} = await import('./redis/driver.js');
      return (rest, access, options) => openRedis(scheme, rest, access, options);
    },
  };
}

/** A path, or `scheme:` and what the scheme says, in upper or lower case. One letter is a Windows drive. */
const SCHEME = /^([a-z][a-z_]+|[a-z][\w+.-]+(?=:\/\/)):(.*)$/is;
/** As a file: URL begins, be it without a host. */
const HOST = /^\/\/([^/]*)/;
/** Hosts that mean this machine, whichever that is. */
const HERE = /^(localhost)?$/i;

const DEFAULTS: StoreOptions = {lease: DEFAULT_LEASE};

/** `scheme` is undefined for a path by itself: the kind of such a store is written in it. */
function parsed(jugdir: string): {readonly scheme: string | undefined; readonly rest: string} {
  const [, written, rest = ''] = SCHEME.exec(jugdir) ?? [];
  const scheme = (written ?? jugdir).toLowerCase();
  if (written === undefined) return KINDS[scheme]?.alone ? {scheme, rest} : {scheme: undefined, rest: jugdir};
  const [start, host] = HOST.exec(rest) ?? [];
  const isHere = KINDS[scheme]?.place === 'path' && host !== undefined && HERE.test(host);
  return {scheme, rest: isHere ? rest.slice(start!.length).replace(/^\/+/, '/') : rest};
}

/** What may be written in several ways, in one: `FILE://localhost/results` as `file:/results`. */
export function normalJugdir(jugdir: string): string {
  const {scheme, rest} = parsed(jugdir);
  if (scheme === undefined) return jugdir;
  return SCHEME.test(jugdir) ? `${scheme}:${rest}` : scheme;
}

/** Errors: JugError, of exit code 2, with what may be written instead. */
export async function openStore(
  jugdir: string,
  access: Access,
  options: StoreOptions = DEFAULTS,
): Promise<Store> {
  try {
    return await openKind(normalJugdir(jugdir), access, options);
  } catch (error) {
    throw unusable(error);
  }
}

/** A jugdir that cannot be used when it is opened is that, whatever the kind of the store and the reason. */
function unusable(error: unknown): unknown {
  if (!(error instanceof JugError) || error.exitCode === 2) return error;
  const {message} = error;
  return error instanceof StoreError
    ? new StoreError(message, error.fatal, {cause: error, exitCode: 2})
    : new JugError(message, 2, {cause: error});
}

async function openKind(jugdir: string, access: Access, options: StoreOptions): Promise<Store> {
  const {kind, name, rest} = await kindOf(jugdir);
  if (name === 'file' && rest === jugdir && access === 'write') await sayWhy(rest, options);
  const open = await kind.load();
  return open(rest, access, options);
}

interface Known {
  readonly kind: Kind;
  readonly name: string;
  readonly rest: string;
}

/** Errors: a JugError, of a jugdir that could mean no store. */
async function kindOf(jugdir: string): Promise<Known> {
  if (jugdir === '')
    throw new JugError('Expected a jugdir, as primes.jugdata, found nothing between the quotes.');
  const {rest} = parsed(jugdir);
  const name = await schemeOf(jugdir);
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined) {
    const known = Object.keys(KINDS).map(name => `${name}:`);
    // Without the rest of what was written: it may hold a password.
    throw new JugError(
      `Expected a jugdir that is a folder, as primes.jugdata, or begins with one of ${known.join(' ')}; found one that begins with ${name}:, which is not known.`,
    );
  }
  if (rest === '' && jugdir !== name)
    throw new JugError(`Expected the jugdir ${jugdir} to name ${kind.rest}, found nothing after the colon.`);
  if (kind.place === 'path' && rest !== jugdir) refuseHost(jugdir, name, kind, rest);
  return {kind, name, rest};
}

function refuseHost(jugdir: string, name: string, {rest: what}: Kind, rest: string): void {
  if (!HOST.test(rest)) return;
  throw new JugError(
    `Expected the jugdir ${withoutPassword(jugdir)} to name ${what} of this machine, found another machine after the two slashes. For a path, write ${name}:/path or ${name}:path`,
  );
}

/**
 * The place where a jugdir has no store yet, as the user is to see it; `undefined` if there is one, or if it cannot be
 * told. Makes nothing. Errors: those of `openStore`.
 */
export async function missingAt(jugdir: string): Promise<string | undefined> {
  try {
    const {kind, rest} = await kindOf(normalJugdir(jugdir));
    return rest === '' ? undefined : await kind.missingAt?.(rest);
  } catch (error) {
    throw unusable(error);
  }
}

/** Opens nothing, and asks nobody. Errors: those of `openStore` that can be told so. */
export async function checkJugdir(jugdir: string): Promise<void> {
  try {
    const {kind, rest} = await kindOf(normalJugdir(jugdir));
    if (rest !== '') await kind.check?.(rest);
  } catch (error) {
    throw unusable(error);
  }
}

/** Loads what `openStore` will need, and opens nothing: after a jugfile's loader is in place, loading is slower. */
export async function loadStore(jugdir: string): Promise<void> {
  try {
    await KINDS[await schemeOf(jugdir)]?.load();
  } catch {
    // Told when it is opened, if it is this one that will be.
  }
}

/** What `openStore` would open: `lmdb`, `file`, …, or what was written and is not known. */
export async function schemeOf(jugdir: string): Promise<string> {
  return parsed(jugdir).scheme ?? kindOfFolder(jugdir);
}

/** The file or folder that a jugdir names, as an absolute path; undefined if it names none. */
export function pathOf(jugdir: string): string | undefined {
  const {scheme, rest} = parsed(jugdir);
  const place = scheme === undefined ? 'path' : KINDS[scheme]?.place;
  return place === 'path' && rest !== '' ? path.resolve(rest) : undefined;
}

/** Whether there is surely no result in it: nothing is there yet, or it is never there at the start. */
export function isNew(jugdir: string): boolean {
  const file = pathOf(jugdir);
  if (file !== undefined) return !existsSync(file);
  const {scheme = ''} = parsed(jugdir);
  return normalJugdir(jugdir) === scheme && KINDS[scheme]?.alone === true;
}

/** `jugdir`, with a path in it that is not meant from the current folder but from `folder`. */
export function jugdirFrom(folder: string, jugdir: string): string {
  const {scheme, rest} = parsed(jugdir);
  const place = scheme === undefined ? 'path' : KINDS[scheme]?.place;
  // With the name of another machine it is refused when it is opened.
  const isElsewhere = scheme !== undefined && HOST.test(rest);
  const isPath =
    rest !== '' && !isElsewhere && (place === 'path' || (place === 'module' && rest.startsWith('.')));
  return isPath ? `${scheme === undefined ? '' : `${scheme}:`}${path.resolve(folder, rest)}` : jugdir;
}

/** Whether a worker can look into the store by itself, or has to ask main. */
export async function isOpenedByWorkers(jugdir: string): Promise<boolean> {
  return KINDS[await schemeOf(jugdir)]?.ofMain === undefined;
}

/** A store says itself what it is; where there is none yet, the place decides. */
async function kindOfFolder(path: string): Promise<string> {
  if (path === '') return 'lmdb';
  if (isFile(path)) {
    const {isDictFile} = await import('./dict/file.js');
    return isDictFile(path) ? 'dict_store' : 'lmdb';
  }
  const {kindIn, networkOf} = await folders();
  return kindIn(path) ?? (networkOf(path) === undefined ? 'lmdb' : 'file');
}

/** What may not be looked into is told by who opens it. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function missingFolder(rest: string): Promise<string | undefined> {
  const {examineFolder} = await folders();
  const folder = path.resolve(rest);
  return examineFolder(folder) === 'store' ? undefined : folder;
}

async function folders(): Promise<typeof import('./manifest.js') & typeof import('./folder.js')> {
  const [marker, folder] = await Promise.all([import('./manifest.js'), import('./folder.js')]);
  return {...marker, ...folder};
}

/** Of a store that is about to be made, and not of the kind that others are. */
async function sayWhy(path: string, {note}: StoreOptions): Promise<void> {
  if (note === undefined) return;
  const {kindIn, networkOf} = await folders();
  if (kindIn(path) !== undefined) return;
  note(
    `${path} is on a network filesystem (${networkOf(path)}): results are kept in a file store, as with --jugdir file:${path}.`,
  );
}
