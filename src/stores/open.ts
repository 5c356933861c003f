// From what the user writes for --jugdir to a store. Loads a store's code only when it is asked for: a command
// that needs no store does not pay for a database.

import {JugError} from '../errors.js';
import type {Scheme} from './redis-address.js';
import {type Access, DEFAULT_LEASE, type Store, type StoreOptions} from './store.js';

/** `rest` is what follows the scheme and its colon. */
type Open = (rest: string, access: Access, options: StoreOptions) => Promise<Store>;

/** A scheme, what stands behind it, and who opens it. */
interface Kind {
  readonly rest: string;
  readonly open: Open;
}

const KINDS: Readonly<Record<string, Kind>> = {
  lmdb: {
    rest: 'a folder',
    open: async (path, access) => (await import('./lmdb.js')).openLmdb(path, access),
  },
  file: {rest: 'a folder', open: openFileStore},
  // In Python's jug, whose locks are files without an owner, this one renews them. Here every store does.
  file_keepalive: {rest: 'a folder', open: openFileStore},
  redis: server('redis'),
  rediss: server('rediss'),
  valkey: server('valkey'),
  valkeys: server('valkeys'),
};

function server(scheme: Scheme): Kind {
  return {
    rest: 'a server',
    open: async (rest, ...how) => (await import('./redis.js')).openRedis(scheme, rest, ...how),
  };
}

async function openFileStore(path: string, access: Access, options: StoreOptions): Promise<Store> {
  return (await import('./file.js')).openFile(path, access, options);
}

/** A path, or `scheme:` and what the scheme says. One letter is a Windows drive. */
const SCHEME = /^([a-z][a-z_]+):(.*)$/s;

const DEFAULTS: StoreOptions = {lease: DEFAULT_LEASE};

/** Errors: JugError, with what may be written instead. */
export async function openStore(
  jugdir: string,
  access: Access,
  options: StoreOptions = DEFAULTS,
): Promise<Store> {
  const scheme = await schemeOf(jugdir);
  const rest = SCHEME.exec(jugdir)?.[2] ?? jugdir;
  const kind = KINDS[scheme];
  if (kind === undefined) {
    const known = Object.keys(KINDS).map(name => `${name}:`);
    throw new JugError(
      `--jugdir ${jugdir}: the kind of store '${scheme}' is not known. Expected a folder, as in --jugdir primes.jugdata, or one of ${known.join(' ')}`,
    );
  }
  if (scheme === 'file' && rest === jugdir && access === 'write') await sayWhy(rest, options);
  if (rest === '') throw new JugError(`--jugdir should name ${kind.rest}, but '${jugdir}' names none`);
  return kind.open(rest, access, options);
}

/** What `openStore` would open: `lmdb`, `file`, …, or what was written and is not known. */
export async function schemeOf(jugdir: string): Promise<string> {
  return SCHEME.exec(jugdir)?.[1] ?? kindOfFolder(jugdir);
}

/** A store says itself what it is; where there is none yet, the place decides. */
async function kindOfFolder(path: string): Promise<string> {
  if (path === '') return 'lmdb';
  const [{kindIn}, {networkOf}] = await Promise.all([import('./marker.js'), import('./folder.js')]);
  return kindIn(path) ?? (networkOf(path) === undefined ? 'lmdb' : 'file');
}

/** Of a store that is about to be made, and not of the kind that others are. */
async function sayWhy(path: string, {note}: StoreOptions): Promise<void> {
  if (note === undefined) return;
  const [{kindIn}, {networkOf}] = await Promise.all([import('./marker.js'), import('./folder.js')]);
  if (kindIn(path) !== undefined) return;
  note(
    `${path} is on a network filesystem (${networkOf(path)}): results are kept in a file store, as with --jugdir file:${path}.`,
  );
}
