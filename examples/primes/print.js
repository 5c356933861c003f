// Reads what primes.ts computed: node examples/primes/print.js [jugdir]

import {fileURLToPath} from 'node:url';
import {init, value} from 'jug';

const jugfile = fileURLToPath(new URL('primes.ts', import.meta.url));
const {store, jugspace} = await init(jugfile, process.argv[2]);
const primes100 = await value(jugspace.primes100);
console.log(primes100.slice(0, 10));
console.log('primes:', await value(jugspace.nPrimes));
await store.close();
