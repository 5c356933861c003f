#!/usr/bin/env bash
# hyparquet-writer 0.17.0: a cell that is a typed array of numbers, or a Map, is written as if it were a plain object.
#
# Expected: a Float64Array in a cell is a list of numbers, as an array of the same numbers is (a Uint8Array is taken for bytes), or
# it is refused; and so is a Map, which Parquet has a type for.
# Seen on Node.js 20.20, read back with hyparquet 1.33.0: [1.5, 2.5] comes back as it is, Float64Array [1.5, 2.5] as
# {'0': 1.5, '1': 2.5}, and a Map of one entry as {}: its content is gone, without a word.
# Who writes such columns gives Array.from(it), and for a Map its entries.
#
# Exits with 0 as long as that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund hyparquet-writer@0.17.0 hyparquet@1.33.0 >/dev/null 2>&1

cat >cells.mjs <<'JS'
import {parquetReadObjects} from 'hyparquet';
import {parquetWriteBuffer} from 'hyparquet-writer';

const file = parquetWriteBuffer({
  columnData: [
    {name: 'array', data: [[1.5, 2.5]]},
    {name: 'typed', data: [new Float64Array([1.5, 2.5])]},
    {name: 'map', data: [new Map([['a', 1]])]},
  ],
});
const [row] = await parquetReadObjects({file});
console.log(row);
if (JSON.stringify(row) !== '{"array":[1.5,2.5],"typed":{"0":1.5,"1":2.5},"map":{}}') {
  console.log('CHANGED');
  process.exitCode = 1;
}
JS
node cells.mjs
