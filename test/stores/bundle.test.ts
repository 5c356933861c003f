import test from 'ava';
import {Bundle, type Entry, encodeBundle} from '../../src/stores/lmdb/bundle.js';
import {ABSENT, BundleIndex} from '../../src/stores/lmdb/bundle-index.js';
import {damageOf} from '../../src/values/record.js';
import {hashesOf, recordOf} from './records.js';

const HEAD = 8;
const ROW = 40;

function bundleOf(count: number, text: (i: number) => string = i => `value ${i}`): Buffer {
  return encodeBundle(hashesOf(count).map((hash, i): Entry => [hash, recordOf(text(i))]));
}

test('a bundle gives back each record under its hash', t => {
  const entries = hashesOf(40).map((hash, i): Entry => [hash, recordOf('x'.repeat(i * 7))]);
  const bundle = Bundle.open(encodeBundle(entries))!;
  t.is(bundle.count, 40);
  for (const [place, [hash, record]] of entries.entries()) {
    t.is(bundle.hash(place), hash);
    t.true(bundle.isAt(place, Buffer.from(hash, 'hex')));
    t.false(bundle.isAt((place + 1) % 40, Buffer.from(hash, 'hex')));
    t.deepEqual(Buffer.from(bundle.record(place)), record);
  }
});

test('a flipped bit anywhere in a bundle is told, damages two results at most, and gives no task the value of another', t => {
  const sound = bundleOf(20);
  const values = new Map(hashesOf(20).map((hash, i) => [hash as string, `value ${i}`]));
  const wrong: string[] = [];
  for (let bit = HEAD * 8; bit < sound.length * 8; bit++) {
    const bytes = Buffer.from(sound);
    bytes[bit >>> 3]! ^= 1 << (bit & 7);
    const bundle = Bundle.open(bytes)!;
    let whole = 0;
    let told = 0;
    for (let place = 0; place < bundle.count; place++) {
      const record = bundle.record(place);
      const expected = values.get(bundle.hash(place));
      if (damageOf(record) !== undefined) told++;
      if (expected === undefined || damageOf(record) !== undefined) continue;
      whole++;
      if (!record.toString().endsWith(expected)) wrong.push(`bit ${bit}: another value`);
    }
    if (told === 0) wrong.push(`bit ${bit}: not told`);
    if (whole < 18) wrong.push(`bit ${bit}: ${20 - whole} are lost`);
  }
  t.deepEqual(wrong, []);
});

test('where the disk has kept an older page, no record is taken for that of another task', t => {
  const old = encodeBundle(hashesOf(20, 'old').map((hash, i): Entry => [hash, recordOf(`older ${i}`)]));
  const rows = HEAD + 20 * ROW;
  for (const cut of [rows, rows + 100, HEAD + 7 * ROW]) {
    for (const [first, second] of [
      [bundleOf(20), old],
      [old, bundleOf(20)],
    ] as const) {
      const mixed = Bundle.open(Buffer.concat([first.subarray(0, cut), second.subarray(cut)]))!;
      const own = new Map<string, string>();
      for (const [i, hash] of hashesOf(20).entries()) own.set(hash, `value ${i}`);
      for (const [i, hash] of hashesOf(20, 'old').entries()) own.set(hash, `older ${i}`);
      for (let place = 0; place < 20; place++) {
        const record = mixed.record(place);
        if (damageOf(record) === undefined) t.true(record.toString().endsWith(own.get(mixed.hash(place))!));
      }
    }
  }
});

test('bytes that are no bundle, or are cut off within the rows, are told', t => {
  t.is(Bundle.open(Buffer.alloc(0)), undefined);
  t.is(Bundle.open(Buffer.from('not a bundle at all')), undefined);
  t.is(Bundle.open(bundleOf(20).subarray(0, HEAD + 20 * ROW - 1)), undefined);
  t.is(damageOf(Bundle.open(bundleOf(20).subarray(0, HEAD + 20 * ROW + 5))!.record(0)), 'truncated');
});

test('the index gives every candidate for hashes that begin alike, and none for others', t => {
  const index = new BundleIndex();
  const placesOf = (beginning: number): string[] => {
    const found: string[] = [];
    for (let slot = index.find(beginning); slot !== ABSENT; slot = index.find(beginning, slot))
      found.push(`${index.bundleAt(slot)}.${index.placeAt(slot)}`);
    return found.sort();
  };
  // Their last bits, which choose the slot, are the same for all.
  for (let i = 0; i < 5000; i++) index.add((i % 100) << 20, i, i % 7);
  t.is(index.size, 5000);
  for (const i of [0, 1, 99]) {
    const expected = Array.from({length: 50}, (_, n) => `${n * 100 + i}.${(n * 100 + i) % 7}`);
    t.deepEqual(placesOf(i << 20), expected.sort());
  }
  t.deepEqual(placesOf(100 << 20), []);
  t.deepEqual(placesOf(-1), []);
});
