// What the pool loads in a thread: a CommonJS file, so that the rest comes by `import()`. Asked for an ES module, the
// pool would `require` it, and Node aborts the whole process when a thread is ended in the middle of that.

type Handler = (request: never) => Promise<unknown>;

/** The thread gets nothing to run before this settles: the pool waits for it as for a module that is being loaded. */
const handler: Promise<Handler> = import('./task-worker.js').then(
  ({started}) => started(),
  // Told by the first batch.
  error => async () => {
    throw error;
  },
);

export = handler;
