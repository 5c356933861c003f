// Tells what a question of the jugfile is about by the hashes of its tasks, as main does, where those are quickly made: a
// worker's tasks have none before they are asked for. Knows nothing of questions.

import {compared, contentOf} from '../src/run/run-host.js';
import type {Task} from '../src/tasks/task.js';

/** Tasks whose hashes are made for one question; where more are needed, the order of the questions has to do. */
const MOST_HASHED = 512;

export class Contents {
  /** Tasks whose hashes are known. */
  readonly #hashed = new WeakSet<Task>();

  /** `undefined`: it cannot be told, or would cost too much. */
  of(tasks: readonly Task[]): string | undefined {
    let left = MOST_HASHED;
    try {
      for (const task of compared(tasks)) {
        left = this.#hash(task, left);
        if (left < 0) return undefined;
      }
      return contentOf(tasks);
    } catch {
      // What cannot be hashed has ended main's evaluation; or it was changed since, and is another's business.
      return undefined;
    }
  }

  /**
   * Those it needs before itself: a hash that is asked for asks for theirs, and a chain is deeper than the stack. Answers
   * with how many of `left` are left; fewer than none, if they did not do.
   */
  #hash(task: Task, left: number): number {
    const pending = [task];
    for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
      const {length} = pending;
      if (!this.#hashed.has(next)) {
        if (left-- <= 0) return -1;
        for (const needed of next.dependencies()) if (!this.#hashed.has(needed)) pending.push(needed);
      }
      if (pending.length > length) continue;
      void next.hash;
      this.#hashed.add(next);
      pending.pop();
    }
    return left;
  }
}
