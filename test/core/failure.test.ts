import {sep} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {inspect} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {describeThrown, type Failure, formatThrown, type Thrown, userFrames} from '../../src/core/failure.js';
import {decodeTrouble, encodeTrouble, type Trouble} from '../../src/stores/failure-record.js';

const failure = (error: Thrown): Failure => ({
  ...{function: 'primes.isPrime', attempt: 2, started: 1_700_000_000_000, duration: 12.5},
  ...{host: 'here', pid: 42, worker: 3, error},
});

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const revokedFunction = Proxy.revocable(() => {}, {});
revokedFunction.revoke();
const hostile = new Error('x');
// The stack first: node reads name and message to prepare it, at the moment when it is looked at or replaced.
for (const key of ['stack', 'name', 'message', 'code', 'cause', 'errors']) {
  Object.defineProperty(hostile, key, {get: () => fail(key)});
}
function fail(what: string): never {
  throw new Error(`read ${what}`);
}

const notErrors: Record<string, [unknown, string]> = {
  null: [null, 'threw null, which is not an Error'],
  undefined: [undefined, 'threw undefined, which is not an Error'],
  'a string': ['boo', "threw a string, which is not an Error: 'boo'"],
  'a number': [-0, 'threw a number, which is not an Error: -0'],
  'a bigint': [5n, 'threw a bigint, which is not an Error: 5n'],
  'a symbol': [Symbol('s'), 'threw a symbol, which is not an Error: Symbol(s)'],
  'an object': [{a: 1}, 'threw an Object, which is not an Error: { a: 1 }'],
  'an object without prototype': [
    Object.create(null),
    'threw an object, which is not an Error: [Object: null prototype] {}',
  ],
  'a revoked Proxy': [revoked.proxy, 'threw a Proxy, which is not an Error: <Revoked Proxy>'],
  'a revoked Proxy of a function': [
    revokedFunction.proxy,
    'threw a function, which is not an Error: <Revoked Proxy>',
  ],
};
for (const [name, [reason, text]] of Object.entries(notErrors)) {
  test(`${name} that is thrown is called what it is`, t => {
    const thrown = describeThrown(reason);
    t.is(formatThrown(thrown), text);
    t.is(thrown.stack, undefined);
  });
}

test('an error keeps name, message, stack, code, cause and errors', t => {
  class HttpError extends Error {
    override readonly name = 'HttpError';
    readonly code = 'E_HTTP';
  }
  const error = new HttpError('boo', {cause: new AggregateError([new TypeError('a'), null], 'both')});
  const thrown = describeThrown(error);
  t.is(thrown.name, 'HttpError');
  t.is(thrown.message, 'boo');
  t.is(thrown.stack, error.stack);
  t.is(thrown.code, 'E_HTTP');
  t.is(thrown.cause?.name, 'AggregateError');
  t.deepEqual(
    thrown.cause?.errors?.map(({name}) => name),
    ['TypeError', 'null'],
  );
});

test('an error is named by its class where the class gives it no name', t => {
  class FailingTask extends Error {}
  class Deeper extends FailingTask {}
  const own = Object.assign(new FailingTask('x'), {name: 'Error'});
  const Nameless = (() => class extends Error {})();
  const names = [
    new FailingTask(),
    new Deeper(),
    own,
    new Nameless(),
    new Error('x'),
    new (class extends TypeError {})(),
  ];
  t.deepEqual(
    names.map(error => describeThrown(error).name),
    ['FailingTask', 'Deeper', 'Error', 'Error', 'Error', 'TypeError'],
  );
  t.regex(formatThrown(describeThrown(new FailingTask())), /^FailingTask\n/);
});

test('an error made of nothing but hostile getters is still an error', t => {
  t.deepEqual(describeThrown(hostile), {name: 'Error', message: ''});
});

test('what throws when it is shown is described all the same', t => {
  const reason = {
    [inspect.custom]: () => fail('inspect'),
    get constructor() {
      return fail('constructor');
    },
  };
  t.is(describeThrown(reason).text, '(it cannot be shown)');
  t.is(describeThrown(Object.assign(new Error(), {message: reason})).message, '(it cannot be shown)');
});

test('causes are followed to a bounded depth, also around a cycle', t => {
  const error = new Error('a');
  error.cause = new Error('b', {cause: error});
  let depth = 0;
  for (let at: Thrown | undefined = describeThrown(error); at !== undefined; at = at.cause) depth++;
  t.is(depth, 9);
});

test('an error that holds itself many times over stays small', t => {
  const error = new AggregateError([], 'all');
  error.errors = Array.from({length: 1000}, () => error);
  t.true(JSON.stringify(failure(describeThrown(error))).length < 2 ** 17);
});

test('huge messages and values are cut', t => {
  const {message, stack} = describeThrown(new Error('x'.repeat(10_000_000)));
  t.true(message.length < 2 ** 16 + 100);
  t.true(stack!.length < 2 ** 16 + 100);
  t.regex(message, /… \(10000000 characters\)$/);
  t.true(describeThrown('y'.repeat(10_000_000)).text!.length < 2 ** 16 + 100);
  t.true(describeThrown(Array.from({length: 1e6}, (_, i) => [i])).text!.length < 2 ** 16 + 100);
});

test('whatever is thrown, describing it does not throw and the description survives storing', t => {
  fc.assert(
    fc.property(
      fc.anything({withProxy: true, withNullPrototype: true, withBigInt: true} as never),
      reason => {
        const error = new Error('x', {cause: reason});
        for (const what of [
          reason,
          error,
          Object.assign(new Error(), {message: reason, stack: reason, code: reason}),
        ]) {
          const stored = failure(describeThrown(what));
          const kept: Trouble = {kind: 'failure', failure: stored, ended: []};
          t.deepEqual(decodeTrouble(encodeTrouble(kept)), kept);
          formatThrown(stored.error);
        }
      },
    ),
    {numRuns: 200},
  );
});

const root = fileURLToPath(new URL('../../../', import.meta.url));
const own = `${root}dist${sep}src${sep}task.js`;

test('the frames of node, of jug and of the pool are left out of a stack', t => {
  const stack = [
    'RangeError: first line',
    'second line',
    '    at isPrime (file:///home/u/primes.ts:3:9)',
    '    at Array.map (<anonymous>)',
    '    at helper (/home/u/lib/src/help.js:1:1)',
    `    at Task.run (${pathToFileURL(own)}:10:5)`,
    `    at Task.run (${own}:10:5)`,
    `    at async ${pathToFileURL(root).href}dist/workers/task-worker.js:1:2`,
    '    at async onMessage (/home/u/node_modules/piscina/dist/worker.js:100:3)',
    '    at new Promise (<anonymous>)',
    '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
    '    at node:internal/main/worker_thread:1:1',
  ];
  t.is(userFrames(stack.join('\n')), stack.slice(0, 5).join('\n'));
  t.is(userFrames(''), '');
  t.is(userFrames(new Error('here').stack!).split('\n').length > 1, true);
});

test('an error is written with its frames, its cause and its errors', t => {
  const thrown: Thrown = {
    name: 'RangeError',
    message: 'too far',
    code: 'E_FAR',
    stack: 'RangeError: too far\n    at far (/home/u/a.ts:1:2)\n    at node:internal/x:1:1',
    cause: {
      name: 'AggregateError',
      message: '',
      errors: [describeThrown(null), {name: 'Error', message: 'b'}],
    },
  };
  t.is(
    formatThrown(thrown),
    [
      'RangeError [E_FAR]: too far',
      '    at far (/home/u/a.ts:1:2)',
      '  caused by: AggregateError',
      '    [0] threw null, which is not an Error',
      '    [1] Error: b',
    ].join('\n'),
  );
});
