// What wakes the run loop: a sign that something may have changed, which is kept until the loop looks again. Knows
// nothing of what has changed.

export class Sign {
  #isGiven = false;
  #wake: (() => void) | undefined;

  get isGiven(): boolean {
    return this.#isGiven;
  }

  /** Cheap enough to be called for every new task. */
  give(): void {
    this.#isGiven = true;
    this.#wake?.();
    this.#wake = undefined;
  }

  /** From now on, only what comes counts. */
  take(): void {
    this.#isGiven = false;
  }

  /** Settles when it is given, or after so many milliseconds, as if it were. */
  async wait(milliseconds: number): Promise<void> {
    if (this.#isGiven) return;
    await new Promise<void>(resolve => {
      const timer = milliseconds === Infinity ? undefined : setTimeout(() => this.give(), milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
