// Jugfiles that several tests of commands look at.

import type {Rig} from './rig.js';

/** Six tasks of three functions; `fails` throws for 2. */
export const THREE = `
import {TaskGenerator} from 'jug';
const first = TaskGenerator(function first(x: number) { if (x === 2) throw new Error('two'); return x; });
const second = TaskGenerator(function second(x: number) { return x + 1; });
const total = TaskGenerator(function total(xs: number[]) { return xs.reduce((a, b) => a + b, 0); });
const firsts = [1, 2, 3].map(x => first(x));
export const seconds = [second(firsts[0]), second(firsts[1])];
export const sum = total(seconds);
`;

export const FINE = `
import {TaskGenerator} from 'jug';
import {compute} from './lib/features';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const add = TaskGenerator(function add(a: number, b: number) { return a + b; });
export const sums = [1, 2, 3].map(x => add(double(x), compute(x)));
`;

export const FEATURES = `
import {TaskGenerator} from 'jug';
export const compute = TaskGenerator(function compute(x: number) { return 10 * x; });
`;

export async function finished(rig: Rig): Promise<void> {
  rig.write({'jugfile.ts': FINE, 'lib/features.ts': FEATURES});
  await rig.jug('execute -j 2');
}
