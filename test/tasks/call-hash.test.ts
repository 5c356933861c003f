// Arguments that the jugfile changes after the call: noticed where they would be used, and never made a result of.

import test from 'ava';
import {CachedFunction} from '../../src/tasks/barrier.js';
import {CompoundTask} from '../../src/tasks/compound.js';
import {map} from '../../src/tasks/map-reduce.js';
import {NoLoad} from '../../src/tasks/no-load.js';
import {Task, Tasklet} from '../../src/tasks/task.js';
import {TaskGenerator} from '../../src/tasks/task-generator.js';
import {CustomHash, identity, NoHash} from '../../src/tasks/utils.js';
import {packedArguments} from '../../src/tasks/wire-arguments.js';
import {registerClass} from '../../src/values/class-registry.js';
import {inlineHost} from '../helpers/inline-host.js';

const {serial} = test;

function shower() {
  return {
    ...inlineHost(),
    show: TaskGenerator(function show(...all: unknown[]) {
      return JSON.stringify(all);
    }),
  };
}

const CHANGED =
  /^Expected the arguments of .*show to be what they were when the jugfile called it, found that /;

/** What may be changed, and how. */
const changes: Readonly<Record<string, () => readonly [arg: unknown, change: () => unknown]>> = {
  'an object': () => {
    const options = {seed: 0};
    return [options, () => options.seed++];
  },
  'a list that grows': () => {
    const list = [1];
    return [list, () => list.push(2)];
  },
  'a list of tasks': () => {
    const list: unknown[] = [identity(1)];
    return [list, () => list.push(identity(2))];
  },
  'an object in an object': () => {
    const inner = {deep: [{rate: 1}]};
    return [{inner}, () => (inner.deep[0]!.rate = 2)];
  },
  'a Map': () => {
    const counts = new Map([['a', 1]]);
    return [counts, () => counts.set('a', 2)];
  },
  'a Set': () => {
    const names = new Set(['a']);
    return [[names], () => names.add('b')];
  },
  'a Date': () => {
    const day = new Date(0);
    return [day, () => day.setFullYear(2000)];
  },
  'a URL': () => {
    const url = new URL('http://localhost/a');
    return [url, () => (url.pathname = '/b')];
  },
  'a typed array': () => {
    const bytes = Uint8Array.of(1);
    return [bytes, () => (bytes[0] = 2)];
  },
  'a Buffer': () => {
    const bytes = Buffer.from('a');
    return [{bytes}, () => bytes.write('b')];
  },
  'the list of a tasklet': () => {
    const list: unknown[] = [identity(1)];
    const count = new Tasklet(list as never, function count(all: unknown) {
      return (all as unknown[]).length;
    });
    return [count, () => list.push(identity(2))];
  },
  'a key of a tasklet': () => {
    const key = {row: 1};
    return [identity({}).get(key as never), () => key.row++];
  },
  'a list to which something is added that has no hash': () => {
    const list: unknown[] = [1];
    return [list, () => list.push(Promise.resolve(1))];
  },
  'a list to which a function is added': () => {
    const list: unknown[] = [1];
    return [
      list,
      () =>
        list.push(function added() {
          return 1;
        }),
    ];
  },
};

for (const [what, make] of Object.entries(changes)) {
  serial(`${what}, changed after the call, is not sent`, t => {
    const {show} = shower();
    const [arg, change] = make();
    const tasks = [show(arg), show('x', arg), show(new CustomHash('file', () => 1), arg)];
    for (const task of tasks) t.notThrows(() => packedArguments(task));
    change();
    const messages = tasks.map(task => t.throws(() => packedArguments(task), {message: CHANGED})!.message);
    t.regex(messages[0]!, /that argument 1 was changed since\./);
    t.regex(messages[1]!, /that argument 2 was changed since\./);
    t.regex(messages[2]!, /that argument 2 was changed since\./);
  });
}

serial('of several arguments that may have been changed, all are named', t => {
  const {show} = shower();
  const [one, other] = [{a: 1}, {b: 1}];
  const task = show(one, 2, other);
  other.b = 2;
  t.throws(() => packedArguments(task), {message: /that one of the arguments 1, 3 was changed since\./});
  other.b = 1;
  t.notThrows(() => packedArguments(task), 'it is what it was');
});

serial('what decides itself what stands for it is asked at the call only', t => {
  const {show} = shower();
  class Table {
    rows = 1;
    asked = 0;
    [Symbol.for('jug.hash')](): unknown {
      this.asked++;
      return this.rows;
    }
  }
  registerClass(Table, {name: 'Table', encode: () => null, decode: () => new Table()});
  const table = new Table();
  let [time, asked] = [1, 0];
  const file = new CustomHash('a.txt', () => {
    asked++;
    return {time};
  });
  const verbose = {verbose: true};
  const options = {seed: 1};
  const tasks = [
    show(file),
    show(table, new NoHash(verbose), new NoLoad(show())),
    show(file, options),
    show([file, {table}], new NoHash(verbose)),
    show(new Set([file]), options),
  ];
  time++;
  table.rows++;
  verbose.verbose = false;
  const before = [asked, table.asked];
  for (const task of tasks) t.notThrows(() => packedArguments(task));
  t.deepEqual([asked, table.asked], before);
  options.seed++;
  t.throws(() => packedArguments(tasks[2]!), {message: CHANGED});
  t.throws(() => packedArguments(tasks[4]!), {message: CHANGED});
});

serial('what cannot change is not looked at again', t => {
  const {show} = shower();
  const one = identity({rows: [1]});
  const asked: string[] = [];
  const hash = Object.getOwnPropertyDescriptor(Task.prototype, 'hash')!.get!;
  const tasks = [show(1, 'a', null), show(one), show(one.get('rows', 0), show), show(map(String, [1, 2]))];
  Object.defineProperty(one, 'hash', {
    get() {
      asked.push('one');
      return hash.call(one);
    },
  });
  for (const task of tasks) packedArguments(task);
  t.deepEqual(asked, ['one', 'one'], 'by each of two that are sent with it');
});

serial('the calls of map, CachedFunction, identity and Task are held to their arguments, too', async t => {
  const {host, show} = shower();
  const items = [{n: 1}, {n: 2}];
  const double = (item: {n: number}): number => 2 * item.n;
  const [block] = map(double, items, {mapStep: 2}).parts[0];
  const same = identity(items) as Task;
  const made = new Task(function count(all: unknown) {
    return (all as unknown[]).length;
  }, items);
  const list = [1];
  items.push({n: 3});
  t.notThrows(() => packedArguments(block!), 'it has a list of its own');
  t.throws(() => packedArguments(same), {message: /arguments of jug\.identity .*argument 1 was changed/s});
  t.throws(() => packedArguments(made), {message: /\.count to be .*argument 1 was changed/s});
  items[0]!.n = 7;
  t.throws(() => packedArguments(block!), {message: /arguments of jug\.map\(.*double\) .*argument 1/s});
  const cached = CachedFunction(show.f, list);
  list.push(2);
  await t.throwsAsync(cached, {message: CHANGED});
  t.false((await host.has([show(items.slice(0, 0)), same])).includes(true));
});

serial('a task that is run here is run with what it was called with, or not at all', async t => {
  const {show, store} = shower();
  const options = {seed: 0};
  const task = show(options);
  options.seed = 1;
  await t.throwsAsync(task.run(), {message: CHANGED});
  const late = show(options);
  const running = late.run();
  options.seed = 2;
  await t.throwsAsync(running, {message: CHANGED});
  t.is(store.memory.results.size, 0);
  t.is(await show(options).run(), '[{"seed":2}]');
});

serial('the function of a compound task is called with what it was handed, or not at all', async t => {
  const {show, ran} = shower();
  const options = {seed: 0};
  const both = [CompoundTask(show.f, options), CompoundTask(show, {...options})];
  options.seed = 1;
  await t.throwsAsync(both[0]!, {
    message: /^Expected the arguments of jug\.compound\(.*argument 1 was changed/,
  });
  const task = await both[1]!;
  t.deepEqual(ran, []);
  t.is(await task.run(), '[{"seed":0}]' as never);
  const found = await CompoundTask(show, {seed: 0});
  t.notThrows(() => packedArguments(found), 'of what is finished nothing is called');
});

serial('what the function of a compound task has returned is taken as it was, or not at all', async t => {
  const {show, store} = shower();
  const all: unknown[] = [];
  const first = await CompoundTask(function grow(n: number) {
    all.push(show(n));
    return all;
  }, 1);
  t.notThrows(() => packedArguments(first));
  all.push(show(2));
  t.throws(() => packedArguments(first), {
    message: /^Expected what .*\.grow returned, as the function of a compound task, to be what it was then/,
  });
  t.is(store.memory.results.size, 0);
});
