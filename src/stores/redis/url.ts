// Where a Redis server is, read from the jugdir that the user writes: redis://user:password@host:port/db?prefix=…
// Refuses what it does not understand; opens nothing.

import {readFileSync} from 'node:fs';
import {isIP} from 'node:net';
import {resolve} from 'node:path';
import {JugError} from '../../core/errors.js';
import {withoutPassword} from '../redact.js';

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  /** `undefined`: the server asks for none. */
  readonly login: {readonly user: string; readonly password: string} | undefined;
  /** `ca`: certificates in PEM, instead of those that node trusts. */
  readonly tls: {readonly ca: string | undefined} | undefined;
  readonly prefix: string;
  /** What was written, without the password. */
  readonly location: string;
}

export type Scheme = 'redis' | 'rediss' | 'valkey' | 'valkeys';

const PORT = 6379;
const MOST_PORT = 65_535;
const PREFIX = 'jug';
/** Braces would be taken for a cluster's hash tag. */
const PREFIX_FORM = /^[\w.:/@+-]{1,100}$/;
const ENCODED = 'In a name, password or prefix, write characters like / @ : # ? as %2F %40 %3A %23 %3F';
const FORM = 'redis://user:password@host:port/db?prefix=jug';

export function parseAddress(scheme: Scheme, rest: string): Address {
  const isSecure = scheme === 'rediss' || scheme === 'valkeys';
  refuseUnclear(scheme, rest);
  const url = urlOf(rest);
  const location = locationOf(scheme, url);
  const refuse = (what: string): JugError =>
    new JugError(`Expected a jugdir like ${FORM}, or ${scheme}://host; found ${location}: ${what}`);
  if (url.hostname === '') throw refuse('no host is named.');
  const path = /^\/?(\d*)$/.exec(url.pathname);
  if (path === null) throw refuse(`'${url.pathname}' is not the number of a database.`);
  if (url.hash !== '') throw refuse(`'${url.hash}' means nothing; in a password, write # as %23.`);
  const keys = [...url.searchParams.keys()];
  const twice = keys.find((key, place) => keys.indexOf(key) < place);
  if (twice !== undefined) throw refuse(`'${twice}' is given twice after the '?'.`);
  const {prefix = PREFIX, ca, ...others} = Object.fromEntries(url.searchParams);
  const [other] = Object.keys(others);
  if (other !== undefined) throw refuse(`'${other}' is not known after the '?', only prefix and ca.`);
  if (!PREFIX_FORM.test(prefix)) {
    throw refuse(
      `the prefix should be 1 to 100 letters of A-Z and a-z, digits, and any of . : / @ + _ -, and is ${prefix === '' ? 'empty' : `'${prefix}'`}.`,
    );
  }
  if (ca !== undefined && !isSecure) throw refuse(`'ca' means something for ${scheme}s:// only.`);
  return {
    // Brackets are how a URL writes an IPv6 address, and no part of it.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? PORT : Number(url.port),
    db: Number(path[1] ?? 0),
    login:
      url.password === ''
        ? undefined
        : {user: decode(url.username) || 'default', password: decode(url.password)},
    tls: isSecure ? {ca: ca === undefined ? undefined : readAuthority(ca)} : undefined,
    prefix,
    location,
  };
}

/** What a connection begins with. */
export function greetingOf({login, db}: Address): readonly (readonly [string, ...(string | number)[]])[] {
  const credentials = login === undefined ? [] : ['AUTH', login.user, login.password];
  // A cluster has but one database, and does not know how to select it.
  return [['HELLO', 2, ...credentials], ...(db === 0 ? [] : [['SELECT', db] as const])];
}

export function tlsOptions({ca}: {readonly ca: string | undefined}, host: string): object {
  const servername = serverName(host);
  return {...(ca === undefined ? {} : {ca}), ...(servername === undefined ? {} : {servername})};
}

/** What a certificate is to be for: an address has no name. */
export function serverName(host: string): string | undefined {
  return isIP(host) === 0 ? host : undefined;
}

/**
 * A name or a password is read to the last '@', and an address only to the first of / ? #. Where the two differ, what the
 * address would take for its port, its path or its prefix may well be a part of the password.
 */
function refuseUnclear(scheme: Scheme, rest: string): void {
  if (!/^\/\/[^/?#]*[/?#].*@/s.test(rest) || !/^[^:]*:.*@/s.test(rest)) return;
  throw new JugError(
    `Expected a jugdir like ${FORM}; found ${withoutPassword(`${scheme}:${rest}`)}, where it is not clear what the password is. ${ENCODED}`,
  );
}

function urlOf(rest: string): URL {
  // Without what was written: it may hold a password.
  const [, port] = /^\/\/[^/?#]*:(\d+)(?=[/?#]|$)/.exec(rest) ?? [];
  if (Number(port) === 0 || Number(port) > MOST_PORT) {
    throw new JugError(
      `Expected a jugdir that names a server, as in ${FORM}, with a port from 1 to ${MOST_PORT}; found ${Number(port) === 0 ? 0 : 'a higher one'}`,
    );
  }
  try {
    if (rest.startsWith('//')) return new URL(`redis:${rest}`);
  } catch {
    // Told below.
  }
  throw new JugError(
    `Expected a jugdir that names a server, as in ${FORM}. What was written is no such address. ${ENCODED}`,
  );
}

function locationOf(scheme: Scheme, url: URL): string {
  const user = url.username === '' ? '' : `${url.username}@`;
  return `${scheme}://${user}${url.host}${url.pathname === '/' ? '' : url.pathname}${url.search}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new JugError(
      `Cannot read the certificates ${resolve(path)} that ?ca= of the jugdir names: ${(error as Error).message}`,
      2,
      {cause: error},
    );
  }
}
