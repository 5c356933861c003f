import test from 'ava';
import {TaskGraph, type TaskId} from '../../src/graph/graph.js';
import {standingOf} from '../../src/graph/stored-states.js';
import {encodeTrouble} from '../../src/stores/failure-record.js';
import {originOf} from '../../src/tasks/provenance.js';
import {Memory, MemoryStore} from '../helpers/memory-store.js';
import {functionNamed, task} from '../helpers/tasks.js';
import {recordOf} from '../stores/records.js';

test('where every task stands is read from results, locks of the living, and failures', async t => {
  const memory = new Memory();
  const graph = new TaskGraph();
  const names = [
    'finished',
    'running',
    'failed',
    'ready',
    'given up',
    'after finished',
    'after ready',
    'retried',
    'suspected',
  ];
  const tasks = new Map(names.slice(0, 5).map(name => [name, task(name)]));
  tasks.set('after finished', task('after finished', [tasks.get('finished')!]));
  tasks.set('after ready', task('after ready', [tasks.get('finished')!, tasks.get('ready')!]));
  tasks.set('retried', task('retried'));
  tasks.set('suspected', task('suspected'));
  for (const one of tasks.values()) graph.add(one);
  const hash = (name: string) => tasks.get(name)!.hash;

  memory.results.set(hash('finished'), recordOf('x'));
  memory.failures.set(hash('failed'), Buffer.from('{}'));
  memory.failures.set(hash('retried'), Buffer.from('{}'));
  memory.failures.set(hash('suspected'), encodeTrouble({kind: 'suspicion', ended: ['gone']}));
  await new MemoryStore(memory, 'other').acquire([hash('running'), hash('retried')]);
  await new MemoryStore(memory, 'gone').acquire([hash('given up')]);
  memory.dead.add('gone');

  const states = await standingOf(graph, new MemoryStore(memory));
  t.deepEqual(
    names.map((_, id) => states.of(id as TaskId)),
    ['finished', 'running', 'failed', 'ready', 'ready', 'ready', 'waiting', 'running', 'ready'],
  );
  t.deepEqual(states.total, {failed: 1, waiting: 1, ready: 4, finished: 1, running: 2});
  t.is(memory.locks.size, 3);
});

test('an origin is named by its content, one a function', t => {
  const [f, g] = [functionNamed('test.f'), functionNamed('test.g')];
  const origin = originOf(f);
  t.is(originOf(f), origin);
  t.not(originOf(g).id, origin.id);
  t.regex(origin.id, /^[0-9a-f]{16}$/);
  t.is(Buffer.from(origin.bytes).toString('hex'), origin.id);
  t.is(origin.origin.function, 'test.f');
  t.is(origin.origin.fingerprint, f.fingerprint);
  t.is(origin.origin.pid, process.pid);
});
