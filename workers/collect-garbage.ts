// What the evaluation of a large jugfile leaves behind in a worker: while it makes tasks that stay, V8 takes more and more
// room for new objects, and keeps it. It is given back before tasks run, for which little of it would be of use.
// Knows nothing of tasks but how many were made.

import type {Session} from 'node:inspector/promises';

/** Tasks. A collection takes some 0.1 s of CPU for a million of them, and brings nothing for few. */
const MANY = 250_000;

export class Garbage {
  #collected = 0;

  /** To be called where the jugfile has come to rest, having `made` so many tasks by then. */
  async collect(made: number): Promise<void> {
    if (made - this.#collected < MANY) return;
    this.#collected = made;
    const session = await connected();
    if (session === undefined) return;
    // Unlike gc(), also gives back the room for new objects; and no flag of V8 is changed for the whole process.
    await session.post('HeapProfiler.collectGarbage').catch(() => {});
    session.disconnect();
  }
}

/** Node can be built without it. */
async function connected(): Promise<Session | undefined> {
  try {
    const {Session} = await import('node:inspector/promises');
    const session = new Session();
    session.connect();
    return session;
  } catch {
    return undefined;
  }
}
