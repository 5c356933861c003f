import test from 'ava';
import {annotation, jobSummary} from '../../src/ui/github.js';
import {failureOf} from '../helpers/shown-run.js';
import {hashOf} from '../stores/records.js';

test('an annotation names the line in the repository; what would end it early is written otherwise', t => {
  const failed = {
    hash: hashOf(1),
    task: 'm.f(1, "a:b")',
    failure: failureOf('100%\nlost', '/home/me/src/m.ts:3:7'),
  };
  t.is(
    annotation(failed, '/home/me'),
    '::error file=src/m.ts,line=3,col=7,title=m.f(1%2C "a%3Ab")::RangeError: 100%25%0Alost',
  );
});

test('a failure without a line of the user’s has no place', t => {
  const failure = {...failureOf('lost'), error: {name: 'Deadly', message: 'ten processes'}};
  t.is(
    annotation({hash: hashOf(1), task: 'm.f()', failure}, '/'),
    '::error title=m.f()::Deadly: ten processes',
  );
});

test('a summary is a table in which nothing of the user’s is markup', t => {
  t.is(
    jobSummary('a_b', ['Executed'], [{name: 'm.f_g', cells: ['3']}], ['m.f(`x`)\nat y']),
    '### a\\_b\n\n| Task name | Executed |\n| --- | ---: |\n| m.f\\_g | 3 |\n\n- m.f(\\`x\\`) at y\n',
  );
});
