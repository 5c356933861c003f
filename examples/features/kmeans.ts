// k-means, and the Bayesian information criterion that says how many clusters the points really have.

import {randomFrom} from './random.ts';

export interface Clustering {
  readonly k: number;
  readonly seed: number;
  /** For each point the number of its cluster. */
  readonly labels: Uint8Array;
  readonly centres: readonly (readonly number[])[];
  /** The sum of the squared distances of the points from their centres. */
  readonly error: number;
}

export function cluster(points: readonly (readonly number[])[], k: number, seed: number): Clustering {
  const random = randomFrom(seed);
  let centres = Array.from({length: k}, () => points[Math.floor(random() * points.length)]!);
  const labels = new Uint8Array(points.length).fill(255);
  for (;;) {
    let moved = false;
    let error = 0;
    for (const [i, point] of points.entries()) {
      const distances = centres.map(centre => squaredDistance(point, centre));
      const nearest = distances.indexOf(Math.min(...distances));
      moved ||= labels[i] !== nearest;
      labels[i] = nearest;
      error += distances[nearest]!;
    }
    if (!moved) return {k, seed, labels, centres, error};
    centres = centres.map((centre, label) => mean(points.filter((_, i) => labels[i] === label)) ?? centre);
  }
}

/** Of clusters that have a variance of their own along each feature. The smaller the better. */
export function bayesianCriterion(
  points: readonly (readonly number[])[],
  {k, labels, centres}: Clustering,
): number {
  const n = points.length;
  const features = points[0]!.length;
  let likelihood = 0;
  for (const [label, centre] of centres.entries()) {
    const members = points.filter((_, i) => labels[i] === label);
    const size = members.length;
    if (size === 0) continue;
    likelihood += size * Math.log(size / n);
    for (let f = 0; f < features; f++) {
      const squares = members.reduce((sum, member) => sum + (member[f]! - centre[f]!) ** 2, 0);
      likelihood -= (size / 2) * (Math.log(2 * Math.PI * (squares / size + LEAST_VARIANCE)) + 1);
    }
  }
  return -2 * likelihood + (2 * k * features + k - 1) * Math.log(n);
}
/** So that a cluster of one point is not infinitely likely. */
const LEAST_VARIANCE = 0.01;

function squaredDistance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, coordinate, i) => sum + (coordinate - b[i]!) ** 2, 0);
}

function mean(points: readonly (readonly number[])[]): number[] | undefined {
  return points[0]?.map((_, i) => points.reduce((sum, point) => sum + point[i]!, 0) / points.length);
}
