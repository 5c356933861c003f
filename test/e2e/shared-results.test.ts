// One large result that many tasks are given, and do with what they like: each finds it as it was made.

import test from 'ava';
import {openRig} from '../helpers/rig.js';

/** What tasks may do to a table of rows, a Map, Dates, numbers and bytes, in ways that are easily overlooked. */
const CHANGES = {
  sort: 'async (table, i) => { table.rows.sort((a, b) => b.id - a.id); }',
  reverseNow: '(table, i) => { table.rows.reverse(); }',
  push: '(table, i) => { table.rows.push({id: i}); }',
  nested: '(table, i) => { const deeper = row => { row.tags.at(-1).word = i; }; deeper(table.rows[i]); }',
  native:
    '(table, i) => { Array.prototype.splice.call(table.rows, 0, 1); Reflect.deleteProperty(table.rows[2], "id"); }',
  assign: '(table, i) => { [table.rows[0].id, ...table.rows[1].tags] = [i]; for (table.rows[3].id of [i]); }',
  symbol: '(table, i) => { table.rows[0][Symbol.for("seen")] = true; }',
  hidden: '(table, i) => { Object.defineProperty(table.rows, "seen", {value: i}); }',
  getter: '(table, i) => { Object.defineProperty(table.rows[1], "id", {get: () => i}); }',
  setter:
    '(table, i) => { class Row { set word(v) { this.words = v; } } Object.setPrototypeOf(table.rows[1], Row.prototype).word = i; }',
  freeze: '(table, i) => { Object.freeze(table); for (const row of table.rows) Object.freeze(row); }',
  swallowed:
    '(table, i) => { try { table.rows[0].id = -i; table.n = i; } catch { return "could not"; } if (table.n !== i) throw new Error("lost"); }',
  map: '(table, i) => { table.byId.get(1).word = i; table.byId.set(i, {}); table.words.add(i); }',
  date: '(table, i) => { table.at.setTime(i); }',
  bytes:
    '(table, i) => { table.numbers[0] = i; new Uint8Array(table.bytes).fill(i); table.text.write("changed"); }',
  afterAwait:
    'async (table, i) => { await new Promise(setImmediate); table.rows.length = i; await null; table.byId.clear(); }',
  later:
    '(table, i) => { void Promise.resolve().then(() => { table.rows[0].id = "later"; }); setImmediate(() => table.byId.clear()); }',
  kept: '(table, i) => { const before = keptTables.at(-1); keptTables.push(table); if (before) before.rows[0].id = "kept"; }',
  sloppy:
    'new Function("table", "i", "table.rows[0].id = -1; table.more = i; if (table.more !== i) throw new Error(\\"lost\\")")',
} as const;

const MODULE = `
import {createHash} from 'node:crypto';
import {inspect} from 'node:util';
const keptTables = [];
const changes = {
${Object.entries(CHANGES)
  .map(([name, text]) => `  ${name}: ${text},`)
  .join('\n')}
};
/** All there is to be seen of it, and whether it is in anybody else's hands. */
export function seen(table) {
  const text = inspect(table, {depth: 9, showHidden: true, maxArrayLength: null, maxStringLength: null, getters: true});
  const all = [table, table.rows, ...table.rows, ...table.rows.map(row => row.tags)];
  return createHash('sha256').update(text).digest('hex') + all.filter(Object.isFrozen).length;
}
export function made(n) {
  const rows = Array.from({length: n}, (_, id) => ({id, tags: ['tag', {word: 'word ' + id}]}));
  const common = {word: 'common'};
  return {
    rows, common, again: common, at: new Date(0), n, words: new Set(['a']), text: Buffer.from('text'),
    byId: new Map(rows.map(({id}) => [id, {word: 'of ' + id}])),
    numbers: new Float64Array(8).fill(1.5), bytes: new ArrayBuffer(8),
  };
}
export async function change(name, table, i) {
  const before = seen(table);
  await changes[name](table, i);
  return before;
}
export function changeNow(name, table, i) {
  const before = seen(table);
  const wait = changes[name](table, i);
  if (wait !== undefined && name !== 'swallowed') void wait;
  return before;
}
`;

const JUGFILE = `
import {NoLoad, Tasklet, TaskGenerator, value} from 'jug';
import {change, changeNow, made, seen} from './changes.mjs';

const make = TaskGenerator(function make(n) { return made(n); });
const table = make(600);
const wait = TaskGenerator(async function wait(name, table, i) { return change(name, table, i); });
const now = TaskGenerator(function now(name, table, i) { return changeNow(name, table, i); });
const within = TaskGenerator(async function within(name, {deep: [table]}, i) { return change(name, table, i); });
const reading = TaskGenerator(function reading(table, i) { return [table.rows[i].id, table.byId.get(i).word, table.numbers[0]]; });
const inside = TaskGenerator(async function inside(handle, i) {
  const table = await value(handle.base);
  const before = seen(table);
  table.rows.length = i;
  table.at.setTime(i);
  return before;
});
const shorten = table => { const before = seen(table); table.rows.length = 1; table.byId.clear(); return before; };
const take = TaskGenerator(function take(before, i) { return before; });
const both = TaskGenerator(function both(one, other, i) { one.n = i; return [one === other, other.n]; });
const mean = table => { table.rows.shift(); return 1; };
const Math = {max: mean};
const shadowed = TaskGenerator(function shadowed(table, i) { return Math.max(table) + table.rows.length; });

const times = 5;
const each = fn => Array.from({length: times}, (_, i) => fn(i));
export const names = ${JSON.stringify(Object.keys(CHANGES))};
export const all = names.flatMap(name => [
  ...each(i => wait(name, table, i)),
  ...each(i => now(name, table, i)),
  ...each(i => within(name, {deep: [table]}, i)),
]);
export const insides = each(i => inside(new NoLoad(table), i));
export const tasklets = each(i => take(new Tasklet(table, shorten), i));
export const rows = each(i => reading(table, i));
export const boths = each(i => both(table, table, i));
export const shadows = each(i => shadowed(table, i));
`;

test('what a task does to a large result that others are given, in any way and at any time, none of them sees', async t => {
  const rig = await openRig(t);
  rig.write({'jugfile.mjs': JUGFILE, 'changes.mjs': MODULE});
  const run = await rig.jug('execute -j 1 jugfile.mjs');
  t.is(run.code, 0, run.stderr);
  const {all, names, insides, tasklets, rows, boths, shadows} = await rig.values(
    'all names insides tasklets rows boths shadows',
    'jugfile.mjs',
  );
  const seen = all as readonly string[];
  const made = (insides as readonly string[])[0]!;
  t.true(made.endsWith('0'), 'nothing is frozen that a task may change');
  const each = seen.length / (names as readonly string[]).length;
  for (const [place, name] of (names as readonly string[]).entries())
    t.deepEqual([...new Set(seen.slice(place * each, (place + 1) * each))], [made], name);
  t.deepEqual([...new Set(insides as readonly string[])], [made]);
  t.deepEqual([...new Set(tasklets as readonly string[])], [made]);
  t.deepEqual(
    rows,
    Array.from({length: 5}, (_, i) => [i, `of ${i}`, 1.5]),
  );
  t.deepEqual(
    boths,
    Array.from({length: 5}, (_, i) => [true, i]),
    'given twice to one task, it is one object',
  );
  t.deepEqual(shadows, [600, 600, 600, 600, 600]);
});

test('a result that was removed and computed anew while a run goes on is given as it is now', async t => {
  const rig = await openRig(t);
  rig.write({
    'jugfile.mjs': `
import {readFileSync, writeFileSync} from 'node:fs';
import {barrier, isWorker, TaskGenerator, value} from 'jug';
const load = TaskGenerator(function load() {
  return Array.from({length: 5000}, (_, i) => readFileSync('version.txt', 'utf8') + ' ' + i);
});
const read = TaskGenerator(function read(rows, i) { return rows[i]; });
const rows = load();
const first = [0, 1, 2, 3].map(i => read(rows, i));
await barrier();
export const old = await value(first);
if (!isWorker()) writeFileSync('version.txt', 'new');
await rows.invalidate();
await barrier();
const more = [4, 5, 6].map(i => read(rows, i));
await barrier();
export const last = await value(more);
if (!isWorker()) writeFileSync('said.json', JSON.stringify({old, last, again: await value(first)}));
`,
    'version.txt': 'old',
  });
  const run = await rig.jug('execute -j 1 jugfile.mjs');
  t.is(run.code, 0, run.stderr);
  t.deepEqual(JSON.parse(rig.read('said.json')), {
    old: [0, 1, 2, 3].map(i => `old ${i}`),
    last: [4, 5, 6].map(i => `new ${i}`),
    again: [0, 1, 2, 3].map(i => `new ${i}`),
  });
});
