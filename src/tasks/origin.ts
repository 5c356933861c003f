// The origin of this process's results: one a function, named by the hash of its content.

import {hostname} from 'node:os';
import {type Origin, type OriginId, originIdOf} from '../values/record.js';
import {VERSION} from '../version.js';
import type {TaskFunction} from './functions.js';

export interface NamedOrigin {
  readonly id: OriginId;
  readonly bytes: Uint8Array;
  readonly origin: Origin;
}

let program: string | undefined;

/** Results of this process are made for that jugfile: its path, with links followed. */
export function madeFor(jugfile: string): void {
  program = jugfile;
}

const origins = new WeakMap<TaskFunction, NamedOrigin>();

export function originOf(fn: TaskFunction): NamedOrigin {
  let named = origins.get(fn);
  if (named === undefined) {
    const origin: Origin = {
      function: fn.name,
      fingerprint: fn.fingerprint,
      host: hostname(),
      pid: process.pid,
      jugVersion: VERSION,
      ...(program !== undefined && {program}),
    };
    const id = originIdOf(origin);
    named = {id, bytes: Buffer.from(id, 'hex'), origin};
    origins.set(fn, named);
  }
  return named;
}
