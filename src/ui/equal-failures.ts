// Failures that are one and the same to whoever reads of them: tasks of one function that failed at one place, in the
// same words apart from numbers. Each is told once, and then counted.

import {type Failure, userFrames} from '../core/failure.js';
import type {Event} from '../graph/events.js';
import type {TaskHash} from '../values/task-hash.js';

export interface FailedTask {
  readonly hash: TaskHash;
  readonly task: string;
  readonly failure: Failure;
}

export interface EqualFailures {
  readonly first: FailedTask;
  readonly count: number;
  /** Where it failed in the user's code, as its stack has it: `/home/ann/primes.ts:7:39`. */
  readonly site: string | undefined;
}

interface Group {
  readonly first: FailedTask;
  readonly site: string | undefined;
  count: number;
  /** How many of them were told. */
  told: number;
}

export class Failures {
  readonly #groups = new Map<string, Group>();

  /** Whether no failure like this was there before. */
  isNew({hash, task, failure}: Event & {readonly type: 'failed'}): boolean {
    return this.add({hash, task, failure});
  }

  add(failed: FailedTask): boolean {
    const {failure} = failed;
    const key = likenessOf(failure);
    const group = this.#groups.get(key);
    if (group !== undefined) {
      group.count++;
      return false;
    }
    this.#groups.set(key, {first: failed, site: siteOf(failure), count: 1, told: 1});
    return true;
  }

  /** In the order in which the first of each came. */
  get groups(): readonly EqualFailures[] {
    return [...this.#groups.values()];
  }

  /** A line for each group that has grown since the last time. */
  takeRepeats(): string[] {
    const lines: string[] = [];
    for (const group of this.#groups.values()) {
      const {first, count, told} = group;
      if (count === told) continue;
      lines.push(`FAILED ${count - told} more like ${first.task} (${first.failure.error.name})`);
      group.told = count;
    }
    return lines;
  }
}

/** The same for failures that are alike. */
export function likenessOf(failure: Failure): string {
  const message = failure.error.message.replace(/\d+/g, '#');
  return JSON.stringify([failure.function, failure.error.name, message, siteOf(failure)]);
}

/** The place of the topmost frame of the user's. */
export function siteOf({error: {stack}}: Failure): string | undefined {
  if (stack === undefined) return undefined;
  const frame = userFrames(stack)
    .split('\n')
    .find(line => /^\s+at /.test(line));
  return frame === undefined ? undefined : /\(?((?:file:\/\/)?\/[^()]*:\d+:\d+)\)?$/.exec(frame)?.[1];
}
