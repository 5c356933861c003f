// Records too large for one word: in pieces under a key of their own, written before the result that refers to them.
// A draft that nobody publishes goes by itself after a while. Knows keys and bytes, not results.

import {randomBytes} from 'node:crypto';
import {StoreError} from '../../core/errors.js';
import type {TaskHash} from '../../values/task-hash.js';
import type {Command, Connection} from './connection.js';
import {type Reference, writeReference} from './record-layout.js';

/** Records above this size, in bytes, are kept apart: what lists all results need not read them. */
export const LARGE = 64 * 1024;
/** Bytes. One piece must come through within the time of silence, over a slow line too. */
const PIECE = 4 * 2 ** 20;
/** Pieces under way at a time, each way. */
const AT_ONCE = 2;
/** Milliseconds that a draft stays after its last piece was written. */
const DRAFT_STAYS = 15 * 60_000;

export interface LargeValues {
  /** What shall stand in the result's place. */
  draft(hash: TaskHash, record: Uint8Array): Promise<readonly [TaskHash, Buffer]>;
  /** `undefined`: it is not there, or not all of it. */
  load(reference: Reference): Promise<Uint8Array | undefined>;
}

export function largeValues(connection: Connection, prefix: string): LargeValues {
  const keyOf = (name: string): string => `${prefix}large:${name}`;
  return {
    async draft(hash, record) {
      const name = randomBytes(16).toString('hex');
      const key = keyOf(name);
      const write = (from: number): Command[] => [
        ['HSET', key, from / PIECE, record.subarray(from, from + PIECE)],
        ['PEXPIRE', key, DRAFT_STAYS],
      ];
      try {
        await inTurn(record.length, async from => void (await connection.send(write(from))));
      } catch (error) {
        if (connection.isConnected) void connection.send([['UNLINK', key]]).catch(() => {});
        if (!(error instanceof StoreError)) throw error;
        const message = `Cannot store a result of ${record.length} bytes. ${error.message}`;
        throw new StoreError(message, error.fatal, {cause: error});
      }
      return [hash, writeReference(record, name)];
    },
    async load({name, size}) {
      const record = new Uint8Array(size);
      let isWhole = true;
      await inTurn(size, async from => {
        if (!isWhole) return;
        const [piece] = await connection.send([['HGET', keyOf(name), from / PIECE]]);
        if (Buffer.isBuffer(piece) && from + piece.length <= size) record.set(piece, from);
        else isWhole = false;
      });
      return isWhole ? record : undefined;
    },
  };
}

/** Calls `each` with the beginning of every piece, and never has more than a few under way. */
async function inTurn(size: number, each: (from: number) => Promise<void>): Promise<void> {
  let next = 0;
  async function lane(): Promise<void> {
    while (next < size) {
      const from = next;
      next += PIECE;
      await each(from);
    }
  }
  await Promise.all(Array.from({length: AT_ONCE}, lane));
}
