// What the tests of the file store do to a folder, and what they see in it.

import {openStore} from '../../src/stores/registry.js';
import type {Store} from '../../src/stores/store.js';
import {openRecord} from '../../src/values/record.js';
import {fill} from './fill.js';

export async function reopened<T>(folder: string, run: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(folder, 'read');
  try {
    return await run(store);
  } finally {
    await store.close();
  }
}

export const damageOf = (record: Uint8Array | undefined): string | undefined => {
  if (record === undefined) return 'not there';
  const opened = openRecord(record);
  return opened.ok ? undefined : opened.damage;
};

export async function pack(folder: string): Promise<string> {
  const store = await openStore(folder, 'write');
  const {kind} = await store.pack();
  await store.close();
  return kind;
}

export async function fillPacked(folder: string, count: number): Promise<void> {
  await fill(`file:${folder}`, count);
  await pack(folder);
}
