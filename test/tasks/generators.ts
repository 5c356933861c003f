// Task functions whose results can be taken apart.

import {TaskGenerator} from '../../src/tasks/task-generator.js';
import {inlineHost} from '../helpers/inline-host.js';

export function generators() {
  return {
    ...inlineHost(),
    table: TaskGenerator(function table(n: number) {
      return {rows: Array.from({length: n}, (_, i) => [i, i * i] as const), name: `t${n}`};
    }),
    numbers: TaskGenerator(async function numbers(...all: number[]) {
      return all;
    }),
    bytes: TaskGenerator(function bytes(...all: number[]) {
      return Buffer.from(all);
    }),
    add: TaskGenerator(function add(a: number, b: number) {
      return a + b;
    }),
    show: TaskGenerator(function show(...all: unknown[]) {
      return JSON.stringify(all);
    }),
    pair: TaskGenerator(function pair(n: number) {
      return [n, -n];
    }),
  };
}
