// Jugfiles that map and reduce.

import test from 'ava';
import {gives} from '../helpers/jugfile.js';

test('a mapped sequence may be valued after a barrier, and reduced by the jugfile itself', t =>
  gives(
    t,
    `
import {barrier, mapreduce, value} from 'jug';
function half(x: number) { return x / 2; }
const halves = mapreduce.map(half, Array.from({length: 20}, (_, i) => 2 * (i + 1)));
await barrier();
export const product = (await value(halves)).reduce((a, b) => a * b);
`,
    {product: 2432902008176640000},
    {'jug.map(jugfile.half)': 5},
  ));

test('map, mapreduce, currymap and reduce work on nothing', t =>
  gives(
    t,
    `
import {mapreduce} from 'jug';
function double(x: number) { return 2 * x; }
function add(a: number, b: number) { return a + b; }
export const mapped = mapreduce.map(double, []);
export const curried = mapreduce.currymap(add, []);
export const both = mapreduce.mapreduce(add, double, []);
export const reduced = mapreduce.reduce(add, []);
export const lengths = [mapped.length, curried.length];
`,
    {mapped: [], curried: [], both: [], reduced: [], lengths: [0, 0]},
    {'jug.identity': 1},
  ));

test('a mapped sequence is passed on to a task, mapped again, sliced and indexed', t =>
  gives(
    t,
    `
import {mapreduce, TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const sumAll = TaskGenerator(function sumAll(xs: number[]) { return xs.reduce((a, b) => a + b, 0); });
export const v2s = mapreduce.map(double, Array.from({length: 16}, (_, i) => i));
export const s = sumAll(v2s);
export const v4s = mapreduce.map(double, v2s, {mapStep: 16});
export const part = v2s.slice(3, 9);
export const partSum = sumAll(part);
export const member = double(v2s[5]);
export const length = v2s.length;
`,
    {
      v2s: Array.from({length: 16}, (_, i) => 2 * i),
      s: 240,
      v4s: Array.from({length: 16}, (_, i) => 4 * i),
      part: [6, 8, 10, 12, 14, 16],
      partSum: 66,
      member: 20,
      length: 16,
    },
    {'jug.map(jugfile.double)': 5, 'jugfile.sumAll': 2, 'jugfile.double': 1},
  ));

test('mapreduce takes task generators as well as functions', t =>
  gives(
    t,
    `
import {mapreduce, TaskGenerator} from 'jug';
const double = TaskGenerator(function double(x: number) { return 2 * x; });
const sum2 = TaskGenerator(function sum2(a: number, b: number) { return a + b; });
const numbers = Array.from({length: 100}, (_, i) => i);
export const total = mapreduce.mapreduce(sum2.f, double.f, numbers);
export const same = mapreduce.mapreduce(sum2 as any, double as any, numbers);
export const curried = mapreduce.currymap(sum2.f, [[1, 2], [3, 4]] as [number, number][]);
export const joined = mapreduce.reduce((function join(a: string, b: string) { return a + b; }), [...'abcdefghijklmnopqrstuvwxyz']);
`,
    {total: 9900, same: 9900, curried: [3, 7], joined: 'abcdefghijklmnopqrstuvwxyz'},
    {
      'jug.mapreduce(jugfile.sum2, jugfile.double)': 25,
      'jug.reduce(jugfile.sum2)': 5,
      'jug.currymap(jugfile.sum2)': 1,
      'jug.reduce(jugfile.join)': 5,
    },
  ));

test('tasks are mapped in blocks', t =>
  gives(
    t,
    `
import {mapreduce, Task, TaskGenerator} from 'jug';
function double(x: number) { return 2 * x; }
function double2(x: number) { return 2 * x; }
const doSum = TaskGenerator(function doSum(xs: number[]) { return xs.reduce((a, b) => a + b, 0); });
const partial = Array.from({length: 16}, (_, x) => new Task(double, x));
export const final = doSum(mapreduce.map(double2, partial, {mapStep: 2}));
`,
    {final: 480},
    {'jugfile.double': 16, 'jug.map(jugfile.double2)': 8, 'jugfile.doSum': 1},
  ));
