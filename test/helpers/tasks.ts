// Tasks for tests: made without a jugfile or a host, named by their first argument.

import {TaskFunction} from '../../src/tasks/functions.js';
import {Task} from '../../src/tasks/task.js';

export const work = functionNamed('test.work');

export function functionNamed(name: string): TaskFunction {
  return new TaskFunction(name, (...args: unknown[]) => args, undefined);
}

/** A task that needs `dependencies`. Its name is its first argument. */
export function task(name: string, dependencies: readonly Task[] = [], fn = work): Task {
  return Task.unlisted(fn, [name, dependencies]);
}

/** The same numbers for the same seed: mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Tasks of a random acyclic graph, in definition order; task i needs `dependencies[i]`, all smaller than i. */
export function tasksOf(dependencies: readonly (readonly number[])[]): Task[] {
  const tasks: Task[] = [];
  for (const [i, needed] of dependencies.entries())
    tasks.push(
      task(
        `t${i}`,
        needed.map(j => tasks[j]!),
      ),
    );
  return tasks;
}

/** `size` tasks, each of which needs at most `most` earlier ones. */
export function randomDependencies(random: () => number, size: number, most = 4): number[][] {
  return Array.from({length: size}, (_, i) => {
    const count = i === 0 ? 0 : Math.floor(random() * (most + 1));
    // Near ones are likelier, so that the graph gets deep as well as wide.
    return [...new Set(Array.from({length: count}, () => Math.floor(i * Math.sqrt(random()))))];
  });
}
