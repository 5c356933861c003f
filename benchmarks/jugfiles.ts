// The jugfiles that are measured, as text: they are written into a temporary folder and run by the real binary.

/** Appended to a jugfile: tells at the end by how much the main thread's own memory has grown at the most. */
const WATCH = `
if (isMainThread) {
  const use = () => { const {heapTotal, external} = process.memoryUsage(); return heapTotal + external; };
  let most = use();
  setInterval(() => { most = Math.max(most, use()); }, 5).unref();
  process.on('exit', () => console.error('grew by ' + Math.round((Math.max(most, use()) - before) / 2 ** 20) + ' MB'));
}
`;

export const JUGFILES = {
  /** `-- N`: N tasks that do nothing, and one that sums them. */
  'noop.mjs': `
import {TaskGenerator} from 'jug';
const noop = TaskGenerator(function noop(n) { return n; });
const sum = TaskGenerator(function sum(xs) { let total = 0; for (const x of xs) total += x; return total; });
const xs = [];
for (let i = 0; i < Number(process.argv[2]); i++) xs.push(noop(i));
export const total = sum(xs);
`,
  /** The same, watched. */
  'watched.mjs': `
import {isMainThread} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
const {heapTotal, external} = process.memoryUsage();
const before = heapTotal + external;
const noop = TaskGenerator(function noop(n) { return n; });
export const xs = [];
for (let i = 0; i < Number(process.argv[2]); i++) xs.push(noop(i));
${WATCH}`,
  /** `-- N MS`: N tasks that compute for MS milliseconds each. */
  'busy.mjs': `
import {TaskGenerator} from 'jug';
const busy = TaskGenerator(function busy(n, ms) { const end = performance.now() + ms; while (performance.now() < end); return n; });
export const all = [];
for (let i = 0; i < Number(process.argv[2]); i++) all.push(busy(i, Number(process.argv[3])));
`,
  /** `-- N`: N tasks in a row, each of which needs the one before. */
  'chain.mjs': `
import {TaskGenerator} from 'jug';
const next = TaskGenerator(function next(n) { return n + 1; });
let last = next(0);
for (let i = 1; i < Number(process.argv[2]); i++) last = next(last);
export {last};
`,
  /** `-- B N`: B barriers, each after N tasks that do nothing. */
  'barriers.mjs': `
import {TaskGenerator, barrier, value} from 'jug';
const noop = TaskGenerator(function noop(b, n) { return n; });
for (let b = 0; b < Number(process.argv[2]); b++) {
  const xs = [];
  for (let n = 0; n < Number(process.argv[3]); n++) xs.push(noop(b, n));
  await barrier();
  await value(xs);
}
`,
  /** One result of \`-- MB\` megabytes, passed to 8 tasks; prints how much the main thread's own memory grew. */
  'large.mjs': `
import {isMainThread} from 'node:worker_threads';
import {TaskGenerator} from 'jug';
const make = TaskGenerator(function make(mb) { return new Float64Array(mb * 131072).fill(1.5); });
const read = TaskGenerator(function read(xs, n) { return xs[n] * xs.length; });
const {heapTotal, external} = process.memoryUsage();
const before = heapTotal + external;
const large = make(Number(process.argv[2]));
export const reads = Array.from({length: 8}, (_, n) => read(large, n));
${WATCH}`,
  /** `-- plain` or `identity`: 40 tasks that are given one list of 200,000 numbers, as it is or as a task. */
  'list.mjs': `
import {identity, TaskGenerator} from 'jug';
const list = Array.from({length: 200_000}, (_, i) => i / 3);
const score = TaskGenerator(function score(i, list) { return list[i]; });
const given = process.argv[2] === 'identity' ? identity(list) : list;
export const scores = Array.from({length: 40}, (_, i) => score(i, given));
`,
  /** `-- KIND N`: N tasks that look one of 100,000 rows up; `rows`, `map`, or `copies`: rows, by a function that jug cannot see through. */
  'readers.mjs': `
import {TaskGenerator} from 'jug';
const [kind, n] = process.argv.slice(2);
const table = TaskGenerator(function table(kind) {
  const rows = Array.from({length: 100_000}, (_, id) => ({id, name: 'row ' + id}));
  return kind === 'map' ? new Map(rows.map(row => [row.id, {...row, at: new Date(row.id)}])) : rows;
});
const find = (rows, i) => rows[i];
const look = TaskGenerator(function look(rows, i) { return (rows instanceof Map ? rows.get(i) : rows[i]).id; });
const seek = TaskGenerator(function seek(rows, i) { return find(rows, i).id; });
const shared = table(kind);
export const all = Array.from({length: Number(n)}, (_, i) => (kind === 'copies' ? seek : look)(shared, i));
`,
  'three-lines.ts': `
import {TaskGenerator} from 'jug';
const double = TaskGenerator(function double(n: number) { return 2 * n; });
export const four = double(2);
`,
} as const;
