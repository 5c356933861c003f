import test from 'ava';
import fc from 'fast-check';
import {
  damageOf,
  HEAD_BYTES,
  headOfPayloadElsewhere,
  type OriginId,
  openRecord,
  readHead,
  recordOf,
  writeHead,
} from '../../src/values/record.js';

const ORIGIN = '0123456789abcdef' as OriginId;
const FIELDS = {worker: 3, attempt: 2, started: 1_700_000_000_000.5, duration: 12.25};

function record(payload: string | Uint8Array, codec = 1): Buffer {
  return recordOf({codec, payload: Buffer.from(payload)}, FIELDS, Buffer.from(ORIGIN, 'hex')) as Buffer;
}

test('the layout of a record is pinned for ever', t => {
  t.is(
    record('jug').toString('hex'),
    '4a0101005c802b28acee9f3b03000000030002000000000000088056febc784200000000008028400123456789abcdef6a7567',
  );
});

test('what was written in a head is read from it', t => {
  const opened = openRecord(record('jug', 7));
  if (!opened.ok) return t.fail(opened.damage);
  const {payloadChecksum: _, ...head} = opened.head;
  t.deepEqual(head, {codec: 7, ...FIELDS, origin: ORIGIN, payloadBytes: 3, elsewhere: false});
  t.deepEqual(Buffer.from(opened.payload), Buffer.from('jug'));
  t.true(openRecord(record('')).ok);
});

test('heads are written where they are asked to be, among other bytes', t => {
  const whole = Buffer.alloc(10 + HEAD_BYTES + 3 + 10, 0xff);
  whole.set(Buffer.from('jug'), 10 + HEAD_BYTES);
  writeHead(whole, 10, 3, {codec: 1, ...FIELDS}, Buffer.from(ORIGIN, 'hex'));
  t.deepEqual(whole.subarray(10, -10), record('jug'));
  t.true([...whole.subarray(0, 10), ...whole.subarray(-10)].every(byte => byte === 0xff));
  // A view that is no Buffer, at an odd offset.
  t.true(openRecord(new Uint8Array(whole.buffer, whole.byteOffset + 10, HEAD_BYTES + 3)).ok);
});

test('a head whose payload is elsewhere says so, and is whole', t => {
  const head = readHead(headOfPayloadElsewhere(record('jug')));
  if (head === undefined) return t.fail();
  t.true(head.elsewhere);
  t.is(head.payloadBytes, 3);
  t.deepEqual(openRecord(headOfPayloadElsewhere(record('jug'))), {ok: false, damage: 'truncated'});
});

test('numbers too large for their place are cut, not spilt into the next', t => {
  const large = recordOf(
    {codec: 1, payload: Buffer.from('x')},
    {...FIELDS, worker: 65_537, attempt: 99_999},
    Buffer.from(ORIGIN, 'hex'),
  );
  const head = readHead(large);
  if (head === undefined) return t.fail();
  t.is(head.worker, 1);
  t.is(head.attempt, 65_535);
  t.is(head.origin, ORIGIN);
});

test('what is not a record is told apart', t => {
  t.is(damageOf(Buffer.alloc(0)), 'truncated');
  t.is(damageOf(Buffer.alloc(HEAD_BYTES)), 'not a record');
  const other = record('jug');
  other[1] = 2;
  t.is(damageOf(other), 'another format');
  t.is(readHead(other), undefined);
  t.deepEqual(openRecord(record('jug').subarray(0, -1)), {ok: false, damage: 'truncated'});
  t.deepEqual(openRecord(Buffer.concat([record('jug'), Buffer.of(0)])), {ok: false, damage: 'truncated'});
});

test('whatever single bit is flipped, the record is refused', t => {
  const whole = record('forty-two');
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const damaged = Buffer.from(whole);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    t.false(openRecord(damaged).ok, `bit ${bit}`);
  }
});

test('whatever the payload and the codec, they come back', t => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({min: 0, max: 255}), (payload, codec) => {
      const opened = openRecord(record(payload, codec));
      return opened.ok && opened.head.codec === codec && Buffer.from(opened.payload).equals(payload);
    }),
  );
  t.pass();
});
