// What tasks of this run have printed lately: the last lines of each, as far as there is room for them. Knows no stream.

import type {Printed} from '../../graph/events.js';

/** Lines of one task, and tasks; the oldest go first. */
const MOST_LINES = 40;
const MOST_TASKS = 1000;
/** Characters of a line. */
const LONGEST_LINE = 1000;

export class KeptOutput {
  /** By the tasks' calls, the one that has printed last at the end. */
  readonly #lines = new Map<string, string[]>();

  add({task, lines}: Printed): void {
    if (task === undefined) return;
    const kept = this.#lines.get(task) ?? [];
    for (const line of lines.slice(-MOST_LINES)) kept.push(line.slice(0, LONGEST_LINE));
    kept.splice(0, kept.length - MOST_LINES);
    this.#lines.delete(task);
    this.#lines.set(task, kept);
    if (this.#lines.size <= MOST_TASKS) return;
    for (const [oldest] of this.#lines) {
      this.#lines.delete(oldest);
      return;
    }
  }

  /** Of the task that is called so. */
  of(task: string): readonly string[] {
    return this.#lines.get(task) ?? [];
  }
}
