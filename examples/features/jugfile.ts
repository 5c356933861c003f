// Images → features of each → k-means for every k and seed → how many kinds of images are there?

import {identity, TaskGenerator} from 'jug';
import {drawImage, type Image} from './images.ts';
import {bayesianCriterion, type Clustering, cluster} from './kmeans.ts';

const IMAGES = 80;
const SEEDS = 5;
const KS = [1, 2, 3, 4, 5, 6, 7, 8];

const draw = TaskGenerator(drawImage);

const computeFeatures = TaskGenerator(function computeFeatures({side, pixels}: Image) {
  let [across, down, light] = [0, 0, 0];
  for (let y = 1; y < side; y++) {
    for (let x = 1; x < side; x++) {
      const at = y * side + x;
      across += Math.abs(pixels[at]! - pixels[at - 1]!);
      down += Math.abs(pixels[at]! - pixels[at - side]!);
      light += pixels[at]!;
    }
  }
  const area = (side - 1) ** 2;
  return [across / area, down / area, light / area];
});

/** Every feature with mean 0 and deviation 1 over all images. */
const normalise = TaskGenerator(function normalise(features: number[][]) {
  const n = features.length;
  const means = features[0]!.map((_, i) => features.reduce((sum, row) => sum + row[i]!, 0) / n);
  const deviations = means.map((mean, i) =>
    Math.sqrt(features.reduce((sum, row) => sum + (row[i]! - mean) ** 2, 0) / n),
  );
  return features.map(row => row.map((feature, i) => (feature - means[i]!) / deviations[i]!));
});

const kmeans = TaskGenerator(cluster, {name: 'kmeans'});

const best = TaskGenerator(function best(runs: Clustering[]) {
  return runs.reduce((left, right) => (right.error < left.error ? right : left));
});

const bic = TaskGenerator(bayesianCriterion, {name: 'bic'});

const chooseK = TaskGenerator(function chooseK(ks: number[], criteria: number[]) {
  return ks[criteria.indexOf(Math.min(...criteria))]!;
});

const images = Array.from({length: IMAGES}, (_, seed) => draw(seed));
const features = normalise(images.map(image => computeFeatures(image)));
export const clusterings = KS.map(k =>
  best(Array.from({length: SEEDS}, (_, seed) => kmeans(features, k, seed))),
);
export const criteria = clusterings.map(clustering => bic(features, clustering));
export const bestK = chooseK(identity(KS), criteria);
