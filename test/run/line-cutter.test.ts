import test from 'ava';
import {LineCutter} from '../../src/run/line-cutter.js';

/** The lines that come of these pieces, one after the other; and at the end. */
function linesOf(...pieces: readonly (string | readonly number[])[]): readonly (readonly string[])[] {
  const cutter = new LineCutter();
  const lines = pieces.map(piece =>
    cutter.push(typeof piece === 'string' ? Buffer.from(piece) : Uint8Array.from(piece)),
  );
  return [...lines, cutter.end()];
}

test('a line comes when it is whole, and the last one at the end', t => {
  t.deepEqual(linesOf('a', 'b\nc\n\n', 'd'), [[], ['ab', 'c', ''], [], ['d']]);
  t.deepEqual(linesOf('a\n'), [['a'], []], 'no empty line stands at the end');
});

test('a character may come in pieces, and what is none is seen to be none', t => {
  t.deepEqual(linesOf([0xe2, 0x82], [0xac, 10], [0xff, 10], [0xe2]), [[], ['€'], ['\ufffd'], [], ['\ufffd']]);
});

test('of what a carriage return has overwritten, the last state is left', t => {
  t.deepEqual(linesOf('10%\r20', '%\r', '\r30%\nnext'), [[], [], ['30%'], ['next']]);
  t.deepEqual(linesOf('dos\r\nlines\r\n'), [['dos', 'lines'], []]);
  t.deepEqual(linesOf('dos\r', '\n'), [[], ['dos'], []]);
  t.deepEqual(linesOf('90%\r'), [[], ['90%']], 'also where the end comes first');
});

test('a progress bar that runs for days is not kept but for its last state', t => {
  const cutter = new LineCutter();
  for (let n = 0; n < 200_000; n++) t.deepEqual(cutter.push(Buffer.from(`\r${n}`)).length === 0 || n, true);
  t.deepEqual(cutter.end(), ['199999']);
});

test('a line without an end comes in pieces, of which nothing is lost', t => {
  const long = 'x'.repeat(200_000);
  const [first, end] = linesOf(long);
  t.deepEqual(
    first!.map(line => line.length),
    [65_536, 65_536, 65_536],
  );
  t.is([...first!, ...end!].join(''), long);
  t.is(linesOf(`${long}\n`)[0]!.join(''), long);
});
