// A batch on its way to a thread of the pool. Its arguments were checked right before, and nobody looks at them again.

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {loaderData} from '../../src/loader/loader.js';
import {Journal} from '../../src/run/journal.js';
import {openPool} from '../../src/run/pool.js';
import type {Batch, Outcomes} from '../../src/run/protocol.js';
import {decode} from '../../src/values/codec.js';
import {codecOf, HEAD_BYTES} from '../../src/values/record.js';
import {MemoryStore} from '../helpers/memory-store.js';

test('what is changed after a batch was handed to the pool is not seen by its tasks', async t => {
  const folder = mkdtempSync(path.join(tmpdir(), 'jug-pool-'));
  t.teardown(() => rmSync(folder, {recursive: true, force: true}));
  const jugfile = path.join(folder, 'jugfile.mjs');
  writeFileSync(
    jugfile,
    `import {TaskGenerator} from 'jug';
export const total = TaskGenerator(function total(xs) { return xs.reduce((a, b) => a + b, 0); });
`,
  );
  const pool = openPool({
    jobs: 1,
    setup: () => ({jugfile, storePatience: 0}),
    argv: [],
    begun: Promise.resolve(),
    journal: new Journal(),
    sources: loaderData,
    recover: () => undefined,
    jugdir: async () => undefined,
    store: new MemoryStore(),
    warn: message => t.fail(message),
    show: (_, done) => done(),
  });
  t.teardown(() => pool.kill());
  const list = [1, 2];
  const batch = (): Batch => ({
    function: 'jugfile.total',
    count: 1,
    args: [[list]],
    attempts: [1],
    origin: new Uint8Array(8),
    cursor: new Int32Array(new SharedArrayBuffer(4)),
    unsaved: [],
    chain: [],
    stopAtFailure: false,
    debug: false,
  });
  const totals: unknown[] = [];
  const report = ({bytes, others}: Outcomes): void => {
    t.deepEqual(others, []);
    totals.push(decode(codecOf(bytes), bytes, HEAD_BYTES));
  };
  for (const more of [100, 1000]) {
    const end = pool.run(batch(), report, () => 'total');
    list.push(more);
    t.deepEqual(await end, {kind: 'done'});
  }
  t.deepEqual(totals, [3, 103], 'whether its thread has to be started or is there');
});
