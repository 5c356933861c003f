// A bounded selection of `npm run chaos`: on every store some processes are killed, and some stand still.

import test from 'ava';
import {playRound} from './round.js';
import {SCENARIOS} from './scenarios.js';
import {STORE_KINDS} from './store-kinds.js';

/** By the words in its name: how many are to be killed, and of how many tasks. */
const SELECTION = [
  {words: 'killed at random', kills: 5, size: 500},
  {words: 'stopped for longer', kills: 0, size: 500},
] as const;

for (const kind of STORE_KINDS) {
  for (const {words, kills, size} of SELECTION) {
    const scenario = SCENARIOS.find(({name}) => name.includes(words))!;
    test.serial(
      `${kind.name}, ${scenario.name}: nothing is lost, and nothing is run without need`,
      async t => {
        const absent = kind.absent ?? scenario.absent();
        if (absent !== undefined) {
          t.log(`SKIPPED: ${absent}, so that this was NOT tested`);
          t.pass();
          return;
        }
        const seed = Number(process.env.JUG_SEED ?? Math.floor(Math.random() * 2 ** 31));
        const {violations, executions} = await playRound(scenario, kind, seed, {kills, size});
        t.deepEqual(violations, [], `play again with JUG_SEED=${seed}`);
        t.true(executions >= size);
      },
    );
  }
}
