import test from 'ava';
import {openRing, type Print, RingReader, RingWriter} from '../../src/run/print-ring.js';

function open(): {writer: RingWriter; reader: RingReader; told: () => number} {
  const ring = openRing();
  let told = 0;
  const writer = new RingWriter(ring, () => told++);
  return {writer, reader: new RingReader(ring), told: () => told};
}

const printOf = (text: string, place = 0): Print => ({
  request: 7,
  place,
  stream: 'stdout',
  bytes: Buffer.from(text),
});
const textOf = (prints: readonly Print[]): string =>
  prints.map(({bytes}) => Buffer.from(bytes).toString()).join('');

test('what is written is read, in order, with who has written it', t => {
  const {writer, reader} = open();
  t.is(writer.put(printOf('one', 3)), undefined);
  t.is(writer.put({request: -1, place: 0, stream: 'stderr', bytes: Buffer.from('two')}), undefined);
  t.is(writer.put({request: 8, place: 1, stream: 'over', bytes: new Uint8Array()}), undefined);
  const {prints} = reader.take();
  t.deepEqual(
    prints.map(({request, place, stream}) => [request, place, stream]),
    [
      [7, 3, 'stdout'],
      [-1, 0, 'stderr'],
      [8, 1, 'over'],
    ],
  );
  t.is(textOf(prints), 'onetwo');
  t.deepEqual(reader.take().prints, []);
});

test('main is told once until it has looked', t => {
  const {writer, reader, told} = open();
  for (let n = 0; n < 10; n++) writer.put(printOf('x'));
  t.is(told(), 1);
  reader.take();
  writer.put(printOf('x'));
  t.is(told(), 2);
});

test('what has no room comes back, and has room when main is done with what it has taken', t => {
  const {writer, reader} = open();
  const text = Array.from({length: 300_000}, (_, n) => `${n}\n`).join('');
  let rest: Print | undefined = printOf(text);
  let read = '';
  for (let round = 0; rest !== undefined; round++) {
    t.true(round < 10);
    rest = writer.put(rest);
    const {prints, position} = reader.take();
    read += textOf(prints);
    if (rest !== undefined)
      t.is(writer.put(rest)?.bytes.length, rest.bytes.length, 'read, but not done with');
    t.is(reader.release(position), rest !== undefined, 'who waits is known');
  }
  t.true(read === text, 'all of it, in order, around the end of the memory');
});

test('what is done with out of order takes no room back', t => {
  const {writer, reader} = open();
  const piece = printOf('x'.repeat(60_000));
  for (let n = 0; n < 8; n++) writer.put(piece);
  const early = reader.take().position;
  for (let n = 0; n < 8; n++) writer.put(piece);
  reader.release(reader.take().position);
  reader.release(early);
  for (let n = 0; n < 17; n++) t.is(writer.put(piece), undefined);
});
