// There and back through the codec, and what it refuses.

import {decode, encode, UnstorableError} from '../../src/values/codec.js';

/** Through bytes that hold nothing else, as from a file, and through a window at an odd place, as from a record. */
export function roundTrip<T>(value: T, odd = true): T {
  const {codec, payload} = encode(value);
  const memory = new Uint8Array(payload.length + (odd ? 7 : 0));
  memory.set(payload, odd ? 3 : 0);
  return decode(codec, odd ? memory.subarray(3, 3 + payload.length) : memory) as T;
}

export function refusal(value: unknown): UnstorableError {
  try {
    encode(value);
  } catch (error) {
    if (error instanceof UnstorableError) return error;
    throw error;
  }
  throw new Error('was not refused');
}
