// What the pool loads in a thread: a CommonJS file, so that the rest comes by `import()`. Asked for an ES module, the
// pool would `require` it, and Node aborts the whole process when a thread is ended in the middle of that.

const worker = import('./task-worker.js');
// Told by the first batch.
worker.catch(() => {});

export = async (request: unknown): Promise<unknown> => (await worker).default(request as never);
