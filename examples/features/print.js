// Prints what jugfile.ts found: node examples/features/print.js [jugdir]

import {fileURLToPath} from 'node:url';
import {init, value} from 'jug';

const jugfile = fileURLToPath(new URL('jugfile.ts', import.meta.url));
const {store, jugspace} = await init(jugfile, process.argv[2]);
const {bestK, criteria, clusterings} = await value(jugspace);
for (const [i, {k, error}] of clusterings.entries()) {
  const mark = k === bestK ? '  <- best' : '';
  console.log(
    `k = ${k}  error ${error.toFixed(1).padStart(6)}  BIC ${criteria[i].toFixed(0).padStart(5)}${mark}`,
  );
}
await store.close();
