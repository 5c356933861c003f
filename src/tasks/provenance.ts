// The origin of this process's results: one a function, named by the hash of its content.

import {hostname} from 'node:os';
import {VERSION} from '../core/version.js';
import {type Origin, type OriginId, originIdOf} from '../values/record.js';
import type {TaskFunction} from './functions.js';

export interface NamedOrigin {
  readonly id: OriginId;
  readonly bytes: Uint8Array;
  readonly origin: Origin;
}

/** For whom results are made. */
export interface Program {
  /** The jugfile, with links followed. */
  readonly program: string;
  /** The path of the store, if it has one. */
  readonly jugdir?: string;
}

let maker: Program | undefined;
let origins = new WeakMap<TaskFunction, NamedOrigin>();

/** Results of this process are from now on made for that program. */
export function madeFor(program: Program): void {
  maker = program;
  origins = new WeakMap();
}

export function originOf(fn: TaskFunction): NamedOrigin {
  let named = origins.get(fn);
  if (named === undefined) {
    const origin: Origin = {
      function: fn.name,
      fingerprint: fn.fingerprint,
      host: hostname(),
      pid: process.pid,
      jugVersion: VERSION,
      ...maker,
    };
    const id = originIdOf(origin);
    named = {id, bytes: Buffer.from(id, 'hex'), origin};
    origins.set(fn, named);
  }
  return named;
}
