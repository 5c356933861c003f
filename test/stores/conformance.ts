// The law of src/stores/store.ts as tests. A driver's own test file calls it with a way to open a store; opening
// the same folder twice must give two handles on one store, unless the store is for one process.

import test from 'ava';
import type {Store} from '../../src/stores/store.js';
import type {Origin, OriginId} from '../../src/values/record.js';
import {openRecord} from '../../src/values/record.js';
import type {TaskHash} from '../../src/values/task-hash.js';
import {randomNumbers} from '../helpers/tasks.js';
import {withFolder} from './folder.js';
import {type Law, lawsOfLocks} from './law-of-locks.js';
import {collect, hashesOf, hashOf, ORIGIN, recordOf, saving} from './records.js';

const origin: Origin = {
  function: 'primes.isPrime',
  fingerprint: 'ab12',
  host: 'here',
  pid: 1,
  jugVersion: '0.1.0',
};

/** `handles`: how many may be open to write at a time. */
export function testStore(
  name: string,
  open: (folder: string) => Promise<Store>,
  {handles = 2}: {readonly handles?: 1 | 2} = {},
): void {
  const law: Law = (sentence, run) => {
    test(`${name}: ${sentence}`, t =>
      withFolder(async folder => {
        const store = await open(folder);
        try {
          await run(t, store, folder);
        } finally {
          await store.close();
        }
      }));
  };
  lawsOfLocks(law, open);

  law('a new store has nothing in it', async (t, store) => {
    t.deepEqual(await store.has([hashOf(1)]), [false]);
    t.deepEqual(await store.load([hashOf(1)]), [undefined]);
    t.deepEqual(await collect(store.hashes()), []);
    t.deepEqual(await collect(store.heads()), []);
    t.deepEqual(await collect(store.failures()), []);
    t.deepEqual(await store.locks(), []);
    t.is(await store.origin(ORIGIN), undefined);
  });

  law('what was saved is loaded again, byte for byte, and also after reopening', async (t, store, folder) => {
    const record = recordOf('forty-two');
    await store.save(saving({results: [[hashOf(1), record]], origins: [[ORIGIN, origin]]}));
    t.deepEqual(await store.has([hashOf(1), hashOf(2)]), [true, false]);
    const [loaded, missing] = await store.load([hashOf(1), hashOf(2)]);
    t.deepEqual(Buffer.from(loaded!), record);
    t.is(missing, undefined);
    t.deepEqual(await store.origin(ORIGIN), origin);
    await store.close();
    const again = await open(folder);
    t.deepEqual(Buffer.from((await again.load([hashOf(1)]))[0]!), record);
    t.deepEqual(await again.origin(ORIGIN), origin);
    await again.close();
  });

  law('a record may be any kind of bytes, of any size, and part of a larger memory', async (t, store) => {
    const sizes = [10, 100_000, 5_000_000];
    const records = sizes.map(size => recordOf(new Uint8Array(size).fill(size % 251)));
    const views = records.map(record => {
      const around = new Uint8Array(record.length + 20).fill(255);
      around.set(record, 10);
      return around.subarray(10, 10 + record.length);
    });
    await store.save(saving({results: views.map((view, i) => [hashOf(i), view] as const)}));
    const loaded = await store.load(sizes.map((_, i) => hashOf(i)));
    for (const [i, record] of records.entries())
      t.true(Buffer.from(loaded[i]!).equals(record), `${sizes[i]}`);
  });

  law('loaded bytes belong to the caller', async (t, store) => {
    await store.save(saving({results: [[hashOf(1), recordOf('mine')]]}));
    const [first] = await store.load([hashOf(1)]);
    first!.fill(0);
    await store.load([hashOf(2)]);
    const [second] = await store.load([hashOf(1)]);
    t.deepEqual(Buffer.from(second!), recordOf('mine'));
    structuredClone(second!.buffer, {transfer: [second!.buffer as ArrayBuffer]});
    t.true(openRecord((await store.load([hashOf(1)]))[0]!).ok);
  });

  law('the first result of a hash stays', async (t, store) => {
    await store.save(saving({results: [[hashOf(1), recordOf('first')]]}));
    await store.save(saving({results: [[hashOf(1), recordOf('second')]]}));
    t.deepEqual(Buffer.from((await store.load([hashOf(1)]))[0]!), recordOf('first'));
  });

  law('a result clears the failure, and failures are listed and removed', async (t, store) => {
    const failure = Buffer.from('it threw');
    await store.save(saving({failures: [1, 2, 3].map(i => [hashOf(i), failure] as const)}));
    await store.save(saving({results: [[hashOf(1), recordOf('better')]]}));
    await store.removeFailures([hashOf(2), hashOf(9)]);
    const left = await collect(store.failures());
    t.deepEqual(
      left.map(([hash, bytes]) => [hash, Buffer.from(bytes)]),
      [[hashOf(3), failure]],
    );
  });

  law('removing takes results and failures, and answers with those that had a result', async (t, store) => {
    await store.save(
      saving({results: [[hashOf(1), recordOf('a')]], failures: [[hashOf(2), Buffer.from('b')]]}),
    );
    t.deepEqual(await store.remove([hashOf(1), hashOf(2), hashOf(3)]), [hashOf(1)]);
    t.deepEqual(await store.has([hashOf(1)]), [false]);
    t.deepEqual(await collect(store.failures()), []);
    await store.save(saving({results: [[hashOf(1), recordOf('new')]]}));
    t.deepEqual(Buffer.from((await store.load([hashOf(1)]))[0]!), recordOf('new'));
  });

  law('what is set aside is not there any more, and may be saved anew', async (t, store) => {
    await store.save(saving({results: [[hashOf(1), Buffer.from('damaged')]]}));
    t.deepEqual(await store.setAside([hashOf(1), hashOf(2)]), [hashOf(1)]);
    t.deepEqual(await store.has([hashOf(1)]), [false]);
    t.deepEqual(await store.load([hashOf(1)]), [undefined]);
    t.deepEqual(await store.acquire([hashOf(1)]), ['acquired']);
    await store.save(saving({results: [[hashOf(1), recordOf('whole')]], release: [hashOf(1)]}));
    t.deepEqual(Buffer.from((await store.load([hashOf(1)]))[0]!), recordOf('whole'));
  });

  law('a result that is whole is not set aside: another process may have made it anew', async (t, store) => {
    const large = recordOf(Buffer.alloc(6_000_000, 'large'));
    await store.save(
      saving({
        results: [
          [hashOf(1), recordOf('whole')],
          [hashOf(2), large],
          [hashOf(3), large.subarray(0, large.length - 1)],
        ],
      }),
    );
    t.deepEqual(await store.setAside([hashOf(1), hashOf(2), hashOf(3)]), [hashOf(3)]);
    t.deepEqual(await store.has([hashOf(1), hashOf(2), hashOf(3)]), [true, true, false]);
  });

  law('saving, removing and giving back a lock are changes', async (t, store) => {
    const seen = [await store.changes()];
    const note = async (): Promise<void> => void seen.push(await store.changes());
    await store.save(saving({results: [[hashOf(1), recordOf('one')]]}));
    await note();
    await store.remove([hashOf(1)]);
    await note();
    await store.acquire([hashOf(2)]);
    seen[2] = await store.changes();
    await store.release([hashOf(2)]);
    await note();
    for (const [place, number] of seen.entries()) t.not(number, seen[place + 1]);
  });

  law('it describes itself, and can be packed without losing anything', async (t, store) => {
    const hashes = hashesOf(200);
    const records = hashes.map(hash => recordOf(hash));
    await store.save(saving({results: hashes.map((hash, i) => [hash, records[i]!] as const)}));
    await store.remove(hashes.slice(0, 10));
    const {format, bytes} = await store.describe();
    t.true(format >= 1);
    t.true(bytes === undefined || bytes > 0);
    for (let round = 0; round < 2; round++) {
      await store.pack();
      const loaded = await store.load(hashes);
      t.deepEqual(
        loaded.map(record => record && Buffer.from(record)),
        records.map((record, i) => (i < 10 ? undefined : record)),
      );
      t.is((await collect(store.hashes())).length, 190);
    }
    await store.save(saving({results: [[hashes[0]!, records[0]!]]}));
    t.deepEqual(await store.has(hashes.slice(0, 2)), [true, false]);
    t.deepEqual(await store.acquire(hashes.slice(9, 11)), ['acquired', 'finished']);
  });

  law('ten thousand results are listed once each, with their heads', async (t, store) => {
    const hashes = hashesOf(10_000);
    const record = recordOf('x');
    await store.save(saving({results: hashes.map(hash => [hash, record] as const)}));
    t.deepEqual((await collect(store.hashes())).sort(), [...hashes].sort());
    const heads = await collect(store.heads());
    t.deepEqual(heads.map(([hash]) => hash).sort(), [...hashes].sort());
    t.true(heads.every(([, head]) => head?.origin === ORIGIN && head.payloadBytes === 1 && !head.elsewhere));
  });

  law(
    'handles that save and remove in turn, few or many at a time, see what one map would hold',
    async (t, store, folder) => {
      const random = randomNumbers(20);
      const other = handles === 1 ? store : await open(folder);
      const pool = hashesOf(300);
      const expected = new Map<TaskHash, Buffer>();
      try {
        for (let step = 0; step < 40; step++) {
          const [writer, reader] = random() < 0.5 ? [store, other] : [other, store];
          const share = random() ** 2;
          const some = pool.filter(() => random() < share);
          if (random() < 0.6) {
            const results = some.map(
              hash => [hash, recordOf(`${step} ${'x'.repeat(3000 * random() ** 4)}`)] as const,
            );
            await writer.save(saving({results}));
            for (const [hash, record] of results) if (!expected.has(hash)) expected.set(hash, record);
          } else {
            const removed = await writer.remove(some);
            t.deepEqual([...removed].sort(), some.filter(hash => expected.delete(hash)).sort());
          }
          t.deepEqual(
            await reader.has(pool),
            pool.map(hash => expected.has(hash)),
          );
          const records = await reader.load(pool);
          t.true(
            pool.every((hash, i) => areEqual(records[i], expected.get(hash))),
            `step ${step}`,
          );
          t.deepEqual((await collect(reader.hashes())).sort(), [...expected.keys()].sort());
        }
      } finally {
        await other.close();
      }
    },
  );

  law('a damaged head is listed as undefined', async (t, store) => {
    await store.save(saving({results: [[hashOf(1), Buffer.from('not a record at all')]]}));
    t.deepEqual(await collect(store.heads()), [[hashOf(1), undefined]]);
  });

  law('every method takes an empty list', async (t, store) => {
    t.deepEqual(await store.has([]), []);
    t.deepEqual(await store.load([]), []);
    t.deepEqual(await store.acquire([]), []);
    t.deepEqual(await store.remove([]), []);
    await store.release([]);
    await store.removeFailures([]);
    await store.save(saving({}));
  });

  law('calls under way at the same time do not disturb each other', async (t, store) => {
    const hashes = hashesOf(400);
    await Promise.all(
      hashes.map(async (hash, i) => {
        await store.acquire([hash]);
        await store.save(saving({results: [[hash, recordOf(`value ${i}`)]], release: [hash]}));
        t.true((await store.has([hash]))[0]);
      }),
    );
    t.is((await collect(store.hashes())).length, 400);
    t.deepEqual(await store.locks(), []);
  });

  law('an origin is kept as it was first saved', async (t, store) => {
    const id = 'fedcba9876543210' as OriginId;
    await store.save(saving({origins: [[id, origin]]}));
    await store.save(saving({origins: [[id, {...origin, host: 'elsewhere'}]]}));
    t.deepEqual(await store.origin(id), origin);
  });
}

function areEqual(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === undefined || other === undefined ? one === other : Buffer.compare(one, other) === 0;
}
