// What a process that writes knows of the data on the server: which it is, and how many changes there were. Every script
// that changes something is sent along with this, and refused where the server has fallen behind it.

import {randomBytes} from 'node:crypto';
import {StoreError} from '../../core/errors.js';
import type {Connection, Reply, Word} from './connection.js';
import {answered} from './errors.js';
import type {Address} from './url.js';
import {FORMAT, OPEN, type Script} from './write-scripts.js';

export interface Session {
  /** What a script that changes something is given first, as it is known now. */
  readonly known: readonly [epoch: string, changes: number];
  /** The script once for each list of arguments. Errors: StoreError, a fatal one if the server has lost data. */
  run(script: Script, lists: readonly (readonly Word[])[]): Promise<Reply[]>;
  /** What an answer has told of the number of changes. */
  saw(changes: Reply | undefined): void;
  /** The number of changes, asked for anew. */
  changes(): Promise<number>;
}

export async function openSession(connection: Connection, key: string, address: Address): Promise<Session> {
  const [state] = await connection.run(OPEN, key, [[randomBytes(8).toString('hex')]]);
  const [format, epoch, changes] = (state as Reply[]).map(String) as [string, string, string];
  checkFormat(format, address.location);
  let seen = Number(changes);
  const saw = (changes: Reply | undefined): void => {
    seen = Math.max(seen, Number(changes ?? 0));
  };
  return {
    get known() {
      return [epoch, seen] as const;
    },
    saw,
    run: (script, lists) =>
      connection.run(
        script,
        key,
        lists.map(words => [epoch, seen, ...words]),
      ),
    async changes() {
      const before = seen;
      const [answer] = await connection.send([['HMGET', key, 'epoch', 'changes']]);
      const [nowEpoch, now] = answer as [Buffer | null, Buffer | null];
      if (String(nowEpoch) !== epoch || Number(now) < before) throw answered(address, 'JUGLOST');
      saw(now);
      return Number(now);
    },
  };
}

export function checkFormat(format: string, location: string): void {
  if (Number(format) <= FORMAT) return;
  throw new StoreError(
    `${location} was made by a newer jug: its format is ${format}, this jug knows up to ${FORMAT}. Update jug, or choose another ?prefix=`,
    true,
  );
}
