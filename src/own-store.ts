// What a store of the user's own is written with: the interface, and the few helpers it needs. Exported from 'jug';
// docs/own-store.md explains it.

import {type Head, readHead as headOrDamage} from './record.js';

export {StoreError} from './errors.js';
export type {Head, Origin, OriginId} from './record.js';
export type {OpenOwnStore, OwnStoreOptions} from './stores/module/module.js';
export {isAlive, thisOwner} from './stores/owner.js';
export type {
  Access,
  Claim,
  Description,
  LockInfo,
  Note,
  Owner,
  Packing,
  Saving,
  Store,
} from './stores/store.js';

/** The head of a record, for `heads()`. Its first 48 bytes are enough; `undefined` if they are damaged. */
export function readHead(record: Uint8Array): Head | undefined {
  const head = headOrDamage(record);
  return typeof head === 'string' ? undefined : head;
}
