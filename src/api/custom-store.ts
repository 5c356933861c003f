// What a store of the user's own is written with: the interface, and the few helpers it needs. Exported from 'jug';
// docs/own-store.md explains it.

export {StoreError} from '../core/errors.js';
export type {OpenOwnStore, OwnStoreOptions} from '../stores/module/driver.js';
export {isAlive, thisOwner} from '../stores/owner.js';
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
} from '../stores/store.js';
export {type Head, type Origin, type OriginId, readHead} from '../values/record.js';
