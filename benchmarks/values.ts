// What arguments and results cost that are more than numbers: hashing and encoding them, and handing one large result to many
// tasks. In process where that is what is measured, and against what node does with the same value by itself.

import {digest} from '../src/core/checksums.js';
import {ScriptHost} from '../src/evaluation/graph-host.js';
import {setHost} from '../src/tasks/host.js';
import {TaskGenerator} from '../src/tasks/task-generator.js';
import {pack} from '../src/tasks/wire-arguments.js';

/** Arguments as tasks have them. Each call makes others, as a jugfile does. */
export const ARGUMENTS: Readonly<Record<string, (i: number) => unknown>> = {
  'a row of 6 fields': i => ({id: i, name: `row ${i}`, x: i / 3, y: i / 7, group: 'a', valid: true}),
  'a nested configuration': i => ({
    model: {kind: 'forest', trees: 100 + i, depth: [3, 5, 7], weights: {first: 0.5, second: 0.25}},
    data: {path: 'input/table.csv', columns: ['id', 'name', 'x', 'y'], filter: {year: 2020, month: 3}},
    seed: i,
  }),
  'a Float64Array of 1 kB': i => new Float64Array(128).fill(i / 3),
};

const CALLS = 5000;
const TIMES = 7;

/** Microseconds for one of `CALLS`, at best. */
function fastest(run: (i: number) => unknown): number {
  let best = Infinity;
  for (let time = 0; time < TIMES; time++) {
    const begun = performance.now();
    for (let i = 0; i < CALLS; i++) run(i);
    best = Math.min(best, performance.now() - begun);
  }
  return (best / CALLS) * 1000;
}

export interface Timed {
  readonly hash: number;
  /** The hash, and the bytes that go to a worker. */
  readonly both: number;
  /** The SHA-256 of the value as JSON, or of its bytes. */
  readonly bare: number;
}

/** Microseconds. */
export function argumentTimes(make: (i: number) => unknown): Timed {
  setHost(new ScriptHost(process.cwd()));
  const use = TaskGenerator(function use(value: unknown) {
    return value;
  });
  const values = Array.from({length: CALLS}, (_, i) => make(i));
  return {
    hash: fastest(i => use(values[i]).hash),
    both: fastest(i => {
      const task = use(values[i]);
      return [task.hash, pack(task.args)];
    }),
    bare: fastest(i => {
      const value = values[i];
      return digest(
        'sha256',
        ArrayBuffer.isView(value) ? (value as Uint8Array) : JSON.stringify(value),
        'hex',
      );
    }),
  };
}

/** Milliseconds to hash a value that holds itself twice at each of so many levels: 2^levels ways lead to its innermost part. */
export function sharingTime(levels: number): number {
  setHost(new ScriptHost(process.cwd()));
  const see = TaskGenerator(function see(value: unknown) {
    return value;
  });
  let value: unknown = [1, 2];
  for (let level = 0; level < levels; level++) value = [value, value];
  const begun = performance.now();
  void see(value).hash;
  return performance.now() - begun;
}
