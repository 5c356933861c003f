// How long a run will still take: the tasks that are left, at what the tasks of their functions took, shared out among
// as many as have been at work lately. Knows numbers alone.

export interface FunctionLeft {
  /** Tasks that are not finished, those that run included. */
  readonly left: number;
  /** Milliseconds of one, as far as any was measured. */
  readonly mean: number | undefined;
  /** For how many milliseconds each of those that run here has been running. */
  readonly ages: readonly number[];
}

export interface TimeLeft {
  readonly milliseconds: number;
  /** There is more to come, of which nobody knows how much. */
  readonly isLeast: boolean;
}

/**
 * `speed`: milliseconds of tasks that are done in a millisecond, here and elsewhere. `undefined`: nothing is known, or
 * what is left should be over by now.
 */
export function timeLeft(
  functions: readonly FunctionLeft[],
  speed: number,
  isOpen: boolean,
): TimeLeft | undefined {
  let work = 0;
  let isLeast = isOpen;
  for (const {left, mean, ages} of functions) {
    if (left === 0) continue;
    if (mean === undefined) isLeast = true;
    else work += left * mean - ages.reduce((sum, age) => sum + Math.min(age, mean), 0);
  }
  return work > 0 && speed > 0 ? {milliseconds: work / speed, isLeast} : undefined;
}
