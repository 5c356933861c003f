import test from 'ava';
import {StoreError} from '../../src/core/errors.js';
import {withLoss} from '../../src/run/lost-results.js';

const ERROR = new StoreError('the disk is full', false);

test('of many results that are lost some are named and the rest is counted, so that the error stays in sight', t => {
  const names = Array.from({length: 1000}, (_, i) => `jugfile.work(${i})`);
  const lines = withLoss(ERROR, names, 2).message.split('\n');
  t.is(lines[0], 'the disk is full');
  t.is(lines[1], '1000 results are lost, to be computed again by the next run:');
  t.deepEqual(
    lines.slice(2, 22),
    names.slice(0, 20).map(name => `  ${name}`),
  );
  t.deepEqual(lines.slice(22), ['  and 980 more', '2 tasks were still running.']);
});

test('one result beyond those that are named is named, too', t => {
  const names = Array.from({length: 21}, (_, i) => `jugfile.work(${i})`);
  t.deepEqual(
    withLoss(ERROR, names, 0).message.split('\n').slice(2),
    names.map(name => `  ${name}`),
  );
});
