// The gate: nobody is inside with another, and no kill leaves it stuck.

import {spawnSync} from 'node:child_process';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {Worker} from 'node:worker_threads';
import test from 'ava';
import {StoreError} from '../../src/core/errors.js';
import {openGate} from '../../src/stores/lmdb/safety/mutex.js';
import {isDead, present, readHolder} from '../../src/stores/lmdb/safety/mutex-holder.js';
import {isAlive, isThreadAlive, thisOwner, thisPlace, thisThread} from '../../src/stores/owner.js';
import {openStore} from '../../src/stores/registry.js';
import {startChild} from './child.js';
import {withFolder} from './folder.js';

/** Writes the file of a holder that is not there, and links it to the given names. */
function plant(folder: string, holder: object, names: readonly string[]): string {
  const {pid, tid, startTime} = {...thisThread(), ...holder};
  const name = `${pid}-${tid}-${startTime}`;
  writeFileSync(join(folder, name), JSON.stringify({...thisThread(), ...thisPlace(), ...holder}));
  for (const link of names) linkSync(join(folder, name), join(folder, link));
  return name;
}

function deadThread(): {pid: number; tid: number; startTime: number} {
  const {pid} = spawnSync('true');
  return {pid, tid: pid, startTime: 7};
}

test('a process knows itself alive, and a pid that was used again and one that is gone dead', t => {
  const owner = thisOwner();
  t.true(isAlive(owner));
  t.false(isAlive({...owner, startTime: owner.startTime + 1}));
  t.false(isAlive({...owner, bootId: 'another'}));
  t.true(isAlive({...owner, bootId: 'another', host: 'another'}));
  t.true(isThreadAlive(thisThread()));
  t.false(isThreadAlive(deadThread()));
});

test('hold answers what was done inside, lets go when that throws, and refuses to be nested', t =>
  withFolder(async folder => {
    const gate = openGate(folder);
    t.is(
      gate.hold(() => 42),
      42,
    );
    t.throws(
      () =>
        gate.hold(() => {
          throw new Error('inside');
        }),
      {message: 'inside'},
    );
    t.throws(() => gate.hold(() => gate.hold(() => 1)), {message: /already held/});
    gate.close();
    t.deepEqual(readdirSync(folder), []);
  }));

test('a killed holder’s gate is opened at once', t =>
  withFolder(async folder => {
    const holder = startChild('gate-process', [folder, 'keep']);
    t.is(await holder.line(), 'held');
    await holder.kill();
    const gate = openGate(join(folder, 'gate'));
    const start = performance.now();
    gate.hold(() => {});
    // Whoever waits for one that lives does so for 20 s.
    t.true(performance.now() - start < 10_000);
    gate.hold(() => gate.sweep());
    gate.close();
    t.deepEqual(readdirSync(join(folder, 'gate')), []);
  }));

test('a worker thread that was terminated inside does not keep the gate', t =>
  withFolder(async folder => {
    const worker = new Worker(new URL('./fixtures/gate-thread.js', import.meta.url), {workerData: folder});
    await new Promise(resolve => worker.once('message', resolve));
    await worker.terminate();
    const gate = openGate(folder);
    t.is(
      gate.hold(() => 'in'),
      'in',
    );
    gate.close();
  }));

test('who has just looked at the gate reads who held it, though that thread opens the store anew meanwhile', t =>
  withFolder(async folder => {
    const me = {...thisThread(), ...thisPlace()};
    const gate = join(folder, 'held');
    linkSync(present(folder, me), gate);
    const looked = openSync(gate, 'r');
    unlinkSync(gate);
    present(folder, me);
    t.deepEqual(JSON.parse(readFileSync(looked, 'utf8')), me);
    closeSync(looked);
  }));

test('a process that can open no file any more takes nobody for dead', t =>
  withFolder(async folder => {
    const holder = startChild('gate-process', [folder, 'keep']);
    t.is(await holder.line(), 'held');
    const path = new URL('./fixtures/no-files.js', import.meta.url).pathname;
    const {stdout} = spawnSync(
      'sh',
      ['-c', 'ulimit -n 64; exec "$0" "$@"', process.execPath, path, join(folder, 'gate', 'held')],
      {encoding: 'utf8'},
    );
    t.deepEqual(JSON.parse(stdout), {known: true, holder: 'alive', withoutFiles: 'alive', read: 'nobody'});
    await holder.kill();
  }));

for (const bootId of ['unknown-boot', thisPlace().bootId]) {
  test(`a living holder keeps the gate if its boot is ${bootId === 'unknown-boot' ? 'not known' : 'the same'}`, t =>
    withFolder(async folder => {
      plant(folder, {bootId}, ['held']);
      t.false(isDead(readHolder(join(folder, 'held'))!, folder));
      const dead = plant(folder, {...deadThread(), bootId}, [`broken`]);
      t.true(isDead(readHolder(join(folder, 'broken'))!, folder), dead);
      t.true(isAlive({...thisOwner(), bootId}));
    }));
}

test('a right to break in that was won before, and could not be used then, is used by whoever has it', t =>
  withFolder(async folder => {
    const dead = plant(folder, deadThread(), ['held']);
    const gate = openGate(folder);
    plant(folder, {}, [`broken-${dead}-0`]);
    t.is(
      gate.hold(() => 'in'),
      'in',
    );
    gate.close();
    t.deepEqual(
      readdirSync(folder).filter(name => name.startsWith('broken') || name === 'held'),
      [],
    );
  }));

test('breakers that were killed midway do not keep the gate, however many', t =>
  withFolder(async folder => {
    const dead = plant(folder, deadThread(), ['held']);
    plant(folder, deadThread(), [`broken-${dead}-0`]);
    plant(folder, deadThread(), [`broken-${dead}-1`]);
    const gate = openGate(folder);
    t.is(
      gate.hold(() => 'in'),
      'in',
    );
    t.deepEqual(
      readdirSync(folder).filter(name => name.startsWith('broken') || name === 'held'),
      [],
    );
    gate.hold(() => gate.sweep());
    t.is(readdirSync(folder).length, 1);
    gate.close();
  }));

test('a gate that was held before the machine was started anew is opened', t =>
  withFolder(async folder => {
    plant(folder, {bootId: 'earlier', startTime: 9}, ['held']);
    const gate = openGate(folder);
    t.is(
      gate.hold(() => 'in'),
      'in',
    );
    gate.close();
  }));

test('a gate that was held when the power was cut is opened, and so is one that was about to be', t =>
  withFolder(async folder => {
    // Links are on the disk, and what is in the files is not.
    for (const [own, links] of [
      ['700-700-258', ['held']],
      ['800-801-300', ['broken-700-700-258-0']],
    ] as const) {
      writeFileSync(join(folder, own), '');
      for (const link of links) linkSync(join(folder, own), join(folder, link));
    }
    const gate = openGate(folder);
    gate.hold(() => gate.sweep());
    t.is(readdirSync(folder).length, 1);
    // Also where the first name is gone.
    writeFileSync(join(folder, 'held'), '');
    t.is(
      gate.hold(() => 'in'),
      'in',
    );
    gate.close();
    t.deepEqual(readdirSync(folder), []);
  }));

test('a gate that is held by a name alone, as on a full disk, is kept while its holder lives, and opened when not', t =>
  withFolder(async folder => {
    const {host, bootId, pidNamespace} = thisPlace();
    const place = [host, bootId, pidNamespace].map(encodeURIComponent).join('@');
    const plantName = ({pid, tid, startTime}: {pid: number; tid: number; startTime: number}): string => {
      const own = join(folder, `${pid}-${tid}-${startTime}@${place}`);
      writeFileSync(own, '');
      linkSync(own, join(folder, 'held'));
      return own;
    };
    const dead = plantName(deadThread());
    const gate = openGate(folder);
    gate.hold(() => gate.sweep());
    t.false(existsSync(dead));
    const living = plantName(thisThread());
    const {status, stdout} = spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import {openGate} from ${JSON.stringify(new URL('../../src/stores/lmdb/safety/mutex.js', import.meta.url).href)};
         const take = Atomics.wait;
         let naps = 0;
         Atomics.wait = (...given) => (++naps > 50 ? process.exit(6) : take(...given));
         openGate(${JSON.stringify(folder)}).hold(() => console.log('in'));`,
      ],
      {encoding: 'utf8'},
    );
    t.deepEqual([status, stdout], [6, '']);
    t.true(existsSync(living));
    gate.close();
  }));

for (const [where, place, message] of [
  ['another container', {pidNamespace: 'pid:[1]', startTime: 9}, /another container.*file: or redis:/],
  ['another machine', {bootId: 'b', host: 'far', startTime: 9}, /another machine \(far\).*file: or redis:/],
] as const) {
  test(`a gate held in ${where} is refused, and so is a store that is open there`, t =>
    withFolder(async folder => {
      const gates = join(folder, 'gate');
      mkdirSync(gates);
      plant(gates, place, ['held']);
      const gate = openGate(gates);
      t.throws(() => gate.hold(() => {}), {instanceOf: StoreError, message});
      gate.close();
      rmSync(join(gates, 'held'));
      await t.throwsAsync(openStore(folder, 'write'), {instanceOf: StoreError, message});
    }));
}

test('no two are ever inside, while holders are killed all the time', t =>
  withFolder(async folder => {
    const steady = [1, 2].map(() => startChild('gate-process', [folder, 'loop']));
    for (const child of steady) t.is(await child.line(), 'started');
    for (let kills = 0; kills < 20; kills++) {
      const victim = startChild('gate-process', [folder, 'loop']);
      t.is(await victim.line(), 'started');
      // Not a wait for anything: the kill is to fall at any moment.
      await new Promise(resolve => setTimeout(resolve, Math.random() * 20));
      await victim.kill();
      await t.throwsAsync(victim.line(), {message: /ended/});
    }
    writeFileSync(join(folder, 'stop'), '');
    const counts = await Promise.all(steady.map(async child => Number(await child.line())));
    t.log(`${counts.join(' + ')} times inside`);
    t.true(counts.every(count => count > 0));
  }));

test('taking and leaving the gate costs little more than making a link and removing it', t =>
  withFolder(async folder => {
    const gate = openGate(folder);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const microseconds = (run: () => void): number => {
      const start = performance.now();
      for (let i = 0; i < 200; i++) run();
      return ((performance.now() - start) * 1000) / 200;
    };
    const rounds = Array.from({length: 20}, () => ({
      gate: microseconds(() => gate.hold(() => {})),
      link: microseconds(() => {
        linkSync(file, `${file}.link`);
        unlinkSync(`${file}.link`);
      }),
    }));
    gate.close();
    const [best, bare] = [rounds.map(round => round.gate), rounds.map(round => round.link)].map(all =>
      Math.min(...all),
    );
    t.log(`${best!.toFixed(1)} µs, a link ${bare!.toFixed(1)} µs`);
    t.true(best! < 10 * bare!);
  }));
