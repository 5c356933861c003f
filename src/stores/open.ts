// From what the user writes for --jugdir to a store. Loads a store's code only when it is asked for: a command
// that needs no store does not pay for a database.

import {JugError} from '../errors.js';
import type {Access, Store} from './store.js';

const LATER = new Set(['file', 'redis', 'rediss', 'valkey', 'dict_store', 'module']);

/** A path, or `scheme:` and what the scheme says. One letter is a Windows drive. */
const SCHEME = /^([a-z][a-z_]+):(.*)$/;

export async function openStore(jugdir: string, access: Access): Promise<Store> {
  const [scheme, rest] = split(jugdir);
  if (scheme !== 'lmdb') {
    const known = LATER.has(scheme) ? 'is not available in this version of jug' : 'is not known';
    throw new JugError(
      `--jugdir ${jugdir}: the kind of store '${scheme}' ${known}. Give a folder, as in --jugdir primes.jugdata or --jugdir lmdb:primes.jugdata`,
    );
  }
  if (rest === '') throw new JugError(`--jugdir should name a folder, but '${jugdir}' names none`);
  const {openLmdb} = await import('./lmdb.js');
  return openLmdb(rest, access);
}

function split(jugdir: string): readonly [scheme: string, rest: string] {
  if (jugdir === 'dict_store') return ['dict_store', ''];
  const match = SCHEME.exec(jugdir);
  return match === null ? ['lmdb', jugdir] : [match[1]!, match[2]!];
}
