// Prints the likeliest decryption: node examples/decrypt/print.js [jugdir]

import {fileURLToPath} from 'node:url';
import {init, value} from 'jug';

const jugfile = fileURLToPath(new URL('decrypt.ts', import.meta.url));
const {store, jugspace} = await init(jugfile, process.argv[2]);
const decryptions = await value(jugspace.decryptions);
console.log(`plausible passwords: ${decryptions.map(({password}) => password).join(', ')}\n`);
console.log(decryptions[0].text);
await store.close();
