// node print.js [JUGDIR]

import {fileURLToPath} from 'node:url';
import {init, value} from 'jug';

const {store, jugspace} = await init(fileURLToPath(new URL('pi.ts', import.meta.url)), process.argv[2]);
console.log(await value(jugspace.pi));
await store.close();
