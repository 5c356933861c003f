import test from 'ava';
import {clockText, durationText, rateText} from '../../src/ui/format.js';

test('durations are said in two or three digits', t => {
  const said = [0.2, 3, 99, 99.6, 400, 9_949, 9_951, 41_000, 59_600, 125_000, 3_599_600, 11_220_000, 1e8].map(
    durationText,
  );
  t.deepEqual(said, [
    '<1 ms',
    '3 ms',
    '99 ms',
    '0.1 s',
    '0.4 s',
    '9.9 s',
    '10 s',
    '41 s',
    '1m 00s',
    '2m 05s',
    '1h 00m',
    '3h 07m',
    '1d 03h',
  ]);
});

test('rates and clocks', t => {
  t.deepEqual([0.44, 9.94, 12.4, 4012].map(rateText), ['0.4/s', '9.9/s', '12/s', '4,012/s']);
  t.is(clockText(7_380_900), '02:03:00');
});
