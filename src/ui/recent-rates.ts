// What was added up lately: samples of growing sums, from which speeds over the last seconds are taken. Has no clock.

interface Sample {
  readonly at: number;
  readonly sums: readonly number[];
}

export class Recent {
  readonly #span: number;
  readonly #step: number;
  #samples: Sample[] = [];

  /** Milliseconds: how far back it is looked, and how far apart samples are kept. */
  constructor(span: number, step: number) {
    this.#span = span;
    this.#step = step;
  }

  /** How much each of `sums` has grown in a millisecond, over the last `span`; and how long that is. */
  speeds(sums: readonly number[], at: number): {readonly speeds: readonly number[]; readonly over: number} {
    const last = this.#samples.at(-1);
    if (last === undefined || at - last.at >= this.#step) this.#samples.push({at, sums});
    while (this.#samples.length > 2 && at - this.#samples[1]!.at >= this.#span) this.#samples.shift();
    const first = this.#samples[0]!;
    const over = at - first.at;
    const speeds = sums.map((sum, i) => (over > 0 ? Math.max(0, sum - first.sums[i]!) / over : 0));
    return {speeds, over};
  }
}
