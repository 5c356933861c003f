import {fileURLToPath} from 'node:url';
import test from 'ava';
import {Frame, userFrame} from '../../src/core/call-site.js';
import {FunctionRegistry} from '../../src/tasks/functions.js';

const FILE = fileURLToPath(import.meta.url);

test('the caller is the innermost frame that is neither jug’s nor node’s', t => {
  t.is(userFrame().file, FILE);
  // Through jug's own code: an error raised there names the line that is here.
  const error = t.throws(() => new FunctionRegistry('/').add(7 as never));
  t.regex(error!.message, /\(call-site\.test\.[jt]s:\d+\)/);
  t.deepEqual(
    [1].map(() => userFrame().file),
    [FILE],
  );
});

test('two calls on two lines have two sites, and one line has one', t => {
  const sites = [1, 2].map(() => userFrame().site);
  const other = userFrame().site;
  t.is(sites[0], sites[1]);
  t.not(sites[0], other);
  t.regex(other, /^call-site\.test\.(ts|js):\d+$/);
});

test('looking at the stack leaves nothing changed', t => {
  const {prepareStackTrace, stackTraceLimit} = Error;
  userFrame();
  t.is(Error.prepareStackTrace, prepareStackTrace);
  t.is(Error.stackTraceLimit, stackTraceLimit);
  t.true(new Error('x').stack!.includes('call-site.test'));
});

test('the caller is found from deep inside, and where no file called', t => {
  const deep = (levels: number): string | undefined => (levels === 0 ? userFrame().file : deep(levels - 1));
  t.is(deep(1000), FILE);
  t.is(new Frame(undefined, 0, 0).site, 'the jugfile');
  t.is(new Frame('/somewhere/primes.js', 4, 1).site, 'primes.js:4');
});

/** `body`, while stacks are formatted by somebody who cannot be replaced. */
function formattedBy<T>(format: typeof Error.prepareStackTrace, body: () => T): T {
  const descriptor = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  Object.defineProperty(Error, 'prepareStackTrace', {configurable: true, get: () => format, set() {}});
  try {
    return body();
  } finally {
    if (descriptor === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
    else Object.defineProperty(Error, 'prepareStackTrace', descriptor);
  }
}

const asText = (_error: unknown, sites: readonly NodeJS.CallSite[]): string =>
  ['Error', ...sites.map(site => `    at ${site}`)].join('\n');

test('the caller is found where somebody formats stacks who does not let go', t => {
  const here = userFrame().site.replace(/:\d+$/, '');
  const found = formattedBy(asText, () => userFrame());
  t.is(found.file, FILE);
  t.true(found.site.startsWith(`${here}:`));
  t.is(
    formattedBy(
      () => 'nothing of use',
      () => userFrame().site,
    ),
    'the jugfile',
  );
  t.is(
    formattedBy(
      () => 7,
      () => userFrame().site,
    ),
    'the jugfile',
  );
});
