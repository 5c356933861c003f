// `npm run chaos`: every scenario on every store, and a table of what came of it. Ends with 1 if anything was lost,
// run without need, or hung. `npm run chaos -- lmdb killed` plays what has these words in its name or its store's;
// JUG_SEED=n plays with the seed that a violation names.

import {type Outcome, playRound} from './round.js';
import {SCENARIOS, type Scenario} from './scenarios.js';
import {simulate} from './simulation.js';
import {STORE_KINDS, type StoreKind} from './store-kinds.js';

/** So many rounds, at most, to get a scenario's kills. */
const MOST_ROUNDS = 8;
const SIMULATIONS = 3000;
const KILLS_IN_ALL = 200;

const wanted = process.argv.slice(2);
const first = Number(process.env.JUG_SEED ?? Math.floor(Math.random() * 2 ** 31));
const columns = ['tasks', 'seen', 'kills', 'executed', 'repeated', 'at most'];

function row(store: string, scenario: string, cells: readonly (number | string)[], verdict: string): string {
  return `${store.padEnd(6)} ${scenario.padEnd(44)} ${cells.map(cell => String(cell).padStart(9)).join('')}  ${verdict}`;
}

async function playAll(scenario: Scenario, kind: StoreKind): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const kills = scenario.kills - outcomes.reduce((sum, outcome) => sum + outcome.kills, 0);
    if (round > 0 && kills <= 0) break;
    const seed = first + round;
    const outcome = await playRound(scenario, kind, seed, {kills, size: scenario.size});
    outcomes.push(outcome);
    for (const violation of outcome.violations.slice(0, 10))
      console.log(`  VIOLATION (JUG_SEED=${seed}): ${violation}`);
    if (outcome.violations.length > 0) break;
  }
  return outcomes;
}

/** Answers with the number of seeds that went wrong. */
async function simulateMany(): Promise<number> {
  const began = performance.now();
  const sums = {executions: 0, repeated: 0, bound: 0, crashes: 0, stops: 0};
  let wrong = 0;
  const count = process.env.JUG_SEED === undefined ? SIMULATIONS : 1;
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(seed);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += outcome[name];
    if (outcome.violations.length === 0) continue;
    wrong++;
    for (const violation of outcome.violations.slice(0, 5))
      console.log(`  VIOLATION (JUG_SEED=${seed}): ${violation}`);
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const told = Object.entries(sums).map(([name, sum]) => `${sum} ${name}`);
  console.log(`${count} simulated runs: ${told.join(', ')}; ${wrong} went wrong (${seconds} s)`);
  return wrong;
}

let violations = 0;
let killed = 0;
let skipped = 0;
console.log(`JUG_SEED=${first}`);
if (wanted.length === 0 || wanted.includes('simulation')) violations += await simulateMany();
console.log(row('store', 'scenario', columns, 'verdict'));
for (const kind of STORE_KINDS) {
  for (const scenario of SCENARIOS) {
    if (!scenario.suits(kind)) continue;
    if (!wanted.every(word => scenario.name.includes(word) || kind.name === word)) continue;
    const absent = kind.absent ?? scenario.absent();
    if (absent !== undefined) {
      skipped++;
      console.log(
        row(
          kind.name,
          scenario.name,
          columns.map(() => '-'),
          `SKIPPED: ${absent}`,
        ),
      );
      continue;
    }
    const began = performance.now();
    const outcomes = await playAll(scenario, kind);
    const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((all, one) => all + of(one), 0);
    const wrong = sum(outcome => outcome.violations.length);
    violations += wrong;
    killed += sum(outcome => outcome.kills);
    const cells = [
      sum(({tasks}) => tasks),
      sum(({seen}) => seen),
      sum(({kills}) => kills),
      sum(({executions}) => executions),
      sum(({repeated}) => repeated),
      sum(({bound}) => bound),
    ];
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(
      row(kind.name, scenario.name, cells, `${wrong === 0 ? 'ok' : `${wrong} VIOLATIONS`} (${seconds} s)`),
    );
  }
}
const isWhole = wanted.length === 0 && skipped === 0;
console.log(`${killed} processes were killed, ${violations} violations, ${skipped} scenarios skipped`);
if (isWhole && killed < KILLS_IN_ALL) console.log(`Too few were killed: expected ${KILLS_IN_ALL}`);
process.exitCode = violations > 0 || (isWhole && killed < KILLS_IN_ALL) ? 1 : 0;
