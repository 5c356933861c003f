// The digest of an array of many numbers: of their bytes, which costs a tenth of what their text costs. Knows no other value.

import {digest} from '../core/checksums.js';

/** So many numbers in one array are hashed as bytes. Never change: results on disk are found by it. */
const FEW_NUMBERS = 64;
/** Numbers for which memory is kept: to get it anew costs as much as to hash them. */
const MOST_KEPT_NUMBERS = 2 ** 20;
/** From so many on, they are compared with those before: to compare costs a tenth of hashing. */
const MANY_NUMBERS = 4096;

let kept = new Float64Array(0);
/** What was hashed last, if it was long: one array may be given to many tasks. */
let last: {readonly numbers: Float64Array; readonly digest: string} | undefined;

/** `undefined`: there are few, or something else among them. Holes are no numbers. */
export function numbersDigest(array: readonly unknown[]): string | undefined {
  const {length} = array;
  if (length <= FEW_NUMBERS || typeof array[0] !== 'number') return undefined;
  const numbers = memoryFor(length);
  for (let i = 0; i < length; i++) {
    const member = array[i];
    if (typeof member !== 'number') return undefined;
    // There is one NaN here, whatever its bits.
    numbers[i] = Number.isNaN(member) ? Number.NaN : member;
  }
  if (length < MANY_NUMBERS || length > MOST_KEPT_NUMBERS) return digest('sha256', numbers, 'hex');
  if (last !== undefined && last.numbers.length === length && bytesOf(last.numbers).equals(bytesOf(numbers)))
    return last.digest;
  last = {numbers: numbers.slice(), digest: digest('sha256', numbers, 'hex')};
  return last.digest;
}

function bytesOf({buffer, byteOffset, byteLength}: Float64Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

function memoryFor(length: number): Float64Array {
  if (length > MOST_KEPT_NUMBERS) return new Float64Array(length);
  if (kept.length < length) kept = new Float64Array(length);
  return kept.subarray(0, length);
}
