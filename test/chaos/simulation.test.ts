// The simulation by some hundred seeds; `npm run chaos` takes thousands.

import test from 'ava';
import {simulate} from './simulation.js';

const RUNS = 200;

test.serial(
  'whatever dies, stands still or fails in between, everything is finished once and nothing is lost',
  async t => {
    const given = process.env.JUG_SEED;
    const first = Number(given ?? Math.floor(Math.random() * 2 ** 31));
    let crashes = 0;
    let stops = 0;
    for (let seed = first; seed < first + (given === undefined ? RUNS : 1); seed++) {
      const outcome = await simulate(seed);
      t.deepEqual(outcome.violations, [], `run again with JUG_SEED=${seed}`);
      crashes += outcome.crashes;
      stops += outcome.stops;
    }
    if (given !== undefined) return;
    t.true(crashes > RUNS / 10 && stops > RUNS / 10, `there was trouble: ${crashes} crashes, ${stops} stops`);
  },
);

test.serial('the same seed gives the same run', async t => {
  for (const seed of [1, 2, 3]) t.deepEqual(await simulate(seed), await simulate(seed));
});
