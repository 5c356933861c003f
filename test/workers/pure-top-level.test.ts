// What is taken to do nothing but read, and what is not, however it is written.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are programs.

import test from 'ava';
import {onlyReads, textOnlyReads} from '../../workers/pure-top-level.js';

const READING: readonly string[] = [
  'function look(rows, i) { return (rows instanceof Map ? rows.get(i) : rows[i]).id; }',
  'rows => rows.length',
  '({rows, at = 3}) => rows[at]?.name ?? null',
  'look(rows, i) { return rows.find(row => row.id === i); }',
  'function mean(rows) { let sum = 0; for (const {v} of rows) sum += v; return sum / rows.length; }'.replace(
    'sum += v;',
    '{ sum += v; }',
  ),
  'function most(rows, key) { return Math.max(...rows.map(row => Number(row[key]))); }',
  'function text(rows, i) { return `${rows[i].name}: ${rows.filter((r, at) => at < i).length / 2} of ${`${i}`}`; }',
  'function both(xs, i) { for (let at = 0; at < xs.length; at++) { if (xs[at] > i) return at; } return -1; }',
  'function named(rows) { const [first, {id: x = 1}] = rows; return {first, id: x}; }',
  'function known(rows, i) { if (!rows.has(i)) throw new RangeError(`no ${i}`); return rows.get(i); }',
  'function half(xs) { /* sort() */ return xs.slice(0, xs.length / 2).toSorted((a, b) => a - b); } // push()',
  "function said(rows) { return rows['x.push(1)'] + \"'\" + 'y'; }",
  'function first(rows) {\n  const row = rows[0]\n  const id = row.id\n  return id\n}',
];

test('functions that look things up, select and add up are known to only read', t => {
  for (const text of READING) t.true(textOnlyReads(text), text);
});

/** Bodies of `function f(rows, i) {…}`, each of which changes `rows`, or might. */
const CHANGING: readonly string[] = [
  'rows.push(1);',
  'rows.sort();',
  'rows[0] = 1;',
  'rows.length = 0;',
  'rows[0].id++;',
  '++rows[0].id;',
  '++(rows[0].id);',
  'let a = 1\n++rows.x',
  'rows.x ??= 1;',
  'delete rows[0].id;',
  '[rows[0]] = [1];',
  '({id: rows[0].id} = {id: 1});',
  'for (rows[0] of [1]) {}',
  'for (rows.x in [1]) {}',
  "rows['push'](1);",
  'rows?.push?.(1);',
  'rows.push?.(1);',
  '(rows.push)(1);',
  'rows.push`1`;',
  'rows.push.call(rows, 1);',
  'const {push} = rows; push(1);',
  'const p = [].push; [p][0](1);',
  'Array.prototype.push.call(rows, 1);',
  'Object.assign(rows[0], {id: 1});',
  'Object.freeze(rows);',
  'Reflect.set(rows, 0, 1);',
  'helper(rows);',
  'helper.get(rows);',
  'of(rows);',
  'of.get(rows);',
  'const h = helper; return h.get(rows);',
  '[helper][0].get(rows);',
  'return i instanceof helper;',
  'return rows.map(helper);',
  'return rows.map(i => i, helper);',
  'return rows.reduce(rows[0].constructor.assign);',
  'kept = rows;',
  'kept.rows = rows;',
  'kept[rows.length] = rows;',
  'this.rows = rows;',
  'arguments[0].push(1);',
  'eval("rows.push(1)");',
  'new Helper(rows);',
  'new rows.constructor(rows);',
  'new Map.prototype.constructor(rows);',
  'const Map = helper; return new Map(rows);',
  'const Math = helper; return Math.max(rows);',
  'return (Math => Math.max(rows))(helper);',
  'try { rows.x = 1; } catch {}',
  'setTimeout(() => rows.length);',
  'const g = helper => helper.id\nhelper.get(rows)',
  'let a = 1\nkept = rows, b = 2; b = rows;',
  '{ const helper = 1; } helper.get(rows);',
  'rows.map(kept => kept.id); kept = rows;',
  'class A { static { rows.push(1); } }',
  'return {get id() { return rows.push(1); }};',
  'return {[rows.push(1)]: 1};',
  'return {...helper(rows)};',
  'return `${rows.push(1)}`;',
  'return `${`${rows.push(1)}`}`;',
  "if (i) /'/.x; rows.push(1); /'/.y;",
  'return /`/.x + rows.push(1) + /`/.y;',
  'i++ /"/ 1; rows.push(1); i++ /"/ 1;',
  'return rows.pu\\u0073h(1);',
  "i <!-- '\n; rows.push(1); // '",
  'import("x").then(helper);',
  'label: for (;;) { rows.shift(); }',
  'return rows[rows.push(1)];',
  'return rows.at(rows.pop());',
  'return rows.filter(row => row.seen = true);',
  'return rows.filter(row => (row.seen = true, row.id));',
  'return rows.filter(function (row) { row.seen = true; });',
  'return rows.toSorted(helper);',
  'return rows.splice(0, 1);',
  'rows.set(1, 2);',
  'rows.setTime(0);',
  'rows.fill(0);',
  'return rows.test(i);',
  'return i.replace(rows, 1);',
  'return rows.next();',
  'return super.rows;',
  'debugger; with (rows) { id = 1; }',
  'var of = helper; of(rows);',
  'if (i) (rows.push)(1);',
  'const {a: {b}} = (rows.b = 1, rows);',
  'const [a = rows.push(1)] = [];',
];

test('nothing that could change what it is given, or hand it on, is taken to only read', t => {
  for (const body of CHANGING) t.false(textOnlyReads(`function f(rows, i) { ${body} }`), body);
});

test('functions that go on later, or whose text is not theirs, are not taken to only read', t => {
  for (const text of [
    'async function f(rows) { return rows.length; }',
    'async rows => rows.length',
    'async (rows) => rows.length',
    'async f(rows) { return rows.length; }',
    'function* f(rows) { return rows.length; }',
    '*f(rows) { return rows.length; }',
    'get f() { return 1; }',
    'class f { }',
    'function f(rows, n = rows.push(1)) { return n; }',
    'function f(rows, helper = other) { return helper.get(rows); }',
    'function f(rows) { [native code] }',
  ]) {
    t.false(textOnlyReads(text), text);
  }
  const changing = (rows: unknown[]): number => rows.push(1);
  changing.toString = () => 'rows => rows.length';
  t.false(onlyReads(changing));
  t.false(onlyReads([].push));
  t.false(onlyReads(changing.bind(undefined)));
  t.true(onlyReads((rows: unknown[]) => rows.length));
});
