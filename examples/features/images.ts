// Small grey images of four kinds, made from a seed: stripes that lie, stripes that stand, blobs, noise.

import {type Random, randomFrom} from './random.ts';

export interface Image {
  readonly side: number;
  /** Row by row, 0 is black and 255 white. */
  readonly pixels: Uint8Array;
}

export const KINDS = ['lying', 'standing', 'blobs', 'noise'] as const;
const SIDE = 64;

export function drawImage(seed: number): Image {
  const random = randomFrom(seed);
  const kind = KINDS[seed % KINDS.length]!;
  const wave = 4 + 0.3 * bell(random);
  const contrast = 60 + 2 * bell(random);
  const brightness = 128 + 3 * bell(random);
  const centres = Array.from({length: 16}, (_, i) => [
    16 * (i % 4) + 6 + 4 * random(),
    16 * Math.floor(i / 4) + 6 + 4 * random(),
  ]);
  const light = {
    lying: (_x: number, y: number) => Math.sin(y / wave),
    standing: (x: number) => Math.sin(x / wave),
    blobs: (x: number, y: number) =>
      Math.max(...centres.map(([cx, cy]) => 2 * Math.exp(-((x - cx!) ** 2 + (y - cy!) ** 2) / 40) - 1)),
    noise: () => 1.2 * random() - 0.6,
  }[kind];
  const pixels = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) pixels[y * SIDE + x] = brightness + contrast * light(x, y);
  }
  return {side: SIDE, pixels};
}

/** About normal, with mean 0 and deviation 1. */
function bell(random: Random): number {
  return 2 * (random() + random() + random() - 1.5);
}
