// Values of real libraries as results and as arguments of tasks: what docs/values.md says of each, tried with the pinned version.
// Needs the libraries beside it and the built package; exits with 1 if a row is not as it is told. Not one of the fast tests.

import {readFileSync} from 'node:fs';
import {isDeepStrictEqual} from 'node:util';
import {hashOne} from '../../dist/src/tasks/function-names.js';
import {pack, unpack} from '../../dist/src/tasks/wire-arguments.js';
import {registerClass} from '../../dist/src/values/class-registry.js';
import {decode, encode} from '../../dist/src/values/codec.js';
import {inlineHost} from '../../dist/test/helpers/inline-host.js';

inlineHost();

const rows = [];
/** `ask`: what a user would ask of the value. `register`: absent for what needs no registration. `isRefused`: in spite of all. */
const row = (library, way, {register, make, ask, isRefused = false}) =>
  rows.push({library, way, register, make, ask, isRefused});

const {csvParse} = await import('d3-dsv');
row('d3-dsv', 'as it is', {make: () => csvParse('a,b\n1,2\n'), ask: table => [table.columns, table[0].b]});
const {default: Papa} = await import('papaparse');
row('papaparse', 'as it is', {
  make: () => Papa.parse('a,b\n1,2', {header: true}),
  ask: ({data}) => data[0].b,
});
const {parseISO, addDays} = await import('date-fns');
row('date-fns', 'as it is', {make: () => addDays(parseISO('2024-02-28'), 2), ask: day => day.toISOString()});
const {mat4} = await import('gl-matrix');
row('gl-matrix', 'as it is', {
  make: () => mat4.fromScaling(mat4.create(), [2, 3, 4]),
  ask: m => mat4.determinant(m),
});
const yaml = await import('js-yaml');
row('js-yaml', 'as it is', {make: () => yaml.load('a: [1, {b: 2}]'), ask: ({a}) => a[1].b});
const {linearRegression} = await import('simple-statistics');
row('simple-statistics', 'as it is', {
  make: () =>
    linearRegression([
      [0, 0],
      [1, 2],
    ]),
  ask: ({m}) => m,
});

const {default: BigNumber} = await import('bignumber.js');
row('bignumber.js', 'registerClass(Class)', {
  register: () => registerClass(BigNumber),
  make: () => new BigNumber('12345678901234567890.5'),
  ask: number => number.plus(1).toFixed(),
});
const {default: Fraction} = await import('fraction.js');
row('fraction.js', 'registerClass(Class)', {
  register: () => registerClass(Fraction),
  make: () => new Fraction('1/3'),
  ask: fraction => fraction.add(1).toFraction(),
});
const {default: Complex} = await import('complex.js');
row('complex.js', 'registerClass(Class)', {
  register: () => registerClass(Complex),
  make: () => new Complex(1, 2),
  ask: number => number.mul(2).toString(),
});
const {default: Long} = await import('long');
row('long', 'registerClass(Class)', {
  register: () => registerClass(Long),
  make: () => Long.fromString('9007199254740993'),
  ask: number => number.add(1).toString(),
});
const {default: BN} = await import('bn.js');
row('bn.js', 'registerClass(Class)', {
  register: () => registerClass(BN),
  make: () => new BN('123456789012345678901234567890'),
  ask: number => number.addn(1).toString(),
});
const {det, matrix: mathMatrix} = await import('mathjs');
row('mathjs', 'registerClass(Class)', {
  register: () => registerClass(mathMatrix([1]).constructor, {name: 'mathjs.DenseMatrix'}),
  make: () =>
    mathMatrix([
      [1, 2],
      [3, 4],
    ]),
  ask: matrix => det(matrix),
});
const {default: dayjs} = await import('dayjs');
row('dayjs', 'registerClass(Class, {name})', {
  register: () => registerClass(dayjs().constructor, {name: 'dayjs.Dayjs'}),
  make: () => dayjs('2024-02-28T12:00:00Z'),
  ask: day => day.add(2, 'day').toISOString(),
});
const {default: RBush} = await import('rbush');
row('rbush', 'registerClass(Class)', {
  register: () => registerClass(RBush),
  make: () => new RBush().load([{minX: 0, minY: 0, maxX: 1, maxY: 1}]),
  ask: tree => tree.search({minX: 0.5, minY: 0.5, maxX: 2, maxY: 2}).length,
});
const {default: ndarray} = await import('ndarray');
row('ndarray', 'registerClass(Class)', {
  register: () => registerClass(ndarray(new Float64Array(4), [2, 2]).constructor),
  make: () => ndarray(Float64Array.of(1, 2, 3, 4), [2, 2]),
  ask: array => array.get(1, 0),
});

const {Matrix} = await import('ml-matrix');
row('ml-matrix', 'encode and decode', {
  register: () =>
    registerClass(Matrix, {encode: matrix => matrix.to2DArray(), decode: all => new Matrix(all)}),
  make: () =>
    new Matrix([
      [1, 2],
      [3, 4],
    ]),
  ask: matrix => matrix.mmul(matrix).to2DArray(),
});
const {default: Decimal} = await import('decimal.js');
row('decimal.js', 'encode and decode', {
  register: () => registerClass(Decimal, {encode: String, decode: text => new Decimal(text)}),
  make: () => new Decimal('0.1'),
  ask: number => number.plus('0.2').toString(),
});
const {default: Big} = await import('big.js');
row('big.js', 'encode and decode', {
  register: () => registerClass(Big, {name: 'Big', encode: String, decode: text => new Big(text)}),
  make: () => new Big('0.1'),
  ask: number => number.plus('0.2').toString(),
});
const {Temporal} = await import('@js-temporal/polyfill');
row('@js-temporal/polyfill', 'encode and decode', {
  register: () =>
    registerClass(Temporal.PlainDate, {encode: String, decode: text => Temporal.PlainDate.from(text)}),
  make: () => Temporal.PlainDate.from('2024-02-28'),
  ask: day => day.add({days: 2}).toString(),
});
const {DateTime} = await import('luxon');
row('luxon', 'encode and decode', {
  register: () =>
    registerClass(DateTime, {
      encode: time => [time.toISO(), time.zoneName],
      decode: ([text, zone]) => DateTime.fromISO(text, {zone}),
    }),
  make: () => DateTime.fromISO('2024-03-31T00:30', {zone: 'Europe/Berlin'}),
  ask: time => time.plus({hours: 4}).toISO(),
});
const {default: moment} = await import('moment');
row('moment', 'encode and decode', {
  register: () =>
    registerClass(moment.fn.constructor, {
      name: 'moment',
      encode: time => time.toISOString(),
      decode: text => moment(text),
    }),
  make: () => moment('2024-02-28T12:00:00Z'),
  ask: time => time.add(2, 'days').toISOString(),
});
const {TZDate} = await import('@date-fns/tz');
row('@date-fns/tz', 'encode and decode', {
  register: () =>
    registerClass(TZDate, {
      encode: date => [date.getTime(), date.timeZone],
      decode: ([time, zone]) => new TZDate(time, zone),
    }),
  make: () => new TZDate(2024, 2, 3, 1, 'Asia/Tokyo'),
  ask: date => date.getDate(),
});
const {Map: ImmutableMap} = await import('immutable');
row('immutable', 'encode and decode', {
  register: () =>
    registerClass(ImmutableMap({a: 1}).constructor, {
      name: 'immutable.Map',
      encode: map => [...map],
      decode: entries => ImmutableMap(entries),
    }),
  make: () => ImmutableMap({a: 1, b: 2}),
  ask: map => map.set('c', 3).size,
});
const {default: Graph} = await import('graphology');
row('graphology', 'encode and decode', {
  register: () => registerClass(Graph, {encode: graph => graph.export(), decode: data => Graph.from(data)}),
  make: () => Graph.from({nodes: [{key: 'a'}, {key: 'b'}], edges: [{key: 'ab', source: 'a', target: 'b'}]}),
  ask: graph => graph.neighbors('a'),
});
const {default: KDBush} = await import('kdbush');
row('kdbush', 'encode and decode', {
  register: () => registerClass(KDBush, {encode: index => index.data, decode: data => KDBush.from(data)}),
  make: () => {
    const index = new KDBush(2);
    index.add(0, 0);
    index.add(5, 5);
    return index.finish();
  },
  ask: index => index.range(4, 4, 6, 6),
});
const {default: Flatbush} = await import('flatbush');
row('flatbush', 'encode and decode', {
  register: () => registerClass(Flatbush, {encode: index => index.data, decode: data => Flatbush.from(data)}),
  make: () => {
    const index = new Flatbush(1);
    index.add(0, 0, 1, 1);
    index.finish();
    return index;
  },
  ask: index => index.search(0, 0, 2, 2),
});
const {tableFromArrays, tableFromIPC, tableToIPC, Table} = await import('apache-arrow');
row('apache-arrow', 'encode and decode', {
  register: () =>
    registerClass(Table, {encode: table => tableToIPC(table), decode: bytes => tableFromIPC(bytes)}),
  make: () => tableFromArrays({a: Float64Array.of(1, 2)}),
  ask: table => [...table.getChild('a')],
});
const {group, InternMap} = await import('d3-array');
row('d3-array', 'encode and decode', {
  register: () =>
    registerClass(InternMap, {encode: map => [...map], decode: entries => new InternMap(entries)}),
  make: () => group([{day: new Date(0), n: 1}], ({day}) => day),
  ask: map => map.get(new Date(0)).length,
});

const refused = value => {
  try {
    encode(value);
    return false;
  } catch (error) {
    return error.name === 'UnstorableError';
  }
};

const docs = readFileSync(new URL('../../docs/values.md', import.meta.url), 'utf8');
const {dependencies} = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
let failed = 0;
for (const {library, way, register, make, ask} of rows) {
  const faults = [];
  try {
    if (register !== undefined) {
      if (!refused(make())) faults.push('is not refused before it is registered');
      register();
    }
    const expected = ask(make());
    const {codec, payload} = encode(make());
    if (!isDeepStrictEqual(ask(decode(codec, payload)), expected)) faults.push('is another as a result');
    const [arrived] = unpack(structuredClone(pack([make()])));
    if (!isDeepStrictEqual(ask(arrived), expected)) faults.push('is another as an argument');
    const [one, other] = [make(), make()].map(hashOne);
    if (one !== other) faults.push('has two hashes');
  } catch (error) {
    faults.push(String(error));
  }
  if (!docs.includes(`\`${library}\` ${dependencies[library]}`))
    faults.push('is not in docs/values.md in this version');
  failed += faults.length > 0 ? 1 : 0;
  console.log(
    `${faults.length > 0 ? 'not as told' : 'ok'}  ${library} ${dependencies[library]}: ${way}${faults.map(fault => `\n    ${fault}`).join('')}`,
  );
}
console.log(`${rows.length - failed} of ${rows.length} are as they are told`);
process.exitCode = failed > 0 ? 1 : 0;
