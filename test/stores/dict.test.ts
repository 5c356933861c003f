// The store in memory: the law of stores, with a file and without, and what its file must bear.

import {existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {StoreError} from '../../src/core/errors.js';
import {openStore} from '../../src/stores/registry.js';
import type {Store} from '../../src/stores/store.js';
import {damageOf} from '../../src/values/record.js';
import {startChild} from './child.js';
import {testStore} from './conformance.js';
import {withFolder} from './folder.js';
import {collect, hashOf, recordOf, saving} from './records.js';

testStore('dict_store:file', folder => openStore(`dict_store:${join(folder, 'results.dict')}`, 'write'), {
  handles: 1,
});

async function filled(file: string): Promise<void> {
  const store = await openStore(`dict_store:${file}`, 'write');
  await store.save(
    saving({
      results: [
        [hashOf(1), recordOf('one')],
        [hashOf(2), recordOf(Buffer.alloc(3_000_000, 'two'))],
      ],
      failures: [[hashOf(3), Buffer.from('it threw')]],
    }),
  );
  await store.close();
}

test('without a file nothing is left when it is closed, and nothing is written', t =>
  withFolder(async () => {
    const store = await openStore('dict_store', 'write');
    await store.save(saving({results: [[hashOf(1), recordOf('one')]]}));
    t.deepEqual(await store.has([hashOf(1)]), [true]);
    await store.close();
    const again = await openStore('dict_store', 'read');
    t.deepEqual(await again.has([hashOf(1)]), [false]);
    t.false(existsSync('dict_store'));
  }));

test('the file is written when the store is closed, if anything has changed, and nothing else stays', t =>
  withFolder(async folder => {
    const file = join(folder, 'deep/results.dict');
    const looking = await openStore(`dict_store:${file}`, 'read');
    await looking.close();
    t.deepEqual(readdirSync(folder), []);
    const idle = await openStore(`dict_store:${file}`, 'write');
    await idle.close();
    t.deepEqual(readdirSync(join(folder, 'deep')), []);
    await filled(file);
    t.deepEqual(readdirSync(join(folder, 'deep')), ['results.dict']);
    const before = statSync(file).mtimeMs;
    const reader = await openStore(`dict_store:${file}`, 'write');
    t.is((await reader.load([hashOf(2)]))[0]!.length, 3_000_048);
    t.deepEqual(
      (await collect(reader.failures())).map(([hash]) => hash),
      [hashOf(3)],
    );
    await reader.close();
    t.is(statSync(file).mtimeMs, before);
  }));

test('a file that cannot be told apart into its entries is refused with a message, and left as it is', t =>
  withFolder(async folder => {
    const file = join(folder, 'results.dict');
    await filled(file);
    const whole = readFileSync(file);
    const refusal = async (bytes: Uint8Array): Promise<string> => {
      writeFileSync(file, bytes);
      const error = await t.throwsAsync(openStore(`dict_store:${file}`, 'write'), {
        message: /results\.dict/,
      });
      t.deepEqual(readFileSync(file), Buffer.from(bytes));
      t.deepEqual(readdirSync(folder), ['results.dict']);
      return error!.message;
    };
    const flipped = (place: number): Buffer => {
      const bytes = Buffer.from(whole);
      bytes[place] = bytes[place]! ^ 0xff;
      return bytes;
    };
    t.regex(await refusal(flipped(0)), /is not a file of a dict_store/);
    t.regex(await refusal(flipped(7)), /made by a newer jug/);
    t.regex(await refusal(new Uint8Array()), /is damaged/);
    for (const place of [8, 12, 13, whole.length - 5])
      t.regex(await refusal(flipped(place)), /is damaged: .*\. Restore it from a copy/s, `byte ${place}`);
    for (const length of [3, 8, 30, 1000, 2_000_000, whole.length - 1])
      t.regex(await refusal(whole.subarray(0, length)), /is damaged/, `${length} bytes`);
    t.regex(await refusal(Buffer.concat([whole, Buffer.from('more')])), /is damaged: something follows/);
    writeFileSync(file, whole);
    const store = await openStore(`dict_store:${file}`, 'read');
    t.deepEqual(await store.has([hashOf(1)]), [true]);
  }));

test('where bytes of a file were changed, it warns, only the record that was hit is damaged, and what is set aside is kept', t =>
  withFolder(async folder => {
    const file = join(folder, 'results.dict');
    await filled(file);
    const bytes = readFileSync(file);
    bytes[1_000_000] = bytes[1_000_000]! ^ 1;
    writeFileSync(file, bytes);
    const store = await openStore(`dict_store:${file}`, 'write');
    const warnings = async (from: Store): Promise<string[]> =>
      (await from.describe()).notes.filter(({kind}) => kind === 'warning').map(({text}) => text);
    t.regex((await warnings(store)).join(), /was changed since it was written/);
    const [one, two] = (await store.load([hashOf(1), hashOf(2)])) as Uint8Array[];
    t.is(damageOf(one!), undefined);
    t.is(damageOf(two!), 'checksum of the payload');
    t.deepEqual(await store.setAside([hashOf(2)]), [hashOf(2)]);
    await store.save(saving({results: [[hashOf(2), recordOf('two')]]}));
    await store.close();
    t.deepEqual(readdirSync(`${file}.damaged`), [hashOf(2)]);
    const again = await openStore(`dict_store:${file}`, 'read');
    t.deepEqual(await warnings(again), []);
    t.is(damageOf((await again.load([hashOf(2)]))[0]!), undefined);
  }));

test('a folder in the place of the file is refused', t =>
  withFolder(async folder => {
    mkdirSync(join(folder, 'results.dict'));
    await t.throwsAsync(openStore(`dict_store:${join(folder, 'results.dict')}`, 'read'), {
      message: /should be a file, but it is a folder/,
    });
  }));

test('when the file cannot be written, closing says so, and the file is as it was', t =>
  withFolder(async folder => {
    const file = join(folder, 'results.dict');
    await filled(file);
    const before = readFileSync(file);
    const store = await openStore(`dict_store:${file}`, 'write');
    await store.save(saving({results: [[hashOf(9), recordOf('nine')]]}));
    const {rename} = await import('node:fs/promises');
    await rename(folder, `${folder}-moved`);
    writeFileSync(folder, '');
    const error = await t.throwsAsync(store.close(), {instanceOf: StoreError});
    t.regex(
      error!.message,
      /Cannot write the dict_store .*: E[A-Z]+: .*Nothing that was in it before is lost/,
    );
    const {rm} = await import('node:fs/promises');
    await rm(folder);
    await rename(`${folder}-moved`, folder);
    t.deepEqual(readFileSync(file), before);
  }));

test('a second writer is refused, of this process and of another; a reader is not', t =>
  withFolder(async folder => {
    const file = join(folder, 'results.dict');
    const store = await openStore(`dict_store:${file}`, 'write');
    await t.throwsAsync(openStore(`dict_store:${file}`, 'write'), {message: /in use by this process/});
    const reader = await openStore(`dict_store:${file}`, 'read');
    t.deepEqual(await reader.has([hashOf(1)]), [false]);
    const child = startChild('dict-writer', [file]);
    t.regex(await child.line(), new RegExp(`in use by process ${process.pid} on `));
    await child.ended;
    await store.close();
  }));

test('of writers that come at the same moment, one at a time has the file', t =>
  withFolder(async folder => {
    const file = join(folder, 'results.dict');
    const children = Array.from({length: 4}, () => startChild('dict-writer', [file]));
    const said = await Promise.all(children.map(child => child.line()));
    t.true(said.filter(line => line === 'open').length <= 1, said.join('\n'));
    await Promise.all(children.map(child => child.kill()));
    const store = await openStore(`dict_store:${file}`, 'write');
    t.deepEqual(readdirSync(folder).filter(name => name.includes('lock')).length, 1);
    await store.close();
  }));

test('the lock of a writer that was killed is nobody’s', t =>
  withFolder(async folder => {
    const file = join(folder, 'results.dict');
    const child = startChild('dict-writer', [file]);
    t.is(await child.line(), 'open');
    await child.kill();
    await filled(file);
    t.deepEqual(readdirSync(folder), ['results.dict']);
  }));
