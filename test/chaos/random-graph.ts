// The jugfile that is run while things break: a random graph of some thousand tasks, the same for the same seed, with
// barriers in between, and what each of its tasks must come to. Knows nothing of stores and processes.

import {randomDependencies, randomNumbers} from '../helpers/tasks.js';

export const KINDS = ['quick', 'pause', 'burn', 'bulky'] as const;
export type Kind = (typeof KINDS)[number];

export interface Plan {
  readonly seed: number;
  readonly kinds: readonly Kind[];
  /** Per task, the earlier tasks whose values it takes. */
  readonly needs: readonly (readonly number[])[];
  /** Where phases begin: before each but the first the jugfile waits. */
  readonly phases: readonly number[];
}

/** 32 bits that depend on every number that is given, and on their order. */
export function mix(numbers: readonly number[]): number {
  let state = 0x811c9dc5;
  for (const number of numbers) {
    state = Math.imul(state ^ number, 0x01000193);
    state ^= state >>> 15;
  }
  return state >>> 0;
}

export function planOf(seed: number, size: number): Plan {
  const random = randomNumbers(seed);
  const count = 1 + Math.floor(random() * 4);
  const phases = Array.from({length: count}, (_, phase) => Math.floor((size * phase) / count));
  const needs = randomDependencies(random, size);
  const kinds = needs.map((): Kind => {
    const dice = random();
    return dice < 0.45 ? 'quick' : dice < 0.85 ? 'pause' : dice < 0.97 ? 'burn' : 'bulky';
  });
  return {seed, kinds, needs, phases};
}

/** What every task must come to, computed here and now. The last value before a barrier goes into all that follow. */
export function valuesOf({seed, needs, phases}: Plan): number[] {
  const values: number[] = [];
  let salt = 0;
  for (const [n, needed] of needs.entries()) {
    if (n > 0 && phases.includes(n)) salt = values[n - 1]!;
    values.push(mix([seed, n, salt, ...needed.map(other => values[other]!)]));
  }
  return values;
}

/**
 * Its arguments: seed, size, and by how much waiting tasks are slowed down. Every start and end of a task is a line of
 * `history.log`, outside the store, in the order in which they happened: one `write` that appends.
 */
export const JUGFILE = `
import {openSync, writeSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {barrier, bvalue, TaskGenerator} from 'jug';
import {mix, planOf} from '${import.meta.url}';

const [seed, size, pace] = process.argv.slice(2).map(Number);
const log = openSync(new URL('history.log', import.meta.url), 'a');
const note = (what, n, value) =>
  writeSync(log, [what, process.pid, n, value, process.hrtime.bigint() / 1000n].join(' ') + '\\n');
const numberOf = needed => (typeof needed === 'number' ? needed : needed.value);

function compute(seed, n, salt, needed) {
  return mix([seed, n, salt, ...needed.map(numberOf)]);
}
const quick = TaskGenerator(function quick(seed, n, salt, needed) {
  note('start', n, 0);
  const value = compute(seed, n, salt, needed);
  note('end', n, value);
  return value;
});
const pause = TaskGenerator(async function pause(seed, n, salt, needed) {
  note('start', n, 0);
  await sleep((n % 16) * pace);
  const value = compute(seed, n, salt, needed);
  note('end', n, value);
  return value;
});
const burn = TaskGenerator(function burn(seed, n, salt, needed) {
  note('start', n, 0);
  const until = performance.now() + (n % 4);
  while (performance.now() < until);
  const value = compute(seed, n, salt, needed);
  note('end', n, value);
  return value;
});
/** Some of them are too large to be kept in a database. */
const bulky = TaskGenerator(function bulky(seed, n, salt, needed) {
  note('start', n, 0);
  const value = compute(seed, n, salt, needed);
  const filler = new Uint8Array(n % 7 === 0 ? 3_000_000 : 100_000).fill(n);
  note('end', n, value);
  return {value, filler};
});
const functions = {quick, pause, burn, bulky};

const plan = planOf(seed, size);
export const all = [];
let salt = 0;
for (const [n, needed] of plan.needs.entries()) {
  if (n > 0 && plan.phases.includes(n)) {
    // Each way to wait has its turn.
    if (n % 2 === 0) await barrier();
    salt = numberOf(await bvalue(all[n - 1]));
  }
  all.push(functions[plan.kinds[n]](seed, n, salt, needed.map(other => all[other])));
}
`;

/** Runs the jugfile with the library, and notes what it is told to be finished. */
export const DRIVER = `
import {appendFileSync} from 'node:fs';
import {execute} from 'jug';
const [jugdir, ...args] = process.argv.slice(2);
const {exitCode = 1} = await execute('jugfile.mjs', {
  jobs: 2,
  jugdir,
  args,
  onEvent(event) {
    if (event.type === 'finished') appendFileSync('acknowledged.log', 'x'.repeat(event.count));
  },
}).catch(error => {
  console.error(error.message);
  return error;
});
process.exit(exitCode);
`;

/** Prints the value of every task. */
export const READER = `
import {init, value} from 'jug';
const [jugdir, ...args] = process.argv.slice(2);
const {store, jugspace} = await init('jugfile.mjs', jugdir, args);
const values = [];
for (const task of jugspace.all ?? []) {
  const result = await value(task);
  values.push(typeof result === 'number' ? result : result.value);
}
console.log(JSON.stringify(values));
await store.close();
`;
