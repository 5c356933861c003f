// A main thread that is busy, and a pool of libuv's that is full, for as long as a test wants.

import {execFileSync} from 'node:child_process';
import {close, closeSync, constants, open, openSync} from 'node:fs';
import path from 'node:path';

/** Milliseconds after which what is waited for is taken to never come. */
const PATIENCE = 30_000;

/** Keeps this thread from everything else until `condition` holds. */
export function busyUntil(what: string, condition: () => boolean): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + PATIENCE;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Was busy in vain for ${what}`);
    Atomics.wait(never, 0, 0, 10);
  }
}

/** Threads of the pool, if the environment says nothing. */
export const POOL = 4;

export function makePipe(file: string): void {
  execFileSync('mkfifo', [file]);
}

/** Whoever opens the pipe to read stands there, and a thread of the pool with him, until this is called. Throws if nobody does. */
export function releasePipe(file: string): void {
  closeSync(openSync(file, constants.O_WRONLY | constants.O_NONBLOCK));
}

/** Whatever is asked of the pool meanwhile, waits. */
export async function withFullPool(folder: string, run: () => Promise<void>): Promise<void> {
  const files = Array.from({length: POOL}, (_, n) => path.join(folder, `pipe-${n}`));
  for (const file of files) makePipe(file);
  const opened = files.map(
    file =>
      new Promise<void>(resolve => {
        open(file, 'r', (_, descriptor) => close(descriptor, () => resolve()));
      }),
  );
  try {
    await run();
  } finally {
    for (const file of files) releasePipe(file);
    await Promise.all(opened);
  }
}
