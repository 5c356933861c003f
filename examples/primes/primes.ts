// Which numbers up to 100 are prime? Only for show: there are better ways, and none of them sleeps.

import {writeFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {TaskGenerator} from 'jug';

const isPrime = TaskGenerator(async function isPrime(n: number) {
  // Without it, everything would be over before you could look.
  await sleep(50);
  for (let j = 2; j < n - 1; j++) if (n % j === 0) return false;
  return true;
});

const countPrimes = TaskGenerator(function countPrimes(primes: boolean[]) {
  return primes.filter(Boolean).length;
});

const writeOutput = TaskGenerator(async function writeOutput(count: number) {
  await writeFile(new URL('output.txt', import.meta.url), `Found ${count} primes <= 100.\n`);
});

const numbers = Array.from({length: 99}, (_, i) => i + 2);
export const primes100 = numbers.map(n => isPrime(n));
export const nPrimes = countPrimes(primes100);
writeOutput(nPrimes);
