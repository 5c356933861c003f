// The yardstick: a bare piscina.run() loop, 64 in flight a worker, nothing stored. Milliseconds a task.

import {fileURLToPath} from 'node:url';
import {Piscina} from 'piscina';

export async function bareLoop(tasks: number, workers: number): Promise<number> {
  const filename = fileURLToPath(new URL('./bare-worker.js', import.meta.url));
  const pool = new Piscina({filename, minThreads: workers, maxThreads: workers, idleTimeout: 60_000});
  await Promise.all(Array.from({length: workers * 4}, (_, n) => pool.run(n)));
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < tasks) await pool.run(next++);
  };
  const begun = performance.now();
  await Promise.all(Array.from({length: 64 * workers}, loop));
  const elapsed = performance.now() - begun;
  await pool.destroy();
  return elapsed / tasks;
}
