import test from 'ava';
import {JugError} from '../../src/core/errors.js';
import {TaskFunction} from '../../src/tasks/functions.js';
import {parseTarget} from '../../src/tasks/target.js';
import {functionNamed} from '../helpers/tasks.js';

function matching(text: string, names: readonly string[]): string[] {
  return names.filter(name => parseTarget(text).matches(functionNamed(name)));
}

const NAMES = ['primes.isPrime', 'lib.primes.isPrime', 'primes.isPrimeToo', 'primes.notisPrime', 'isPrime'];

test('a bare name means the function of that name in any module', t => {
  t.deepEqual(matching('isPrime', NAMES), ['primes.isPrime', 'lib.primes.isPrime', 'isPrime']);
});

test('a name with a module means the function of that module', t => {
  t.deepEqual(matching('primes.isPrime', NAMES), ['primes.isPrime', 'lib.primes.isPrime']);
  t.deepEqual(matching('lib.primes.isPrime', NAMES), ['lib.primes.isPrime']);
});

test('a name is no pattern', t => {
  t.deepEqual(matching('.*', NAMES), []);
  t.deepEqual(matching('primesXisPrime', NAMES), []);
});

test('a regular expression means what it finds, time after time', t => {
  t.deepEqual(matching('/prime$/i', NAMES), [
    'primes.isPrime',
    'lib.primes.isPrime',
    'primes.notisPrime',
    'isPrime',
  ]);
  const target = parseTarget('/isPrime/g');
  for (let i = 0; i < 3; i++) t.true(target.matches(functionNamed('primes.isPrime')));
});

test('a function of jug’s own is meant when one that it calls is', t => {
  const [mapper, reducer] = [functionNamed('m.square'), functionNamed('m.add')];
  const derived = new TaskFunction('jug.mapreduce(m.add, m.square)', () => {}, undefined, undefined, [
    reducer,
    mapper,
  ]);
  t.true(parseTarget('square').matches(derived));
  t.true(parseTarget('m.add').matches(derived));
  t.false(parseTarget('cube').matches(derived));
});

test('a regular expression that is none is refused', t => {
  t.throws(() => parseTarget('/(/'), {
    instanceOf: JugError,
    message: /^Expected a function's name or a \/regular expression\/ for --target, found \/\(\/: /,
  });
});
