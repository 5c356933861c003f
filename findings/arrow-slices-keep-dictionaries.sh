#!/usr/bin/env bash
# apache-arrow 21.2.0 (JavaScript): tableFromArrays() makes a column of strings a dictionary, and a dictionary is written whole
# and separately, whatever rows are written. Two things follow that other columns do not show.
#
# Expected: ten rows of a table take some hundred bytes as IPC, and what concat() returns can be written in both formats.
# Seen on Node.js 20.20: ten of 100,000 rows take 1,389,440 of 1,789,400 bytes; as Utf8 they take 408, and a sliced column of
# numbers is cut, too. Two tables of such a column, concatenated, can be written as a stream, and the file format refuses
# them with "The Arrow File format does not support replacement dictionaries".
# Who keeps slices of a table, a result for each, keeps the dictionary with each: give such columns the type Utf8.
#
# Exits with 0 as long as that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund apache-arrow@21.2.0 >/dev/null 2>&1

cat >slices.mjs <<'JS'
import {Table, tableFromArrays, tableToIPC, Utf8, vectorFromArray} from 'apache-arrow';

const names = Array.from({length: 100_000}, (_, row) => `name ${row}`);
const tables = {
  dictionary: tableFromArrays({name: names}),
  utf8: new Table({name: vectorFromArray(names, new Utf8())}),
  numbers: tableFromArrays({x: new Float64Array(names.length)}),
};
const answers = [];
for (const [kind, table] of Object.entries(tables)) {
  const [part, whole] = [table.slice(0, 10), table].map(rows => tableToIPC(rows).length);
  answers.push(`${kind} ${part > whole / 2 ? 'whole' : part < 1000 ? 'cut' : part}`);
  console.log(`${kind}: 10 rows ${part} bytes, all ${whole}`);
}
const both = tableFromArrays({name: ['a', 'b']}).concat(tableFromArrays({name: ['c', 'a']}));
for (const format of ['stream', 'file']) {
  let answer = 'written';
  try {
    tableToIPC(both, format);
  } catch (error) {
    answer = error.message.trim();
  }
  console.log(`${format}: ${answer}`);
  answers.push(`${format} ${answer === 'written' ? answer : 'refused'}`);
}
if (answers.join(', ') !== 'dictionary whole, utf8 cut, numbers cut, stream written, file refused') {
  console.log('CHANGED');
  process.exitCode = 1;
}
JS
node slices.mjs
