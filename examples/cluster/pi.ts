// The number pi by throwing points at a square: two hundred tasks that any number of machines can share.

import {TaskGenerator} from 'jug';

const POINTS = 500_000;

/** How many points of the square lie in the circle. The seed is an argument: the result is the same wherever it runs. */
const throwPoints = TaskGenerator(function throwPoints(seed: number) {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let inside = 0;
  for (let i = 0; i < POINTS; i++) if (random() ** 2 + random() ** 2 < 1) inside++;
  return inside;
});

const estimate = TaskGenerator(function estimate(inside: number[]) {
  return (4 * inside.reduce((a, b) => a + b)) / (inside.length * POINTS);
});

const seeds = Array.from({length: Number(process.argv[2] ?? 200)}, (_, n) => n);
export const pi = estimate(seeds.map(seed => throwPoints(seed)));
