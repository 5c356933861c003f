import test from 'ava';
import {formatTable} from '../../src/ui/table.js';

test('a row a function, numbers first, and the total', t => {
  const text = formatTable(
    ['Failed', 'Waiting', 'Ready', 'Complete', 'Active'],
    [
      {name: 'primes.isPrime', numbers: [0, 0, 80, 15, 4]},
      {name: 'primes.countPrimes', numbers: [0, 1, 0, 0, 0]},
    ],
  );
  t.is(
    `\n${text}\n`,
    `
      Failed     Waiting       Ready    Complete      Active  Task name
--------------------------------------------------------------------------------
           0           0          80          15           4  primes.isPrime
           0           1           0           0           0  primes.countPrimes
................................................................................
           0           1          80          15           4  Total
`,
  );
});

test('a table without functions has the head and a total of nothing', t => {
  t.is(
    `\n${formatTable(['Ready'], [])}\n`,
    `
       Ready  Task name
-----------------------
.......................
           0  Total
`,
  );
});

test('a column is as wide as its largest number and its title need', t => {
  const text = formatTable(
    ['A title that is long', 'n'],
    [
      {name: 'a', numbers: [1, 999_999_999_999]},
      {name: 'b', numbers: [2, 1]},
    ],
  );
  t.is(
    `\n${text}\n`,
    `
  A title that is long              n  Task name
------------------------------------------------
                     1   999999999999  a
                     2              1  b
................................................
                     3  1000000000000  Total
`,
  );
});
