// A task in a message of a worker: `primes.isPrime(21)`, as far as that can be said here.

import {shownArguments} from '../src/core/errors.js';
import type {Batch} from '../src/run/protocol.js';

export function callText(batch: Batch, place: number): string {
  const packed = batch.args[place]!;
  const args = Array.isArray(packed) ? shownArguments(packed) : '…';
  return `${batch.function}(${args.length > 80 ? '…' : args})`;
}
