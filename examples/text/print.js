// Prints what jugfile.ts found: node examples/text/print.js [folder [jugdir]]

import {fileURLToPath} from 'node:url';
import {init, value} from 'jug';

const [folder, jugdir] = process.argv.slice(2);
const jugfile = fileURLToPath(new URL('jugfile.ts', import.meta.url));
const {store, jugspace} = await init(jugfile, jugdir, folder === undefined ? [] : [folder]);
const counts = [...(await value(jugspace.globalCounts))].sort(([, a], [, b]) => b - a);
console.log(
  `most frequent: ${counts
    .slice(0, 8)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ')}\n`,
);
for (const [name, words] of Object.entries(await value(jugspace.specific))) {
  console.log(`${name}: ${words.map(({word}) => word).join(' ')}`);
}
await store.close();
