// Puts numbers of tasks in order by a number of each: a million take some tens of milliseconds, in pieces. Pure.

/** Bits of a digit, and of a key: as many as a number has exactly. */
const DIGIT_BITS = 11;
const DIGITS = 5;
const MOST_KEY = 2 ** 53 - 1;

/**
 * Sorts `ids` by `keys`, which has one for each place of `ids`. Equal ones stay in their order. Yields between pieces of
 * work, each of which takes some milliseconds for a million.
 */
export function* sorted(
  ids: Uint32Array<ArrayBuffer>,
  keys: Float64Array,
  isDescending: boolean,
): Generator<undefined, Uint32Array<ArrayBuffer>> {
  const count = ids.length;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let place = 0; place < count; place++) {
    const key = keys[place]!;
    if (key < least) least = key;
    if (key > most) most = key;
  }
  if (count < 2 || least === most) return ids;
  yield;
  const scale = MOST_KEY / (most - least);
  const digits = Array.from({length: DIGITS}, () => new Uint16Array(count));
  for (let place = 0; place < count; place++) {
    const from = isDescending ? most - keys[place]! : keys[place]! - least;
    let rest = Math.floor(from * scale);
    for (const digit of digits) {
      digit[place] = rest % 2 ** DIGIT_BITS;
      rest = Math.floor(rest / 2 ** DIGIT_BITS);
    }
    if (place % 65_536 === 65_535) yield;
  }
  let order = new Uint32Array(count);
  for (let place = 0; place < count; place++) order[place] = place;
  for (const digit of digits) {
    yield;
    order = byDigit(order, digit);
  }
  yield;
  const result = new Uint32Array(count);
  for (let place = 0; place < count; place++) result[place] = ids[order[place]!]!;
  return result;
}

function byDigit(order: Uint32Array<ArrayBuffer>, digit: Uint16Array): Uint32Array<ArrayBuffer> {
  const starts = new Uint32Array(2 ** DIGIT_BITS + 1);
  for (let place = 0; place < digit.length; place++) starts[digit[place]! + 1]!++;
  for (let value = 1; value < starts.length; value++) starts[value]! += starts[value - 1]!;
  const next = new Uint32Array(order.length);
  for (let at = 0; at < order.length; at++) {
    const place = order[at]!;
    next[starts[digit[place]!]!++] = place;
  }
  return next;
}
