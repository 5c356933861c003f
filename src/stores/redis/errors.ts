// What can go wrong between us and a Redis server, in words: what passes by itself, and what does not. Messages never
// hold a password, which the client's own errors carry along.

import {StoreError} from '../../core/errors.js';
import type {Address} from './url.js';

/** Errors of the server by their first word, or what they hold. PREFIX stands for that of the jugdir. */
const TOLD: readonly (readonly [pattern: RegExp, isFatal: boolean, text: string])[] = [
  [/WRONGPASS|invalid password/, true, 'The server refuses the user or the password of the jugdir'],
  [/NOAUTH/, true, 'The server asks for a password: write redis://user:password@host:port'],
  [
    /NOPERM|ACL failure|can't run this command|can't access at least one of the keys/,
    true,
    'This user may not do what jug needs: all commands but the dangerous ones, on keys that begin with the prefix in braces (+@all -@dangerous ~{PREFIX}:*)',
  ],
  [
    /JUGLOST/,
    true,
    'The server has lost what was in it, or the latest of it: it was emptied, or restarted without all of its data. Start again: what is lost is computed again',
  ],
  [/JUGDRAFT/, false, 'A large result took so long that its first pieces have lapsed'],
  [
    /WRONGTYPE/,
    true,
    'Keys with the prefix of this store belong to something else. Choose another with ?prefix=',
  ],
  [/OOM/, false, 'The server has no memory left (its maxmemory)'],
  [/MISCONF/, false, 'The server cannot write to its own disk, and accepts nothing until it can'],
  [/READONLY/, false, 'The server is a replica, which accepts no changes'],
  [/LOADING/, false, 'The server has just started and still loads its data'],
  [/CLUSTERDOWN|TRYAGAIN|ASK |MOVED/, false, 'The cluster is being changed, or is not complete'],
  [/BUSY|UNKILLABLE/, false, 'The server is busy with a script of somebody else’s'],
  [/DB index is out of range|SELECT is not allowed/, true, 'The server has no database of this number'],
];

/** `text` is what the server answered. */
export function answered({location, prefix}: Address, text: string): StoreError {
  const told = TOLD.find(([pattern]) => pattern.test(text));
  if (told === undefined) return new StoreError(`The server of ${location} answered: ${text}`, false);
  const meaning = told[2].replace('PREFIX', () => prefix);
  return new StoreError(`${meaning} (${location} answered: ${firstLine(text)})`, told[1]);
}

/** Codes of node's for certificates that are not believed: another try would end the same way. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/;

/** No connection, or one that has ended. */
export function unreachable(location: string, error: unknown): StoreError {
  const {code = '', message} = error as NodeJS.ErrnoException;
  if (CERTIFICATE.test(code)) {
    return new StoreError(
      `The certificate of ${location} is not trusted: ${message}. Name the one it was signed with: ?ca=file.pem, or NODE_EXTRA_CA_CERTS`,
      true,
    );
  }
  if (/SSL|EPROTO/.test(code)) {
    return new StoreError(`${location} does not speak TLS (${message}). Without it: redis://`, true);
  }
  if (/Protocol error|RESP type/i.test(message)) {
    return new StoreError(`${location} is no Redis server: it answers in another language`, true);
  }
  return new StoreError(`Cannot reach the server of ${location}: ${firstLine(message || code)}`, false);
}

/** Before it has said a word, which is what one that expects TLS does. */
export function hungUp(error: StoreError): StoreError {
  if (!/closed|ECONNRESET|EPIPE/.test(error.message)) return error;
  return new StoreError(`${error.message}. Should it speak TLS, write rediss://`, false, {cause: error});
}

export function silent(location: string, seconds: number, advice?: string): StoreError {
  const message = `The server of ${location} has not answered for ${seconds} s`;
  return new StoreError(advice === undefined ? message : `${message}. ${advice}`, false);
}

export function tooOld(location: string, found: string): StoreError {
  return new StoreError(`Expected Redis or Valkey 6.2 or newer at ${location}, found ${found}`, true);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}
